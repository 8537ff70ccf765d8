"""What troth always does, for every policy: the standing guarantees that a promise may rest on as ``always/…``."""

from __future__ import annotations

from typing import Final

ALWAYS: Final[dict[str, str]] = {
    "nothing undeclared": "We store nothing that this policy does not declare.",
    "closed world": "What this policy does not allow is refused.",
    "use is not consent": "Using our pages is never taken for a yes.",
    "yes is exact": "A yes counts only for exactly what was asked.",
    "no is sticky": "A no holds in every later edition.",
    "refusing costs nothing": "Refusing is as easy as accepting, and the site works the same.",
    "every act is written down": "Every act on your data is written down, and nothing of that can be changed unseen.",
    "sealed": "What we hold of you is encrypted under keys of your own.",
    "walls": "What one client holds, no other can see.",
    "restriction stops use": "While use is restricted, your data is only stored.",
    "erasure is verified": "After an erasure every place is asked again.",
    "secrets stay secret": "The master key lies apart from the data.",
    "editions stay readable": "Every edition of this policy stays readable at its own address.",
    "one source": "The notice, the question and the gate come from one file.",
    "joined only by proof": "Your data is joined to you only after you proved who you are.",
    "staff prove themselves": "Staff come in only with two factors.",
    "changes are told": "You are told before a change that takes more from you.",
    "complaints are clocked": "A complaint is acknowledged within 30 days.",
    "breaches are clocked": "A breach is told to the regulator within 72 hours.",
    "recipients are told": "Whoever had your data is told when it is corrected or erased.",
    "small groups are withheld": "No figure we publish is about fewer people than the policy says.",
    "unsubscribe in every mail": "Every marketing message can be stopped with one press.",
}
