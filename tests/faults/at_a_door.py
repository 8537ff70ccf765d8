"""A door, its events and one person, in a process of their own: told what to do by lines of JSON, and answers in one.

TROTH_DATA and TROTH_KEY_FILE say where, as for the server.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.one_door import CLIENT, ready  # noqa: E402

ready(ROOT / "tests" / "policies" / "larch.yaml")

from tests.collect.conftest import Asker  # noqa: E402

from troth.collect import forms  # noqa: E402
from troth.collect.door import Door  # noqa: E402
from troth.keep import erasure  # noqa: E402
from troth.parties import editions  # noqa: E402
from troth.places import events  # noqa: E402
from troth.policy.problems import Trouble  # noqa: E402


def send(at: Asker, told: dict[str, Any]) -> int:
    many = [{"id": one, "fields": {"visit.page": f"/{one}" + "x" * told.get("long", 0)}} for one in told["ids"]]
    return at.post({"surface": "website", "events": many}).status


def book(told: dict[str, Any]) -> int | str | None:
    """A form, filled in by a new person: their number, or why not."""
    force = editions.in_force(CLIENT)
    form = forms.blank(CLIENT, force.number, force.plan, force.plan.points["booking"], time.time())
    typed = {"booking.name": "Ada", "booking.email": told["email"], "booking.walk": "Long", "once": form.once}
    form = forms.filled(form, CLIENT, force.plan, typed, time.time())
    try:
        return forms.submit(form, CLIENT, force.number, force.plan)
    except Trouble as trouble:
        return trouble.code


def erase(told: dict[str, Any]) -> str:
    number = erasure.erase(CLIENT, told["person"], told["reference"])
    erasure.finish(number)
    progress = erasure.progress(CLIENT, told["reference"])
    return str(progress.said) if progress is not None else ""


def stored() -> int:
    return sum(count for spans in events.store().spans(CLIENT)[0].values() for count in spans.values())


def main() -> None:
    door = Door(rate=1e9)
    door.start()
    at = Asker(door, CLIENT)
    acts = {"send": lambda told: send(at, told), "book": book, "erase": erase, "stored": lambda told: stored()}
    for line in sys.stdin:
        told = json.loads(line)
        print(json.dumps(acts[told["do"]](told)), flush=True)
    door.stop()


if __name__ == "__main__":
    main()
