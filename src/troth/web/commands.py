"""``troth serve`` and ``troth demo``."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import shlex
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec
from django.conf import settings
from django.db import connections

from troth.policy.problems import Trouble, visible
from troth.web import options
from troth.web.telling import where

if TYPE_CHECKING:
    from troth.web.doctor import Finding

_log = logging.getLogger("troth.web")


def serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", help="the data folder (TROTH_DATA)")
    parser.add_argument("--port", type=_port, help="the port; 0 takes a free one (TROTH_PORT)")


def _port(text: str) -> str:
    if not (text.isascii() and text.isdigit() and int(text) <= options.LAST_PORT):
        raise argparse.ArgumentTypeError(f"“{text}” is no port; it is a number up to {options.LAST_PORT}")
    return text


def serve(args: argparse.Namespace) -> int:
    _settled({"TROTH_DATA": args.data, "TROTH_PORT": args.port})
    from troth.web import server

    server.refuse_demo_in_public()
    server.prepare()
    found = _short_of_room()
    with server.locked():
        server.run(lambda: _say(args.json, "serve", _addresses(), found))
    return 0


def _addresses() -> dict[str, str]:
    return {"Clients’ pages": settings.ORIGIN + "/", "The desk": settings.DESK_ORIGIN + "/desk/"}


def _short_of_room() -> list[Finding]:
    """Said before anything is served or filled, so that nobody looks for the reason elsewhere."""
    from troth.web import doctor

    found = doctor.short_of_room()
    for one in found:
        print(visible(f"{one.code}: {one.sentence}\n  {one.help}"), file=sys.stderr, flush=True)
    return found


def _say(as_json: bool, command: str, addresses: dict[str, str], found: list[Finding]) -> None:
    if as_json:
        said = {"command": command, "ok": True, "addresses": addresses, "findings": msgspec.to_builtins(found)}
        print(json.dumps(said), flush=True)
        return
    for name, address in addresses.items():
        print(f"{name:<16}{address}")
    print("Ctrl-C stops it.", flush=True)


def _settled(wanted: dict[str, str | None]) -> None:
    """What the command line says, and a free port for port 0, goes into the environment. Settings are read from there
    once, so this process begins again when anything changed."""
    changed = {name: value for name, value in wanted.items() if value is not None and os.environ.get(name) != value}
    if (changed.get("TROTH_PORT") or os.environ.get("TROTH_PORT", "")) == "0":
        changed["TROTH_PORT"] = str(_free_port())
    if changed:
        os.environ.update(changed)
        _begin_again()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _begin_again() -> NoReturn:
    os.execv(sys.executable, [sys.executable, "-m", "troth.cli", *_without(sys.argv[1:])])  # noqa: S606


def _without(words: list[str]) -> list[str]:
    """The words of the command line without those that stand in the environment now."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in ("--data", "--port"):
            skip = True
        elif not word.startswith(("--data=", "--port=")):
            kept.append(word)
    return kept


def demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", help="the data folder (TROTH_DATA)")
    parser.add_argument("--port", type=_port, help="the port; 0 takes a free one (TROTH_PORT)")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier demonstration kept")
    parser.add_argument("--few", action="store_true", help="take in little data (tests)")


def demo(args: argparse.Namespace) -> int:
    data = _folder(args.data)
    _settled({"TROTH_PORT": args.port} | _beside(data))
    from troth.web import demo, mailbox, server

    server.refuse_demo_in_public()
    demo.claim()
    if args.fresh:
        with server.locked():  # what a running demonstration serves is not taken away under it
            demo.forget()
    server.prepare()
    found = _short_of_room()
    with server.locked(), contextlib.closing(mailbox.Box()):
        demo.load(few=args.few)
        addresses = {
            "The five": settings.ORIGIN + "/",
            "Mailbox": settings.ORIGIN + "/mailbox/",
            "The desk": demo.link(),
            "Its code": f"shown on the page, or: {_elsewhere(data)}troth staff code --demo",
            "Data": data,
        }
        server.run(lambda: _begin(args.json, addresses, found))
    return 0


def _folder(named: str | None) -> str:
    return str(Path(named or os.environ.get("TROTH_DATA", ".data")).expanduser().resolve())


def _elsewhere(data: str) -> str:
    """What goes before a command over this folder, where that would look into another."""
    return "" if data == str(Path(".data").resolve()) else f"TROTH_DATA={shlex.quote(data)} "


def _beside(data: str) -> dict[str, str | None]:
    """A demonstration keeps what others keep elsewhere beside its folder."""
    public = os.environ.get("TROTH_PUBLIC_PROMISES", "*")
    return {"TROTH_DATA": data, "TROTH_PUBLIC_PROMISES": public, **options.beside(Path(data))}


def _begin(as_json: bool, addresses: dict[str, str], found: list[Finding]) -> None:
    _say(as_json, "demo", addresses, found)
    threading.Thread(target=_prove, name="troth-first-proof", daemon=True).start()


def _prove() -> None:
    """The first proof, in the background. A probe that fails is written to the log; nothing here stops the server."""
    from troth.parties import tenancy
    from troth.prove import report

    try:
        for slug in tenancy.slugs():
            if report.latest(slug) is None:
                report.keep(report.run(slug))
    except Exception as error:  # a proof that could not be made leaves the front saying so
        _log.error("", extra={"facts": {"proof": "not made", "error": type(error).__name__, "where": where(error)}})
    finally:
        connections.close_all()


def doctor_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", help="the data folder (TROTH_DATA); a demonstration's is known as one")


def doctor(args: argparse.Namespace) -> int:
    _settled({"TROTH_DATA": args.data and _folder(args.data)})  # what an option names is looked at, in a demo too
    from troth.web import doctor

    if not Path(str(settings.DATABASES["default"]["NAME"])).exists():
        help = "Set TROTH_DATA or --data to the folder you mean."
        raise Trouble("no-data", "There is nothing in the data folder yet.", help, where="TROTH_DATA")
    found = doctor.examine()
    if args.json:
        findings = msgspec.to_builtins(found)
        print(json.dumps({"command": "doctor", "ok": not found, "findings": findings}))
    for one in [] if args.json else found:
        print(visible(f"{one.code}: {one.sentence}\n  {one.help}"))
    if not (found or args.json):
        print(f"Healthy: looked at {len(doctor.LOOKS)} things in {settings.DATA} and found nothing to mend.")
    return 3 if found else 0
