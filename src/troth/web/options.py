"""Every option of an installation, read from the environment once. A wrong value names itself and what it may be."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from troth.policy.problems import Trouble


class Option(NamedTuple):
    name: str
    default: str
    means: str


OPTIONS = (
    Option("TROTH_DATA", ".data", "Folder with everything troth stores."),
    Option("TROTH_KEY_FILE", "~/.config/troth/master.key", "File with the master key; never inside the data folder."),
    Option("TROTH_HOST", "127.0.0.1", "Address the server binds to."),
    Option("TROTH_PORT", "8000", "Port of the server; 0 takes a free one."),
    Option("TROTH_DESK_HOST", "localhost", "Host name of the desk and of staff sign-in; never a client's."),
    Option("TROTH_CLIENT_HOST", "127.0.0.1", "Host name under which /c/<client>/ serves all clients; empty: none."),
    Option("TROTH_ORIGIN", "", "Public origin of the clients' pages, for links in mail; empty: host and port."),
    Option("TROTH_DESK_ORIGIN", "", "Public origin of the desk, for sign-in links; empty: desk host and port."),
    Option("TROTH_PROXIES", "", "Addresses of proxies whose X-Forwarded-For is believed, with commas; empty: none."),
    Option("TROTH_SMTP", "127.0.0.1:0", "Host and port of the mail server; port 0: mail waits in the queue."),
    Option("TROTH_PLACES_FILE", "~/.config/troth/places.toml", "The operator's list of approved outside places."),
    Option(
        "TROTH_PUBLIC_PROMISES", "", "Clients whose promise page anybody may read, with commas; *: all; empty: none."
    ),
    Option("TROTH_CHECKPOINT_FILE", "", "File outside TROTH_DATA that gathers the ledger's checkpoints; empty: none."),
    Option("TROTH_CHECKPOINT_MAIL", "", "Address to which the ledger's checkpoints are mailed; empty: none."),
    Option("TROTH_LEDGER_MONTHS", "84", "Whole months for which entries of the ledger are kept; their roots stay."),
    Option("TROTH_RESERVE_MB", "16", "Megabytes on the disk that only records may use when all else is full; 0: none."),
    Option("TROTH_LOG", "lines", "How the log is written: lines (JSON), text, or nothing."),
    Option("TROTH_METRICS_TOKEN", "", "Who bears it may read /metrics; empty: only this machine itself."),
    Option("TROTH_DEMO", "no", "yes: the demonstration (loopback only, mailbox page, sample sign-in)."),
    Option("TROTH_THREADS", "8", "Threads that serve pages; at least 4."),
)
LAST_PORT = 65535
_BY_NAME = {option.name: option for option in OPTIONS}


def text(name: str) -> str:
    if name in os.environ:
        return os.environ[name]
    folder = _at_home("TROTH_DATA", os.environ.get("TROTH_DATA", _BY_NAME["TROTH_DATA"].default))
    return beside(folder).get(name, _BY_NAME[name].default) if (folder / "demo").exists() else _BY_NAME[name].default


def beside(folder: Path) -> dict[str, str]:
    """What a demonstration keeps beside its folder, so that every command over that folder finds it."""
    return {"TROTH_KEY_FILE": f"{folder}.key", "TROTH_PLACES_FILE": f"{folder}.places.toml", "TROTH_DEMO": "yes"}


def path(name: str) -> Path:
    return _at_home(name, text(name))


def _at_home(name: str, said: str) -> Path:
    try:
        return Path(said).expanduser().resolve()
    except RuntimeError:
        raise Trouble(
            "option-wrong", f"{name} is “{said}”, and this user has no home folder.", f"Set {name} to a whole path."
        ) from None


def number(name: str) -> int:
    value = text(name)
    if not (value.isascii() and value.isdigit()):
        raise Trouble("option-wrong", f"{name} is “{value}”, which is not a whole number.", f"Set {name} to a number.")
    return int(value)


def port(name: str) -> int:
    value = number(name)
    if value > LAST_PORT:
        raise Trouble("option-wrong", f"{name} is “{value}”, and no port.", f"Set {name} to 0 to {LAST_PORT}.")
    return value


def address(name: str) -> tuple[str, int]:
    host, _, port = text(name).rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and int(port) <= LAST_PORT):
        raise Trouble("option-wrong", f"{name} is “{text(name)}”.", f"Set {name} to HOST:PORT.")
    return host, int(port)


def yes(name: str) -> bool:
    value = text(name)
    if value not in ("yes", "no"):
        raise Trouble("option-wrong", f"{name} is “{value}”.", f"Set {name} to yes or no.")
    return value == "yes"


def host(name: str, *, but: str = "") -> str:
    """A host name, or '' for none. ``but``: one that it must not be, since the desk stands on a host of its own."""
    value = text(name).lower()
    if any(mark in value for mark in "/@ ") or (":" in value and not value.endswith("]")):
        raise Trouble("option-wrong", f"{name} is “{value}”.", f"Set {name} to a host name without a port.")
    if value and value == but:
        said = f"{name} is “{value}”, which is the host of the desk, too: no page of a client stands beside the desk."
        raise Trouble("option-wrong", said, "Set TROTH_DESK_HOST or TROTH_CLIENT_HOST to another name.")
    return value


def origin(name: str, host: str, port: int) -> str:
    """A declared origin, ``https://desk.firm.example``; without one, plain http at host and port (loopback use)."""
    value = text(name).rstrip("/")
    if value and (not value.startswith(("http://", "https://")) or value.count("/") != 2):
        raise Trouble("option-wrong", f"{name} is “{value}”.", f"Set {name} to an origin, https://host without a path.")
    return value or f"http://{host}:{port}"


def choice(name: str, among: tuple[str, ...]) -> str:
    value = text(name)
    if value not in among:
        raise Trouble("option-wrong", f"{name} is “{value}”.", f"Set {name} to one of: {', '.join(among)}.")
    return value


def token(name: str) -> str:
    """A secret that is not to be guessed, or ''."""
    value = text(name)
    if value and (len(value) < 24 or not value.isascii() or not value.isprintable() or " " in value):
        raise Trouble("option-wrong", f"{name} can be guessed.", f"Set {name} to 24 plain characters or more.")
    return value


def words(name: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text(name).split(",") if word.strip())


def data() -> Path:
    return path("TROTH_DATA")


def signing(key_file: Path) -> str:
    """What Django signs with: follows from the master key, so that sessions fall with it and no second secret needs
    keeping. Before there is a key it is random: nothing that anybody could know is ever signed with."""
    if not key_file.exists():
        return secrets.token_hex(32)
    return hmac.new(key_file.read_bytes(), b"troth django", hashlib.sha256).hexdigest()
