"""``troth key``: show the recovery code, check that every client's values open, rotate, or restore from the code."""

from __future__ import annotations

import argparse
import base64
import getpass
import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Final

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from troth.ledger import entries
from troth.parties import tenancy
from troth.people import identities, indexes, store, vault
from troth.people.indexes import Turned
from troth.places import master
from troth.policy.counting import counted
from troth.policy.problems import Trouble

GROUP: Final = 4
LINE: Final = 1000  # letters that are read of a code that is written on standard input
KEEP_IT: Final = """Write this down and keep it away from this machine. Whoever has it and a copy of the data
can read all; without it, a lost key file is lost data. It brings the key back: troth key restore asks for it."""


def key_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("recovery", "check", "rotate", "restore"), help="what to do with the keys")
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="with rotate: master, epoch (without a word, too), index or token",
    )
    parser.add_argument("--client", default="", help="with rotate index or token: of this client only")
    parser.add_argument("--at-once", action="store_true", help="with rotate token: end every link and cookie now")
    parser.add_argument("--again", action="store_true", help="with recovery: show it though it was shown before")


def key(args: argparse.Namespace) -> int:
    acts = {"recovery": _recovery, "check": _check, "rotate": _rotate, "restore": _restore}
    return acts[args.what](args)


def _say(args: argparse.Namespace, text: str, **data: object) -> None:
    print(json.dumps({"command": "key", "ok": True, **data}) if args.json else text)


# --- the code ---------------------------------------------------------------------------------------------------


def code_of(key: bytes) -> str:
    """The master key as groups to write down: base32, the last group a checksum of the rest."""
    letters = base64.b32encode(key).decode().rstrip("=")
    letters += _checksum(key)
    return "-".join(letters[place : place + GROUP] for place in range(0, len(letters), GROUP))


def key_of(code: str) -> bytes:
    """The master key behind a code. Case, dashes, and 0 for O, 1 for I, 8 for B do not matter."""
    letters = "".join(code.split()).replace("-", "").upper().translate(str.maketrans("018", "OIB"))
    body, checksum = letters[:-GROUP], letters[-GROUP:]
    try:
        key = base64.b32decode(body + "=" * (-len(body) % 8))
    except ValueError:
        key = b""
    if not key or _checksum(key) != checksum:
        raise Trouble(
            "code-wrong", "The recovery code was not typed as it was printed.", "Compare it group by group.", exit=2
        )
    return key


def _checksum(key: bytes) -> str:
    return base64.b32encode(hashlib.sha256(b"troth recovery " + key).digest()).decode()[:GROUP]


def _recovery(args: argparse.Namespace) -> int:
    if vault.recovery_shown() and not args.again:
        raise Trouble(
            "code-shown",
            f"The recovery code was shown on {vault.recovery_shown()[:10]}.",
            "Use the copy you kept; `troth key recovery --again` shows it once more and writes that down.",
        )
    code = code_of(master.read())
    with transaction.atomic():
        entries.append("recovery-shown", client="", counts={"shown": 1})
    vault.note(vault.SHOWN, timezone.now().isoformat())
    _say(args, f"{code}\n\n{KEEP_IT}", code=code)
    return 0


# --- check, rotate, restore -------------------------------------------------------------------------------------


def _check(args: argparse.Namespace) -> int:
    key = master.read()  # the wrong key is wrong before anything is sealed with it, too
    if not master.fits(key):
        raise master.wrong()
    opened, moved = {}, {}
    for client in tenancy.slugs():
        opened[client], moved[client] = store.sample(client)
    lost = {client: len(store.without_key(client)) for client in opened}
    unfound = {client: indexes.without_key(client) for client in opened}
    findings = list(_findings(lost, moved, unfound))
    if args.json:
        data = {"opened": opened, "without_key": lost, "moved": moved, "index_lost": unfound, "findings": findings}
        print(json.dumps({"command": "key", "ok": not findings, **data}))
        return 3 if findings else 0
    for client, count in opened.items():
        print(
            f"{client}: opened {counted(count, 'value[s]')}"
            + (f"; {lost[client]} {'HAS' if lost[client] == 1 else 'HAVE'} NO KEY" if lost[client] else "")
        )
    if not opened:
        print("No client yet: nothing is sealed.")
    for finding in findings:
        print(finding)
    if not vault.recovery_shown():
        print("The recovery code was never shown. Run `troth key recovery` and keep it.")
    return 3 if findings else 0


def _findings(lost: dict[str, int], moved: dict[str, int], unfound: dict[str, list[int]]) -> Iterator[str]:
    for client, versions in unfound.items():
        if versions:
            yield f"{client}: nobody is found whose index key keys.db has lost. Put the newest keys.db back."
    for client, count in lost.items():
        if count:
            gone = len(store.destroyed(client, timezone.now())) + len(identities.destroyed(client))
            if gone:
                yield f"{client}: {gone} were erased since this troth.db was copied. Run troth sweep --restored."
            if count > gone:
                yield f"{client}: {count - gone} never had a key in this keys.db. Put the newest keys.db back."
    for client, count in moved.items():
        if count:
            yield f"{client}: {count} sealed values were moved or changed. Put troth.db back from a backup."
    if master.others_read():
        yield f"{settings.KEY_FILE} can be read by others than its owner. Run chmod 600 on it."
    if master.under_way():
        yield "A rotation of the master key stopped half-way. Run troth key rotate master; it goes on."


def _rotate(args: argparse.Namespace) -> int:
    turns = {"master": _rotate_master, "epoch": _rotate_epoch, "index": _rotate_index, "token": _rotate_tokens}
    what = args.words[0] if args.words else "epoch"
    if what not in turns or len(args.words) > 1:
        raise Trouble("wrong-use", "There is no such key to rotate.", f"Say one of: {', '.join(turns)}.", exit=2)
    if (args.client and what not in ("index", "token")) or (args.at_once and what != "token"):
        wrong = "--client goes with index and token, --at-once with token."
        raise Trouble("wrong-use", wrong, "Leave it out, or name the key it goes with.", exit=2)
    rotated = turns[what](args)
    keys = sum(one.rows for one in rotated if one.what == "epoch")
    if args.json:
        print(json.dumps({"command": "key", "ok": True, "rotated": msgspec.to_builtins(rotated), "keys": keys}))
    else:
        print("\n".join(map(_told, rotated)) or "There is no client yet, so there is nothing to rotate.")
    return 0


def _rotate_master(args: argparse.Namespace) -> list[Turned]:
    """A new master key, and a new epoch under it: whoever has the old file and an old copy of the keys opens none."""
    master.rotate()
    vault.note(vault.SHOWN, "")  # the code that somebody keeps is now the code of nothing
    return [Turned(what="master"), *_rotate_epoch(args)]


def _rotate_epoch(args: argparse.Namespace) -> list[Turned]:
    moved = vault.rotate()
    with transaction.atomic():
        entries.append("key-rotated", client="", counts={"keys": moved})
    return [Turned(what="epoch", rows=moved)]


def _rotate_index(args: argparse.Namespace) -> list[Turned]:
    return [indexes.rotate(client) for client in _clients(args.client)]


def _rotate_tokens(args: argparse.Namespace) -> list[Turned]:
    turned = []
    for client in _clients(args.client):
        version, gone = vault.rotate_tokens(client, at_once=args.at_once)
        with transaction.atomic():
            entries.append("key-rotated", client=client, counts={"keys": 1})
        turned.append(Turned(what="token", client=client, version=version, destroyed=gone))
    return turned


def _clients(named: str) -> list[str]:
    known = tenancy.slugs()
    if named and named not in known:
        raise Trouble("no-client", f"There is no client “{named}”.", f"Name one of: {', '.join(known) or 'none yet'}.")
    return [named] if named else known


def _told(one: Turned) -> str:
    if one.what == "master":
        return "The master key is new. The old recovery code is void: run troth key recovery, and keep the new one."
    if one.what == "epoch":
        return f"{counted(one.rows, 'key[s] [is|are]')} wrapped anew; the old epoch key is gone."
    gone = f" Destroyed: version {', '.join(map(str, one.destroyed))}." if one.destroyed else ""
    if one.what == "token":
        return f"{one.client}: token key {one.version} is in force.{gone}"
    kept = f" Kept for what nobody can mark anew: version {', '.join(map(str, one.kept))}." if one.kept else ""
    return f"{one.client}: {counted(one.rows, 'identit[y is|ies are]')} under index key {one.version}.{gone}{kept}"


def _restore(args: argparse.Namespace) -> int:
    code = " ".join(args.words) or _typed()
    if not code:
        raise Trouble("code-wrong", "No recovery code was given.", "Type it, or write it on standard input.", exit=2)
    master.restore(key_of(code))
    _say(args, f"The key file is back: {settings.KEY_FILE}", file=str(settings.KEY_FILE))
    return 0


def _typed() -> str:
    """The code from the keyboard, unseen, or from standard input: as a word of the command it would stand in the
    shell's history and before everybody who lists processes."""
    try:
        return getpass.getpass("Recovery code: ") if sys.stdin.isatty() else sys.stdin.readline(LINE).strip()
    except (EOFError, KeyboardInterrupt):
        return ""
