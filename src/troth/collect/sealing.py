"""The vault keeps the keys of event files, so that they live apart from the events and are destroyed alone."""

from __future__ import annotations

from troth.people import vault
from troth.places.events import KeyGone
from troth.policy.problems import Trouble

NOBODY = 0  # a file's key is no person's


class VaultSealer:
    """One key in the vault for each event file, named like a keep rule of nobody's."""

    def seal(self, client: str, file: str, plain: bytes) -> bytes:
        return vault.seal(client, NOBODY, "event file", file, _rule(file), plain)

    def open(self, client: str, file: str, sealed: bytes) -> bytes:
        try:
            return vault.open(client, NOBODY, "event file", file, sealed)
        except Trouble as trouble:
            if trouble.code == "key-gone":
                raise KeyGone(file) from trouble
            raise  # a wrong master key destroys nothing

    def destroy(self, client: str, file: str) -> bool:
        return vault.destroy(client, NOBODY, rules={_rule(file)}).state == "destroyed"


def _rule(file: str) -> str:
    """The name under which the vault keeps a file's key; no policy's selector reads like it."""
    return f"event file {file}"
