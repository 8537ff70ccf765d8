"""Staff: no default account, a link that works once, a role for each client (T55)."""

from __future__ import annotations

import pytest
import time_machine

from troth.parties import staff, tenancy
from troth.parties.models import Staff
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db(transaction=True)


def test_t55_there_is_no_account_until_somebody_is_added(larch):
    assert Staff.objects.count() == 0


def test_a_link_works_once(larch):
    token = staff.add("ada@larch.example", "larch", "guide")
    assert staff.redeem(token).email == "ada@larch.example"
    assert staff.redeem(token) is None


def test_a_link_ends_after_half_an_hour(larch):
    with time_machine.travel("2026-11-24 09:00", tick=False):
        token = staff.add("ada@larch.example", "larch", "guide")
    with time_machine.travel("2026-11-24 09:31", tick=False):
        assert staff.redeem(token) is None


def test_a_role_at_one_client_opens_no_other(larch):
    tenancy.add("birch")
    staff.add("ada@larch.example", "larch", "guide")
    member = Staff.objects.get()
    assert staff.may_see(member, "larch")
    assert not staff.may_see(member, "birch")


def test_the_ledger_knows_staff_by_an_opaque_reference(larch):
    from troth.ledger.models import Entry

    staff.add("ada@larch.example", "larch", "guide")
    entry = Entry.objects.get(act="staff-added")
    assert Staff.objects.get().ref in entry.refs
    assert "ada@" not in "".join(map(str, vars(entry).values()))


def test_what_is_no_address_is_a_clear_trouble(larch):
    with pytest.raises(Trouble):
        staff.add("nobody", "larch", "guide")
