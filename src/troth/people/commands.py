"""``troth key``: show the recovery code, check that every client's values open, rotate, or restore from the code."""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from troth.ledger import entries
from troth.parties import tenancy
from troth.people import store, vault
from troth.places import master
from troth.policy.problems import Trouble

GROUP: Final = 4
KEEP_IT: Final = """Write this down and keep it away from this machine. Whoever has it and a copy of the data
can read all; without it, a lost key file is lost data. It brings the key back: troth key restore CODE"""


def key_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("recovery", "check", "rotate", "restore"), help="what to do with the keys")
    parser.add_argument("code", nargs="*", help="with restore: the recovery code, as printed")
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
    master.read()  # the wrong key is wrong before anything is sealed with it, too
    opened = {client: store.sample(client) for client in tenancy.slugs()}
    lost = {client: len(store.without_key(client)) for client in opened}
    ok = not any(lost.values())
    if args.json:
        print(json.dumps({"command": "key", "ok": ok, "opened": opened, "without_key": lost}))
        return 0 if ok else 3
    for client, count in opened.items():
        print(f"{client}: opened {count} values" + (f"; {lost[client]} HAVE NO KEY" if lost[client] else ""))
    if not opened:
        print("No client yet: nothing is sealed.")
    if not vault.recovery_shown():
        print("The recovery code was never shown. Run `troth key recovery` and keep it.")
    return 0 if ok else 3


def _rotate(args: argparse.Namespace) -> int:
    moved = vault.rotate()
    with transaction.atomic():
        entries.append("key-rotated", client="", counts={"keys": moved})
    _say(args, f"{moved} keys are wrapped anew; the old epoch key is gone.", keys=moved)
    return 0


def _restore(args: argparse.Namespace) -> int:
    if not args.code:
        raise Trouble("code-wrong", "No recovery code was given.", "Say troth key restore CODE.", exit=2)
    master.restore(key_of(" ".join(args.code)))
    _say(args, f"The key file is back: {settings.KEY_FILE}", file=str(settings.KEY_FILE))
    return 0
