"""Asking for a page leaves no trace in the thread that asks."""

from __future__ import annotations

from django.urls import reverse
from tests.conftest import LARCH

from troth.parties import editions, tenancy
from troth.prove import asking
from troth.web import hosts


def test_after_a_page_of_a_client_on_its_own_host_every_address_is_found_as_before(data_folder, db):
    """Else each right of such a client would seem to have no page."""
    tenancy.add("quill", host="quill.example")
    hosts.forget()  # which are known for a second
    editions.forget_cache()
    editions.publish("quill", LARCH, replaces=None, by="test")
    page = asking.of_client("quill", "choices/")
    assert page is not None and page.status_code == 200
    assert reverse("answer:erase", kwargs={"client": "quill"}) == "/c/quill/you/erase/"
