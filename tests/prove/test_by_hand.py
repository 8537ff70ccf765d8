"""What somebody with a shell undoes in the data folder is seen by the promise that it undoes, and not by the ledger
alone: no breaker does these, and each is one line that a person could type."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import walker
from tests.conftest import LARCH as FILE
from tests.keep.test_spells import KEPT, house, looked_for

from troth.answer import amend, identity, requests
from troth.keep import recipients, where
from troth.parties import editions, staff, tenancy
from troth.people import standing
from troth.places import events
from troth.policy.problems import Trouble
from troth.prove import looking, report

pytestmark = pytest.mark.django_db(transaction=True)
STATED = "  scans: {kind: attestation, owner: the guide, until: 2030-01-01}\n"


def run(sql: str, *words: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, words)


def of(client: str, promise: str) -> tuple[str, tuple[str, ...]]:
    found = next(one for one in report.run(client).findings if one.promise == promise)
    return found.state, found.breaches


def test_a_file_of_events_that_is_called_by_a_later_day_is_found(on_disk: Path, tmp_path: Path) -> None:
    """Its day comes when everybody has forgotten it."""
    client = house(tmp_path, KEPT)
    looked_for(client, 3, "b-1", clear={"visit.page": "/a"})
    (path,) = (on_disk / "events").rglob("*.db")
    promises = [one.promise for one in report.run(client).findings if one.promise.startswith("keep/visit")]
    assert {of(client, one)[0] for one in promises} <= {"kept", "kept-empty"}
    events.store().close()  # what waits in its log goes into it
    later = path.with_name("2099-01-01.db" if len(path.stem) == 10 else "2099-01.db")
    path.rename(later)
    said = f"The events of {later.stem} lie under another day or period than theirs."
    assert ("broken", (said,)) in [of(client, one) for one in promises]


def test_a_copy_of_the_master_key_in_the_data_folder_is_found(larch: str) -> None:
    promise = "always/secrets stay secret"
    assert of(larch, promise)[0] == "kept"
    (Path(settings.DATA) / "keys").mkdir()
    (Path(settings.DATA) / "keys" / "old").write_bytes(b"# before the move\n" + Path(settings.KEY_FILE).read_bytes())
    assert of(larch, promise) == ("broken", ("A copy of the master key lies inside the data folder.",))


def test_an_address_that_is_called_proved_by_hand_is_found(larch: str) -> None:
    walker(larch, "ada@quill.example", "Ada")
    walker(larch, "eve@quill.example", "Eve", verified=False)
    promise = "always/joined only by proof"
    assert of(larch, promise)[0] == "kept"
    run("UPDATE people_identity SET verified_at=%s WHERE verified_at IS NULL", "2026-11-26 10:00:00")
    said = "1 key is called proved, and nobody wrote down a proof of it."
    assert of(larch, promise) == ("broken", (said,))


@pytest.mark.parametrize("table", ["people_value", "people_identity"])
def test_a_row_that_is_given_to_another_client_is_found(larch: str, table: str) -> None:
    person = walker(larch, "ada@quill.example", "Ada")
    other = tenancy.add("birch")
    assert of(larch, "always/walls")[0] == "kept"
    run(f"UPDATE {table} SET client_id=%s WHERE person_id=%s AND field LIKE '%%email'", other.slug, person)
    assert of(larch, "always/walls")[0] == "broken"


def test_a_text_of_an_earlier_edition_that_was_written_over_is_found(larch: str, tmp_path: Path) -> None:
    text = FILE.read_text().replace("change: first", "change: small")
    (tmp_path / "larch.yaml").write_text(text)
    editions.publish(larch, tmp_path / "larch.yaml", replaces=editions.in_force(larch).mark, by="")
    assert of(larch, "always/editions stay readable")[0] == "kept"
    run("UPDATE parties_edition SET text=%s WHERE number=1", b"troth: 1\n")
    said = ("Edition 1 is not read as it was published.",)
    assert of(larch, "always/editions stay readable") == ("broken", said)


def test_a_request_whose_day_was_moved_by_hand_is_found(larch: str) -> None:
    ada = walker(larch, "ada@quill.example", "Ada")
    amend.stop(larch, identity.Visitor(client=larch, person=ada, persons=frozenset({ada})), "object", "")
    assert of(larch, "answer/object")[0] == "kept"
    run("UPDATE answer_requestrow SET due=%s", f"{timezone.now() + dt.timedelta(days=300):%Y-%m-%d %H:%M:%S}")
    assert of(larch, "answer/object") == ("broken", ("A request has a later day than the law gives it.",))
    run("UPDATE answer_requestrow SET due=%s, waits='fee'", "2026-01-01 10:00:00")
    assert of(larch, "answer/object") == ("broken", ("A request has a later day than the law gives it.",))


def test_a_restriction_that_ended_without_an_act_is_found(larch: str) -> None:
    ada = walker(larch, "ada@quill.example", "Ada")
    standing.restrict(larch, ada, ground="x")
    standing.unrestrict(larch, ada)
    standing.restrict(larch, ada, ground="x")
    promise = "always/restriction stops use"
    assert of(larch, promise)[0] == "kept"
    run("UPDATE people_standing SET ended=since WHERE ended IS NULL")
    standing.rebuild(larch, ada)
    assert of(larch, promise) == ("broken", ("1 restriction ended, and nobody wrote down by whom.",))


def test_a_hold_that_ended_without_an_act_is_found(on_disk: Path, tmp_path: Path) -> None:
    held = "holds:\n  a court case: {data: letter.*, needs: matter, review: 6 months, because: A court asked}\n"
    published("larch", LARCH.replace("cookies: none", f"{held}cookies: none"), tmp_path)
    ada = walker("larch", "ada@quill.example", "Ada")
    standing.hold("larch", ada, "a court case", by="0" * 16, ground="x", review=dt.date(2999, 1, 1))
    assert of("larch", "holds/a court case")[0] == "kept"
    run("UPDATE people_standing SET ended=since")
    standing.rebuild("larch", ada)
    said = "1 hold ended, and nobody wrote down by whom."
    assert of("larch", "holds/a court case") == ("broken", (said,))


CUPBOARD = '  cupboard: {kind: by hand, holds: "letter.*", in: GB}\npapers:\n'


def test_who_is_called_told_by_hand_is_still_to_be_told(on_disk: Path, tmp_path: Path) -> None:
    published("larch", LARCH.replace(LAW, "").replace("papers:\n", CUPBOARD, 1), tmp_path)
    ada = walker("larch", "ada@quill.example", "Ada", letter="a red glove")
    amend.stop("larch", identity.Visitor(client="larch", person=ada, persons=frozenset({ada})), "restrict", "")
    (asked,) = requests.of_client("larch")
    run("UPDATE keep_telling SET state='claimed by them', opened=%s", "2026-01-01 10:00:00")
    state, breaches = of("larch", "always/restriction stops use")
    assert state == "broken" and "did not answer in time" in breaches[0]
    run("UPDATE keep_telling SET state='not told yet'")
    (one,) = recipients.in_places("larch", asked.reference)
    assert recipients.told("larch", asked.reference, one.number, "claimed by them", by="0" * 16, evidence="slip 9")
    assert of("larch", "always/restriction stops use")[0] == "kept"
    assert where.outside(editions.in_force("larch").plan)


def test_what_opens_a_value_and_was_written_wider_is_found(larch: str) -> None:
    """No value is touched: the row that all of them share says what may be done with them."""
    walker(larch, "ada@quill.example", "Ada")
    promise = "always/every act is written down"
    assert of(larch, promise)[0] == "kept"
    run("UPDATE people_terms SET opened=%s", '["send you news of walks"]')
    state, breaches = of(larch, promise)
    assert state == "broken" and "is not what entry" in breaches[0]


def test_events_that_are_called_by_a_longer_period_are_found(on_disk: Path, tmp_path: Path) -> None:
    client = house(tmp_path, KEPT)
    looked_for(client, 3, "b-1", clear={"visit.page": "/a"})
    (path,) = (on_disk / "events").rglob("*.db")
    promises = [one.promise for one in report.run(client).findings if one.promise.startswith("keep/visit")]
    assert "kept" in {of(client, one)[0] for one in promises}
    events.store().close()
    in_file(path, "UPDATE meta SET value=CAST('troth.choices' AS BLOB) WHERE name='rule'")
    said = f"The events of {path.stem} lie under another day or period than theirs."
    assert ("broken", (said,)) in [of(client, one) for one in promises]
    assert of(client, "keep/troth.choices")[0] != "broken"


def in_file(path: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute(sql)


@pytest.mark.parametrize("said", ["{", "[1]"])
def test_an_event_that_nobody_can_read_hides_no_breach_beside_it(on_disk: Path, tmp_path: Path, said: str) -> None:
    client = house(tmp_path, KEPT)
    looked_for(client, 3, "b-1", clear={"visit.page": "/a"})
    looked_for(client, 4, "b-1", clear={"visit.page": "/a"})
    walker(client, "ada@quill.example", "Ada")
    events.store().close()
    in_file(sorted((on_disk / "events").rglob("*.db"))[0], f"UPDATE event SET clear='{said}'")
    run("UPDATE people_value SET sealed=%s WHERE field='booking.name'", b"Ada")
    assert of(client, "data/booking.name") == ("broken", ("1 value is not sealed.",))
    assert of(client, "always/nothing undeclared")[0] == "broken"
    assert of(client, "data/visit.page")[0] == "kept"


def test_a_file_of_events_that_nobody_can_read_hides_no_breach_beside_it(on_disk: Path, tmp_path: Path) -> None:
    client = house(tmp_path, KEPT)
    looked_for(client, 3, "b-1", clear={"visit.page": "/a"})
    walker(client, "ada@quill.example", "Ada")
    (path,) = (on_disk / "events").rglob("*.db")
    events.store().close()
    path.write_bytes(b"nothing of ours" * 1000)
    run("UPDATE people_value SET sealed=%s WHERE field='booking.name'", b"Ada")
    assert of(client, "data/booking.name") == ("broken", ("1 value is not sealed.",))
    found = [one for one in report.run(client).findings if one.promise.startswith("keep/visit")]
    assert any("cannot be read" in breach for one in found for breach in one.breaches)


def test_a_file_of_events_in_which_nothing_stands_yet_is_no_breach(on_disk: Path, tmp_path: Path) -> None:
    client = house(tmp_path, KEPT)
    looked_for(client, 3, "b-1", clear={"visit.page": "/a"})
    (path,) = (on_disk / "events").rglob("*.db")
    path.with_name("2026-11-30.db" if len(path.stem) == 10 else "2026-12.db").touch()
    assert {one.state for one in report.run(client).findings if one.promise.startswith("keep/visit")} <= {
        "kept",
        "kept-empty",
    }


def test_a_request_that_vanished_before_its_answer_is_found(larch: str) -> None:
    ada = walker(larch, "ada@quill.example", "Ada")
    amend.stop(larch, identity.Visitor(client=larch, person=ada, persons=frozenset({ada})), "object", "")
    run("DELETE FROM answer_requeststep")
    run("DELETE FROM answer_requestrow")
    assert of(larch, "answer/object") == ("broken", ("1 request that nobody answered is gone.",))
    assert of(larch, "answer/restrict")[0] != "broken"


def test_a_request_that_is_called_closed_by_hand_is_found(larch: str) -> None:
    ada = walker(larch, "ada@quill.example", "Ada")
    amend.stop(larch, identity.Visitor(client=larch, person=ada, persons=frozenset({ada})), "object", "")
    (asked,) = requests.of_client(larch)
    run("UPDATE answer_requestrow SET state='closed', closed=opened, outcome='Stopped'")
    assert of(larch, "answer/object") == ("broken", ("1 request ended, and nobody wrote down how.",))
    run("UPDATE answer_requestrow SET state='open', closed=NULL, outcome=''")
    requests.close(larch, asked.reference, "Stopped")
    assert of(larch, "answer/object")[0] == "kept"


def test_what_is_wrong_with_a_clients_rows_is_named_to_no_other_client(larch: str, tmp_path: Path) -> None:
    ada = walker(larch, "ada@quill.example", "Ada")
    amend.stop(larch, identity.Visitor(client=larch, person=ada, persons=frozenset({ada})), "object", "")
    published("birch", LARCH.replace("policy: larch", "policy: birch", 1), tmp_path)
    (asked,) = requests.of_client(larch)
    run("UPDATE answer_requestrow SET right='access'")
    promise = "always/every act is written down"
    assert asked.reference in of(larch, promise)[1][0]
    said = "What an act left is not what was written down: `troth ledger verify` says which."
    assert of("birch", promise) == ("broken", (said,))


def test_a_role_that_somebody_wrote_in_by_hand_is_found(larch: str) -> None:
    promise = "always/staff prove themselves"
    staff.add("guide@larch.example", larch, "guide")
    assert of(larch, promise)[0] == "kept"
    for entry in (0, 1):  # none, and one that commits to nothing
        columns = "role, since, entry, client_id, staff_id"
        run(f"INSERT INTO parties_staffgrant({columns}) SELECT 'x{entry}', since, {entry}, client_id, staff_id"
            " FROM parties_staffgrant WHERE role='guide'")  # fmt: skip
    said = "2 roles stand, and nobody wrote down that they were given."
    assert of(larch, promise) == ("broken", (said,))


def test_a_role_that_was_taken_back_and_stands_again_is_found(larch: str) -> None:
    promise = "always/staff prove themselves"
    staff.add("guide@larch.example", larch, "guide")
    staff.remove("guide@larch.example", larch)
    assert of(larch, promise)[0] == "kept"
    run("UPDATE parties_staffgrant SET ended=NULL")
    assert of(larch, promise) == ("broken", ("1 role was taken back and stands again.",))


def test_an_edition_that_a_hand_wrote_over_as_text_is_read_and_found(larch: str) -> None:
    run("UPDATE parties_edition SET plan=replace(CAST(plan AS TEXT), '\"Larch Walks Ltd\"', '\"Birch\"')")
    editions.forget_cache()
    looking.plan_of.cache_clear()
    assert of(larch, "always/one source")[0] == "broken"
    run("UPDATE parties_edition SET plan='{'")
    editions.forget_cache()
    with pytest.raises(Trouble) as told:
        report.run(larch)
    assert told.value.code == "edition-spoilt"


def test_a_letter_that_lies_open_is_found(larch: str) -> None:
    ada = walker(larch, "ada@quill.example", "Ada")
    amend.stop(larch, identity.Visitor(client=larch, person=ada, persons=frozenset({ada})), "object", "It is mine")
    assert of(larch, "always/sealed")[0] == "kept"
    run("UPDATE answer_requestrow SET detail=%s", "It is mine")
    said = "1 letter or other word of people is not sealed."
    assert of(larch, "always/sealed") == ("broken", (said,))


def test_everything_that_a_room_seals_is_looked_at() -> None:
    """A column that somebody calls sealed, and that no probe reads, may lie open unseen."""
    sealed = set[tuple[str, str]]()
    for file in Path(looking.__file__).parents[1].glob("*/models.py"):
        model = ""
        for line in file.read_text().splitlines():
            model = line[6:].partition("(")[0].lower() if line.startswith("class ") else model
            if "BinaryField" in line and "# sealed" in line:
                sealed.add((f"{file.parent.name}_{model}", line.split("=")[0].strip()))
    assert len(sealed) >= 7 and sealed <= {(table, column) for table, column, _ in looking.SEALED}


def test_an_event_of_an_edition_that_never_was_hides_no_breach_of_another(on_disk: Path, tmp_path: Path) -> None:
    client = house(tmp_path, KEPT)
    looked_for(client, 3, "b-1", clear={"visit.page": "/a"})
    looked_for(client, 4, "b-1", clear={"visit.page": "/a"})
    events.store().close()
    one, other = sorted((on_disk / "events").rglob("*.db"))
    in_file(one, "UPDATE event SET edition=99")
    assert of(client, "collect/visit")[0] == of(client, "always/nothing undeclared")[0] == "not-proved"
    in_file(other, """UPDATE event SET clear='{"visit.shoes": "red"}'""")
    assert of(client, "collect/visit") == ("broken", ("Events hold 1 field that was not declared.",))
    assert of(client, "always/nothing undeclared") == ("broken", ("“visit.shoes” is stored and not declared.",))
