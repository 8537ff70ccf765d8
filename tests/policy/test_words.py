"""The closed words of the language hold together: what one table says of another is there, and nothing is widened."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from troth.policy import words
from troth.policy.deciding import RIGHTS
from troth.policy.plan import Basis, Point

PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z -]*[a-z]")
TERM = re.compile(r"pd:[A-Z][A-Za-z]+")


@pytest.mark.parametrize("kind", words.KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_is_a_plain_word_stored_in_a_form_it_allows(kind: words.Kind) -> None:
    assert PLAIN_WORD.fullmatch(kind.name)
    assert kind.form in kind.forms <= words.FORMS.keys()
    assert "never stored" in kind.forms or kind.name == "suppression"
    assert kind.identifies <= set(words.IDENTIFIES)
    assert kind.dpv == "" or TERM.fullmatch(kind.dpv)
    assert kind.iri == "" or kind.iri.startswith("https://w3id.org/dpv/pd#")


def test_there_is_no_word_for_data_about_people_that_is_not_personal() -> None:
    assert all(kind.personal for kind in words.KINDS.values())
    assert not [name for name in words.KINDS if "anonym" in name or "non-personal" in name]


def test_every_special_category_of_article_9_and_crime_has_a_word() -> None:
    special = {name for name, kind in words.KINDS.items() if kind.special}
    assert special == {
        "health",
        "religion",
        "philosophical belief",
        "political opinion",
        "union membership",
        "ethnic origin",
        "sex life",
        "genetic data",
        "biometric data",
        "crime",
    }


def test_a_secret_is_never_kept_in_the_clear() -> None:
    secrets = [kind for kind in words.KINDS.values() if kind.secret]
    assert {kind.name for kind in secrets} == {"password", "card number", "identity proof"}
    assert not [kind.name for kind in secrets if "clear" in kind.forms]
    assert words.KINDS["card number"].forms == {"never stored"}


def test_what_reaches_or_finds_a_person_is_sealed_unless_the_policy_says_otherwise() -> None:
    reach = [kind for kind in words.KINDS.values() if kind.channel or "browser" in kind.identifies or kind.special]
    assert reach
    assert {kind.form for kind in reach} == {"sealed"}


def test_every_channel_of_a_kind_is_a_channel_and_every_channel_knows_its_permissions() -> None:
    assert {kind.channel for kind in words.KINDS.values()} - {""} <= words.CHANNELS.keys()
    assert words.CHANNEL_KINDS.keys() <= words.CHANNELS.keys()
    for channel in words.CHANNELS.values():
        assert channel.permissions <= words.PERMISSIONS.keys()


def test_electronic_mail_to_a_person_opens_on_a_yes_or_on_a_sale_and_never_on_silence() -> None:
    for name in ("email", "sms", "message"):
        assert "not objected" not in words.CHANNELS[name].permissions
    assert words.PERMISSIONS["consent"].opens


def test_marketing_is_marked_apart_and_sends_nothing_but_marketing() -> None:
    for word in words.PURPOSES.values():
        assert word.marketing == word.special_notice
        assert word.message_class in ("", "service", "change", "decision", "marketing")
        assert word.message_class != "marketing" or word.marketing


def test_only_storage_claims_protection_and_rights_go_on_through_a_restriction() -> None:
    through = {name for name, word in words.PURPOSES.items() if word.through_restriction}
    assert through == {
        "legal claims",
        "legal compliance",
        "protection of others",
        "suppression",
        "rights",
        "archive",
    }


def test_the_bases_and_rights_are_those_that_the_plan_and_the_decider_know() -> None:
    assert words.BASES.keys() == set(get_args(Basis))
    assert words.RIGHTS.keys() == RIGHTS
    assert all(basis.rights <= RIGHTS for basis in words.BASES.values())


def test_a_right_follows_from_its_basis() -> None:
    assert [name for name, basis in words.BASES.items() if "withdraw" in basis.rights] == ["consent"]
    assert {name for name, basis in words.BASES.items() if "port" in basis.rights} == {"consent", "contract"}
    assert "object" in words.BASES["legitimate interests"].rights
    assert not words.BASES["legal obligation"].rights & {"erase", "object"}


def test_a_way_of_collecting_is_one_that_a_point_can_have_and_works_on_known_surfaces() -> None:
    ways = get_args(Point.__annotations__["way"]) or ("given", "observed", "inferred", "obtained", "supplied")
    for by in words.BY.values():
        assert by.way in ways
        assert by.surfaces <= words.SURFACE_KINDS.keys()
    assert {by.name for by in words.BY.values() if by.on_device} == {"tag", "pixel"}


def test_no_exception_lets_an_advert_onto_a_device_unasked() -> None:
    for function in words.COOKIE_FUNCTIONS.values():
        assert function.exempt <= set(words.ON_DEVICE)
    for name in ("advertising", "frequency capping", "message opening"):
        assert not words.COOKIE_FUNCTIONS[name].exempt


def test_a_function_that_follows_people_is_exempt_at_most_for_statistics() -> None:
    for name in ("session tracking", "activity tracking", "measurement"):
        assert words.COOKIE_FUNCTIONS[name].exempt == {"statistics"}


def test_countries_are_two_letters_and_the_lists_of_the_law_lie_within_them() -> None:
    assert len(words.COUNTRIES) == 249
    assert all(re.fullmatch(r"[A-Z]{2}", code) and country.name for code, country in words.COUNTRIES.items())
    assert sum(country.eea for country in words.COUNTRIES.values()) == 30
    assert words.COUNTRIES["NO"].name == "Norway"
    assert words.COUNTRIES["JP"].adequate
    assert not words.COUNTRIES["US"].adequate  # only under the data bridge, company by company
    assert words.MECHANISMS["UK-US data bridge"].for_ == {"US"}


def test_the_regulator_is_told_with_an_address_a_number_and_a_page() -> None:
    ico = words.REGULATORS["ico"]
    assert "Wilmslow" in ico.address
    assert ico.phone == "0303 123 1113"
    assert ico.url.startswith("https://ico.org.uk")


def test_a_processor_needs_a_contract_and_works_for_us() -> None:
    processor = words.ROLES["processor"]
    assert "contract" in processor.needs
    assert not processor.for_itself
    assert all(role.for_itself for role in words.ROLES.values() if role.name != "processor")


def test_erasure_reaches_further_with_each_word() -> None:
    assert words.REACHES == ("hidden", "deleted", "overwritten", "key destroyed", "backups")


def test_no_word_of_the_language_is_one_that_yaml_takes_for_something_else() -> None:
    tables: list[list[str]] = [
        list(words.KINDS),
        list(words.PURPOSES),
        list(words.BASES),
        list(words.FORMS),
        list(words.BY),
        list(words.ROLES),
        list(words.TASKS),
        list(words.CHANNELS),
        list(words.PERMISSIONS),
        list(words.COOKIE_FUNCTIONS),
        list(words.PAPER_KINDS),
        list(words.PLACE_KINDS),
        list(words.MECHANISMS),
    ]
    taken = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"}
    assert not [word for table in tables for word in table if word.lower() in taken]
