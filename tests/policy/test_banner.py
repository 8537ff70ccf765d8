"""The cookie question names who asks, what for, and asks nothing that need not be asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.policy.spoiling import compiled

from troth import policy
from troth.policy.emit import banner, cookies
from troth.policy.plan import Plan

POLICIES = Path(__file__).parents[2] / "policies"


def plan_of(name: str) -> Plan:
    compiled = policy.load(POLICIES / name / "policy.yaml")
    assert compiled.plan is not None, compiled.problems
    return compiled.plan


def test_the_heading_names_the_number_of_suppliers() -> None:
    assert banner.layers(plan_of("dijuno"), "website").heading == "One supplier would like to set cookies"
    assert banner.layers(plan_of("omono"), "system").heading == "Three suppliers would like to set cookies"


def test_the_heading_says_that_we_ask_where_we_do_beside_a_supplier() -> None:
    asked = banner.layers(plan_of("miomi"), "website")
    assert asked.heading == "We and one supplier would like to set cookies"
    assert "; we, to improve the website" in asked.text


def test_the_first_layer_names_each_supplier_and_what_for() -> None:
    asked = banner.layers(plan_of("dijuno"), "website")
    assert asked.text == (
        "Pennine Analytics, to follow a visit from page to page. The site works the same if you refuse."
    )


def test_where_we_ask_alone_the_text_says_what_for_and_not_again_who() -> None:
    cookie = "{at: website, by: us, does: measurement, for: see which pages help, lasts: 13 months}"
    asked = compiled(
        ("cookies: none", f"cookies: {{_walks: {cookie}}}"), ("readers in: GB}", "readers in: [GB, IE]}"),
        ("of: uk", "of: [uk, eu]"),
        ("basis: legitimate interests, interest: to see which pages help, balance: pages balance,",
         'basis: consent, ask: {words: "May we see which pages help?"},'), (", on device: statistics}", "}"),
    )  # fmt: skip
    said = banner.layers(asked, "website")
    assert said.heading == "We would like to set cookies"
    assert said.text == "We use them to see which pages help. The site works the same if you refuse."


def test_where_no_cookie_would_be_set_nobody_is_asked_for_one() -> None:
    """A use that waits for a yes may set nothing: a tag alone tells which page is read."""
    asked = compiled(
        ("readers in: GB}", "readers in: [GB, IE]}"), ("of: uk", "of: [uk, eu]"),
        ("basis: legitimate interests, interest: to see which pages help, balance: pages balance,",
         'basis: consent, ask: {words: "May we see which pages help?"},'), (", on device: statistics}", "}"),
    )  # fmt: skip
    said = banner.layers(asked, "website")
    assert said.questions and "cookie" not in said.heading
    assert said.text.startswith("May we use your visit to see which pages help? No cookie is set for that. The site")
    assert said.details == "What is asked"


def test_a_surface_that_needs_no_yes_asks_nothing() -> None:
    asked = banner.layers(plan_of("clientdata"), "client website")
    assert (asked.questions, asked.suppliers, asked.text) == ((), (), "")


@pytest.mark.parametrize("name", ["omono", "miomi", "dianomi", "dijuno", "clientdata"])
def test_every_cookie_that_waits_for_a_yes_is_behind_a_question_of_its_surface(name: str) -> None:
    plan = plan_of(name)
    for cookie in plan.cookies.values():
        asked = {question.key for question in banner.layers(plan, cookie.surface).questions}
        browsers = {
            key for key in cookie.switches if plan.switches[key].device
        }  # a letter asks its reader, not a browser
        assert browsers <= asked
        assert bool(cookie.switches) is not bool(cookie.exempt)


@pytest.mark.parametrize("name", ["omono", "miomi", "dianomi", "dijuno", "clientdata"])
def test_a_yes_is_to_a_key_and_a_no_to_a_name_of_the_plan(name: str) -> None:
    plan = plan_of(name)
    for surface in plan.surfaces:
        for question in banner.layers(plan, surface).questions:
            assert plan.switches[question.key].stop == question.stop
            assert plan.switches[question.key].words == question.words


def test_the_register_has_a_row_for_each_cookie_and_says_when_it_loads() -> None:
    rows = {(row.name, row.surface): row for row in cookies.register(plan_of("dijuno"))}
    assert rows["pennine", "website"].when == "after a yes"
    assert rows["troth_choice", "website"].exempt == "necessary"
    assert rows["troth_choice", "web application"].by == "us"


@pytest.mark.parametrize("path", sorted(Path("policies").glob("*/policy.yaml")), ids=lambda path: path.parent.name)
def test_what_is_exempt_only_because_one_can_say_no_has_its_no_on_the_page(path: Path) -> None:
    """PECR Sch A1: statistics and appearance need no yes as long as whoever visits is given a simple way to object."""
    plan = policy.load(path).plan
    assert plan is not None
    refusable = [one for one in plan.cookies.values() if one.exempt in ("statistics", "appearance")]
    switched = {one.use for one in plan.switches.values() if one.device and not one.opens}
    assert [one.name for one in refusable if not one.uses <= switched] == []
