"""What happens in somebody's life starts the clocks that wait for it, once somebody has told it."""

from __future__ import annotations

import datetime as dt
import io
import json

import pytest
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.people.making import walker, write

from troth import cli
from troth.answer import happening
from troth.keep import sweep
from troth.ledger import verifying
from troth.parties import staff
from troth.people import identities, standing, store
from troth.people.models import Moment
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db(transaction=True)
ADA, OFFICER = "email=ada@quill.example", "officer@larch.example"
YEARS = dt.timedelta(days=5 * 366)


@pytest.fixture
def officer(plain: str) -> str:
    staff.add(OFFICER, plain, "privacy desk")
    return OFFICER


def moment(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    capsys.readouterr()
    status = cli.main(["moment", *words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_period_that_waits_begins_when_somebody_tells_it(plain, officer, capsys):
    person = walker(plain, at=timezone.now() - YEARS)
    assert sweep.sweep(client=plain)[0].counts == {}, "nobody has told that the walk is over"
    day = (timezone.localdate() - dt.timedelta(days=3 * 366)).isoformat()
    words = ("walk is over", "--client", plain, "--identity", ADA, "--on", day, "--by", officer)
    assert moment(capsys, *words) == (0, {"command": "moment", "ok": True, "changed": 1})
    assert sum(sweep.sweep(client=plain)[0].counts.values()) == 3
    assert store.fields_held(plain, person) == frozenset()
    assert standing.moments(plain, person).keys() <= {standing.LAST_PURPOSE_ENDS}, "and nobody keeps why it went"
    assert verifying.verify().ok


def test_who_told_it_and_when_it_was_stands_in_the_ledger_and_no_hand_can_change_it(plain, officer, capsys):
    walker(plain)
    moment(capsys, "walk is over", "--client", plain, "--identity", ADA, "--by", officer)
    assert verifying.verify().ok
    Moment.objects.filter(moment="walk is over").update(at=timezone.now() - YEARS)
    assert [one.kind for one in verifying.verify().findings] == ["effect changed"]


def test_whom_it_is_about_can_be_read_from_standard_input(plain, officer, capsys, monkeypatch):
    walker(plain)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ADA}\n"))
    words = ("walk is over", "--client", plain, "--identity", "-", "--by", officer)
    assert moment(capsys, *words) == (0, {"command": "moment", "ok": True, "changed": 1})
    assert moment(capsys, *words)[1]["trouble"]["code"] == "wrong-identity", "and there is no second line"
    monkeypatch.setattr("sys.stdin", None)
    assert moment(capsys, *words)[1]["trouble"]["code"] == "wrong-identity", "nor any where it is closed"


def test_what_is_told_twice_is_one_moment_and_told_anew_moves_the_clock(plain, officer, capsys):
    person = walker(plain, at=timezone.now() - YEARS)
    words = ("walk is over", "--client", plain, "--identity", ADA, "--by", officer, "--on")
    assert [moment(capsys, *words, day)[1]["changed"] for day in ("2025-05-01", "2025-05-01", "2025-06-01")] == [
        1,
        0,
        1,
    ]
    assert standing.moments(plain, person)["walk is over"].date() == dt.date(2025, 6, 1)
    assert verifying.verify().ok


def test_a_moment_that_is_taken_back_stops_its_clock(plain, officer, capsys):
    person = walker(plain, at=timezone.now() - YEARS)
    words = ("walk is over", "--client", plain, "--identity", ADA, "--by", officer)
    moment(capsys, *words, "--on", "2023-01-01")
    assert moment(capsys, *words, "--undo")[1]["changed"] == 1
    assert moment(capsys, *words, "--undo")[1]["changed"] == 0
    assert sweep.sweep(client=plain)[0].counts == {}
    assert len(store.fields_held(plain, person)) == 3
    assert verifying.verify().ok


def test_the_list_says_what_waits_for_a_moment_that_nobody_has_told(plain, officer, capsys):
    walker(plain)
    walker(plain, email="bo@quill.example")
    before = {row["moment"]: row for row in moment(capsys, "--client", plain)[1]["moments"]}
    assert (before["walk is over"]["people"], before["walk is over"]["values"]) == (2, 6)
    moment(capsys, "walk is over", "--client", plain, "--identity", ADA, "--by", officer)
    after = {row["moment"]: row for row in moment(capsys, "--client", plain)[1]["moments"]}
    assert (after["walk is over"]["people"], after["walk is over"]["values"]) == (1, 3)
    assert after["walk is over"]["told"] == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("the moon is full", "--identity", ADA), "no-moment"),
        (("walk is over", "--identity", "email=nobody@quill.example"), "nobody-found"),
        (("walk is over", "--identity", "ada"), "wrong-identity"),
        (("walk is over",), "wrong-identity"),
        (("walk is over", "--identity", ADA, "--on", "2999-01-01"), "not-yet"),
        (("walk is over", "--identity", ADA, "--on", "last week"), "wrong-date"),
        (("walk is over", "--identity", ADA, "--undo", "--on", "2025-01-01"), "wrong-use"),
        (("walk is over", "--file", "x.csv"), "wrong-use"),
        (("--identity", ADA), "wrong-use"),
        (("--file", "/nowhere/x.csv"), "wrong-file"),
    ],
)
def test_what_cannot_be_written_down_is_said_and_nothing_is_written(plain, officer, capsys, words, code):
    person = walker(plain)
    status, said = moment(capsys, *words, "--client", plain, "--by", officer)
    assert (status != 0, said["ok"], said["trouble"]["code"]) == (True, False, code)
    assert standing.moments(plain, person) == {}


def test_only_staff_of_the_client_tell_it(plain, capsys):
    person = walker(plain)
    words = ("walk is over", "--client", plain, "--identity", ADA, "--by", "nobody@larch.example")
    assert moment(capsys, *words)[1]["trouble"]["code"] == "no-staff"
    assert standing.moments(plain, person) == {}


def test_programs_tell_many_at_once_and_each_line_that_was_not_taken_is_named(plain, officer, capsys, tmp_path):
    first, second = walker(plain), walker(plain, email="bo@quill.example")
    file = tmp_path / "ended.csv"
    lines = [
        f"{ADA},walk is over,2025-01-31",
        "email=cy@quill.example,walk is over,",
        "email=bo@quill.example,answered,",
    ]
    file.write_text("\n".join(["identity,moment,on", *lines]))
    status, said = moment(capsys, "--file", str(file), "--client", plain, "--by", officer)
    assert (status, said["lines"], said["changed"]) == (3, 3, 2)
    assert [(one["line"], one["code"]) for one in said["left"]] == [(3, "nobody-found")], "as an editor counts"
    assert "cy@quill.example" not in json.dumps(said)
    assert standing.moments(plain, first).keys() == {"walk is over"}
    assert standing.moments(plain, second).keys() == {"answered"}
    assert moment(capsys, "--file", str(file), "--client", plain, "--by", officer)[1]["changed"] == 0, "sent twice"


def test_t58_an_endless_file_is_refused_before_it_is_read(plain, officer, capsys):
    status, said = moment(capsys, "--file", "/dev/zero", "--client", plain, "--by", officer)
    assert (status, said["trouble"]["code"]) == (2, "wrong-file")


@pytest.mark.parametrize(
    "text", [b"", b"who,what,when\n", b"identity,moment,on\na,b\n", b"\xff\xfe\x00", b'identity,moment,on\n"a']
)
def test_a_file_of_another_kind_is_refused_whole(plain, officer, capsys, tmp_path, text):
    file = tmp_path / "ended.csv"
    file.write_bytes(text)
    status, said = moment(capsys, "--file", str(file), "--client", plain, "--by", officer)
    assert (status, said["trouble"]["code"]) == (2, "wrong-file")


def test_an_ending_told_of_a_day_long_gone_ends_nothing_that_was_given_since(on_disk, tmp_path):
    """Somebody whose contract ended two years ago came back: what they gave today is not over."""
    text = LARCH.replace(LAW, "").replace("walk is over: {known from: desk}", "contract ends: {known from: desk}")
    text = text.replace("12 months after walk is over", "12 months after last purpose ends")
    client = published("back", text, tmp_path)
    person = walker(client)
    standing.happened(client, person, "contract ends", timezone.now() - dt.timedelta(days=700))
    assert sweep.sweep(client=client)[0].counts == {}
    assert len(store.fields_held(client, person)) == 3


def test_what_is_taken_back_makes_nobody_known(plain, officer, capsys, monkeypatch):
    from troth.keep import where

    monkeypatch.setattr(where, "knows", lambda client, value: "booking.email")
    words = ("walk is over", "--client", plain, "--identity", "email=eve@quill.example", "--by", officer, "--undo")
    assert moment(capsys, *words)[1]["trouble"]["code"] == "nobody-found"
    assert identities.persons(plain) == []


def test_a_second_letter_is_not_as_old_as_the_answer_to_the_first(plain, officer):
    person = walker(plain, at=timezone.now() - YEARS)
    standing.happened(plain, person, "walk is over", timezone.now() - YEARS)
    write(plain, person, {"booking.walk": "Quantock combes"})
    sweep.sweep(client=plain)
    assert store.fields_held(plain, person) == {"booking.walk"}, "its own two years run from the day it came"


@pytest.fixture
def rolling(on_disk, tmp_path):
    """Bookings are kept for ten years, and looked at again each quarter."""
    text = LARCH.replace(LAW, "").replace("12 months after walk is over", "10 years, refreshed every 3 months")
    return published("rolling", text, tmp_path)


def test_what_is_to_be_looked_at_again_goes_when_nobody_did_and_stays_when_somebody_does(rolling):
    quarter = dt.timedelta(days=100)
    kept, gone = (walker(rolling, email=f"{one}@quill.example", at=timezone.now() - quarter) for one in ("ada", "bo"))
    staff.add(OFFICER, rolling, "privacy desk")
    assert happening.tell(rolling, ADA, "refreshed", by=staff.ref_of(OFFICER, rolling)) == 1
    assert "refreshed" in [one.moment for one in happening.waiting(rolling)]
    sweep.sweep(client=rolling, confirm=True)
    assert store.fields_held(rolling, gone) == frozenset()
    assert store.fields_held(rolling, kept) >= {"booking.walk"}


def test_nobody_can_say_that_data_was_looked_at_where_no_period_asks_for_it(plain):
    walker(plain)
    staff.add(OFFICER, plain, "privacy desk")
    with pytest.raises(Trouble) as trouble:
        happening.tell(plain, ADA, "refreshed", by=staff.ref_of(OFFICER, plain))
    assert trouble.value.code == "no-moment"


def test_what_was_told_of_somebody_is_theirs_to_see_and_goes_with_all_else(plain, officer, capsys):
    from troth.answer import access, exporting

    person = walker(plain)
    moment(capsys, "walk is over", "--client", plain, "--identity", ADA, "--on", "2026-01-31", "--by", officer)
    answer = access.gather(plain, person, frozenset({person}))
    assert [(one.label, one.value) for one in answer.lines if one.field == "troth.moments"] == [
        ("walk is over", "31 January 2026")
    ]
    twin = walker(plain)
    standing.happened(plain, twin, "walk is over", standing.moments(plain, person)["walk is over"])
    both = access.gather(plain, person, frozenset({person, twin})).lines
    assert [one.field for one in both].count("troth.moments") == 1, "one day under two records is one thing"
    assert "31 January 2026" in exporting.as_json(answer) and "Walk is over" in exporting.as_html(answer)
    words = ["--client", plain, "--identity", ADA, "--by", officer, "--because", "seen"]
    assert cli.main(["answer", "erase", *words]) == 0
    assert not Moment.objects.filter(person_id=person).exclude(entry=0).exists()
    assert verifying.verify().ok
