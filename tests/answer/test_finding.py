"""Staff name somebody by any name that the policy declares, and whom only an outside place knows is found by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from troth.answer import access, finding, heard
from troth.parties import editions
from troth.people import identities
from troth.policy.problems import Trouble

LUIS = "luisg@embraer.com.br"


def test_whom_only_the_shop_knows_is_found_by_the_name_that_the_shop_has_for_an_address(shop: Path) -> None:
    found = finding.persons("larch", f"shop.email={LUIS}", shown=True)
    assert len(found) == 1 and identities.find("larch", "shop.email", LUIS) == found[0]
    lines = access.gather("larch", found[0], frozenset(found)).lines
    assert {"shop.name", "shop.email", "shop.total"} <= {one.field for one in lines}
    assert finding.persons("larch", f"shop.email={LUIS}", shown=True) == found, "and is nobody else the second time"


def test_another_name_finds_nobody_in_the_shop(shop: Path) -> None:
    assert finding.persons("larch", f"booking.email={LUIS}", shown=True) == []
    assert finding.persons("larch", "shop.email=nobody@post.example", shown=True) == []
    assert finding.persons("larch", f"shop.email={LUIS}", shown=True, outside=False) == []
    with pytest.raises(Trouble):
        finding.persons("larch", f"shop.name={LUIS}", shown=True)


def test_whom_we_know_by_the_same_address_under_another_name_is_nobody_else(shop: Path) -> None:
    ours = identities.make("larch", {"walker"})
    identities.attach("larch", ours, "booking.email", LUIS, verified=True)
    assert finding.persons("larch", f"shop.email={LUIS}", shown=True) == [ours]
    assert {one.field for one in identities.of("larch", ours)} == {"booking.email", "shop.email"}


def test_t22_the_same_number_under_a_name_of_another_kind_is_another_person(shop: Path, tmp_path: Path) -> None:
    """A member of ours and a customer of the shop both have the number 57: neither is shown what the other has."""
    known = editions.in_force("larch")
    text = (tmp_path / "larch.yaml").read_text()
    text = text.replace(
        "  shop.total: purchase\n",
        "  shop.total: purchase\n  shop.account: {is: account id, identifies: person}\n"
        "  booking.member: {is: customer number, identifies: person}\n",
    )
    text = text.replace("person by: Email, columns: {", "person by: CustomerId, columns: {CustomerId: shop.account, ")
    text = text.replace("  shop.name: 12", "  shop.account: 12 months after walk is over\n  shop.name: 12")
    text = text.replace("needs: [booking.name,", "needs: [booking.name, booking.member,")
    (tmp_path / "larch.yaml").write_text(text)
    editions.publish("larch", tmp_path / "larch.yaml", replaces=known.mark, by="tests")
    ours = identities.make("larch", {"walker"})
    identities.attach("larch", ours, "booking.member", "57", verified=True)
    assert finding.persons("larch", "booking.member=57", shown=True) == [ours]
    (theirs,) = finding.persons("larch", "shop.account=57", shown=True)
    assert theirs != ours and [one.field for one in identities.of("larch", ours)] == ["booking.member"]
    assert finding.persons("larch", "shop.account=57", shown=True) == [theirs]


def test_a_request_by_post_that_names_the_shops_address_finds_its_person(shop: Path) -> None:
    entered = heard.Entered(
        "access", "post", heard.timezone.localdate(), "Luís", known=f"shop.email={LUIS}", post="Bath"
    )
    reference = heard.register("larch", entered, by="staff")
    assert identities.find("larch", "shop.email", LUIS) and reference
