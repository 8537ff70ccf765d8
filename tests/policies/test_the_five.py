"""The five published policies, run: each compiles clean, and what it says holds together as a reader would expect."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

from troth import policy
from troth.policy import compiling, words
from troth.policy.emit import notice
from troth.policy.plan import Plan

POLICIES = Path(__file__).parents[2] / "policies"
FIVE = ("dianomi", "omono", "miomi", "dijuno", "clientdata")
MINE = ("dianomi", "omono", "miomi")

each = pytest.mark.parametrize("name", FIVE)
each_small = pytest.mark.parametrize("name", MINE)


@cache
def plan_of(name: str) -> Plan:
    compiled = policy.load(POLICIES / name / "policy.yaml")
    assert compiled.plan is not None, [problem.sentence for problem in compiled.problems]
    return compiled.plan


def test_there_are_five_of_them() -> None:
    assert {path.parent.name for path in POLICIES.glob("*/policy.yaml")} >= set(FIVE)


@each
def test_a_policy_compiles_without_a_problem(name: str) -> None:
    assert [
        f"{it.line}: {it.code}: {it.sentence}" for it in policy.load(POLICIES / name / "policy.yaml").problems
    ] == []


@each
def test_every_field_has_a_label_a_rule_a_place_and_people(name: str) -> None:
    plan = plan_of(name)
    held = frozenset().union(*(place.holds for place in plan.places.values()))
    for field in plan.fields.values():
        assert field.label, field.name
        assert field.rule in plan.rules, field.name
        assert field.name in plan.rules[field.rule].fields
        if not field.name.startswith("troth."):  # what troth itself keeps is in its own store, of anyone
            assert field.name in held, field.name
            assert field.of, field.name
        assert field.of <= plan.people.keys()


@each
def test_no_field_lies_under_two_rules(name: str) -> None:
    plan = plan_of(name)
    named = [field for rule in plan.rules.values() for field in rule.fields]
    assert sorted(named) == sorted(plan.fields)


@each
def test_every_field_is_used_for_something_or_never_stored(name: str) -> None:
    plan = plan_of(name)
    used = frozenset().union(*(purpose.data for purpose in plan.purposes.values()))
    idle = {it.name for it in plan.fields.values() if it.form != "never stored" and not it.name.startswith("troth.")}
    assert not idle - used


@each
def test_a_secret_reaches_only_the_uses_and_processors_that_name_it(name: str) -> None:
    plan = plan_of(name)
    text = (POLICIES / name / "policy.yaml").read_text(encoding="utf-8")
    guarded = {field.name for field in plan.fields.values() if field.secret or field.special}
    for purpose in plan.purposes.values():
        assert all(secret in _entry(text, purpose.name) for secret in guarded & purpose.data), purpose.name
    for recipient in plan.recipients.values():
        got = guarded & recipient.data
        assert all(secret in _entry(text, recipient.name) for secret in got), recipient.name
        assert recipient.role == "processor" or not any(plan.fields[it].secret for it in got), recipient.name


def _entry(text: str, name: str) -> str:
    """The lines of one entry, from its name to the next entry as deep."""
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"  {name}:"))
    end = next((n for n, line in enumerate(lines[start + 1 :], start + 1) if line[:3].strip()), len(lines))
    return "\n".join(lines[start:end])


@each
def test_no_hand_ever_sees_a_password(name: str) -> None:
    plan = plan_of(name)
    passwords = {field.name for field in plan.fields.values() if field.kind == "password"}
    assert not [role.name for role in plan.staff.values() if passwords & role.sees]
    assert not [point.name for point in plan.points.values() if point.by != "service" and passwords & point.fields]


@each
def test_the_notice_names_every_recipient_purpose_and_paper_trail(name: str) -> None:
    plan = plan_of(name)
    text = notice.render(plan, format="markdown")
    for recipient in plan.recipients:
        assert recipient.lower() in text.lower(), recipient  # a name that begins a sentence is written large
    for purpose in plan.purposes:
        assert purpose in text, purpose
    assert plan.who.name in text
    assert plan.who.address in text
    assert plan.who.email in text
    assert words.REGULATORS[plan.who.regulator].name in text


@each
def test_the_notice_says_how_long_everything_is_kept(name: str) -> None:
    plan = plan_of(name)
    text = notice.render(plan, format="markdown")
    for field in plan.fields.values():
        assert field.label.lower() in text.lower(), field.name


@each
def test_each_role_is_told_what_it_opens_and_all_of_the_desk_is_somebodys(name: str) -> None:
    """UK GDPR Art 32(4): nobody who has no part in what people ask opens it."""
    roles = plan_of(name).staff.values()
    assert all(role.may for role in roles) and frozenset().union(*(role.may for role in roles)) == words.DESK.keys()
    assert 1 <= sum("requests" in role.may for role in roles) < len(roles)


@each
def test_the_notice_says_how_long_people_are_told_of_looks_of_staff(name: str) -> None:
    """UK GDPR Art 15(1); CJEU C-579/21."""
    rows = [row for row in notice.render(plan_of(name), format="markdown").splitlines() if "our staff looked" in row]
    assert len(rows) == 1 and rows[0].startswith("| When our staff looked at your data, and why |")
    assert rows[0].endswith("| 24 months |")


@each
def test_a_recipient_gets_nothing_that_its_purposes_do_not_use(name: str) -> None:
    plan = plan_of(name)
    for recipient in plan.recipients.values():
        allowed = frozenset().union(*(plan.purposes[use].data for use in recipient.purposes))
        assert recipient.data <= allowed, recipient.name


@each
def test_a_processor_has_a_contract_and_a_far_country_a_mechanism(name: str) -> None:
    plan = plan_of(name)
    for recipient in plan.recipients.values():
        if recipient.role == "processor":
            assert plan.papers[recipient.contract].kind == "contract"
        far = [code for code in recipient.countries if code != "GB" and not words.COUNTRIES[code].adequate]
        assert not far or recipient.mechanism, recipient.name


@each
def test_every_paper_is_there_and_says_that_it_is_a_sample(name: str) -> None:
    for paper in plan_of(name).papers.values():
        file = POLICIES / name / paper.file
        assert file.is_file(), paper.file
        assert "sample" in file.read_text(encoding="utf-8").lower()


@each
def test_marketing_by_email_waits_for_a_yes(name: str) -> None:
    for purpose in plan_of(name).purposes.values():
        if words.PURPOSES[purpose.is_].marketing and "email" in dict(purpose.channels):
            assert dict(purpose.channels)["email"] in words.CHANNELS["email"].permissions


@each
def test_a_consent_is_asked_in_words_of_its_own(name: str) -> None:
    asked = [it for it in plan_of(name).purposes.values() if it.basis == "consent"]
    questions = [it.ask.words for it in asked if it.ask is not None]
    assert len(questions) == len(asked) == len(set(questions))
    assert all(question.endswith("?") for question in questions)


@each
def test_a_cookie_that_follows_people_waits_for_a_yes(name: str) -> None:
    for cookie in plan_of(name).cookies.values():
        asks = any(not words.COOKIE_FUNCTIONS[does].exempt for does in cookie.does)
        if asks:
            assert not cookie.exempt, cookie.name
        assert cookie.exempt or cookie.switches, cookie.name


@each_small
def test_a_tag_may_keep_only_exempt_fields_before_any_answer(name: str) -> None:
    plan = plan_of(name)
    tags = [point for point in plan.points.values() if point.by == "tag"]
    assert tags
    for point in tags:
        for opening in point.openings:
            if not opening.yes:
                assert opening.exempt, (point.name, opening.use)
                assert not any(plan.fields[it].identifies for it in opening.fields), opening.use


@each_small
def test_a_form_tells_why_it_needs_what_it_needs_and_offers_a_yes(name: str) -> None:
    plan = plan_of(name)
    forms = [point for point in plan.points.values() if point.by == "form"]
    assert all(point.why for point in forms if point.needs)
    assert any(point.offers for point in forms)
    assert any(point.by == "mail" for point in plan.points.values())


@each
def test_never_for_money_holds_for_every_way(name: str) -> None:
    plan = plan_of(name)
    assert not [it.name for it in plan.recipients.values() if it.for_money]


@each
def test_the_same_file_makes_the_same_plan(name: str) -> None:
    first = plan_of(name)
    again = policy.load(POLICIES / name / "policy.yaml").plan
    assert again is not None
    assert first.hash == again.hash
    assert policy.decode(policy.encode(first)) == first


@each
def test_every_promise_rests_on_something(name: str) -> None:
    promises = plan_of(name).promises
    assert promises
    assert all(promise.rests_on for promise in promises.values())
    assert all(promise.because for promise in promises.values() if promise.instead)


def test_omono_keeps_a_shop_in_somebody_elses_database() -> None:
    shop = plan_of("omono").places["shop"]
    assert (shop.kind, shop.secret) == ("sql", "shop")
    tables = {table.name: table for table in shop.tables}
    assert tables["Customer"].person_by == "Email"
    assert tables["Invoice"].person_by == "Customer.Email via CustomerId"
    assert {field for table in shop.tables for _, field in table.columns} <= shop.holds


def test_omono_sells_nobodys_address_and_charges_nothing_for_access() -> None:
    plan = plan_of("omono")
    assert "pass you on for marketing without your yes" in plan.nevers
    assert plan.promises["omono-8.1a"].instead == "Access is free."


def test_dianomi_asks_for_each_partner_by_name() -> None:
    plan = plan_of("dianomi")
    asked = set()
    for partner in ("Larch Loans", "Beech Savings"):
        way = plan.way(f"let {partner} write to you", partner)
        assert way is not None
        (key,) = way.yes
        assert plan.switches[key].opens
        assert partner in plan.switches[key].words
        asked.add(key)
    assert len(asked) == 2


def test_miomi_keeps_the_address_of_a_stranger_a_day_after_delivery() -> None:
    plan = plan_of("miomi")
    assert plan.fields["message.to"].rule == "message.to"
    assert plan.rules["message.to"].text == "1 day after delivered"


def test_every_column_omono_declares_is_in_the_shop_and_every_personal_column_is_declared() -> None:
    with closing(sqlite3.connect(POLICIES.parent / "samples" / "chinook.sqlite")) as shop:
        for table in plan_of("omono").places["shop"].tables:
            there = {row[1] for row in shop.execute(f"pragma table_info({table.name})")}
            declared = {column for column, _ in table.columns}
            assert declared <= there
            # What is left says nothing of a person by itself: keys of rows and of staff, and the day of a sale.
            assert there - declared <= {"CustomerId", "SupportRepId", "InvoiceId", "InvoiceDate"}


@each
def test_what_is_not_said_is_not_written_so_that_a_stored_plan_keeps_its_hash(name: str) -> None:
    """A part that learns something new, with a default, must not make every edition look changed after publishing."""
    plan = plan_of(name)
    stored = policy.encode(plan)
    assert b'"for_money":false' not in stored
    assert compiling.is_as_compiled(policy.decode(stored))
