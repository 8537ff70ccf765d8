"""A ledger of its own for each test, of one client that nobody published."""

import pytest

from troth.ledger import vocabulary


@pytest.fixture(autouse=True)
def one_client(monkeypatch):
    monkeypatch.setattr(vocabulary, "_clients", {"", "larch"})
