"""Staff tell what happened, at the desk, and see what waits for it."""

from __future__ import annotations

import pytest
from django.utils import timezone
from tests.people.making import walker

from troth.people import standing

TODAY = timezone.localdate().isoformat
PAGE = "/desk/moments/"


@pytest.fixture
def ada(officer, larch):
    return walker(larch)


def form(which="larch/walk is over", address="ada@quill.example", **more):
    return {"which": which, "address": address, "on": TODAY(), **more}


def test_the_desk_shows_what_waits_until_somebody_tells_it(officer, ada, larch):
    assert "3 values wait for a moment" in officer.get(PAGE).content.decode()
    assert officer.post(PAGE, form()).headers["Location"] == PAGE
    assert "walk is over" in standing.moments(larch, ada)
    page = officer.get(PAGE).content.decode()
    assert "No clock waits" in page and "1 person" in page
    assert "Said what happened" in officer.get("/desk/looks/").content.decode(), "and who said it is seen, too"


def test_what_was_told_by_mistake_is_taken_back(officer, ada, larch):
    officer.post(PAGE, form())
    officer.post(PAGE, form(undo="1"))
    assert standing.moments(larch, ada) == {}
    assert "Nobody had told this of them" in officer.post(PAGE, form(undo="1")).content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"which": "larch/the moon is full"}, "Choose one of the moments"),
        ({"which": ""}, "Choose one of the moments"),
        ({"address": ""}, "Say to whom it happened"),
        ({"address": "nobody@quill.example"}, "Nobody is known by that"),
        ({"address": "booking.walk=x"}, "identifies nobody"),
        ({"address": "a=b@quill.example"}, "Nobody is known by that"),
        ({"on": "2999-01-01"}, "That day has not come"),
        ({"on": "soon"}, "That is not a date"),
    ],
)
def test_what_cannot_be_written_down_is_said_beside_its_field(officer, ada, larch, wrong, said):
    answer = officer.post(PAGE, form() | wrong)
    page = answer.content.decode()
    assert (answer.status_code, said in page, "Nothing was written down" in page) == (422, True, True)
    assert standing.moments(larch, ada) == {}


def test_t50_a_moment_of_another_client_is_none_at_this_desk(officer, ada, rowan):
    theirs = walker("rowan")
    answer = officer.post(PAGE, form(which="rowan/walk is over"))
    assert answer.status_code == 422 and standing.moments("rowan", theirs) == {}
    assert "rowan" not in officer.get(PAGE).content.decode()
