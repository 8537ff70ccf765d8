"""The desk is entered with a link and a second factor, and not otherwise."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from tests.web.conftest import DESK, code_of, enter

from troth.collect import limits
from troth.keep import sweep
from troth.parties import factor
from troth.web import entering


def test_the_desk_asks_who_you_are(larch, at_desk):
    for path in ("/desk/", "/desk/requests/", "/desk/sweeps/", "/desk/refused/", "/desk/spare/", "/desk/promises/"):
        assert at_desk.get(path).headers["Location"] == "/desk/enter/", path


def test_t55_a_link_alone_opens_nothing(larch, at_desk):
    from troth.parties import staff

    assert enter(at_desk, staff.add("one@larch.example", larch, "privacy desk")) == "/desk/enter/factor/"
    assert at_desk.get("/desk/").headers["Location"] == "/desk/enter/"


def test_looking_at_a_link_does_not_use_it(larch, at_desk):
    from troth.parties import staff

    token = staff.add("one@larch.example", larch, "privacy desk")
    assert at_desk.get(f"/desk/enter/{token}/").status_code == 200
    assert at_desk.get(f"/desk/enter/{token}/").status_code == 200
    assert enter(at_desk, token) == "/desk/enter/factor/"


def test_a_link_works_once(larch, at_desk):
    from troth.parties import staff

    token = staff.add("one@larch.example", larch, "privacy desk")
    enter(at_desk, token)
    assert at_desk.post(f"/desk/enter/{token}/").status_code == 410


def test_t55_six_wrong_codes_end_the_link(larch, at_desk):
    from troth.parties import staff

    enter(at_desk, staff.add("one@larch.example", larch, "privacy desk"))
    at_desk.get("/desk/enter/factor/")
    answers = [at_desk.post("/desk/enter/factor/", {"code": "000000"}).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert at_desk.get("/desk/enter/factor/").headers["Location"] == "/desk/enter/"


def test_t55_wrong_codes_are_counted_over_all_links_and_also_when_they_come_at_once(larch, at_desk, monkeypatch):
    """Whoever took over the mailbox gets link after link; that gives them no more codes to try."""
    from troth.parties import staff

    seen = []
    monkeypatch.setattr(entering, "_right", lambda *_: seen.append("a try"))
    monkeypatch.setattr(entering, "_set_up", lambda *_: seen.append("a try"))
    answers = []
    for _ in range(4):
        enter(at_desk, staff.add("one@larch.example", larch, "privacy desk"))
        for _ in range(4):  # each with the session as it was, as those that are sent at once have it
            session = at_desk.session
            session.pop(entering.WRONG, None)
            session.save()
            answers.append(at_desk.post("/desk/enter/factor/", {"code": "000000"}).status_code)
    assert len(seen) == entering.MOST_GUESSED == 10
    assert answers.count(422) == 10 and 429 in answers


def test_t55_a_code_opens_once_by_whatever_link_and_as_long_as_it_holds(larch, at_desk):
    from django.core.cache import cache

    from troth.parties import staff

    def sent(browser, code):
        enter(browser, staff.add("officer@larch.example", larch, "privacy desk"))
        browser.get("/desk/enter/factor/")
        return browser.post("/desk/enter/factor/", {"code": code or code_of(browser)}).status_code

    with time_machine.travel("2026-11-26T12:00:01+00:00", tick=False) as clock:
        assert sent(at_desk, "") == 302
        member = get_user_model().objects.get()
        first, another = factor.present_code(member), Client(headers={"host": DESK})
        assert sent(another, first) == 422, "the code that set the device up was shown already"
        clock.shift(dt.timedelta(seconds=30))
        second = factor.present_code(member)
        assert sent(another, first) == 422 and sent(another, second) == 302
        clock.shift(dt.timedelta(seconds=29))
        cache.clear()  # the server was started anew
        assert sent(Client(headers={"host": DESK}), second) == 422
        clock.shift(dt.timedelta(seconds=1))
        assert sent(Client(headers={"host": DESK}), second) == 422, "it still fits, and was used"
        assert sent(Client(headers={"host": DESK}), factor.present_code(member)) == 302


def test_what_is_no_code_is_wrong_and_breaks_nothing(officer, larch):
    from troth.parties import staff

    enter(officer, staff.add("officer@larch.example", larch, "privacy desk"))
    for code in ("１２３٤٥٦", "", "\0", "9" * 5000):
        assert officer.post("/desk/enter/factor/", {"code": code}).status_code in (422, 429)


def test_ended_sessions_and_lapsed_links_of_staff_go_with_the_nightly_sweep(officer, larch):
    from troth.parties.models import EntryLink

    sweep.sweep(client=larch)
    assert (Session.objects.count(), EntryLink.objects.count()) == (1, 1)  # they may still be of use
    with time_machine.travel(timezone.now() + dt.timedelta(hours=9)):
        sweep.sweep(client=larch)
        assert (Session.objects.count(), EntryLink.objects.count()) == (0, 0)


def test_both_factors_open_the_desk(officer):
    assert officer.get("/desk/").status_code == 200


def test_the_spare_codes_are_shown_once(officer):
    assert officer.head("/desk/spare/").status_code == 200, "by which nobody has seen them"
    assert officer.get("/desk/spare/").status_code == 200
    assert officer.get("/desk/spare/").status_code == 302


def test_t55_a_session_ends_when_a_role_is_given(officer, larch):
    from troth.parties import staff

    staff.add("officer@larch.example", larch, "another role")
    assert officer.get("/desk/").headers["Location"] == "/desk/enter/"


def test_t55_a_session_ends_when_somebody_leaves(officer):
    get_user_model().objects.update(is_active=False)
    assert officer.get("/desk/").headers["Location"] == "/desk/enter/"


def test_t55_a_session_ends_when_the_role_is_taken_back(officer, larch):
    from troth.parties import staff

    staff.remove("officer@larch.example", larch)
    assert not Session.objects.exists()
    assert officer.get("/desk/").headers["Location"] == "/desk/enter/"


def test_staff_of_one_client_see_another_as_one_that_does_not_exist(officer, larch):
    from troth.parties import editions, tenancy

    tenancy.add("rowan")
    editions.publish("rowan", "tests/policies/larch.yaml", replaces=None, by="test")
    other = officer.get("/desk/rowan/requests/A-2026-0001/")
    nobody = officer.get("/desk/nobody/requests/A-2026-0001/")
    assert (other.status_code, nobody.status_code) == (404, 404)
    assert other.content == nobody.content


def test_the_key_of_a_second_factor_is_not_stored_in_clear(officer):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.utils import decrypt

    rows = Authenticator.objects.all()
    assert {row.type for row in rows} == {"totp", "recovery_codes"}
    for row in rows:
        sealed = row.data.get("secret") or row.data["seed"]
        assert decrypt(sealed) not in str(row.data)


def test_t55_there_is_no_account_by_default(larch):
    assert get_user_model().objects.count() == 0


def test_coming_in_is_written_down_without_a_name(officer, larch):
    from troth.ledger import entries

    acts = [act for _, _, act, _ in entries.newest(larch)]
    assert "signed-in" in acts


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/login/", "/desk/signup/", "/admin/"])
def test_nobody_signs_up(larch, at_desk, visitor, path):
    assert at_desk.get(path).status_code in (302, 404)
    assert visitor.get(path).status_code == 404


def test_staff_who_were_in_before_get_a_link_by_mail_and_strangers_get_the_same_page(officer, larch):
    from troth.web import entering
    from troth.work.models import Job

    entering._asked.clear()
    stranger = Client(headers={"host": "localhost:8000"})
    pages = [
        stranger.post("/desk/enter/", {"address": address}).content
        for address in ("nobody@larch.example", "officer@larch.example", "officer@larch.example")
    ]
    assert len(set(pages)) == 1
    jobs = [job.payload["staff"] for job in Job.objects.filter(kind="staff link")]
    assert sorted(jobs) == [0, get_user_model().objects.get().pk], (
        "one job for each address, and none goes to a stranger"
    )


def test_t30_whoever_asks_for_links_by_the_hundred_keeps_nobody_else_from_theirs(officer, larch, monkeypatch):
    from troth.work.models import Job

    entering._asked.clear()
    monkeypatch.setattr(entering, "links", limits.Flood(0.2, 20))
    stranger, elsewhere = Client(headers={"host": DESK}), Client(headers={"host": DESK}, REMOTE_ADDR="198.51.100.7")
    pages = {stranger.post("/desk/enter/", {"address": f"{n}@larch.example"}).content for n in range(150)}
    pages.add(elsewhere.post("/desk/enter/", {"address": "officer@larch.example"}).content)
    assert len(pages) == 1
    jobs = [job.payload["staff"] for job in Job.objects.filter(kind="staff link")]
    assert get_user_model().objects.get().pk in jobs and len(jobs) < 40
