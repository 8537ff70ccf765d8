"""Staff: no default account, a link that works once, a role for each client (T55)."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.utils import timezone

from troth import cli
from troth.ledger import segments, tree, verifying
from troth.ledger.models import Entry
from troth.parties import staff, tenancy
from troth.parties.models import Staff
from troth.people import identities
from troth.policy.problems import Trouble
from troth.web import entering

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
    staff.add("ada@larch.example", "larch", "guide")
    entry = Entry.objects.get(act="staff-added")
    assert Staff.objects.get().ref in entry.refs
    assert "ada@" not in "".join(map(str, vars(entry).values()))


def test_what_is_no_address_is_a_clear_trouble(larch):
    with pytest.raises(Trouble):
        staff.add("nobody", "larch", "guide")


def test_t55_who_leaves_is_out_at_once_and_comes_back_with_what_they_are_given_then(larch):
    tenancy.add("birch")
    staff.add("ada@larch.example", "birch", "guide")
    token = staff.add("ada@larch.example", "larch", "guide")
    staff.add("ada@larch.example", "larch", "officer")
    member = Staff.objects.get()
    Authenticator.objects.create(user=member, type=Authenticator.Type.TOTP, data={})
    assert staff.remove("Ada@larch.example", "larch", "guide") == 1
    assert staff.roles(member, "larch") == {"officer"}
    assert staff.remove("ada@larch.example") == 2
    assert not staff.may_see(Staff.objects.get(), "birch") and staff.of("larch") == []
    assert staff.redeem(token) is None and not Authenticator.objects.exists()
    assert not Staff.objects.get().is_active
    with pytest.raises(Trouble, match="has such a role"):
        staff.remove("ada@larch.example")
    staff.add("ada@larch.example", "larch", "guide")
    assert staff.roles(Staff.objects.get(), "larch") == {"guide"}
    assert staff.roles(Staff.objects.get(), "birch") == frozenset()
    assert [one.act for one in Entry.objects.filter(act__startswith="staff-")].count("staff-removed") == 3
    assert tree.verify().ok


def test_who_may_act_is_listed_by_client_and_role_and_whoever_left_is_not(larch, data_folder, capsys):
    tenancy.add("birch")
    for name, client in (("bo", "larch"), ("ada", "larch"), ("ada", "birch")):
        staff.add(f"{name}@larch.example", client, "guide")
    staff.remove("bo@larch.example")
    assert cli.main(["staff", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["staff"]
    assert [(one["client"], one["email"], one["role"]) for one in found] == [
        ("birch", "ada@larch.example", "guide"), ("larch", "ada@larch.example", "guide"),
    ]  # fmt: skip
    assert cli.main(["staff", "list", "--client", "larch"]) == 0
    assert capsys.readouterr().out.startswith("larch: ada@larch.example, guide, since 20")
    assert cli.main(["staff", "list", "--client", "elm"]) == 1


def test_a_role_that_is_taken_back_by_command_is_told(larch, data_folder, capsys):
    staff.add("ada@larch.example", "larch", "guide")
    assert cli.main(["staff", "remove", "ada@larch.example", "--client", "nobody"]) == 1
    assert cli.main(["staff", "remove", "ada@larch.example", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"command": "staff", "ok": True, "ended": 1}


def test_who_left_is_forgotten_when_the_ledger_has_no_entry_of_their_time(larch, settings):
    for address, leaves in (("gone@larch.example", True), ("here@larch.example", False), ("back@larch.example", True)):
        staff.add(address, larch, "privacy desk")
        if leaves:
            staff.remove(address)
    staff.add("back@larch.example", larch, "privacy desk")
    settings.LEDGER_MONTHS = 3
    entering.tidy()
    assert Staff.objects.count() == 3, "the desk shows yet who looked at what"
    with time_machine.travel(timezone.now() + dt.timedelta(days=180), tick=False):
        identities.make(larch, {"walker"})
        segments.close()
        assert segments.drop() and verifying.verify().ok
        entering.tidy()
        assert set(Staff.objects.values_list("email", flat=True)) == {"here@larch.example", "back@larch.example"}
        assert verifying.verify().ok
