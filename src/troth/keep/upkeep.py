"""What comes round for the ledger: its tree grows, months are closed, old ones dropped, checkpoints copied out."""

from __future__ import annotations

import logging

from troth.keep import sweep
from troth.ledger import copies, merkle, segments
from troth.work import loop

_log = logging.getLogger("troth.ledger")


@loop.every(600)
def look_after_the_ledger() -> None:
    """Each step is whole by itself and harmless twice; what failed is tried in the next round."""
    merkle.grow(segments.begin().known)
    segments.close()
    if sweep.in_time():  # proof that goes by a wrong clock is brought back by nothing
        segments.drop()
    copies.make()
    if left := copies.send():
        _log.warning("%d copies of checkpoints wait to be copied out", left)
