"""The fixtures of people, houses and a mailbox that receives, shared with the flows."""

from tests.answer.fixtures import browser, empty_database, held, mailbox, on_disk, patient, plain, shop, walks

__all__ = ["browser", "empty_database", "held", "mailbox", "on_disk", "patient", "plain", "shop", "walks"]
