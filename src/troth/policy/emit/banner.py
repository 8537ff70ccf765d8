"""The cookie question of one surface: its first layer, and what stands behind it (PECR reg 6(2), UK GDPR Art 7).

It only says what is asked. Refusing is as easy as accepting because there are two buttons of one kind, and no answer
is a no because nothing here is ticked.
"""

from __future__ import annotations

from typing import NamedTuple

from troth.policy.emit.cookies import Entry, register
from troth.policy.emit.texts import BASE, among, named, number, own, phrase, say, speaking
from troth.policy.plan import Plan, Switch


class Question(NamedTuple):
    key: str  # a yes is to this: the fingerprint of what was asked
    stop: str  # a no is to this: a name
    words: str
    what: str  # the use, as it finishes "We use it to"
    suppliers: tuple[str, ...]
    cookies: tuple[Entry, ...]


class Banner(NamedTuple):
    surface: str
    heading: str
    text: str
    suppliers: tuple[str, ...]
    questions: tuple[Question, ...]
    details: str
    refuse: str
    accept: str
    choose: str


def layers(plan: Plan, surface: str, language: str = BASE) -> Banner:
    """What to ask on ``surface``, in a language of the policy; no questions means that nothing need be asked there."""
    with speaking(plan, language):
        return _layers(plan, surface)


def _layers(plan: Plan, surface: str) -> Banner:
    asked = [(key, switch) for key, switch in plan.switches.items() if _here(plan, surface, switch)]
    questions = tuple(_question(plan, surface, key, switch) for key, switch in asked)
    suppliers = tuple(dict.fromkeys(name for question in questions for name in question.suppliers))
    return Banner(
        surface=surface,
        heading=_heading(len(suppliers), questions),
        text=_text(questions, suppliers),
        suppliers=suppliers,
        questions=questions,
        details=say("ask.details" if any(one.cookies for one in questions) else "ask.details.none"),
        refuse=say("ask.refuse"),
        accept=say("ask.accept"),
        choose=say("ask.choose"),
    )


def _here(plan: Plan, surface: str, switch: Switch) -> bool:
    """A question belongs to a surface when it is about a device there; a yes to mail is asked where mail is offered."""
    if not switch.opens or not switch.device:
        return False
    return switch.surface == surface or (not switch.surface and bool(_cookies(plan, surface, switch)))


def _cookies(plan: Plan, surface: str, switch: Switch) -> tuple[Entry, ...]:
    asked = {cookie.name for cookie in plan.cookies.values() if switch.key in cookie.switches}
    return tuple(entry for entry in register(plan) if entry.surface == surface and entry.row in asked)


def _question(plan: Plan, surface: str, key: str, switch: Switch) -> Question:
    cookies = _cookies(plan, surface, switch)
    known = {named(name) for name in plan.recipients}
    asking = [named(switch.recipient)] if switch.recipient else [entry.by for entry in cookies if entry.by in known]
    return Question(
        key=key,
        stop=switch.stop,
        words=own(switch.words),
        what=own(switch.use),
        suppliers=tuple(dict.fromkeys(asking)),
        cookies=cookies,
    )


def _heading(suppliers: int, questions: tuple[Question, ...]) -> str:
    """Who asks: suppliers, or we, or both; and for cookies only where there is one."""
    theirs = [bool(one.suppliers) for one in questions]
    if not theirs:
        return say("ask.heading.0")
    if suppliers == 0:
        return say("ask.heading.ours" if any(one.cookies for one in questions) else "ask.heading.none")
    if not all(theirs):
        many = number(suppliers).lower()
        return say("ask.heading.both.1") if suppliers == 1 else say("ask.heading.both", count=many)
    return say("ask.heading.1") if suppliers == 1 else say("ask.heading", count=number(suppliers))


def _text(questions: tuple[Question, ...], suppliers: tuple[str, ...]) -> str:
    """Names each supplier and what for, then what we would do ourselves; then what a no costs: nothing."""
    said = [
        say("ask.supplier", name=name, uses=among(one.what for one in questions if name in one.suppliers))
        for name in suppliers
    ]
    ours = [one.what for one in questions if not one.suppliers]
    if ours and said:
        said.append(say("ask.supplier", name=say("we").lower(), uses=among(ours)))
    elif ours:  # the heading has said who
        none = not any(one.cookies for one in questions)
        said.append(say("ask.none" if none else "ask.ours", uses=among(ours)))
    return f"{phrase('; ').join(said)}. {say('ask.same')}" if said else ""
