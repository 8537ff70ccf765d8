"""What an erasure left of somebody who shows the same address again: what it is, why it stays, and for how long.

No value is shown: whoever reads a mailbox today may not be who read it then (T23). What stays on one person's word
alone is not told yet (T33).
"""

from __future__ import annotations

from typing import Final

from troth.keep import holds, staying
from troth.parties import editions
from troth.people import choices, left, standing, store
from troth.places.kinds import Item, Kept, Receipt, Subject
from troth.places.ours import Own
from troth.policy.emit.texts import again

FIELD: Final = "troth.left"
SAID: Final = "so that we can show what you said"


def persons(client: str, subject: Subject) -> list[int]:
    return [one for one in left.persons(client, subject.identities) if one not in subject.persons]


def _find(client: str, subject: Subject) -> list[Item]:
    plan, found = editions.in_force(client).plan, dict[str, Item]()
    for person in persons(client, subject):
        held = _held(client, person)
        for name in sorted(store.fields_held(client, person) & plan.fields.keys()):
            field = plan.fields[name]
            for kept in staying.kept(plan, frozenset({name}), held):
                found[name] = Item(field=FIELD, label=field.label, value=again(kept.why), rule=field.rule)
        if choices.of(client, person):
            proof = next((one for one in plan.fields.values() if one.kind == "choice"), None)
            label, rule = (proof.label, proof.rule) if proof is not None else ("what you chose", "")
            found["troth.choices"] = Item(field=FIELD, label=label, value=again(SAID), rule=rule)
    return list(found.values())


def _held(client: str, person: int) -> frozenset[str]:
    """The fields of holds to which a second person has agreed."""
    agreed = holds.agreed(client)
    over = (one for one in standing.of(client, person) if one.kind == "hold" and one.id in agreed)
    return frozenset().union(*(one.fields for one in over)) & standing.facts(client, person).held


def _erase(client: str, subject: Subject) -> Receipt:
    """It stays for the same reasons as before, and whoever asks again is told of it again."""
    kept = [Kept(one.label, one.value, "") for one in _find(client, subject)]
    return Receipt(place="left", state="kept" if kept else "nothing held", how="read back by us", kept=kept)


OWN: Final = Own("left", "What stayed after an erasure", _find, _erase)
