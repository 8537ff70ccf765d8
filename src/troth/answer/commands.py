"""``troth answer``: the same acts as the person's page, for staff who were asked by post, by phone or in person."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import msgspec
from django.db import transaction

from troth.answer import access, exporting, letters, requests
from troth.keep import erasure, where
from troth.parties import editions
from troth.people import identities
from troth.policy.problems import Trouble


def answer_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("right", choices=("access", "erase"))
    parser.add_argument("--client", required=True)
    parser.add_argument("--identity", required=True, metavar="FIELD=VALUE", help="email=… looks in every address field")
    parser.add_argument("--out", metavar="DIR", help="write the answer into this folder")
    parser.add_argument("--by", required=True, metavar="STAFF", help="who answers: their email address")
    parser.add_argument("--because", required=True, metavar="TEXT", help="how the person showed who they are")


def answer(args: argparse.Namespace) -> int:
    actor = _staff(args.client, args.by)
    person, persons = _who(args.client, args.identity)
    act = _access if args.right == "access" else _erase
    data, waiting = act(args, person, persons, actor)
    if args.json:
        print(json.dumps({"command": "answer", "ok": not waiting, "right": args.right, **data}))
    else:
        _say(args.right, data, waiting)
    return 3 if waiting else 0


def _staff(client: str, email: str) -> str:
    """The opaque name of a member of staff: the ledger holds no address."""
    from troth.parties import staff

    return staff.ref_of(email, client)


def _who(client: str, text: str) -> tuple[int, frozenset[int]]:
    field, found, value = text.partition("=")
    if not found or not value:
        raise Trouble("wrong-identity", f"“{text}” names nobody.", "Write --identity email=ADDRESS.", exit=2)
    plan = editions.in_force(client).plan
    if field == "email":
        persons = identities.find_any(client, value) or _outside(client, value)
    elif field in plan.fields and plan.fields[field].identifies:
        one = identities.find(client, field, value)
        persons = [one] if one is not None else []
    else:
        raise Trouble(
            "wrong-identity", f"“{field}” identifies nobody in this policy.", "Use email= or such a field.", exit=2
        )
    if not persons:
        raise Trouble("nobody-found", "Nobody is known by that.", "Check the spelling, or ask which address they used.")
    return persons[0], frozenset(persons)


def _outside(client: str, value: str) -> list[int]:
    """Known only to an outside place: from now on we know whom it is about."""
    field = where.knows(client, value)
    if not field:
        return []
    with transaction.atomic():
        person = identities.make(client, set(editions.in_force(client).plan.fields[field].of))
        identities.attach(client, person, field, value, verified=True)
    return [person]


def _access(
    args: argparse.Namespace, person: int, persons: frozenset[int], actor: str
) -> tuple[dict[str, object], list[str]]:
    _trust(args, persons)
    asked = requests.open_request(args.client, person, "access", detail={"because": args.because}, actor=actor)
    found = access.gather(args.client, person, persons, actor=actor)
    waiting = [one.place for one in found.not_answered]
    files = {"answer.json": exporting.as_json, "answer.html": exporting.as_html, "answer.csv": exporting.as_csv}
    written = _write(args.out, {name: make(found) for name, make in files.items()})
    if not waiting:
        requests.close(args.client, asked.reference, "Answered", actor=actor)
    data: dict[str, object] = {"reference": asked.reference, "not_answered": waiting, "files": written}
    return data | {"held": json.loads(exporting.as_json(found))["held"]}, waiting


def _erase(
    args: argparse.Namespace, person: int, persons: frozenset[int], actor: str
) -> tuple[dict[str, object], list[str]]:
    _trust(args, persons)
    asked = requests.open_request(args.client, person, "erase", detail={"because": args.because}, actor=actor)
    number = erasure.erase(args.client, person, asked.reference, persons=persons, actor=actor)
    erasure.finish(number)
    progress = erasure.progress(args.client, asked.reference)
    assert progress is not None
    waiting = progress.open_places
    if not waiting:
        requests.letter_gone(args.client, asked.reference)
    pages = {"letter.html": letters.as_html, "letter.txt": letters.as_text}
    written = _write(args.out, {name: make(args.client, asked.reference) for name, make in pages.items()})
    return {
        "reference": asked.reference,
        "state": progress.said,
        "receipts": msgspec.to_builtins(progress.receipts),
        "kept": msgspec.to_builtins(progress.kept),
        "not_answered": waiting,
        "files": written,
    }, waiting


def _trust(args: argparse.Namespace, persons: frozenset[int]) -> None:
    """Staff saw who it is, and say how: the identity they name counts as shown from now on."""
    field, _, value = args.identity.partition("=")
    plan = editions.in_force(args.client).plan
    fields = where.address_fields(plan) if field == "email" else [field]
    for person in persons:
        for name in fields:
            if identities.find(args.client, name, value) == person:
                identities.verify(args.client, person, name, value)


def _write(folder: str | None, files: dict[str, str]) -> list[str]:
    if folder is None:
        return []
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, text in files.items():
        (place / name).write_text(text, "utf-8")
        (place / name).chmod(0o600)
    return [str(place / name) for name in files]


def _say(right: str, data: dict[str, object], waiting: list[str]) -> None:
    print(f"{data['reference']}: {'what we hold' if right == 'access' else data['state']}")
    held = data.get("held")
    for line in held if isinstance(held, list) else ():
        print(f"  {line['what']:<24} {line['value']}  ({line['place']})")
    kept = data.get("kept")
    for one in kept if isinstance(kept, list) else ():
        print(f"  stays: {one['what']}, {one['why']}, {one['until']}")
    for place in waiting:
        print(f"  {place} has not answered yet; the request stays open")
