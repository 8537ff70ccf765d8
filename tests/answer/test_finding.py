"""Staff name somebody by any name that the policy declares, and whom only an outside place knows is found by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from troth.answer import access, finding, heard
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


def test_a_request_by_post_that_names_the_shops_address_finds_its_person(shop: Path) -> None:
    entered = heard.Entered(
        "access", "post", heard.timezone.localdate(), "Luís", known=f"shop.email={LUIS}", post="Bath"
    )
    reference = heard.register("larch", entered, by="staff")
    assert identities.find("larch", "shop.email", LUIS) and reference
