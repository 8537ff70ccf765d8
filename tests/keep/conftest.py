from tests.answer.fixtures import mailbox
from tests.answer.houses import empty_database, held, on_disk, patient, plain, shop, walks

__all__ = ["empty_database", "held", "mailbox", "on_disk", "patient", "plain", "shop", "walks"]
