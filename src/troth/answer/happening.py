"""What happened in somebody's life that a period of the policy waits for: a contract ended, a letter was answered.

The firm's books know it and troth does not, so somebody tells it: at the desk, by ``troth moment``, or the firm's own
programs by a file. Until then no clock runs and nothing is deleted, which the list of waiting moments shows (UK GDPR
Art 5(1)(e), 5(2)).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from django.db import transaction

from troth.answer import closing, finding
from troth.parties import days, editions, staff
from troth.people import standing, store
from troth.policy.counting import counted
from troth.policy.plan import Plan
from troth.policy.problems import Trouble, visible

HEAD: Final = ["identity", "moment", "on"]
MOST: Final = 200_000  # lines of a file
BYTES: Final = 32 << 20  # of a file, whatever its lines


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One moment that somebody has to tell: for how many people it was, and what waits for it without a clock."""

    moment: str
    means: str
    told_by: str
    told: int  # people
    people: int
    values: int


class Left(msgspec.Struct, frozen=True):
    """One line of a file that was not taken: its number, and why. Never who it was about."""

    line: int
    code: str
    sentence: str


def waiting(client: str) -> list[Waiting]:
    """Every moment of the policy in force that somebody has to tell."""
    plan = editions.in_force(client).plan
    told, found = standing.told_of(client), []
    for name, means in standing.told_by_us(plan).items():
        people, values = store.waiting_for(client, plan, name)
        by = _teller(plan, name)
        row = Waiting(moment=name, means=means, told_by=by, told=told.get(name, 0), people=people, values=values)
        found.append(row)
    return sorted(found, key=lambda one: not (one.told or one.values))  # first what there is to do, or to take back


def _teller(plan: Plan, name: str) -> str:
    source = plan.moments[name].known_from if name in plan.moments else "desk"
    if source == "page" and name in closing.OFFERS:
        return "the person, on their page"
    return "our own program" if source == "api" else "us, at the desk"


def tell(client: str, identity: str, moment: str, on: str = "", *, by: str) -> int:
    """It happened to whoever ``FIELD=VALUE`` names, on a day (``on``, ISO; left out: today). How many records of them
    heard something new. Raises ``Trouble``: nobody, no such moment, no day, a day to come."""
    when = _when(client, on)
    theirs = _whom(client, identity)  # before the lock of our own tables is held: a place may take its time
    with transaction.atomic():
        some = closing.concerned(client, theirs, moment) or theirs  # what waits may stand in an outside place alone
        return sum(_tell(client, one, moment, when, by) for one in some)


def take_back(client: str, identity: str, moment: str, *, by: str) -> int:
    """It was told by mistake or is undone. How many records of them had it. Raises ``Trouble``: nobody."""
    with transaction.atomic():
        theirs = _whom(client, identity, outside=False)
        return sum(standing.not_happened(client, one, moment, by=by) for one in theirs)


def _whom(client: str, identity: str, *, outside: bool = True) -> list[int]:
    """Everybody whom an identity names. Whom only an outside place knows is made known to us: the firm's own books say
    who it is, and without a proved address the place could not be asked for them."""
    found = finding.persons(client, identity, shown=True, outside=outside)
    if not found:
        help = "Check the spelling, or name another address of theirs."
        raise finding.nobody(client, help, outside=outside)
    return sorted(finding.everybody(client, found))


def _tell(client: str, person: int, moment: str, when: dt.datetime, by: str) -> bool:
    """What was told already is not told again: a file may be sent twice."""
    before = standing.moments(client, person).get(moment)
    if before is not None and days.of(client, before) == days.of(client, when):
        return False
    standing.happened(client, person, moment, when, by=by)
    return True


def _when(client: str, on: str) -> dt.datetime:
    """The end of a day, so that nothing goes early; of this day, now."""
    now = days.local(client)
    try:
        day = dt.date.fromisoformat(on) if on else now.date()
    except ValueError:
        raise Trouble("wrong-date", "That is not a date.", "Write it as 2027-01-31.", where="on", exit=2) from None
    if day > now.date():
        raise Trouble("not-yet", "That day has not come.", "Tell it when it has happened.", where="on", exit=2)
    return min(now, days.at(client, day, dt.time.max))


# troth moment -----------------------------------------------------------------------------------------------------


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("moment", nargs="?", default="", help="as the policy names it; left out: all that wait")
    parser.add_argument("--client", required=True, help="whose moment it is")
    parser.add_argument("--identity", default="", metavar="FIELD=VALUE", help="to whom; email=… looks in every address")
    parser.add_argument("--on", default="", metavar="DATE", help="the day on which it happened; left out: today")
    parser.add_argument("--undo", action="store_true", help="it was told by mistake, or it is undone")
    parser.add_argument("--file", default="", metavar="FILE", help="many at once: CSV with identity,moment,on; - reads")
    parser.add_argument("--by", default="", metavar="STAFF", help="who tells it: their email address")


def run(args: argparse.Namespace) -> int:
    if not args.moment and not args.file:
        _needless(args, "identity", "on", "undo")
        return _list(args)
    by = staff.ref_of(args.by, args.client, "keeping")
    if args.file:
        _needless(args, "moment", "identity", "on", "undo")
        return _file(args, by)
    if args.undo:
        _needless(args, "on")
        changed = take_back(args.client, args.identity, args.moment, by=by)
    else:
        changed = tell(args.client, args.identity, args.moment, args.on, by=by)
    if args.json:
        print(json.dumps({"command": "moment", "ok": True, "changed": changed}))
    else:
        print(f"Written down for {_records(changed)}." if changed else "That was known already: nothing changed.")
    return 0


def _records(count: int) -> str:
    return "one record" if count == 1 else counted(count, "record[s]")


def _needless(args: argparse.Namespace, *names: str) -> None:
    for name in names:
        if getattr(args, name):
            said = f"{'MOMENT' if name == 'moment' else '--' + name} does not go with that."
            raise Trouble("wrong-use", said, "See `troth moment --help`.", exit=2)


def _list(args: argparse.Namespace) -> int:
    found = waiting(args.client)
    if args.json:
        print(json.dumps({"command": "moment", "ok": True, "moments": msgspec.to_builtins(found)}))
        return 0
    for one in found:
        print(visible(f"{one.moment}, told by {one.told_by}: told of {counted(one.told, '[person|people]')}"))
        if one.values:
            whose = counted(one.people, "[person|people]")
            print("  " + counted(one.values, f"value[s] of {whose} wait[s|] for it: no clock of theirs runs yet"))
    if not found:
        print("No period of this policy waits for something that somebody has to tell.")
    return 0


def _file(args: argparse.Namespace, by: str) -> int:
    changed, left, lines = 0, [], 0
    for number, row in _rows(args.file):
        lines += 1
        try:
            identity, moment, on = row
            changed += tell(args.client, identity, moment, on.strip(), by=by)
        except Trouble as trouble:
            left.append(Left(number, trouble.code, trouble.sentence))
    if args.json:
        data = {"lines": lines, "changed": changed, "left": msgspec.to_builtins(left)}
        print(json.dumps({"command": "moment", "ok": not left, **data}))
    else:
        print(f"{counted(lines, 'line[s] [was|were]')} read, and {_records(changed)} changed.")
        for one in left:
            print(f"  line {one.line}: {one.sentence}", file=sys.stderr)
    return 3 if left else 0


def _rows(name: str) -> Iterator[tuple[int, list[str]]]:
    """The lines of a file under the numbers that they have in it: the first after its head is 2. ``Trouble`` before
    anything is written: a file that is none, or too long, another head, a line of other columns."""
    try:
        rows = list(csv.reader(io.StringIO(_text(name), newline=""), strict=True))
    except csv.Error:
        help = "A quotation mark is open, or a line is endless. Nothing was written."
        raise Trouble("wrong-file", "The file is not CSV.", help, exit=2) from None
    if not rows or [word.strip().lower() for word in rows[0]] != HEAD:
        raise Trouble("wrong-file", "The file has another head.", f"Its first line is {','.join(HEAD)}.", exit=2)
    if len(rows) > MOST:
        raise Trouble("wrong-file", f"The file has more than {MOST:,} lines.", "Send it in parts.", exit=2)
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(HEAD):
            said = f"Line {number} has {counted(len(row), 'column[s]')}."
            raise Trouble("wrong-file", said, f"Each line has {','.join(HEAD)}. Nothing was written.", exit=2)
    yield from enumerate(rows[1:], 2)


def _text(name: str) -> str:
    try:
        with sys.stdin.buffer if name == "-" else Path(name).open("rb") as file:
            raw = file.read(BYTES + 1)
        if len(raw) <= BYTES:
            return raw.decode("utf-8-sig")
        said = f"The file is longer than {BYTES >> 20} MB."
        raise Trouble("wrong-file", said, "Send it in parts. Nothing was written.", exit=2)
    except UnicodeDecodeError:
        raise Trouble("wrong-file", "The file is not in UTF-8.", "Save it as UTF-8 text.", exit=2) from None
    except OSError as error:
        said = f"{visible(name)} cannot be read: {error.strerror}."
        raise Trouble("wrong-file", said, "Check the name of the file.", exit=2) from None
