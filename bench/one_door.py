"""Serve one door, alone, over a fresh or standing data folder: for the load generator and for the test that kills it.

TROTH_DATA and TROTH_KEY_FILE say where; the policy is published on the first start. ``--empty`` serves a handler that
reads the body and answers 204 without looking at it: what the server costs by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

CLIENT = "larch"


def ready(policy: Path) -> None:
    """Tables, keys and an edition in force."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.settings")
    import django

    Path(os.environ["TROTH_DATA"]).mkdir(parents=True, exist_ok=True)
    django.setup()
    from django.core.management import call_command

    from troth.parties import editions, tenancy
    from troth.places import master

    call_command("migrate", verbosity=0)
    master.ensure()
    if CLIENT not in tenancy.slugs():
        tenancy.add(CLIENT)
        editions.publish(CLIENT, policy, replaces=None, by="")


async def empty(scope: dict[str, Any], receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": [(b"cache-control", b"no-store")]})
    await send({"type": "http.response.body", "body": b""})


async def serve(app: Any, port: int) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.server.embed import Server

    server = Server(
        app,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    await server.serve()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--empty", action="store_true")
    args = parser.parse_args()
    ready(args.policy)
    from troth.collect.door import Door
    from troth.web.server import set_aside

    set_aside()  # as the server does
    door = Door(rate=1e9)
    door.start()
    try:
        asyncio.run(serve(empty if args.empty else door, args.port))
    finally:
        door.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
