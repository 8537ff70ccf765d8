"""``troth serve`` and ``troth demo``."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
from typing import NoReturn

from django.conf import settings

from troth.policy.problems import Trouble


def serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", help="the data folder (TROTH_DATA)")
    parser.add_argument("--port", help="the port; 0 takes a free one (TROTH_PORT)")


def serve(args: argparse.Namespace) -> int:
    _settled(TROTH_DATA=args.data, TROTH_PORT=args.port)
    from troth.web import server

    server.refuse_demo_in_public()
    server.prepare()
    with server.locked():
        server.run(lambda: _say(args.json, {"clients": settings.ORIGIN, "desk": settings.DESK_ORIGIN + "/desk/"}))
    return 0


def _say(as_json: bool, facts: dict[str, str]) -> None:
    if as_json:
        print(json.dumps({"command": "serve", "ok": True, "serves": facts}), flush=True)
        return
    print(f"Clients’ pages  {facts['clients']}/\nThe desk        {facts['desk']}\nCtrl-C stops it.", flush=True)


def _settled(**wanted: str | None) -> None:
    """Options given on the command line, and a free port for port 0, go into the environment: settings are read from
    there once, so this process begins again with them."""
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
    words = [word for word in sys.argv[1:]]
    os.execv(sys.executable, [sys.executable, "-m", "troth.cli", *_without(words)])


def _without(words: list[str]) -> list[str]:
    """The words of the command line without the options that are in the environment now."""
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
    parser.add_argument("--port", help="the port; 0 takes a free one (TROTH_PORT)")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier demonstration kept")
    parser.add_argument("--few", action="store_true", help="take in little data (tests)")


def demo(args: argparse.Namespace) -> int:
    raise Trouble("demo-soon", "", "")
