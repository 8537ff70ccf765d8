"""A firm under the law of the Union alone: its own authority, its own law, and nothing abroad that is in the EEA."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.policy.spoiling import codes, compiled
from tests.policy.test_in_vain import AUTHORITY, EU, LAW, UNDER_EU

from troth import policy
from troth.answer import complaints
from troth.policy import words
from troth.policy.drafting import interview, papers
from troth.policy.drafting.interview import Answers, Processor
from troth.policy.emit import notice, record
from troth.policy.law import facts

DAY = dt.date(2026, 11, 26)
MAIL, ABROAD = "in: GB, contract: mail contract", "the law there is held to protect it as well"


def shop(nation: str) -> str:
    mail = [Processor("Poste Courriel", "mail", "FR")]
    return interview.policy(
        Answers(
            name="Fil & Soie SARL",
            email="a@fil.example",
            address="12 rue de la République, 69002 Lyon",
            nation=nation,
            website="https://www.fil.example",
            collect=["visits", "letters", "orders"],
            processors=mail,
        ),
        DAY,
    )


def test_a_french_shop_names_its_authority_and_cites_the_law_that_it_stands_under():
    text = shop("FR")
    plan = policy.load("policy.yaml", text=text.encode(), on=DAY).plan
    assert plan is not None and "UK GDPR" not in text
    page = notice.render(plan, format="markdown")
    assert "Commission nationale de l’informatique et des libertés, 3 place de Fontenoy" in page
    assert "(GDPR Art 7(1) and 21(3))" in page
    assert all("UK GDPR" not in paper for paper in papers.samples(text).values())


@pytest.mark.parametrize("nation", ["DK", "DE", "IS"])
def test_where_we_have_no_word_for_the_authority_the_draft_asks_for_its_particulars(nation):
    text = shop(nation)
    found = policy.load("policy.yaml", text=text.encode(), on=DAY)
    assert [one.sentence.partition("who/")[2].partition(".")[0] for one in found.problems] == [
        "authority/name", "authority/address", "authority/page",
    ]  # fmt: skip
    said = text.replace("authority: {name: TBC, address: TBC, page: TBC}", AUTHORITY)
    plan = policy.load("policy.yaml", text=said.encode(), on=DAY).plan
    assert plan is not None and "Datatilsynet, 1 Vej, Valby, Denmark, https://authority.example/" in notice.render(
        plan, format="markdown"
    )
    assert complaints.authority(plan).startswith("the Datatilsynet, 1 Vej, Valby, Denmark, https://authority.example/")


@pytest.mark.parametrize(
    ("country", "uk", "eu"),
    [("BR", False, True), ("GI", True, False), ("CH", True, True), ("US", False, False), ("IE", True, True)],
)
def test_each_law_has_its_own_list_of_countries_to_which_data_may_go(country: str, uk: bool, eu: bool) -> None:
    """UK GDPR Art 45A, GDPR Art 45; who stands under both obeys both."""
    there = (MAIL, MAIL.replace("GB", country))
    both = (LAW, LAW.replace("of: uk", "of: [uk, eu]"))
    for swaps, may in (([there], uk), ([(LAW, EU), *UNDER_EU, there], eu), ([both, *UNDER_EU, there], uk and eu)):
        assert ("no-safeguard" in codes(*swaps)) is not may, (country, swaps)


@pytest.mark.parametrize("law", ["uk", "eu"])
def test_the_lists_of_countries_are_those_of_the_law_of_today(law: str) -> None:
    rows = facts.on(facts.of(law).adequate, DAY)
    only = {"US"}  # by a list of firms, which no country is
    listed = {code for row in rows for code in row.countries} - only
    assert {code for code, one in words.COUNTRIES.items() if words.adequate(one, [law]) and not one.eea} - {"GB"} == (
        listed - {"GB"} - {code for code, one in words.COUNTRIES.items() if one.eea}
    )


def test_what_goes_to_the_same_country_or_the_next_is_not_said_to_be_abroad():
    near = compiled((LAW, EU), *UNDER_EU, (MAIL, MAIL.replace("GB", "[IE, FR]")))
    assert near.recipients["Postal Mail Services"].mechanism == ""
    assert ABROAD not in notice.render(near, format="markdown")
    assert ABROAD not in str(record.sheets(near))
    far = compiled((LAW, EU), *UNDER_EU)
    assert ABROAD in notice.render(far, format="markdown"), "the United Kingdom is abroad there"
    assert ABROAD in notice.render(compiled((MAIL, MAIL.replace("GB", "FR"))), format="markdown")


def test_a_name_with_an_accent_is_still_read_in_the_name_of_its_paper():
    assert "papers/sample-hebergeur-rhone-contract.md" in papers_of("Hébergeur Rhône")


def papers_of(processor: str) -> set[str]:
    one = Answers(name="Fil", nation="FR", collect=["letters"], processors=[Processor(processor, "hosting", "FR")])
    return {*papers.samples(interview.policy(one, DAY))}
