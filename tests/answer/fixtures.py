"""What the tests of answers and flows stand on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.answer.houses import empty_database, held, on_disk, patient, plain, shop, walks
from tests.answer.planting import Mailbox

from troth.answer import limits


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    box = Mailbox()
    settings.SMTP = box.open()
    limits.clear()
    yield box
    box.close()


@pytest.fixture
def browser(settings: Any) -> Any:
    from django.test import Client

    return Client(headers={"host": f"{settings.CLIENT_HOST}:8000"}, enforce_csrf_checks=False)


__all__ = ["browser", "empty_database", "held", "mailbox", "on_disk", "patient", "plain", "shop", "walks"]
