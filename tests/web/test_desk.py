"""What staff read at the desk, and what they take away from it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from pathlib import Path

import msgspec
import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone
from tests.answer.houses import walks
from tests.conftest import LARCH as FILE
from tests.web.conftest import DESK, code_of, enter

from troth.parties import editions
from troth.web.desk import Client

__all__ = ["walks"]


@pytest.fixture
def asked(officer, larch):
    """Somebody objected."""
    from troth.answer import amend, identity
    from troth.people import identities

    person = identities.make(larch, {"walker"})
    identities.attach(larch, person, "booking.email", "a@post.example", verified=True)
    visitor = identity.Visitor(client=larch, person=person, persons=frozenset({person}))
    return amend.stop(larch, visitor, "object", "I do not want this.")


def test_the_desk_speaks_of_the_person_and_not_to_them(officer, asked, larch):
    page = officer.get(f"/desk/{larch}/requests/{asked.reference}/").content.decode()
    assert "Stop using their data" in page
    assert "They asked" in page
    assert "You asked" not in page
    assert "your data" not in page


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("You asked", "They asked"),
        ("take your data with you", "take their data with them"),
        ("You took it back, so nothing was erased", "They took it back, so nothing was erased"),
        ("Something about you is yours", "Something about them is theirs"),
        ("We told you that you were right in part", "We told them that they were right in part"),
        ("Asked again", "Asked again"),
    ],
)
def test_our_sentences_turn_from_you_to_them(said, read):
    from troth.web.desk import _of_them

    assert _of_them(said) == read


def test_the_desk_reminds_until_the_recovery_code_was_shown(officer, settings, capsys):
    import argparse

    from troth.people import commands

    assert "Nobody has kept the recovery code yet" in officer.get("/desk/").content.decode()
    settings.DEMO = True
    assert "recovery code" not in officer.get("/desk/").content.decode(), "in the demonstration nothing can be lost"
    settings.DEMO = False
    commands.key(argparse.Namespace(what="recovery", words=[], client="", at_once=False, again=False, json=False))
    assert capsys.readouterr().out
    assert "recovery code" not in officer.get("/desk/").content.decode()


SOONER = "undo: none, sooner: {object: 5 days}}"


def rows_of(page: str) -> list[str]:
    """What each row of a page's tables says."""
    return [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL)]


@pytest.fixture
def hurried(officer, larch, tmp_path):
    """A policy that promises an answer before the law asks for one, and somebody who objected."""
    from troth.answer import requests
    from troth.parties import editions
    from troth.people import identities

    file = tmp_path / "policy.yaml"
    file.write_text(Path("tests/policies/larch.yaml").read_text().replace("undo: none}", SOONER))
    editions.publish(larch, str(file), replaces=editions.in_force(larch).mark, by="test")
    with time_machine.travel(dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC), tick=False):
        yield requests.open_request(larch, identities.make(larch, {"walker"}), "object")


def test_what_we_promise_and_what_the_law_sets_are_both_said_where_they_differ(officer, hurried, larch):
    page = officer.get(f"/desk/{larch}/requests/{hurried.reference}/").text
    assert "We promise Tuesday 1 December 2026" in page and "The law sets Tuesday 29 December 2026" in page
    (row,) = [row for row in rows_of(officer.get("/desk/").text) if hurried.reference in row]
    assert "Tue 1 Dec" in row and "by law Tue 29 Dec" in row
    (row,) = csv.DictReader(io.StringIO(officer.get("/desk/requests.csv").text))
    assert (row["due"], row["due by law"]) == ("2026-12-01", "2026-12-29")


def test_without_a_promise_of_ours_only_the_law_sets_a_day(officer, asked, larch):
    page = officer.get(f"/desk/{larch}/requests/{asked.reference}/").text
    assert "The law sets" in page and "We promise" not in page and "by law" not in officer.get("/desk/").text


@pytest.mark.parametrize(
    ("left", "says"),
    [
        ({"days": 3, "hours": 5}, "3 days"),
        ({"hours": 47}, "47 h 0 min left"),
        ({"minutes": 5}, "0 h 5 min left"),
        ({"minutes": -200}, "Late by 3 h 20 min"),
        ({"hours": -25}, "Late by 1 day"),
        ({"days": -9}, "Late by 9 days"),
    ],
)
def test_how_far_a_day_is_says_no_part_of_a_day_that_it_may_not_be(left, says):
    from troth.web.desk import _left

    assert _left(dt.timedelta(**left)) == says


@pytest.mark.parametrize(
    ("away", "says"),
    [
        (-1, 'One thing is late</h1>\n<p class="lead">Nothing is due later.<'),
        (0, 'One thing must leave today</h1>\n<p class="lead">Nothing is due later. Nothing is late.<'),
        (3, 'Nothing is due today</h1>\n<p class="lead">One thing within seven days. Nothing is late.<'),
        (20, 'Nothing is due today</h1>\n<p class="lead">One thing later. Nothing is late.<'),
    ],
)
def test_the_page_of_the_day_says_in_a_sentence_what_its_table_says(officer, asked, larch, away, says):
    from django.contrib.sessions.models import Session

    from troth.answer import requests

    due = requests.find(larch, asked.reference).due
    Session.objects.update(expire_date=due + dt.timedelta(days=9))
    with time_machine.travel(due - dt.timedelta(days=away, hours=1), tick=False):
        assert says in officer.get("/desk/").text


@pytest.fixture
def visitor_of(officer, larch):
    """Somebody who came in on their own page."""
    from troth.answer import identity
    from troth.people import identities

    person = identities.make(larch, {"walker"})
    identities.attach(larch, person, "booking.email", "a@post.example", verified=True)
    return identity.Visitor(client=larch, person=person, persons=frozenset({person}))


def test_what_its_person_must_confirm_is_nobodys_work_at_the_desk(officer, visitor_of, larch, mailbox):
    from troth.answer import erase

    reference, _ = erase.want(larch, visitor_of.person, visitor_of.persons)
    (row,) = [row for row in rows_of(officer.get("/desk/").text) if reference in row]
    assert "they must confirm it from their address" in row
    page = officer.get(f"/desk/{larch}/requests/{reference}/").text
    assert "until then nothing changes" in page and "when every place has answered" not in page


def test_an_erasure_that_nobody_confirmed_is_late_for_nobody_though_the_policy_promises_a_day(
    officer, visitor_of, larch, mailbox, tmp_path
):
    """Else whoever asks and goes away breaks a promise by it (UK GDPR Art 12A(3))."""
    from django.contrib.sessions.models import Session

    from troth.answer import erase, requests

    file = tmp_path / "policy.yaml"
    file.write_text(FILE.read_text().replace("undo: none}", "undo: none, sooner: {erase: 24 hours}}"))
    editions.publish(larch, str(file), replaces=editions.in_force(larch).mark, by="test")
    reference, _ = erase.want(larch, visitor_of.person, visitor_of.persons)
    now = timezone.now()
    Session.objects.update(expire_date=now + dt.timedelta(days=20))

    def late(when):
        with time_machine.travel(when, tick=False):
            page, one = officer.get("/desk/").text, officer.get(f"/desk/{larch}/requests/{reference}/").text
            promised = requests.tally(when)[1], requests.late(larch, "erase", when) == [reference]
            return "Late" in page, *promised, "ends by itself after" in one

    assert late(now + dt.timedelta(days=3)) == (False, 0, False, True)
    assert late(now + erase.UNCONFIRMED + dt.timedelta(days=2)) == (True, 1, True, True), "a night should have ended it"
    requests.remember(larch, reference, {"address": "a@post.example"})
    assert late(now + dt.timedelta(days=3)) == (True, 1, True, False), "confirmed, it is late"


def test_a_new_address_that_nobody_confirmed_is_no_place_that_did_not_answer(officer, visitor_of, larch, mailbox):
    from troth.answer import access, amend

    line = access.Line(place="our own store", field="booking.email", label="email address", value="a@post.example",
                       source="You", when=None, how_long="", id="x", which="x", can_correct=True)  # fmt: skip
    amend.change_address(larch, visitor_of, line, "b@post.example")
    (row,) = [row for row in rows_of(officer.get("/desk/").text) if "Correct a value" in row]
    assert "they must confirm it" in row and "did not answer" not in row


@pytest.mark.parametrize(
    ("kind", "why"), [("clock", "the clock leapt"), ("share", "more than 30% of a place was due at once")]
)
def test_a_sweep_that_stopped_is_said_where_it_is_looked_for(officer, larch, kind, why):
    from troth.keep.models import Sweep

    for path in ("/desk/", "/desk/sweeps/"):
        assert "has stopped" not in officer.get(path).text
    Sweep.objects.create(client=larch, at=timezone.now(), stopped=kind)
    for path in ("/desk/", "/desk/sweeps/"):
        page = officer.get(path).text
        assert "has stopped:</strong> " + why in page and "troth sweep --confirm" in page
    assert "<h1>A sweep has stopped</h1>" in page
    Sweep.objects.create(client=larch, at=timezone.now())
    assert "has stopped" not in officer.get("/desk/").text


def test_what_a_sweep_would_take_is_said_in_words_and_not_by_a_name_of_the_file(larch):
    from troth.keep import sweep
    from troth.parties import editions
    from troth.web import desk

    plan = editions.in_force(larch).plan
    rule = next(name for name, one in plan.rules.items() if "booking.email" in one.fields)
    counts = {f"values, {rule}": 2, "identities": 1, f"shop, {rule}": 3}
    found = desk._goes(plan, sweep.Swept(client=larch, as_of=timezone.now(), preview=True, counts=counts))
    labels = found[0][2]
    assert "email address" in labels and "booking" not in labels
    assert found == [(2, "values", labels), (1, "address or name with nothing beside it", ""), (3, "in shop", labels)]


def test_a_place_in_which_what_is_due_still_stands_is_named_beside_what_goes(officer, larch, monkeypatch):
    from troth.keep import sweep

    asked = []

    def found(when, *, client, preview, most):
        asked.append(most)
        said = {"counts": {"events to look into, visit.*": 12000}, "not_answered": ["our event store"]}
        return [sweep.Swept(client=client, as_of=when, preview=preview, **said)]

    monkeypatch.setattr(sweep, "sweep", found)
    page = officer.get("/desk/sweeps/").text
    assert "Our event store has not answered: what is due there still stands" in page
    assert "12,000 events that are looked into on the night" in page
    assert asked == [10_000], "a page opens so many events and no more"


def test_requests_come_as_a_spreadsheet_without_a_person(officer, asked, larch):
    answer = officer.get("/desk/requests.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="requests.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["client"], row["reference"], row["state"]) for row in rows] == [(larch, asked.reference, "open")]
    assert "post.example" not in answer.content.decode()


def test_promises_come_as_a_spreadsheet(officer, larch):
    from troth.prove import report

    assert officer.get(f"/desk/promises/{larch}/promises.csv").status_code == 404
    report.keep(report.run(larch))
    rows = list(csv.DictReader(io.StringIO(officer.get(f"/desk/promises/{larch}/promises.csv").content.decode())))
    assert len(rows) == len(report.latest(larch).findings)


def test_the_figures_of_the_promises_add_up_to_all_of_them(officer, larch):
    """What a person attests has its figure, too."""
    from troth.prove import report

    found = report.run(larch)
    attested = msgspec.structs.replace(found.findings[0], state="attested")
    report.keep(msgspec.structs.replace(found, findings=(attested, *found.findings[1:])))
    figures = re.findall(r'class="figure"><b>(\d+)', officer.get(f"/desk/promises/{larch}/").content.decode())
    assert sum(map(int, figures)) == len(found.findings)


def test_a_proof_of_an_edition_that_is_over_says_so_at_the_desk(officer, larch, tmp_path):
    from troth.prove import report

    report.keep(report.run(larch))
    said = ("Edition 2 is in force, and nothing of it is proved yet", "of edition 1; edition 2 is in force")
    pages = (f"/desk/promises/{larch}/", "/desk/promises/")
    assert not any(sentence in officer.get(page).text for sentence, page in zip(said, pages, strict=True))
    force, file = editions.in_force(larch), tmp_path / "policy.yaml"
    file.write_bytes(editions.text_of(larch, force.number).replace(b"change: first", b"change: small"))
    editions.publish(larch, str(file), replaces=force.mark, by="test")
    assert all(sentence in officer.get(page).text for sentence, page in zip(said, pages, strict=True))
    report.keep(report.run(larch))
    assert not any(sentence in officer.get(page).text for sentence, page in zip(said, pages, strict=True))


def test_the_sign_of_a_broken_promise_stands_beside_no_nought(officer, larch):
    from troth.prove import report

    sign = '</b> <span class="mark broken">'
    found = report.run(larch)
    whole = tuple(msgspec.structs.replace(one, state="kept", breaches=()) for one in found.findings)
    report.keep(msgspec.structs.replace(found, findings=whole))
    assert "<b>0</b>" in (page := officer.get(f"/desk/promises/{larch}/").text) and sign not in page
    one = msgspec.structs.replace(whole[0], state="broken", breaches=("x",))
    report.keep(msgspec.structs.replace(found, findings=(one, *whole[1:])))
    assert sign in officer.get(f"/desk/promises/{larch}/").text


PAYLOADS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "=cmd|' /C calc'!A0",
    "'=1",
    '=HYPERLINK("x")',
    "-2+3",
    "@x",
    "+44",
]


def test_t57_no_cell_of_the_desks_spreadsheets_runs_in_a_spreadsheet():
    from troth.web.desk import sheet

    answer = sheet("x", [[payload] for payload in PAYLOADS])
    for row, payload in zip(csv.reader(io.StringIO(answer.content.decode(), newline="")), PAYLOADS, strict=True):
        assert row == ["'" + payload]
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_what_the_door_took_in_is_not_called_turned_away(officer, larch):
    assert "The door has turned nothing away" in officer.get("/desk/refused/").content.decode()


@pytest.fixture
def court(officer, larch, tmp_path):
    """Larch with a hold in its policy, and a walker."""
    from pathlib import Path

    from tests.answer.planting import walker

    from troth.parties import editions

    hold = "holds:\n  a court case: {data: letter.*, needs: matter, review: 6 months, because: A court asked}\n"
    text = Path("tests/policies/larch.yaml").read_text().replace("cookies: none", hold + "cookies: none")
    file = tmp_path / "larch.yaml"
    file.write_text(text.replace("change: first, because: First edition under troth", "change: small, because: A hold"))
    if not (tmp_path / "papers").exists():
        (tmp_path / "papers").symlink_to(Path("tests/policies/papers").resolve())
    editions.publish(larch, file, replaces=editions.in_force(larch).source_hash, by="test")
    return walker(larch, "ada@quill.example", "Ada", letter="dear all")


HOLD = {
    "hold": "larch/a court case",
    "address": "ada@quill.example",
    "ground": "matter 12, Ms Oak",
    "review": "2099-01-01",
}


def test_a_hold_is_placed_with_ground_owner_and_review_and_lifted_again(officer, court, larch):
    from troth.people import standing

    assert officer.post("/desk/holds/", HOLD).headers["Location"] == "/desk/holds/"
    (stands,) = standing.of(larch, court)
    assert (stands.name, stands.ground, str(stands.review)) == ("a court case", "matter 12, Ms Oak", "2099-01-01")
    page = officer.get("/desk/holds/").content.decode()
    assert "1 hold stands" in page
    assert "officer@larch.example, since" in page
    assert "ada@quill.example" not in page
    officer.post("/desk/holds/", {"lift": f"larch/{stands.id}"})
    assert standing.of(larch, court) == []
    assert "No hold stands" in officer.get("/desk/holds/").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("hold", "larch/nothing", "Choose one of the holds"),
        ("hold", "rowan/a court case", "Choose one of the holds"),
        ("address", "nobody@quill.example", "Nobody is known here"),
        ("address", "", "Say over whose data"),
        ("ground", "", "Say why"),
        ("review", "2001-01-01", "Choose a day to come"),
        ("review", "soon", "Choose a day to come"),
        ("until", "2001-01-01", "no day to come"),
    ],
)
def test_a_hold_that_lacks_something_is_not_placed_and_says_what(officer, court, larch, field, value, error):
    from troth.people import standing

    answer = officer.post("/desk/holds/", HOLD | {field: value})
    assert answer.status_code == 422
    assert error in answer.content.decode()
    assert standing.of(larch, court) == []


@pytest.mark.parametrize("more", [{}, {"until": "2098-01-01"}])
def test_a_hold_that_is_sent_twice_is_one_and_other_words_are_another(officer, court, larch, more):
    from troth.people import standing

    for _ in range(3):
        officer.post("/desk/holds/", HOLD | more)
    (one,) = standing.of(larch, court)
    officer.post("/desk/holds/", HOLD | more | {"ground": "matter 13"})
    assert [two.ground for two in standing.of(larch, court)] == [HOLD["ground"], "matter 13"]
    officer.post("/desk/holds/", {"lift": f"larch/{one.id}"})
    officer.post("/desk/holds/", HOLD | more)
    assert len(standing.of(larch, court)) == 2, "one that was lifted may be placed again"


def test_an_erasure_that_a_hold_of_one_person_stops_says_that_a_second_must_agree(officer, court, larch):
    from troth.answer import requests
    from troth.keep import erasure

    officer.post("/desk/holds/", HOLD)
    opened = requests.open_request(larch, court, "erase")
    erasure.finish(erasure.erase(larch, court, opened.reference))
    assert "a second person agrees to it under Holds" in officer.get("/desk/").content.decode()
    page = officer.get(f"/desk/{larch}/requests/{opened.reference}/").content.decode()
    assert "a second person agrees to it under Holds" in page and "closes itself" not in page


def test_t50_nobody_lifts_a_hold_of_another_client(officer, court, larch, tmp_path):
    from tests.answer.planting import walker

    from troth.keep import holds
    from troth.parties import editions, tenancy
    from troth.people import standing

    tenancy.add("rowan")
    file = tmp_path / "rowan.yaml"
    file.write_text((tmp_path / "larch.yaml").read_text().replace("change: small", "change: first"))
    editions.publish("rowan", file, replaces=None, by="test")
    other = walker("rowan", "ada@quill.example", "Ada")
    number = holds.place("rowan", other, "a court case", by="staff", ground="theirs alone")
    officer.post("/desk/holds/", {"lift": f"rowan/{number}"})
    officer.post("/desk/holds/", {"lift": f"larch/{number}"})
    officer.post("/desk/holds/", HOLD | {"hold": "rowan/a court case"})
    assert [one.id for one in standing.of("rowan", other)] == [number]
    assert "theirs alone" not in officer.get("/desk/holds/").content.decode()


def test_without_a_declared_hold_the_page_says_so(officer, larch):
    assert "No policy of yours declares a hold" in officer.get("/desk/holds/").content.decode()


def test_an_objection_is_weighed_answered_by_mail_with_its_reason_and_closed(officer, asked, larch, mailbox):
    from tests.answer.planting import work

    from troth.answer import requests
    from troth.people import standing

    page = f"/desk/{larch}/requests/{asked.reference}/"
    assert "I do not want this." not in officer.get(page).content.decode()
    assert "I do not want this." in officer.post(page, {"act": "written"}).content.decode()
    answer = officer.post(page, {"act": "stays", "evidence": ""})
    assert answer.status_code == 422 and 'id="wrong"' in answer.text
    assert 'aria-describedby="because-hint wrong" aria-invalid="true"' in answer.text
    work()
    assert mailbox.letters == [], "without a reason nothing is sent"
    officer.post(page, {"act": "lift", "evidence": "We go on."})
    work()
    assert mailbox.letters == [], "nobody goes on against an objection alone"
    officer.post(page, {"act": "stays", "evidence": "It is needed for a claim."})
    work()
    assert "We have stopped using it." in mailbox.text()
    assert "It is needed for a claim." in mailbox.text()
    assert "Information Commissioner" in mailbox.text()
    closed = requests.find(larch, asked.reference)
    assert (closed.state, closed.outcome) == ("closed", "We have stopped")
    assert standing.facts(larch, asked.person).restricted
    assert requests.detail(larch, asked.reference) == {}, "what both wrote is forgotten"
    assert "Weigh it" not in officer.get(page).content.decode()


def test_who_cannot_be_written_to_stays_as_they_wished(officer, asked, larch, mailbox):
    from tests.answer.planting import work

    from troth.answer import requests
    from troth.people import identities, standing

    identities.forget(larch, asked.person)
    officer.post(f"/desk/{larch}/requests/{asked.reference}/", {"act": "stays", "evidence": "We stop."})
    work()
    assert mailbox.letters == []
    assert standing.facts(larch, asked.person).restricted
    assert requests.find(larch, asked.reference).outcome == "We could not write to you, so your data stays unused"


def test_an_objection_is_settled_once(officer, asked, larch, mailbox):
    from tests.answer.planting import work

    for reason in ("First.", "Second."):
        officer.post(f"/desk/{larch}/requests/{asked.reference}/", {"act": "stays", "evidence": reason})
        page = officer.get(f"/desk/{larch}/requests/{asked.reference}/").text
        assert "The letter is on its way to them" in page and "Weigh it" not in page, "nobody types what is not sent"
        assert "its letter is on its way" in officer.get("/desk/").text
    work()
    assert len(mailbox.letters) == 1
    assert "First." in mailbox.text()


def test_who_looked_is_seen_by_everybody_at_the_desk(officer, asked, larch):
    assert "No member of staff has opened anybody’s data" in officer.get("/desk/looks/").content.decode()
    officer.post(f"/desk/{larch}/requests/{asked.reference}/", {"act": "written"})
    page = officer.get("/desk/looks/").content.decode()
    assert "Staff opened people’s data once" in page
    assert "officer@larch.example" in page
    assert "Came in to the desk" in page
    assert "a@post.example" not in page
    rows = list(csv.DictReader(io.StringIO(officer.get("/desk/looks.csv").content.decode())))
    assert rows[0]["who"] == "officer@larch.example"
    assert rows[0]["what"] == "opened a person’s data, through the gate"
    assert rows[0]["case"] == asked.reference and asked.reference in page


def test_t54_no_button_opens_anybodys_data_where_there_is_nothing_to_do_with_it(officer, larch):
    from tests.answer.planting import walker

    from troth.answer import requests
    from troth.keep import erasure
    from troth.people import looks

    ada = walker(larch, "ada@quill.example", "Ada")
    over = requests.open_request(larch, ada, "object", detail={"why": "a red glove"})
    requests.close(larch, over.reference, "We have stopped", actor="a" * 16)
    requests.forget(larch, over.reference)
    erasing = requests.open_request(larch, ada, "erase")
    erasure.erase(larch, ada, erasing.reference)
    for reference in (over.reference, erasing.reference):
        for act, more in (("look", {}), ("whom", {}), ("whom", {"recipient": "1"}), ("wrong", {}), ("written", {})):
            answer = officer.post(f"/desk/{larch}/requests/{reference}/", {"act": act} | more)
            assert answer.status_code in (200, 302)
            assert "ada@quill.example" not in answer.text and "glove" not in answer.text, (reference, act)
            assert act == "written" or "That you read this is written down" not in answer.text
    assert looks.of(larch, [ada]) == [], "and Ada is told of no look that opened nothing"


def test_of_more_looks_than_a_page_shows_the_file_has_all_and_the_page_says_so(officer, asked, larch, monkeypatch):
    from troth.web import looks

    monkeypatch.setattr(looks, "MOST", 3)
    said = "These are the newest; the file has all."
    for _ in range(3):
        assert said not in officer.get("/desk/looks/").text
        officer.post(f"/desk/{larch}/requests/{asked.reference}/", {"act": "written"})
    page = officer.get("/desk/looks/").text
    assert (
        said in page
        and "Staff opened people’s data at least 3 times" in page
        and page.count("Opened a person’s data") == 3
    )
    rows = list(csv.DictReader(io.StringIO(officer.get("/desk/looks.csv").text)))
    assert [row["what"] for row in rows] == ["opened a person’s data, through the gate"] * 3 + ["came in to the desk"]


def test_what_somebody_looked_at_is_seen_when_they_have_left(officer, asked, larch):
    from troth.parties import staff

    officer.post(f"/desk/{larch}/requests/{asked.reference}/", {"act": "written"})
    staff.remove("officer@larch.example")
    another = Browser(headers={"host": DESK})
    enter(another, staff.add("second@larch.example", larch, "privacy desk"))
    another.get("/desk/enter/factor/")
    another.post("/desk/enter/factor/", {"code": code_of(another)})
    page = another.get("/desk/looks/").content.decode()
    assert "Staff opened people’s data once" in page and "officer@larch.example" in page


def test_what_is_done_at_another_client_is_not_seen(officer, asked, larch):
    from troth.ledger import acting
    from troth.parties import staff

    (member,) = staff.of(larch)
    assert acting.by(larch, {member.ref}, 50)
    assert acting.by("rowan", {member.ref}, 50) == []
    assert acting.by(larch, set(), 50) == []


def test_coming_in_for_several_clients_is_one_row():
    import datetime as dt

    from troth.web.looks import WORDS, Look, _together

    at = dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC)
    firms = [Client("a", "A", None), Client("b", "B", None)]
    both = [
        Look(at, "one@x.example", WORDS["signed-in"], firm, 2 - number) for number, firm in enumerate(reversed(firms))
    ]
    later = Look(at + dt.timedelta(minutes=9), "one@x.example", WORDS["signed-in"], firms[0], 3)
    assert [names for _, names in _together([later, *both])] == [["A"], ["A", "B"]]
