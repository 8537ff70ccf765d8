"""``troth answer``: the same acts as the person's page, for staff who were asked by post, by phone or in person.
``troth decide``: what the desk decides about a request; ``troth hear``: requests that came another way than the page,
for who works without the desk. ``troth moment``: what happened that a period waits for."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import secrets
from pathlib import Path
from typing import Final

import msgspec
from django.db import transaction

from troth.answer import (
    access,
    acting,
    complaining,
    exporting,
    finding,
    happening,
    heard,
    letters,
    questions,
    reckoning,
    refusing,
    requests,
    telling,
)
from troth.answer.grounds import KINDS
from troth.keep import erasure, holds, where
from troth.parties import days, editions, speech, tenancy
from troth.people.looks import Why
from troth.policy.problems import Trouble, visible

TO_TELL: Final = {
    "had": "waits to be told that we have it",
    "progress": "waits to be told how it goes on",
    "outcome": "waits to be told what came of it",
}
DECIDE: Final = (
    "what is done: propose a decision; agree to it or not, by another hand; its letter was posted;"
    " its fee was paid; it ends"
)
HELP: Final = "Check the spelling, or ask which address they used. An erasure that was begun goes on with --request."


def answer_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("right", choices=("access", "erase"), help="what they asked for")
    parser.add_argument("--client", required=True, help="whom they asked")
    parser.add_argument("--identity", default="", metavar="FIELD=VALUE", help="email=… looks in every address field")
    parser.add_argument("--request", default="", metavar="REFERENCE", help="go on with an erasure, and have its letter")
    parser.add_argument("--out", metavar="DIR", help="write the answer into this folder")
    parser.add_argument("--by", required=True, metavar="STAFF", help="who answers: their email address")
    parser.add_argument("--because", default="", metavar="TEXT", help="how the person showed who they are")
    parser.add_argument("--language", default="", help="their language, if the policy has several")


def answer(args: argparse.Namespace) -> int:
    actor = _staff(args.client, args.by)
    _language(args)
    if args.request:
        data = _go_on(args)
    else:
        _named(args)
        person, persons = _who(args.client, args.identity)
        data = (_access if args.right == "access" else _erase)(args, person, persons, actor)
    waits = bool(data["not_answered"] or data.get("waits_for"))
    if args.json:
        print(json.dumps({"command": "answer", "ok": not waits, "right": args.right, **data}))
    else:
        _say(args.right, data)
    return 3 if waits else 0


def _spoken(args: argparse.Namespace, reference: str) -> contextlib.AbstractContextManager[None]:
    """What goes to the person speaks their language: the one that is named, else the one in which they asked."""
    if args.language:
        return speech.speaking(editions.in_force(args.client).plan, args.language)
    return letters.theirs(args.client, reference)


def _language(args: argparse.Namespace) -> None:
    languages = editions.in_force(args.client).plan.languages
    if args.language not in ("", *languages):
        said, help = "The policy does not speak that language.", f"Say one of: {', '.join(languages)}."
        raise Trouble("no-language", said, help, where="--language", exit=2)


def _named(args: argparse.Namespace) -> None:
    """Nobody is answered before it was seen who they are, and how."""
    for option, value in (("--identity", args.identity), ("--because", args.because)):
        if not value.strip():
            said = f"{option} is missing."
            raise Trouble("usage", said, "See `troth answer --help`: who asks, and how that was seen.", exit=2)


def _staff(client: str, email: str) -> str:
    """The opaque name of a member of staff: the ledger holds no address."""
    from troth.parties import staff

    return staff.ref_of(email, client, "requests")


def _who(client: str, text: str) -> tuple[int, frozenset[int]]:
    found = finding.persons(client, text, shown=True)
    if not found:
        raise finding.nobody(client, HELP)
    return found[0], finding.everybody(client, found)


def _access(args: argparse.Namespace, person: int, persons: frozenset[int], actor: str) -> dict[str, object]:
    finding.trust(args.client, persons, args.identity)
    asked = _request(args, person, persons, actor)
    files = {"answer.json": exporting.as_json, "answer.html": exporting.as_html, "answer.csv": exporting.as_csv}
    with _spoken(args, asked.reference):
        found = access.gather(args.client, person, persons, actor=actor, why=Why("answer", asked.reference))
        written = _write(args.out, {f"{asked.reference}-{name}": make(found) for name, make in files.items()})
    waiting = [one.place for one in found.not_answered]
    telling.tell(args.client, person, "answered")
    if not waiting:
        requests.close(args.client, asked.reference, "Answered", actor=actor)
    data: dict[str, object] = {"reference": asked.reference, "not_answered": waiting, "files": written}
    return data | {"held": json.loads(exporting.as_json(found))["held"]}


def _erase(args: argparse.Namespace, person: int, persons: frozenset[int], actor: str) -> dict[str, object]:
    _room(args.out)
    finding.trust(args.client, persons, args.identity)
    asked = _request(args, person, persons, actor)
    told = _told(args.client, person)
    number = erasure.erase(args.client, person, asked.reference, persons=persons, actor=actor)
    erasure.finish(number)
    return _erased(args, asked.reference, told)


def _go_on(args: argparse.Namespace) -> dict[str, object]:
    """The same erasure once more: a place is asked again, and the letter is had that could not be had before."""
    _room(args.out)
    progress = erasure.progress(args.client, args.request) if args.right == "erase" else None
    if progress is None or requests.find(args.client, args.request) is None:
        raise Trouble("no-request", f"Nothing is erased under {args.request}.", "Check the reference.", exit=2)
    erasure.finish(progress.number)
    return _erased(args, args.request, 0)


def _erased(args: argparse.Namespace, reference: str, told: int) -> dict[str, object]:
    """How far it is, and its letter: none while something stays on one person's word (T33)."""
    progress, asked = erasure.progress(args.client, reference), requests.find(args.client, reference)
    assert progress is not None and asked is not None
    silent = progress.open_places or ([where.OURS] if progress.said == "not finished" else [])
    alone = holds.unseconded(args.client, reference)
    pages = {} if alone else {"letter.html": letters.as_html, "letter.txt": letters.as_text}
    with _spoken(args, reference):  # read before it goes with the letter
        if not silent and not alone and not asked.letter:
            requests.letter_gone(args.client, reference)
        made = {f"{reference}-{name}": make(args.client, reference) for name, make in pages.items()}
        written = _write(args.out, made)
    return {
        "reference": reference,
        "state": progress.said,
        "told": told,
        "receipts": msgspec.to_builtins(progress.receipts),
        "recipients": [{"recipient": one.recipient, "state": one.state} for one in progress.told],
        "kept": msgspec.to_builtins(progress.kept),
        "not_answered": silent,
        "waits_for": "a second person" if alone else "",
        "files": written,
    }


def _request(args: argparse.Namespace, person: int, persons: frozenset[int], actor: str) -> requests.Request:
    """One open request of a kind a person (T30): asked again while a place is silent, it is the same request."""
    with transaction.atomic():  # the write lock is ours, so that two who ask at once open one
        if again := next(iter(requests.open_of(args.client, persons, args.right)), None):
            requests.step(args.client, again.reference, "Asked again", actor=actor)
            return again
        return requests.open_request(args.client, person, args.right, detail={"because": args.because}, actor=actor)


def _told(client: str, person: int) -> int:
    """Everybody who reads an address of theirs learns of it while we know the addresses (T23). 0: no mail can go."""
    try:
        return telling.now(client, person, "erasing by us")
    except Trouble:
        return 0


def _room(folder: str | None) -> None:
    """Seen before anything is erased: afterwards nobody is known by that name, and no letter could be had again."""
    if folder is not None:
        place = Path(_write(folder, {".room": " " * 262_144})[0])
        place.unlink()


def _write(folder: str | None, files: dict[str, str]) -> list[str]:
    """Each file bears the reference of its request: in one folder nobody's answer is written over another's."""
    if folder is None:
        return []
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, text in files.items():
            _whole(place / name, text)
    except OSError as error:
        raise Trouble(
            "not-written",
            f"The answer could not be written into “{folder}”: {error.strerror or 'it refused'}.",
            "Make room or name another folder, and run the command again.",
            where="--out",
        ) from None
    return [str(place / name) for name in files]


def _whole(path: Path, text: str) -> None:
    """The whole of it or nothing under its name, never readable by anybody else, and never through a link."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _say(right: str, data: dict[str, object]) -> None:
    print(f"{data['reference']}: {'what we hold' if right == 'access' else data['state']}")
    held = data.get("held")
    for line in held if isinstance(held, list) else ():
        print(_shown(f"  {line['what']:<24} {line['value']}  ({line['place']})"))
    kept = data.get("kept")
    for one in kept if isinstance(kept, list) else ():
        print(_shown(f"  stays: {one['what']}, {one['why']}, {one['until']}"))
    silent = data["not_answered"]
    for place in silent if isinstance(silent, list) else ():
        print(_shown(f"  {place} has not answered yet; the request stays open"))
    if data.get("waits_for"):
        print("  it waits for a second person, who agrees to the hold at the desk; before that nobody is told")
    if right == "erase" and (silent or data.get("waits_for")):
        print(f"  its letter is had later: troth answer erase --request {data['reference']} --out DIR")


def _shown(text: str) -> str:
    """One line of a terminal, whatever somebody put into a value: it commands nothing and begins no line of its own."""
    return visible(text.replace("\n", "\\n"))


# troth moment -----------------------------------------------------------------------------------------------------


def moment_arguments(parser: argparse.ArgumentParser) -> None:
    happening.arguments(parser)


def moment(args: argparse.Namespace) -> int:
    return happening.run(args)


# troth decide -----------------------------------------------------------------------------------------------------


def decide_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("act", choices=("list", "propose", "agree", "not", "posted", "paid", "end"), help=DECIDE)
    parser.add_argument("--client", required=True, help="whom they asked")
    parser.add_argument("--request", default="", metavar="REFERENCE", help="about which request (propose, list)")
    parser.add_argument("--number", type=int, default=0, metavar="N", help="which decision (all but propose and list)")
    parser.add_argument("--what", default="", choices=tuple(KINDS), help="what is proposed")
    parser.add_argument(
        "--ground", default="", metavar="NAME", help="a ground of the closed list; a wrong one lists them"
    )
    parser.add_argument("--because", default="", metavar="TEXT", help="the reasons for the person, or how it was done")
    parser.add_argument("--fields", default="", metavar="A,B", help="what is left out, as booking.name")
    parser.add_argument("--amount", default="", metavar="12.50", help="what a fee comes to")
    parser.add_argument("--by", default="", metavar="STAFF", help="who decides: their email address (all but list)")


def decide(args: argparse.Namespace) -> int:
    tenancy.client(args.client)  # or it is told that there is none: nothing waits for a client who is not here
    if args.act != "list":
        _decide(args, _staff(args.client, args.by))
    about = {args.request} if args.request else {one.reference for one in refusing.waiting(args.client)}
    found = [one for reference in sorted(about) for one in refusing.of(args.client, reference)]
    if args.json:
        print(json.dumps({"command": "decide", "ok": True, "decisions": [_decided(args.client, one) for one in found]}))
    elif not found:
        print(f"Nothing was decided about {args.request}." if args.request else "Nothing waits.")
    for one in () if args.json else found:
        hand = ", and its letter goes by hand: then say posted" if _by_hand(args.client, one) else ""
        print(_shown(f"{one.number}: {one.reference}, {one.kind}, {one.ground}: {one.state}{hand}"))
    return 0


def _decide(args: argparse.Namespace, actor: str) -> None:
    if args.act == "propose":
        args.number = refusing.propose(
            args.client,
            args.request,
            args.what,
            ground=args.ground,
            because=args.because,
            by=actor,
            fields=[name.strip() for name in args.fields.split(",") if name.strip()],
            pence=refusing.pence(args.amount),
        )
    elif args.act in ("agree", "not"):
        refusing.second(args.client, args.number, by=actor, agree=args.act == "agree")
    elif args.act == "end":
        refusing.end(args.client, args.number, by=actor)
    else:
        act = refusing.paid if args.act == "paid" else refusing.by_hand
        act(args.client, args.number, by=actor, how=args.because)
    args.request = refusing.about(args.client, args.number)


def _by_hand(client: str, one: refusing.Decided) -> bool:
    return refusing.waits_for_hand(client, one.number)


def _decided(client: str, one: refusing.Decided) -> dict[str, object]:
    told = one.told.isoformat(timespec="seconds") if one.told else ""
    named = {"number": one.number, "request": one.reference, "what": one.kind, "ground": one.ground}
    known = {"state": one.state, "by_hand": _by_hand(client, one), "told": told}
    return {**named, **known, "fields": list(one.fields), "pence": one.pence}


# troth hear -------------------------------------------------------------------------------------------------------

HEAR: Final = (
    *("list", "register", "read", "find", "ask", "answered", "shown", "may", "told"),
    *("file", "erase", "stop", "lines", "correct", "choices", "withdraw", "went", "nothing"),
    *("look", "say", "decide"),  # of a complaint
)


def hear_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("act", choices=HEAR, help="what is done: all but list are steps of one request")
    parser.add_argument("--client", required=True, help="whom they asked")
    parser.add_argument("--request", default="", metavar="REFERENCE", help="which request (all but register and list)")
    parser.add_argument("--by", default="", metavar="STAFF", help="who does it: their email address (all but list)")
    parser.add_argument("--right", default="", choices=heard.RIGHTS, help="what they ask")
    parser.add_argument("--way", default="", choices=heard.WAYS, help="how it came, or how the answer went")
    parser.add_argument("--on", default="", metavar="DAY", help="when it arrived, was asked or answered: 2026-11-03")
    parser.add_argument("--asker", default="", metavar="TEXT", help="who asks, as they call themselves")
    parser.add_argument(
        "--through", default="", choices=tuple(heard.THROUGH), help="they ask for somebody else, as this"
    )
    parser.add_argument("--whom", default="", metavar="TEXT", help="for whom, if for somebody else")
    parser.add_argument("--identity", default="", metavar="FIELD=VALUE", help="by what the person may be found")
    parser.add_argument("--email", default="", metavar="ADDRESS", help="where to answer")
    parser.add_argument("--post", default="", metavar="TEXT", help="how else they are reached")
    parser.add_argument("--wrote", default="", metavar="TEXT", help="what they wrote")
    parser.add_argument("--language", default="", help="their language, if the policy has several")
    parser.add_argument("--another", action="store_true", help="although one of the kind is open")
    parser.add_argument("--what", default="", choices=tuple(reckoning.QUESTIONS), help="what is asked back, or came")
    parser.add_argument("--words", default="", metavar="TEXT", help="the question, as it is written to them")
    parser.add_argument("--because", default="", metavar="TEXT", help="why it is asked, or how something was shown")
    parser.add_argument("--outcome", default="", choices=tuple(complaining.FOUND), help="of a complaint (decide)")
    parser.add_argument("--value", default="", metavar="ID", help="which value (correct), or choices with commas")
    parser.add_argument("--new", default="", metavar="TEXT", help="what it should say")
    parser.add_argument("--form", default="html", choices=tuple(acting.FORMS), help="of the answer")
    parser.add_argument("--out", metavar="DIR", help="write the answer into this folder")


def hear(args: argparse.Namespace) -> int:
    tenancy.client(args.client)
    found: dict[str, object] = {}
    if args.act != "list":
        found = _hear(args, _staff(args.client, args.by))
    about = [args.request] if args.request else [one.reference for one in requests.of_client(args.client)]
    shown = [_came(args.client, reference) for reference in about if _is_here(args.client, reference)]
    waiting = bool(found.get("not_answered"))
    if args.json:
        print(json.dumps({"command": "hear", "ok": not waiting, "requests": shown, **found}))
        return 3 if waiting else 0
    for one in shown:
        print(_shown(f"{one['request']}: {one['right']}, came {one['came']} ({one['way']}), due {one['due']}"))
        late = one["state"] == "open" and str(one["due"]) < days.today(args.client).isoformat()
        waits = TO_TELL.get(str(one["waits"]), one["waits"])
        print(_shown(f"  {one['state']}{', overdue' if late else ''}{f', {waits}' if waits else ''}"))
    if not shown:
        print("Nothing waits.")
    for name, said in found.items():
        for line in _lines(said):
            print(_shown(f"  {name.replace('_', ' ')}: {line}"))
    return 3 if waiting else 0


def _lines(said: object) -> list[str]:
    """What an act found, a line for each thing, as it is read and not as it is stored."""
    if isinstance(said, dict):
        return [f"{key}: {text}" for key, text in said.items()]
    if isinstance(said, list):
        every = (one if isinstance(one, dict) else {"": one} for one in said)
        return [", ".join(f"{key} {text}".strip() for key, text in one.items()) for one in every]
    return [str(said)]


def _came(client: str, reference: str) -> dict[str, object]:
    asked, row, state = requests.find(client, reference), heard.of(client, reference), complaining.of(client, reference)
    assert asked is not None
    way, through = (row.way, row.through) if row is not None else (state.source if state is not None else "", "")
    named = {"request": reference, "right": asked.right, "way": way, "through": through, "state": asked.state}
    days = {"came": _local(client, asked.opened), "due": _local(client, asked.due)}
    waits = state.waits if state is not None else heard.missing(client, reference)
    return {**named, **days, "waits": waits if asked.state == "open" else ""}


def _local(client: str, moment: dt.datetime) -> str:
    return days.of(client, moment).isoformat()


def _is_here(client: str, reference: str) -> bool:
    """It came another way than the page, or is a complaint, whichever way that came."""
    return heard.of(client, reference) is not None or complaining.of(client, reference) is not None


def _hear(args: argparse.Namespace, by: str) -> dict[str, object]:
    """One act of those that the desk has. What it found, for the output."""
    client, reference = args.client, args.request
    if reference and complaining.of(client, reference) is not None:
        return _complaint(args, by)
    if args.act == "register":
        args.request = heard.register(client, _entered(args), by=by)
    elif args.act == "read":
        return {"written": dict(heard.written(client, _heard(client, reference), actor=by))}
    elif args.act == "find":
        heard.find(client, _heard(client, reference), args.identity, by=by)
    elif args.act in ("shown", "may"):
        what = {"shown": "who", "may": "may"}[args.act]
        heard.show(client, _heard(client, reference), what, how=args.because, by=by)
    elif args.act == "told":
        heard.acknowledged(client, _heard(client, reference), by=by)
    elif args.act == "ask":
        on = _day(args.on) if args.on else None
        _heard(client, reference)
        questions.ask(client, reference, args.what, words=args.words, doubt=args.because, by=by, on=on)
    elif args.act == "answered":
        questions.answered(client, _heard(client, reference), args.what, on=_day(args.on), by=by)
    else:
        return _do(args, _heard(client, reference), by)
    return {}


def _complaint(args: argparse.Namespace, by: str) -> dict[str, object]:
    """Of a complaint: what was written, what was found, a word on how it goes on, the outcome."""
    client, reference = args.client, args.request
    if args.act == "read":
        return {"written": dict(complaining.read(client, reference, actor=by))}
    if args.act == "look":
        complaining.look(client, reference, args.because, by=by)
    elif args.act == "say":
        complaining.say(client, reference, args.words, by=by)
    elif args.act == "decide":
        complaining.decide(client, reference, args.outcome, args.words, by=by)
    elif args.act == "told":
        state = complaining.of(client, reference)
        complaining.went(client, reference, state.waits if state is not None else "", by=by)
    else:
        said = f"“{args.act}” is nothing that is done with a complaint."
        raise Trouble("no-act", said, "Say read, look, say, decide or told.", exit=2)
    return {}


def _do(args: argparse.Namespace, reference: str, by: str) -> dict[str, object]:
    client = args.client
    if args.act == "file":
        body, silent = acting.answer(client, reference, args.form, by=by)
        name = f"{reference}-answer{'-incomplete' if silent else ''}.{args.form}"
        return {"not_answered": silent, "files": _write(args.out, {name: body})}
    if args.act == "lines":
        found = acting.lines(client, reference, by=by)
        return {"lines": [{"value": one.name, "what": one.label, "is": one.value, "place": one.place} for one in found]}
    if args.act == "choices":
        return {"choices": [{"value": one.key, "what": one.words} for one in acting.choices(client, reference)]}
    if args.act == "correct":
        receipt = acting.correct(client, reference, args.value, args.new, by=by)
        return {"not_answered": [receipt.place] if receipt.state == "not answered" else []}
    if args.act == "withdraw":
        keys = [key.strip() for key in args.value.split(",") if key.strip()]
        return {"changed": acting.withdraw(client, reference, keys, by=by)}
    if args.act == "nothing":
        act = acting.nothing_went if args.way else acting.nothing
        act(client, reference, *([args.way] if args.way else []), by=by)
    elif args.act == "went":
        acting.went(client, reference, args.way, by=by)
    elif args.act in ("look", "say", "decide"):
        raise Trouble("no-act", f"{reference} is no complaint.", "See `troth hear list`.", exit=2)
    else:
        {"erase": acting.erase, "stop": acting.stop}[args.act](client, reference, by=by)
    return {}


def _entered(args: argparse.Namespace) -> heard.Entered:
    return heard.Entered(
        right=args.right, way=args.way, came=_day(args.on), asker=args.asker, through=args.through, whom=args.whom,
        known=args.identity, address=args.email, post=args.post, why=args.wrote, language=args.language,
        another=args.another,
    )  # fmt: skip


def _heard(client: str, reference: str) -> str:
    if heard.of(client, reference) is None:
        raise Trouble("no-request", f"No request {reference} came another way.", "See `troth hear list`.", exit=2)
    return reference


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Trouble("wrong-day", f"“{text}” is no day.", "Write --on 2026-11-03.", where="--on", exit=2) from None
