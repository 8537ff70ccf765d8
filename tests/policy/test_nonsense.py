"""What is said and can never act, a word that nobody reads, a number beyond its bounds: told once, where it stands."""

from __future__ import annotations

import pytest
from tests.policy.spoiling import problems, spoilt

RUN = '{is: service, basis: contract, of: walker, data: "booking.*", staff: guide}'
VISIT = "  visit.*: 25 months"
BOOKED = '"12 months after walk is over, at least 6 years by \\"Companies Act 2006 s388\\""'
COOKIE = (
    "cookies:\n  _w: {at: website, by: us, does: session identification, for: see which pages help, lasts: 1 year}\n"
)
LAW = 'at least 6 years by \\"Companies Act 2006 s388\\"'
ANSWER = "undo: none"
SECURE = "erasure reaches: key destroyed"


def run(more: str) -> tuple[str, str]:
    return RUN, f"{RUN[:-1]}, {more}}}"


def kept(line: str) -> tuple[str, str]:
    return VISIT, f"  visit.*: {line}"


def held(needs: str, review: str = "1 year", data: str = "booking.name") -> tuple[str, str]:
    hold = f"holds:\n  court: {{data: {data}, needs: {needs}, review: {review}, because: A court asked}}\n"
    return "cookies: none\n", f"{hold}cookies: none\n"


def cookie(old: str, new: str) -> tuple[str, str]:
    assert old in COOKIE
    return "cookies: none\n", COOKIE.replace(old, new)


def answered(more: str) -> tuple[str, str]:
    return ANSWER, f"undo: none, {more}"


def secured(more: str) -> tuple[str, str]:
    return SECURE, f"{more}, {SECURE}"


def before(section: str, more: str) -> tuple[str, str]:
    return f"{section}:\n", f"{section}:\n  {more}\n"


LOST = [
    # one period or use that says more than can act
    (kept('"1 month, at least 1 year by \\"A Act\\", at least 2 years by \\"B Act\\""'), "lost-part", "B Act"),
    (kept("1 month, refreshed every 5 days, refreshed every 6 days"), "lost-part", "6 days"),
    (kept("2 years, 3 years"), "lost-part", "2 years, 3"),
    (kept("2 years, 2 years"), "lost-part", "2 years, 2"),
    (kept("until walk is over, 1 year after walk is over"), "lost-part", "until walk"),
    (kept("never stored, 2 years"), "lost-part", "never stored, 2"),
    (kept("1 month, refreshed every 5 years"), "lost-part", "5 years"),
    (kept('{limit: "1 month, at least 1 year by \\"A Act\\"", by law: 2 years by "B Act"}'), "lost-part", "B Act"),
    (kept('{limit: "1 month, unless agreed", unless agreed: no}'), "lost-part", "unless agreed: no"),
    ((BOOKED, "until browser closes"), "never-acts", "until browser closes"),
    ((BOOKED, '"until browser closes, 1 year"'), "never-acts", "until browser closes"),
    (kept("until answered"), "never-acts", "until answered"),
    (kept("until decided"), "never-acts", "until decided"),
    (kept("1 year after case closes"), "never-acts", "case closes"),
    (kept('"2 years, at least 1 year after answered by \\"A Act\\""'), "never-acts", "A Act"),
    (kept("until answered, 25 months"), "never-acts", "until answered"),
    (("6 years after last purpose ends", "until browser closes"), "never-acts", "until browser closes"),
    (("on device: statistics", "on device: statistics, until: 90 years"), "never-acts", "until: 90"),
    (kept("never stored"), "never-and-stored", "visit.*: never stored"),
    (kept("until collected"), "never-and-stored", "until collected"),
    (("6 years after last purpose ends", "never stored"), "never-and-stored", "choices: never"),
    (("data: visit.page,", "data: [visit.page, visit.ip],"), "never-and-used", "visit.ip], yields"),
    (held("matter", data="visit.ip"), "never-and-used", "data: visit.ip"),
]
WORDS = [
    (held("xyzzy"), "unknown-word", "xyzzy"),
    (held("[matter, ordre]"), "unknown-word", "ordre"),
    (("[page, email, post]", "[page, smoke signals]"), "unknown-word", "smoke"),
    (("[page, email, post]", "[page, emial]"), "unknown-word", "emial"),
    (("quarantined 30 days", "xyzzy"), "unknown-word", "xyzzy"),
    (("quarantined 30 days", "quarantined a while"), "not-a-period", "a while"),
    (("quarantined 30 days", "quarantined 150 years"), "too-long", "150 years"),
    (before("places", "crm: {kind: http, secret: crm, speaks: xyzzy, holds: booking.name, in: GB}"),
     "unknown-word", "xyzzy"),
    (("identifies: person}", "identifies: person, joins: xyzzy}"), "unknown-data", "xyzzy"),
    (("identifies: person}", "identifies: person, joins: booking.emial}"), "unknown-data", "emial"),
    (("troth.choices: 6", "troth.chioces: 6"), "unknown-data", "chioces"),
    (("troth.requests: 3", "troth.reqests: 3"), "unknown-data", "reqests"),
    (kept("25 months\n  troth.xyzzy: 3 years"), "unknown-data", "xyzzy"),
    (run("part of: juggle"), "unknown-use", "juggle"),
    (run("part of: answer yuo"), "unknown-use", "yuo"),
    (run("part of: run the walk you booked"), "part-of-itself", "part of: run"),
    (run("by: {email: xyzzy}"), "unknown-permission", "xyzzy"),
    (run("by: {email: consnet}"), "unknown-permission", "consnet"),
]  # fmt: skip
BOUNDS = [
    (("smallest group: 10", "smallest group: 0"), "no-floor", "group: 0"),
    (("smallest group: 10", "smallest group: 1"), "no-floor", "group: 1"),
    ((ANSWER, "undo: 200 years"), "too-slow", "200 years"),
    ((ANSWER, "undo: 3 months"), "too-slow", "3 months"),
    ((ANSWER, "undo: 7 days, sooner: {erase: 1 day}"), "too-slow", "undo: 7"),
    (answered("acknowledges complaints within: none"), "too-slow", "within: none"),
    (answered("evidence kept: 150 years"), "too-long", "150 years"),
    (secured("told of breach within: none"), "too-slow", "within: none"),
    (secured("told of breach within: 73 hours"), "too-slow", "73 hours"),
    (secured("backups: 150 years"), "too-long", "150 years"),
    (secured("backups: 1 month, key backups: 150 years"), "too-long", "150 years"),
    (secured("backups: 1 month, drill: 150 years"), "too-long", "150 years"),
    (held("matter", review="150 years"), "too-long", "150 years"),
    (kept("99999 months"), "not-a-period", "99999"),
    (kept("99999 weeks"), "not-a-period", "99999"),
    (cookie("1 year", "99999 days"), "not-a-period", "99999"),
    (cookie("1 year", "150 years"), "too-long", "150 years"),
    (("again after: 24 months", "again after: 150 years"), "too-long", "150 years"),
    (("least age: 18", "least age: 0"), "no-such-age", "least age: 0"),
    (("least age: 18", "least age: 999"), "no-such-age", "999"),
    (("cookies: none\n", "cookies: none\nchildren: {least age: 0, control: we ask}\n"), "no-such-age", "age: 0"),
    (("cookies: none\n", "cookies: none\nchildren: {least age: 500, control: we ask}\n"), "no-such-age", "500"),
    (("cookies: none\n", "cookies: none\nchildren: {least age: 25, control: we ask}\n"), "no-such-age", "walker:"),
    (("date: 2026-11-22", "date: 0001-01-01"), "far-date", "0001-01"),
    (("date: 2026-11-22", "date: 2126-11-22"), "far-date", "2126"),
    (("because: First", "in force: 2126-01-01, because: First"), "far-date", "in force"),
    (("until: 2027-05-31}", "until: 9999-12-31}"), "far-date", "fee"),
    (("until: 2027-06-30", "until: 9999-12-31"), "far-date", "9999"),
    (("because: First edition under troth}", "because: Second, history: [{date: yesterday, because: old}]}"),
     "not-a-date", "yesterday"),
    (("because: First edition under troth}", "because: Second, history: [{date: 2024-13-01, because: old}]}"),
     "not-a-date", "2024-13"),
    (("because: First edition under troth}", "because: Second, history: [{date: 2027-12-01, because: old}]}"),
     "late-history", "2027-12"),
    (cookie("1 year", 'session, hosts: "a.example:99999"'), "bad-host", "99999"),
    (run("by: [email, email]"), "listed-twice", "[email, email]"),
]  # fmt: skip


@pytest.mark.parametrize(("swap", "code", "where"), LOST + WORDS + BOUNDS, ids=lambda one: str(one)[:60])
def test_nonsense_is_one_problem_on_its_line(swap, code, where):
    text = spoilt(swap)
    (line,) = [at for at, one in enumerate(text.splitlines(), 1) if where in one]
    assert [(one.line, one.code, one.severity) for one in problems(text=text)] == [(line, code, "error")]


def test_uses_that_are_part_of_each_other_are_told_once():
    found = problems(
        (RUN, RUN[:-1] + ", part of: answer you}"),
        ("within: a case,", "within: a case, part of: run the walk you booked,"),
    )
    assert [one.code for one in found] == ["part-of-itself"]


@pytest.mark.parametrize(
    ("swap", "meant"),
    [
        (held("[matter, ordre]"), "order"),
        (("[page, email, post]", "[page, emial]"), "email"),
        (("identifies: person}", "identifies: person, joins: booking.emial}"), "booking.email"),
        (run("part of: answer yuo"), "answer you"),
        (("troth.choices: 6", "troth.chioces: 6"), "troth.choices"),
        (run("by: {email: consnet}"), "consent"),
    ],
    ids=lambda one: str(one)[:40],
)
def test_a_slip_in_such_a_word_is_told_with_what_was_meant(swap, meant):
    assert [one.help for one in problems(swap)] == [f"Did you mean “{meant}”?"]


MEANT = [
    kept("25 months, until walk is over"),
    kept("5 years, refreshed every 3 months"),
    kept('{limit: "1 month", by law: 2 years by "B Act"}'),
    kept('{limit: "24 months, unless agreed", unless agreed: yes}'),
    kept("until browser closes"),
    ("  visit.*: 25 months", "  visit.page: 25 months\n  visit.ip: never stored"),
    ("letter.*: 24 months after answered", "letter.*: until decided, 2 years"),
    ("on device: statistics", "on device: statistics, until: 6 months"),
    held("[matter, order, approver]"),
    ("[page, email, post]", "[page, email, post, phone, in person]"),
    ("quarantined 30 days", "quarantined 2 weeks"),
    before("places", "crm: {kind: http, secret: crm, speaks: opendsr, holds: booking.name, in: GB}"),
    ("identifies: person}", "identifies: person, joins: never}"),
    run("part of: answer you"),
    run("by: [email]"),
    ("smallest group: 10", "smallest group: 3"),
    (ANSWER, "undo: 7 days"),
    answered("evidence kept: none"),
    secured("told of breach within: 72 hours, backups: none"),
    ("least age: 18", "least age: 13"),
    ("cookies: none\n", "cookies: none\nchildren: {least age: 13, control: we ask}\n"),
    ("because: First edition under troth}", "because: Second, history: [{date: May 2018, because: old}]}"),
    ("because: First edition under troth}", 'because: Second, history: [{date: "2024", because: old}]}'),
    cookie("1 year", "2 years"),
    ("data: visit.page,", 'data: "visit.*",'),  # a star may reach what is never stored, and brings none of it
]


@pytest.mark.parametrize("swap", MEANT, ids=lambda one: str(one)[:60])
def test_what_can_act_is_accepted(swap):
    assert problems(swap) == []
