"""Months are closed with a signed root; past the ledger's own period their entries go by right, and verify says so."""

import datetime as dt
import json

import pytest
import time_machine
from tests.ledger.filling import fill, found_after, kinds, sql, unguard

from troth.ledger import entries, merkle, segments, signing, tree
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db
SIZES = {"2019-01": 70, "2019-02": 5, "2019-03": 200, "2026-11": 30}


@pytest.fixture
def years(data_folder):
    """Entries of four months, each closed when it was over."""
    for month, count in SIZES.items():
        at = dt.datetime.fromisoformat(f"{month}-15T12:00:00+00:00")
        with time_machine.travel(at, tick=False):
            segments.close()
            fill(count)
    with time_machine.travel(dt.datetime(2026, 11, 16, tzinfo=dt.UTC), tick=False):
        yield


def test_a_month_is_closed_when_it_is_over_with_its_own_root(years):
    assert [month for month, _ in segments.lines()] == ["2019-01", "2019-02", "2019-03"]
    for (_, line), last in zip(segments.lines(), (70, 75, 275), strict=True):
        assert (line["last"], line["root"]) == (last, merkle.Tree(last).root().hex())
    assert segments.close() == 0
    assert tree.verify().ok


@pytest.mark.parametrize("closed_meanwhile", [False, True])
def test_t12_a_clock_that_leapt_for_an_hour_keeps_no_month_open_for_years(years, closed_meanwhile):
    with time_machine.travel(dt.datetime(2036, 1, 5, tzinfo=dt.UTC), tick=False):
        fill(4)
        assert segments.close() == int(closed_meanwhile) if closed_meanwhile else True
    fill(6)
    for month, closed in (("2026-12", ["2026-11"]), ("2027-01", ["2026-11", "2026-12"])):
        with time_machine.travel(dt.datetime.fromisoformat(f"{month}-10T12:00:00+00:00"), tick=False):
            segments.close()
            assert [name for name, _ in segments.lines()][3:] == closed
            fill(5)
            assert tree.verify().ok


def test_a_clock_that_goes_back_closes_no_month_twice(years):
    with time_machine.travel(dt.datetime(2019, 1, 20, tzinfo=dt.UTC), tick=False):
        fill(3)
        assert segments.close() == 0
    with time_machine.travel(dt.datetime(2026, 12, 1, tzinfo=dt.UTC), tick=False):
        assert segments.close() == 1
    assert tree.verify().ok


def test_a_month_past_the_ledgers_own_period_goes_and_verify_still_holds_and_says_so(years, settings):
    settings.LEDGER_MONTHS = 84
    kept = tree.checkpoint()
    before = json.loads(json.loads(kept)["body"])
    assert segments.drop() == 275
    signing.note_head(entries.head)
    verdict = tree.verify()
    assert (verdict.ok, verdict.entries) == (True, 31)
    assert verdict.notes == (
        "Entries 1 to 275 (to the end of 2019-03) were dropped after the ledger's own period; their root is kept.",
    )
    assert merkle.Tree(before["number"], segments.begin().known).root().hex() == before["root"]
    assert tree.held_against(kept) == []
    proofs = tree.prove([276, 305, 306])
    assert tree.check(proofs, tree.public_key())
    with pytest.raises(Trouble, match="dropped after"):
        tree.prove([12])
    fill(200)
    assert tree.verify().ok
    assert tree.check(tree.prove(range(276, 507)), tree.public_key())
    assert segments.drop() == 0


def test_what_is_within_the_period_stays(years, settings):
    settings.LEDGER_MONTHS = 94
    assert segments.drop() == 0
    settings.LEDGER_MONTHS = 92
    assert segments.drop() == 75


def test_a_month_in_the_middle_of_which_the_tree_stands_open_grows_on(data_folder):
    """A dropped month that ends inside a subtree of 64: the rest of the subtree is made from what was kept."""
    with time_machine.travel(dt.datetime(2019, 1, 5, tzinfo=dt.UTC), tick=False):
        fill(33)
    with time_machine.travel(dt.datetime(2026, 11, 5, tzinfo=dt.UTC), tick=False):
        segments.close()
        fill(5)
        root = merkle.Tree(38).root()
        assert segments.drop() == 33
        assert merkle.Tree(38, segments.begin().known).root() == root
        fill(200)
        tree.checkpoint()
        assert tree.verify().ok
        assert tree.check(tree.prove(range(34, 239)), tree.public_key())


def test_t15_a_front_cut_off_before_its_time_is_found(years):
    """Who can write the file can delete a closed month; that it went by right needs an entry which only we can make."""
    unguard()
    findings = found_after(lambda: sql("DELETE FROM ledger_entry WHERE number <= 75"))
    assert [(one.kind, one.entry) for one in findings] == [("missing", 1)]


def test_t15_a_declared_drop_covers_not_one_entry_more(years, settings):
    settings.LEDGER_MONTHS = 92
    segments.drop()
    signing.note_head(entries.head)
    unguard()
    assert tree.verify().ok
    assert "missing" in kinds(found_after(lambda: sql("DELETE FROM ledger_entry WHERE number <= 76")))
    assert "missing" in kinds(found_after(lambda: sql("DELETE FROM ledger_entry WHERE number <= 275")))


@pytest.mark.parametrize("change", ["line='{}'", "line=replace(line, 'root', 'toor')", "last=74", "month='2018-01'"])
def test_t15_a_changed_line_of_a_closed_month_is_found(years, change):
    found = found_after(lambda: sql(f"UPDATE ledger_segment SET {change} WHERE month = '2019-02'"))
    assert kinds(found) == {"segment"}


def test_t15_a_past_that_was_written_anew_under_a_closed_month_is_found(years):
    """An older copy that went on: its entries chain, and the signed line of the month says that they were others."""
    sql("DELETE FROM ledger_entry WHERE number > 250")
    sql("DELETE FROM ledger_node")
    tree.head_file().unlink()
    fill(60)
    assert kinds(tree.verify().findings) == {"segment"}
