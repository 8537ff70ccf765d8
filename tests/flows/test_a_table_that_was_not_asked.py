"""A shop that knows some people by what they have not shown: what stands there is not called empty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.answer.houses import published
from tests.answer.planting import Mailbox, walker, work

from troth.answer import access, exporting

pytestmark = pytest.mark.django_db(transaction=True)
LUIS = "luisg@embraer.com.br"
BY_EMAIL = "Customer: {person by: Email,"
BY_PHONE = "Employee: {person by: Phone, columns: {Phone: shop.phone, Title: shop.trade}}"


@pytest.fixture
def keyed(shop: Path, tmp_path: Path, settings: Any) -> str:
    text = (tmp_path / "larch.yaml").read_text()
    assert BY_EMAIL in text
    text = text.replace(
        "  shop.total: purchase\n",
        "  shop.total: purchase\n  shop.phone: {is: phone number, identifies: person}\n  shop.trade: job title\n",
    )
    text = text.replace("may: shop.*}", "may: [shop.name, shop.email, shop.total, shop.phone]}")
    text = text.replace("    of: walker\n    needs:", "    of: walker\n    may: shop.trade\n    needs:")
    text = text.replace("  shop.name: 12 months", "  shop.phone: 12 months after walk is over\n  shop.name: 12 months")
    text = text.replace("  shop.name: 12 months", "  shop.trade: 12 months after walk is over\n  shop.name: 12 months")
    settings.PLACES_FILE.write_text(f'[keyed]\nshop = "sqlite:///{shop}"\n')
    return published("keyed", text.replace(f"      {BY_EMAIL}", f"      {BY_PHONE}\n      {BY_EMAIL}"), tmp_path)


def test_a_page_says_which_place_was_asked_in_part_and_calls_nothing_there_not_held(
    keyed: str, browser: Client, mailbox: Mailbox
) -> None:
    """UK GDPR Art 12(1), 15(1): nobody knows what stands in a table that was not asked."""
    walker(keyed, LUIS, "Luís")
    browser.post(f"/c/{keyed}/you/", {"address": LUIS})
    work()
    browser.post(mailbox.link(), follow=True)
    page = browser.get(f"/c/{keyed}/you/").text
    assert "Gonçalves" in page
    assert "Shop was asked in part." in page and "What stands there is not known." in page
    assert "job title" not in page.partition("Not held:")[2].partition("</p>")[0]
    assert "from every place that answered" in page and "from every place we keep it" not in page
    assert "Shop was asked in part." in browser.get(f"/c/{keyed}/you/erase/").text


def test_the_files_say_it_too(keyed: str) -> None:
    person = walker(keyed, LUIS, "Luís")
    found = access.gather(keyed, person, frozenset({person}))
    said = json.loads(exporting.as_json(found))["not_asked"]
    assert [one["place"] for one in said] == ["shop"] and "those were not asked" in said[0]["why"]
    assert "Shop was asked in part." in exporting.as_html(found)


def test_a_shop_all_of_which_was_asked_is_not_told_of(shop: Path) -> None:
    person = walker("larch", LUIS, "Luís")
    found = access.gather("larch", person, frozenset({person}))
    assert found.not_asked == [] and json.loads(exporting.as_json(found))["not_asked"] == []
