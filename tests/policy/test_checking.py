"""Checking: every rule of the language finds its mistake where it stands, once, and says nothing of the rest."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from tests.policy.spoiling import DAY, LARCH, codes, problems, spoilt

from troth import policy

RUN = 'run the walk you booked: {is: service, basis: contract, of: walker, data: "booking.*", staff: guide}'
POST = "data: [booking.name, booking.email], in: GB, contract: mail contract}"
MISTAKES = [
    # the old words, the new words, the problem
    ("readers in: GB", "readers in: [GB, FR]", "law-missing"),
    ("readers in: GB", "readers in: UK", "unknown-country"),
    ("nation: England and Wales", "nation: Britain", "unknown-nation"),
    ("readers in: GB", "time zone: Aukland, readers in: GB", "unknown-zone"),
    ("readers in: GB", "time zone: NZ, readers in: GB", "unknown-zone"),
    ("readers in: GB", "time zone: ../../../../etc/localtime, readers in: GB", "unknown-zone"),
    ("until: 2027-05-31}", "until: 2020-05-31}", "lapsed-fee"),
    ("email: privacy@larch.example", "email: by pigeon", "bad-address"),
    ('https://www.larch.example"}', 'www.larch.example/home"}', "bad-origin"),
    ("regulator: ico", "regulator: ofcom", "unknown-word"),
    ("booking.name: name", "booking.name: naem", "unknown-word"),
    ("as: never stored", "as: outward half", "wrong-form"),
    ("booking.walk: purchase", "booking.walk: {is: purchase, identifies: person}", "wrong-identity"),
    ("{is: correspondence, may hold: special category}", "correspondence", "free-text"),
    ("  troth.choices: choice", "  troth.choices: choice\n  lead.fax: fax number", "not-collected"),
    ("by: tag, at: website", "by: tag", "missing-key"),
    ("by: tag, at: website", "by: tag, at: wbsite", "unknown-surface"),
    ("{kind: web,", "{kind: phone,", "wrong-surface"),
    ("    why: Without these we cannot book you a place\n", "", "no-why"),
    ("offers: send you news of walks", "offers: run the walk you booked", "offer-unasked"),
    ("{by: mail, of: [visitor, walker]", "{by: import, of: [visitor, walker]", "no-source"),
    ("{by: mail, of: [visitor, walker]", "{by: import, from: a list, of: [visitor, walker]", "untold"),
    (
        "{by: mail, of: [visitor, walker]",
        "{by: enrichment, from: Birch, tell people: 60 days, licence: mail contract, of: [visitor, walker]",
        "too-slow",
    ),
    (
        "{by: mail, of: [visitor, walker]",
        "{by: enrichment, from: Birch, tell people: first message, of: [visitor, walker]",
        "no-licence",
    ),
    ("basis: contract, of: walker", "basis: contract, of: visitor", "not-of-them"),
    ('of: walker, data: "booking.*", staff: guide', 'of: walker, data: "booking.*", staff: gide', "unknown-staff"),
    ('    ask: {words: "May we email you news of walks?", again after: 24 months}\n', "", "no-ask"),
    ("interest: to see which pages help, ", "", "no-interest"),
    ("balance: pages balance, ", "", "no-balance"),
    ("interest: to answer people who write", "interest: our business interests", "wide-interest"),
    ("balance: pages balance", "balance: mail contract", "wrong-paper"),
    ("balance: pages balance", "balance: pages blance", "unknown-paper"),
    ("basis: contract, of: walker", "basis: legal obligation, of: walker", "no-law"),
    ("basis: contract, of: walker", "basis: recognised legitimate interests, case: whim, of: walker", "unknown-case"),
    ("is: service, basis: contract", "is: marketing, basis: contract", "marketing-contract"),
    ("is: service, basis: contract", "is: marketing, basis: public task, law: some Act", "marketing-basis"),
    ("by: {email: consent}", "by: email", "no-permission"),
    ("by: {email: consent}", "by: {fax: consent}", "unknown-channel"),
    ("by: {email: consent}", "by: {phone: consent}", "no-address"),
    ("staff: guide}\n  send", "staff: guide, by: {email: consent}}\n  send", "permission-basis"),
    ("smallest group: 10, ", "", "no-floor"),
    ("yields: statistics, smallest group: 10, ", "", "not-statistics"),
    (", on device: statistics", "", "tag-unasked"),
    ("within: a case", "within: a storm", "unknown-state"),
    (", staff: guide}\n  send", ", staff: guide, only while: the sun shines}\n  send", "unknown-state"),
    (POST, POST.replace("booking.email]", "booking.email, visit.page]"), "outside-use"),
    (POST, POST.replace("in: GB", "in: US"), "no-safeguard"),
    (POST, POST.replace("in: GB", "in: US, under: {mechanism: IDTA}"), "no-paper"),
    (POST, POST.replace("in: GB", "in: IN, under: {mechanism: adequacy}"), "wrong-mechanism"),
    (POST, POST.replace(", contract: mail contract", ""), "no-contract"),
    ("does: IT, ", "", "no-does"),
    ("does: IT, ", "does: magic, ", "unknown-task"),
    (", covers: art 28", "", "not-art-28"),
    ("Postal Mail Services: {as: processor, does: IT", "our partners: {as: processor, does: IT", "open-class"),
    ("{as: processor, does: IT, for", "{as: controller, for money: yes, for", "never-broken"),
    ("{as: processor, does: IT, for", "{as: controller, for", "recipient-unasked"),
    ("  booking.walk: purchase", "  booking.walk: {is: health, as: clear}", "special-clear"),
    ("correspondence, may hold: special category", "correspondence, may hold: criminal, as: clear", "sealed-and-clear"),
    ("booking.name: name", "booking.name: {is: name, as: clear}", "sealed-and-clear"),
    ("seals: [booking.name", "seals: [visit.ip, booking.name", "sealed-in-vain"),
    ("  booking.walk: purchase", "  booking.walk: password", "password-asked"),
    ("to: anyone for money", "to: Postal Mail Services", "never-broken"),
    ("to: anyone for money", "to: anyone for mony", "unknown-limit"),
    ("{disclose: booking.email, to: anyone for money}", "{to: anyone}", "no-verb"),
    ("{disclose: booking.email, to: anyone for money}", "{collect: email address}", "never-broken"),
    ("{disclose: booking.email, to: anyone for money}", "{use: booking.email, for: marketing}", "never-broken"),
    ("{disclose: booking.email, to: anyone for money}", "{join: booking.walk, to: booking.email}", "never-broken"),
    ("  visit.*: 25 months\n", "", "no-end"),
    ("  troth.requests: 3 years after answered\n", "", "no-end"),
    ("visit.*: 25 months", "visit.*: as long as necessary", "not-a-period"),
    ("visit.*: 25 months", 'visit.*: at least 6 years by "the Act"', "not-a-period"),
    ("months after walk is over", "months after walk ends", "silent-moment"),
    ("known from: desk", "known from: the guide", "unknown-moment-source"),
    ("  visit.*: 25 months", "  visit.*: 25 months\n  visit.page: 1 year\n  visit.ip: never stored", "idle-rule"),
    (
        "cookies: none",
        "cookies:\n  _w: {at: website, by: us, does: activity tracking, for: answer you, lasts: 1 year}",
        "cookie-unasked",
    ),
    (
        "cookies: none",
        "cookies:\n  _w: {at: website, by: Them, does: security, for: send you news of walks, lasts: 1 year}",
        "unknown-recipient",
    ),
    ("undo: none", "undo: a while", "not-a-period"),
    ("undo: none", "undo: none, acknowledges complaints within: 60 days", "too-slow"),
    ("undo: none", "undo: none, sooner: {forget: 1 day}", "unknown-right"),
    ("holds: everything", 'holds: "visit.*"', "no-place"),
    ("ours: {kind: ours, holds: everything, in: GB}", "ours: {kind: ours, holds: everything, in: US}", "no-safeguard"),
    ("ours: {kind: ours, holds: everything, in: GB}", "ours: {kind: sql, holds: everything, in: GB}", "no-secret"),
    (
        "ours: {kind: ours, holds: everything, in: GB}",
        "ours: {kind: ours, holds: everything, in: GB, by: Postal Mail Services}",
        "place-beyond",
    ),
    ("file: papers/pages.md", "file: ../pages.md", "outside-file"),
    ("rests on: never/sell your address", "rests on: never/sell you", "rests-nowhere"),
    ("rests on: never/sell your address", "rests on: always/be nice", "unknown-guarantee"),
    ("rests on: never/sell your address", "rests on: never/sell your address, instead: No", "no-because"),
    ("walker: {means", "Visitor: {means", "near-twins"),
    (RUN, RUN.replace("booking.*", "book*"), "star-misplaced"),
    (RUN, RUN.replace("booking.*", "walks.*"), "star-empty"),
    (
        "{as: processor, does: IT, for: [run the walk you booked, send you news of walks], "
        "data: [booking.name, booking.email]",
        '{as: controller, for: [run the walk you booked, send you news of walks], data: "booking.*"',
        "star-disclosed",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "code"), MISTAKES, ids=[f"{code}-{at}" for at, (*_, code) in enumerate(MISTAKES)]
)
def test_a_mistake_is_found_by_its_name(old, new, code):
    assert code in codes((old, new))


def test_the_small_firm_has_no_problem():
    assert problems(text=LARCH) == []


TWENTY = {
    "edition: {date: 2026-11-22": ("edition: {date: soon", "not-a-date"),
    "readers in: GB": ("readers in: UK", "unknown-country"),
    "  phone": ("", ""),
    "regulator: ico": ("regulator: ofcom", "unknown-word"),
    "{kind: web,": ("{kind: wbe,", "unknown-word"),
    "least age: 18": ("least age: grown up", "not-a-number"),
    "  visit.ip: {is: IP address, as: never stored}": ("  visit.ip: {is: IP adress, as: never stored}", "unknown-word"),
    "{is: correspondence, may hold: special category}": ("correspondence", "free-text"),
    "{by: tag, at: website": ("{by: tag, at: webiste", "unknown-surface"),
    "    needs: [booking.name": ("    needs: [booking.naem", "unknown-data"),
    "is: service, basis: contract": ("is: service, basis: contrct", "unknown-word"),
    "again after: 24 months": ("again after: a while", "not-a-period"),
    "interest: to see which pages help": ("interest: our business interests", "wide-interest"),
    "balance: answering balance, of": ("balance: answering blance, of", "unknown-paper"),
    "in: GB, contract: mail": ("in: US, contract: mail", "no-safeguard"),
    "to: anyone for money": ("to: anyone for mony", "unknown-limit"),
    "  visit.*: 25 months": ("  visit.*: for a while", "not-a-period"),
    "months after walk is over": ("months after walk ends", "silent-moment"),
    "known from: desk": ("known from: somewhere", "unknown-moment-source"),
    "identity: link": ("identty: link", "unknown-key"),
    "file: papers/pages.md": ("file: /etc/passwd", "outside-file"),
    "rests on: never/sell your address": ("rests on: never/sell", "rests-nowhere"),
}


def test_twenty_mistakes_in_one_file_are_all_told_each_on_its_line_and_nothing_else():
    planted = {old: swap for old, swap in TWENTY.items() if swap[1]}
    text = spoilt(*((old, new) for old, (new, _) in planted.items()))
    lines = text.splitlines()
    expected = sorted(
        (next(at for at, line in enumerate(lines, 1) if new in line), code) for new, code in planted.values()
    )
    found = [(one.line, one.code) for one in problems(text=text)]
    assert len(expected) >= 20
    assert found == expected


def test_one_slip_does_not_echo():
    assert codes(
        ("booking.email: {is: email address, identifies", "booking.email: {is: emial address, identifies")
    ) == ["unknown-word"]
    assert codes(("  walker: {means: Someone who has booked a walk, least age", "  walker: {least age")) == [
        "missing-key"
    ]
    assert codes(("mail contract: {kind: contract", "mail contract: {kind: contrat")) == ["unknown-word"]
    assert codes(("data: [booking.name, booking.email]\n", "data: [booking.name, booking.emial]\n")) == ["unknown-data"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rests on: never/sell your address", "rests on: never/sell your adress"),
        ("readers in: GB", "readers in: UK"),
        ("readers in: GB", "readers in: united kingdom"),
        ("in: GB, contract", "in: gb, contract"),
    ],
)
def test_what_is_guessed_can_stand_where_the_guess_was_made(old, new):
    (problem,) = problems((old, new))
    guess = re.fullmatch("Did you mean “(.+)”[?]", problem.help)
    wrong = new.partition(": ")[2].removesuffix(", contract")
    assert guess and not problems((old, new.replace(wrong, guess[1])))


def test_a_guess_at_a_period_leaves_the_name_of_a_law_as_it_is():
    (problem,) = problems(("s388", "s388 6 d"), ("12 months after walk", "12 mths after walk"))
    assert problem.help == (
        'Did you mean “12 months after walk is over, at least 6 years by "Companies Act 2006 s388 6 d"”?'
    )


def test_every_help_begins_with_a_verb_or_a_guess():
    helps = {one.help for old, new, _ in MISTAKES for one in problems((old, new))}
    wrong = [
        help
        for help in helps
        if not help.split()[0][0].isupper() or not help.endswith((".", "?", ")", '"', "example", "*"))
    ]
    assert wrong == []


def test_a_paper_is_held_against_the_day_one_asks_about():
    late = policy.load("larch.yaml", text=LARCH.encode(), on=dt.date(2027, 7, 1)).problems
    assert {one.code for one in late} == {"lapsed-paper", "lapsed-fee"}
    assert [one.sentence for one in late if one.code == "lapsed-paper"] == ["“mail contract” ran out on 2027-06-30."]


def test_a_star_in_a_use_never_reaches_a_secret_and_a_keep_rule_does():
    more = (
        "  booking.walk: purchase",
        "  booking.walk: purchase\n  booking.word: identity proof\n  booking.health: health",
    )
    plan_problems = problems(more, ("needs: [booking.name", "needs: [booking.word, booking.health, booking.name"))
    assert {one.code for one in plan_problems} == {"no-use"}
    assert {one.sentence.split("“")[1].split("”")[0] for one in plan_problems} == {"booking.word", "booking.health"}


def test_what_a_client_had_us_collect_is_never_ours_to_use():
    assert "client-wall" in codes(
        ("may: letter.body, the rest: quarantined 30 days}", "may: letter.body, for: clients}")
    )


def test_the_eu_knows_no_exception_for_statistics():
    found = codes(("law: {of: uk,", "law: {of: [uk, eu],"))
    assert found == ["tag-unasked"]


def test_a_processor_breaks_no_promise_about_others():
    assert codes(("to: anyone for money", "to: anyone")) == []
    assert codes(
        ("{as: processor, does: IT, for", "{as: controller, for"),
        ("to: anyone for money", "to: anyone"),
        ("May we email you", "May we and Postal Mail Services email you"),
    ) == ["never-broken"]


def test_a_promise_never_to_is_excused_only_by_the_word_that_says_so():
    named = ("to: anyone for money", "to: Postal Mail Services, unless: safeguard")
    assert codes(named) == ["never-broken"]
    abroad = (POST, POST.replace("in: GB", "in: US, under: {mechanism: UK-US data bridge, paper: mail contract}"))
    assert "never-broken" not in codes(named, abroad)


def test_a_place_abroad_breaks_a_promise_to_send_nothing_abroad():
    named = ("{disclose: booking.email, to: anyone for money}", "{transfer: booking.email, to: anywhere abroad}")
    assert codes(named) == []
    assert "never-broken" in codes(
        named, ("{kind: ours, holds: everything, in: GB}", "{kind: ours, holds: everything, in: IE}")
    )


def test_what_rests_on_an_instruction_is_what_a_client_instructs():
    clientdata = Path(__file__).parents[2] / "policies" / "clientdata" / "policy.yaml"
    text = clientdata.read_text("utf-8")
    said = "      - count visits for the client\n"
    assert said in text and not policy.load(clientdata, text=text.encode()).problems
    found = policy.load(clientdata, text=text.replace(said, "", 1).encode()).problems
    assert [(one.code, "count visits for the client" in one.sentence) for one in found] == [("not-instructed", True)]


VOICE = ("letter.body: {is: correspondence, may", "letter.body: {is: voice recording, may")


@pytest.mark.parametrize("by", ["phone", "meeting", "chat", "service", "staff"])
def test_a_voice_is_not_recorded_before_that_is_said(by):
    point = ("{by: mail, of: [visitor, walker], may", f"{{by: {by}, at: website, of: [visitor, walker], may")
    assert "no-recorded" in codes(VOICE, point)
    said = (point[0], point[1].replace("at: website", "at: website, recorded: This call is recorded"))
    assert "no-recorded" not in codes(VOICE, said)


@pytest.mark.parametrize("by", ["mail", "post"])
def test_what_people_recorded_themselves_needs_no_word_before(by):
    assert codes(VOICE, ("{by: mail, of: [visitor, walker], may", f"{{by: {by}, of: [visitor, walker], may")) == []


def test_a_password_is_taken_only_where_people_sign_in():
    word = ("  booking.walk: purchase", "  booking.walk: purchase\n  sign.word: password")
    ends = ("  letter.*: 24 months", "  sign.*: 12 months\n  letter.*: 24 months")
    used = (RUN, RUN.replace('"booking.*"', '["booking.*", sign.word]'))
    for by, code in (("form, at: website", ["password-asked"]), ("mail", ["password-asked"]), ("service", [])):
        point = ("  letters: {by", f"  sign-in: {{by: {by}, of: walker, may: sign.word}}\n  letters: {{by")
        assert codes(word, ends, used, point) == code, by


def test_what_may_turn_out_special_is_clear_only_where_its_kind_is_anyway():
    """A published text is clear by its kind; a letter is sealed by its kind, and is not made clear by a word."""
    unsealed = ("booking.email, letter.body]", "booking.email]")
    clear = "may hold: special category, as: clear"
    assert codes(unsealed, ("may hold: special category", clear)) == ["special-clear"]
    assert codes(unsealed, ("correspondence, may hold: special category", f"content, {clear}")) == []
    assert codes(unsealed, ("may hold: special category", "may hold: none, as: clear")) == []


def test_a_star_that_seals_passes_over_what_has_no_clear_form_and_not_over_what_is_said_to_be_clear():
    star = ("seals: [booking.name, booking.email, letter.body]", 'seals: ["visit.*", "booking.*", letter.body]')
    assert codes(star) == []
    assert codes(star, ("booking.walk: purchase", "booking.walk: {is: purchase, as: clear}")) == ["sealed-and-clear"]


def test_each_client_has_a_contract_that_covers_article_28():
    dijuno = Path(__file__).parents[2] / "policies" / "dijuno" / "policy.yaml"
    text = dijuno.read_text("utf-8")
    line = "    contract: client terms\n"
    assert text.count(line) == 1
    found = policy.load(dijuno, text=text.replace(line, "").encode(), on=DAY).problems
    assert [(one.code, one.law) for one in found] == [("no-contract", "UK GDPR Art 28(3)")]
    terms = text.index("  client terms:")
    less = text[:terms] + text[terms:].replace("covers: art 28", "covers: prices", 1)
    assert less != text
    found = policy.load(dijuno, text=less.encode(), on=DAY).problems
    assert [one.code for one in found] == ["not-art-28"]
