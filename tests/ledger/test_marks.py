"""T16: whatever is sent, wherever it is put, nothing of it stands in the ledger, the counters or the refused view."""

import contextlib
import datetime as dt
import json

import msgspec
import pytest
from django.core.exceptions import ObjectDoesNotExist
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.collect.conftest import Asker, at_rowan, committing, door, flushable, rowan
from tests.ledger.filling import sql
from tests.people import making

from troth import gate
from troth.answer import acting, complaining, happening, heard, questions, refusing, requests
from troth.collect import intake, logs
from troth.keep import chores, erasure, handed, holds, recipients
from troth.ledger import entries, tree
from troth.ledger.models import Entry
from troth.parties import staff
from troth.people import choices, identities, standing
from troth.policy.deciding import Act, Facts
from troth.policy.problems import Trouble

__all__ = ["at_rowan", "committing", "door", "flushable", "rowan"]
SEEN = ("ledger_entry", "ledger_checkpoint", "ledger_segment", "collect_takenup", "people_refusalrow", "work_job")
MARKS = st.sampled_from(["ada", "Ada Lovelace", "ada@quill.example", "198.51.100.7", "07700 900123", "O’Brien-Ǻ"])
marks = st.builds(lambda word, tail: f"zq{word}{tail:06x}", MARKS, st.integers(0, 2**24 - 1))


def seen(client):
    """Everything that the ledger, the counters, the queue and the desk's list of refusals hold, as text."""
    rows = [sql(f"SELECT * FROM {table}") for table in SEEN]
    head = tree.head_file().read_text() if tree.head_file().exists() else ""
    return repr(rows) + repr(gate.refusals(client)) + head


def tried(act):
    """An act may refuse what it is given; it may not write it down."""
    with contextlib.suppress(Trouble, RuntimeError, ValueError, TypeError, ObjectDoesNotExist):
        act()


def asked(mark, field):
    """A lawful act with the mark in one of its fields."""
    act = making.act("use", making.NEWS, ["booking.email"], channel="email")
    kind = frozenset({mark}) if field == "fields" else mark
    return msgspec.structs.replace(act, **{field: kind})


ONE, TWO = "0" * 16, "1" * 16  # staff, by their opaque ids
PHASES = [Phase.explicit, Phase.generate]  # a mark that was found needs no smaller one
EVERY_FIELD = [one for one in Act.__struct_fields__ if one not in ("day", "for_money")]


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mark=marks, field=st.sampled_from(EVERY_FIELD), kind=st.sampled_from(["use", "disclose", "answer", "keep"]))
def test_t16_a_mark_in_any_field_of_an_act_is_in_no_entry_and_no_refusal(larch, mark, field, kind):
    person = sql("SELECT id FROM people_person")[:1] or [(making.walker(larch),)]
    for persons in ([person[0][0]], [10**9], []):
        act = asked(mark, field)
        act = act if field == "kind" else msgspec.structs.replace(act, kind=kind)
        tried(lambda act=act, persons=persons: gate.ask(act, client=larch, persons=persons))
    given = Facts(kinds=frozenset({mark}), yes=frozenset({mark}), no=frozenset({mark}), live=frozenset({mark}))
    tried(lambda: gate.ask(asked(mark, "case"), client=larch, persons=[person[0][0]], facts=given))
    tried(lambda: gate.ask(asked(mark, "use"), client=mark, persons=[person[0][0]]))
    tried(lambda: gate.ask(asked(mark, "use"), client=larch, persons=[person[0][0]], actor=mark))
    assert mark not in seen(larch)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mark=marks)
def test_t16_a_mark_in_any_input_of_the_acts_on_people_is_in_no_entry(larch, mark):
    person = making.walker(larch, email=f"{abs(hash(mark))}@quill.example", **{"booking.name": mark})
    address = f"{mark}@quill.example".replace(" ", "")
    for act in (
        lambda: identities.attach(larch, person, "booking.email", address, verified=True),
        lambda: identities.attach(larch, person, mark, mark, verified=False),
        lambda: identities.make(larch, {mark}),
        lambda: making.write(larch, person, {mark: mark}),
        lambda: making.write(larch, person, {"booking.walk": mark}, point=mark),
        lambda: standing.restrict(larch, person, ground=mark),
        lambda: standing.restrict(larch, person, ground=mark, by=mark),
        lambda: standing.restrict(larch, person, ground="x", fields=[mark]),
        lambda: standing.unrestrict(larch, person, by=mark),
        lambda: holds.place(larch, person, mark, by=mark),
        lambda: standing.suppress(larch, "email address", mark, [mark]),
        lambda: standing.suppress(larch, mark, mark, [mark], by=mark),
        lambda: choices.record(
            larch, person=person, browser=mark, key=mark, stop=mark, state=True, edition=1, text=mark, how=mark
        ),
        lambda: requests.open_request(larch, person, "rectify", detail={mark: mark}),
        lambda: requests.open_request(larch, person, mark, detail={"new": mark}, actor=mark),
        lambda: requests.step(larch, sql("SELECT reference FROM answer_requestrow")[0][0], mark),
        lambda: requests.step(larch, mark, mark, actor=mark),
        lambda: requests.close(larch, sql("SELECT reference FROM answer_requestrow")[0][0], mark),
        lambda: erasure.erase(larch, person, mark),
        lambda: erasure.erase(larch, person, "E-2026-0001", actor=mark),
    ):  # fmt: skip
        tried(act)
    assert mark not in seen(larch)


def planted(mark):
    """Events with the mark in every place where JSON has room for it, keys too."""
    lawful = {"website.page": "/maps"}
    yield {"surface": "website", "events": [{"id": mark, "fields": lawful}]}
    yield {"surface": "website", "events": [{"id": "0" * 32, "fields": lawful | {mark: "x"}}]}
    yield {"surface": "website", "events": [{"id": "1" * 32, "fields": {"website.page": mark, mark: {mark: mark}}}]}
    yield {"surface": mark, "events": [{"id": "2" * 32, "fields": lawful, mark: mark}]}
    yield {"surface": "website", "token": mark, "events": [{"id": "3" * 32, "fields": lawful, "kind": mark}]}
    yield {"surface": "website", "choice": {"ask": mark, "yes": [mark], "no": [mark], mark: mark}}
    yield {mark: mark, "surface": "website", "hello": mark}
    yield [mark]


@pytest.mark.django_db
@pytest.mark.parametrize("mark", ["zqada", "zq Ada Lovelace", "zqada@quill.example", "zq-198.51.100.7"])
def test_t16_a_mark_in_any_input_of_the_acts_of_staff_is_in_no_entry(larch, mark):
    person, today = making.walker(larch, email="ada@quill.example"), dt.date.today()
    known, mail = "booking.email=ada@quill.example", f"{mark.partition('@')[0]}@quill.example".replace(" ", "")
    entered = {
        "right": "access",
        "way": "post",
        "came": today,
        "asker": mark,
        "address": mail,
        "post": mark,
        "why": mark,
    }
    asked = requests.open_request(larch, person, "erase").reference
    hold = sql("SELECT max(id) FROM people_standing")[0][0] or 0
    for act in (
        lambda: heard.register(larch, heard.Entered(**entered), by=mark, once=mark),
        lambda: heard.register(larch, heard.Entered(**entered | {"known": known, "whom": mark}), by=ONE),
        lambda: heard.register(larch, heard.Entered(**entered | {"right": mark, "way": mark}), by=ONE),
        lambda: [heard.show(larch, one.reference, mark, how=mark, by=mark) for one in requests.of_client(larch)],
        lambda: [heard.show(larch, one.reference, "who", how=mark, by=ONE) for one in requests.of_client(larch)],
        lambda: [heard.find(larch, one.reference, mark, by=ONE) for one in requests.of_client(larch)],
        lambda: [heard.written(larch, one.reference, actor=mark) for one in requests.of_client(larch)],
        lambda: complaining.open_one(larch, person, {"why": mark, "address": mail, mark: mark}, source="page"),
        lambda: complaining.open_one(larch, 0, {"why": mark, "post": mark}, source=mark),
        lambda: [complaining.look(larch, one.reference, mark, by=ONE) for one in requests.of_client(larch)],
        lambda: [complaining.decide(larch, one.reference, "upheld", mark, by=ONE) for one in requests.of_client(larch)],
        lambda: [complaining.decide(larch, one.reference, mark, mark, by=mark) for one in requests.of_client(larch)],
        lambda: refusing.propose(larch, asked, "refuse", ground="legal claims", because=mark, by=ONE),
        lambda: refusing.propose(larch, asked, mark, ground=mark, because=mark, by=mark, fields=[mark]),
        lambda: refusing.second(larch, 1, by=mark, agree=True),
        lambda: refusing.second(larch, 1, by=TWO, agree=True),
        lambda: refusing.by_hand(larch, 1, by=TWO, how=mark),
        lambda: questions.ask(larch, asked, "which", words=mark, doubt=mark, by=ONE),
        lambda: questions.ask(larch, asked, mark, words=mark, doubt=mark, by=mark),
        lambda: happening.tell(larch, known, "walk is over", mark, by=mark),
        lambda: happening.tell(larch, f"{mark}={mark}", mark, by=ONE),
        lambda: happening.take_back(larch, known, mark, by=mark),
        lambda: standing.happened(larch, person, mark, by=mark),
        lambda: handed.enter(larch, mark, person, [(mark, mark)], by=mark),
        lambda: chores.done(larch, 1, by=mark, evidence=mark),
        lambda: holds.place(larch, person, "a court case", by=mark, ground=mark),
        lambda: holds.agree(larch, hold, by=mark),
        lambda: holds.lift(larch, person, mark, by=mark),
        lambda: recipients.told(larch, asked, 1, "told", by=mark, evidence=mark),
        lambda: acting.went(larch, asked, mark, by=mark),
        lambda: staff.add(mail, larch, mark),
        lambda: staff.add(mark, larch, "guide"),
        lambda: staff.add(mail, larch, "guide"),
        lambda: staff.remove(mail, larch, mark),
        lambda: staff.remove(mail),
    ):  # fmt: skip
        tried(act)
    assert mark not in seen(larch) and mail not in seen(larch)
    assert sql("SELECT count(*) FROM answer_heard")[0][0] and sql("SELECT count(*) FROM parties_staff")[0][0]


@pytest.mark.parametrize("mark", ["zqada", "zq Ada Lovelace", "zqada@quill.example", "zq-198.51.100.7"])
def test_t16_a_mark_in_any_key_or_value_of_an_event_is_in_no_entry_and_no_counter(at_rowan: Asker, mark):
    for body in planted(mark):
        at_rowan.post(body, referer=f"https://{mark}.example".replace(" ", ""), user_agent=mark)
    intake.take_up()
    assert entries.newest("rowan")[0][2] == "events"
    assert mark not in seen("rowan")
    assert mark not in json.dumps(intake.counters("rowan"))


@pytest.mark.django_db
def test_t16_a_mark_in_any_part_of_a_log_line_is_in_no_entry(rowan, tmp_path):
    file, now = tmp_path / "access.log", dt.datetime.now(dt.UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    told = f'[{now}] "GET /zqmark?zqmark=zqmark HTTP/1.1" 200 5123 "https://zqmark.example/x?y" "zqmark/1.0"'
    file.write_text(f"203.0.113.77 - - {told}\n203.0.113.78 zqmark zqmark {told}\nzqmark - - {told}\nzqmark\n")
    logs.import_log(file, rowan)
    intake.take_up()
    assert Entry.objects.filter(act="imported").exists()
    assert "zqmark" not in seen(rowan)
