"""Why something was not taken in: a closed set, so that counts can stand in the ledger and name nobody."""

from __future__ import annotations

from enum import StrEnum


class Drop(StrEnum):
    """The whole event was dropped (or, for ``FORGED``, a choice that nobody is bound by was left out of account)."""

    UNDECLARED = "undeclared"
    INCOMPLETE = "incomplete"
    NO_CONSENT = "no-consent"
    OBJECTED = "objected"
    GPC = "gpc"
    WRONG_ORIGIN = "wrong-origin"
    REPLAY = "replay"
    STALE = "stale"
    MALFORMED = "malformed"
    OVERSIZED = "oversized"
    FLOOD = "flood"
    FORGED = "forged-choice"


class FieldDrop(StrEnum):
    """One value was dropped and the rest of its event was stored without it."""

    UNDECLARED = "undeclared field"
    NO_CONSENT = "field without a yes"
    SHAPELESS = "shapeless field"


STORED = "stored"
COUNTED = frozenset({STORED, *Drop, *FieldDrop})
