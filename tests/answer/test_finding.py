"""Staff name somebody by any name that the policy declares, and whom only an outside place knows is found by it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.test import Client
from tests.answer.planting import Mailbox, come_in, work

from troth.answer import access, acting, commands, finding, happening, heard, identity
from troth.keep import where
from troth.parties import editions
from troth.people import identities
from troth.policy.problems import Trouble
from troth.work import queue

LUIS = "luisg@embraer.com.br"
NOON = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)


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


def gone(shop: Path) -> Path:
    """The shop does not answer: its file lies elsewhere for a while."""
    return shop.rename(shop.with_suffix(".away"))


def test_a_place_that_is_silent_is_not_called_one_that_knows_nobody(shop: Path) -> None:
    away = gone(shop)
    with pytest.raises(Trouble) as no:
        commands._who("larch", f"email={LUIS}")
    assert (no.value.code, no.value.exit) == ("not-answered", 3) and "shop did not answer" in no.value.sentence
    with pytest.raises(Trouble) as told:
        happening.tell("larch", f"email={LUIS}", "walk is over", by="staff")
    assert told.value.code == "not-answered"
    away.rename(shop)
    with pytest.raises(Trouble) as nobody:
        commands._who("larch", "email=nobody@post.example")
    assert nobody.value.code == "nobody-found"


def test_the_link_of_somebody_whom_only_a_silent_place_knows_waits_for_it(shop: Path, mailbox: Mailbox) -> None:
    """Their page says that no mail comes where nothing is held: a database that was away for a minute says no such
    thing (UK GDPR Art 12(1))."""
    away = gone(shop)
    with time_machine.travel(NOON, tick=False) as clock:
        identity.ask("larch", LUIS, "192.0.2.1")
        work()
        assert mailbox.letters == [] and [error for *_, error in queue.waiting("larch")] == ["not-answered"]
        away.rename(shop)
        clock.shift(dt.timedelta(minutes=1))
        work()
    assert [to for to, _ in mailbox.letters] == [[LUIS]] and queue.depth() == 0


def test_the_link_of_a_stranger_waits_no_longer_than_it_would_work(shop: Path, mailbox: Mailbox) -> None:
    gone(shop)
    with time_machine.travel(NOON, tick=False) as clock:
        identity.ask("larch", "nobody@post.example", "192.0.2.1")
        work()
        clock.shift(dt.timedelta(minutes=31))
        work()
    assert mailbox.letters == [] and queue.depth() == 0


def test_nobody_is_written_to_that_nothing_was_found_while_a_place_is_silent(shop: Path) -> None:
    away = gone(shop)
    entered = heard.Entered(
        "access", "post", heard.timezone.localdate(), "Luís", known=f"shop.email={LUIS}", post="Bath"
    )
    reference = heard.register("larch", entered, by="staff")
    with pytest.raises(Trouble) as silent:
        acting.nothing_went("larch", reference, "post", by="staff")
    assert silent.value.code == "not-answered"
    with pytest.raises(Trouble) as unseen:
        heard.find("larch", reference, f"shop.email={LUIS}", by="staff")
    assert unseen.value.code == "not-answered"
    away.rename(shop)
    with pytest.raises(Trouble) as found:
        acting.nothing_went("larch", reference, "post", by="staff")
    assert found.value.code == "found-already"
    assert heard.find("larch", reference, f"shop.email={LUIS}", by="staff")


@pytest.mark.parametrize("address", ["nobody@post.example", ""])
def test_while_a_place_is_asked_whether_somebody_stands_there_nobody_else_waits_for_it(
    shop: Path, mailbox: Mailbox, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database outside may take half a minute; with the lock of ours held no form and no page was answered."""
    entered = heard.Entered(
        "access", "post", heard.timezone.localdate(), "Ada", known="email=nobody@post.example", post="Bath",
        address=address,
    )  # fmt: skip
    reference, held, knows = heard.register("larch", entered, by="staff"), list[bool](), where.knows

    def asked(*about: str) -> str:
        held.append(connection.in_atomic_block)
        return knows(*about)

    monkeypatch.setattr(where, "knows", asked)
    if address:
        acting.nothing("larch", reference, by="staff")
    else:
        acting.nothing_went("larch", reference, "post", by="staff")
    assert held == [False]


@pytest.mark.parametrize("act", ["link", "moment"])
def test_while_a_place_is_asked_who_they_are_nobody_else_waits_for_it(
    shop: Path, mailbox: Mailbox, browser: Client, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, knows = list[bool](), where.knows

    def asked(*about: str) -> str:
        held.append(connection.in_atomic_block)
        return knows(*about)

    monkeypatch.setattr(where, "knows", asked)
    if act == "link":
        assert "Gonçalves" in come_in(browser, mailbox, LUIS)
    else:
        happening.tell("larch", f"shop.email={LUIS}", "walk is over", by="staff")
    assert held and not any(held)


def test_whoever_stands_in_a_place_by_now_is_not_taken_down_by_the_look(shop: Path) -> None:
    away = gone(shop)
    entered = heard.Entered(
        "access", "post", heard.timezone.localdate(), "Luís", known=f"shop.email={LUIS}", post="Bath"
    )
    reference = heard.register("larch", entered, by="staff")
    away.rename(shop)
    before = identities.persons("larch")
    with pytest.raises(Trouble):
        acting.nothing_went("larch", reference, "post", by="staff")
    assert identities.persons("larch") == before
