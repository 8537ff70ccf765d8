"""What lies in another database has no key of ours, and nothing that is made from the policy says that it has."""

from __future__ import annotations

from tests.policy.spoiling import codes, compiled, problems

from troth.policy.emit import notice, record
from troth.policy.plan import Plan
from troth.prove import promises

SHOP = (
    ("  troth.choices: choice\n", "  shop.phone: phone number\n  shop.email: {is: email address, identifies: person}\n"
     "  shop.postcode: postcode\n  troth.choices: choice\n"),
    ("  letters: {by: mail", "  till: {by: service, of: walker, may: shop.*}\n  letters: {by: mail"),
    ('data: "booking.*", staff', 'data: ["booking.*", "shop.*"], staff'),
    ("  letter.*: 24", "  shop.*: 12 months after walk is over\n  letter.*: 24"),
    ("papers:\n", "  shop:\n    kind: sql\n    holds: shop.*\n    in: GB\n    secret: shop\n    tables:\n"
     "      Customer:\n        person by: Email\n"
     "        columns: {Email: shop.email, Phone: shop.phone, Zip: shop.postcode}\npapers:\n"),
)  # fmt: skip
CUPBOARD = ("papers:\n", "  cupboard: {kind: by hand, holds: letter.body, in: GB}\npapers:\n")
SEAL, SEALS = "We encrypt these under a key of your own: ", "no key of your own seals them there: "
COOKIE = (
    "cookies: none",
    "cookies:\n  _walks: {at: website, by: us, does: measurement, for: see which pages help, lasts: 13 months}",
)


def said(plan: Plan, words: str, language: str = "en") -> list[str]:
    text = notice.render(plan, format="markdown", language=language)
    return [line.partition(words)[2] for line in text.splitlines() if words in line]


def test_the_notice_says_of_what_lies_in_a_database_that_no_key_of_a_person_seals_it_there():
    plan = compiled(*SHOP)
    assert said(plan, SEAL) == ["name, email address and correspondence."]
    assert said(plan, SEALS) == ["phone number and email address."]
    assert said(plan, "outward half") == [], "which is a form of ours"
    assert said(plan, "aucune clé à vous ne le chiffre", "fr") != []
    assert said(compiled(), SEALS) == []


def test_what_we_hold_and_a_cupboard_holds_too_is_said_of_both():
    plan = compiled(CUPBOARD)
    assert said(plan, SEAL) == ["name, email address and correspondence."]
    assert said(plan, SEALS) == ["correspondence."]


def test_no_promise_and_no_record_says_that_a_database_encrypts():
    plan = compiled(*SHOP)
    lines = {line.path: line.sentence for line in promises.derive(plan)}
    assert lines["data/shop.phone"].endswith(": kept in shop.") and "encrypted" in lines["data/booking.name"]
    assert lines["data/shop.postcode"].endswith(": kept in shop.")
    assert lines["secure"] == "We encrypt name, email address and correspondence."
    sheet = next(one for one in record.sheets(plan) if one.name == "Controller")
    measures = next(row for row in sheet.rows if "run the walk you booked" in row)[10]
    assert "phone number, email address, postcode: as “shop” keeps it" in measures
    assert "postcode: the outward half" not in measures


def test_a_seal_that_is_said_of_what_another_database_alone_holds_is_in_vain():
    seal = ("seals: [booking.name", "seals: [shop.phone, booking.name")
    ours = (
        "ours: {kind: ours, holds: everything",
        'ours: {kind: ours, holds: ["booking.*", "visit.*", "letter.*", "troth.*"]',
    )
    assert codes(*SHOP, ours) == [] and codes(*SHOP, ours, seal) == ["sealed-in-vain"]
    assert "lies in “shop” alone" in problems(*SHOP, ours, seal)[0].sentence


def test_of_one_cookie_the_notice_speaks_as_of_one():
    plan = compiled(COOKIE)
    assert [
        line for line in notice.render(plan, format="markdown").splitlines() if "nothing else on the page" in line
    ] == ["There is one only to count (unless you say no). A no changes nothing else on the page."]
