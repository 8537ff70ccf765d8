"""The operator's list of outside places. A policy names a secret; only this file says what it opens.

A policy is untrusted input: it cannot make troth connect anywhere that the operator did not write here.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from django.conf import settings

from troth.policy.problems import Trouble


def address(client: str, secret: str) -> str:
    """The address that this client's secret stands for, or ``Trouble``. It never reaches an error text."""
    found = _listed().get(client, {})
    url = found.get(secret) if isinstance(found, dict) else None
    if not isinstance(url, str):
        raise Trouble(
            "place-not-approved",
            f"The operator has not approved a place under the name “{secret}” for {client}.",
            f'Add the line {secret} = "…" under [{client}] in the file of approved places.',
        )
    return url


def _listed() -> dict[str, object]:
    path = Path(settings.PLACES_FILE)
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Trouble(
            "places-unreadable", "The file of approved places cannot be read.", "Mend the file; it is TOML."
        ) from error


def inside_our_house(path: Path) -> bool:
    """Whether a file is one of troth's own: reached by its path, by a link, or by a second name."""
    real = path.resolve()
    data = Path(settings.DATA).resolve()
    if real == data or data in real.parents or real == Path(settings.KEY_FILE).resolve():
        return True
    return any(_same(real, own) for own in (data / "troth.db", data / "keys.db", Path(settings.KEY_FILE)))


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
