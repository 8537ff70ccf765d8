"""``troth publish`` and ``troth staff``, as a person and a program call them."""

import json
import re

import pytest
from tests.conftest import LARCH

from troth import cli
from troth.parties import editions, staff, tenancy

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_first_edition_is_published_for_a_new_client_and_then_previewed_against(data_folder, tmp_path, capsys):
    assert cli.main(["publish", str(LARCH), "--client", "larch", "--new", "--host", "larch.example"]) == 0
    assert tenancy.by_host("larch.example") == "larch"
    file = tmp_path / "policy.yaml"
    file.write_text(LARCH.read_text().replace("25 months", "13 months"))
    capsys.readouterr()
    assert cli.main(["publish", str(file), "--client", "larch", "--preview", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["replaces"] == editions.in_force("larch").mark
    assert {change["kind"] for change in told["changes"]} == {"narrowed"}
    assert editions.in_force("larch").number == 1


def test_a_broken_file_ends_with_three_and_leaves_no_empty_client(data_folder, tmp_path, capsys):
    file = tmp_path / "policy.yaml"
    file.write_text(LARCH.read_text().replace("25 months", "as long as necessary"))
    assert cli.main(["publish", str(file), "--client", "larch", "--new"]) == 3
    assert "not-a-period" in capsys.readouterr().err
    assert tenancy.slugs() == []


def test_t52_a_stale_publish_names_the_hash_in_force(larch, tmp_path, capsys):
    file = tmp_path / "policy.yaml"
    file.write_text(LARCH.read_text().replace("25 months", "13 months"))
    assert cli.main(["publish", str(file), "--client", "larch", "--replaces", "0" * 64]) != 0
    assert editions.in_force("larch").mark in capsys.readouterr().err


def test_an_edition_is_named_by_so_much_of_its_mark_as_was_shown(larch, tmp_path, capsys):
    file = tmp_path / "policy.yaml"
    file.write_text(LARCH.read_text().replace("25 months", "13 months"))
    mark = editions.in_force("larch").mark
    words = ["publish", str(file), "--client", "larch", "--replaces"]
    assert cli.main([*words, mark[:11]]) != 0 and cli.main([*words, mark[1:20]]) != 0
    assert cli.main([*words, mark[:12]]) == 0
    shown = re.findall(r"\(([0-9a-f]+)\)\.", capsys.readouterr().out)[-1]
    file.write_text(LARCH.read_text().replace("25 months", "12 months"))
    assert editions.in_force("larch").mark.startswith(shown) and cli.main([*words, shown]) == 0


def test_t55_staff_get_a_link_that_works_once_and_only_its_hash_is_kept(larch, capsys):
    from django.db import connection

    assert cli.main(["staff", "add", "guide@larch.example", "--client", "larch", "--role", "guide", "--json"]) == 0
    link = json.loads(capsys.readouterr().out)["links"][0]
    token = link.rstrip("/").rpartition("/")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM parties_entrylink")
        assert token not in repr(cursor.fetchall())
    member = staff.redeem(token)
    assert not member.has_usable_password()
    assert staff.redeem(token) is None


def test_t55_codes_are_shown_in_the_demonstration_only(larch, capsys):
    staff.add("guide@larch.example", "larch", "guide")
    assert cli.main(["staff", "code", "--demo"]) == 1
    assert "demonstration only" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["publish", "--client", "larch"], ["check"]], ids=["publish", "check"])
def test_t41_a_policy_cannot_command_the_terminal_of_who_reads_its_problems(data_folder, tmp_path, capfd, words):
    file = tmp_path / "policy.yaml"
    for command, told in ((r"con\u200ftract\u00ad\r", "tract"), (r"con\e[31mtract\u202e", "hidden-character")):
        file.write_text(LARCH.read_text().replace("basis: contract", f'basis: "{command}"'))
        assert cli.main([words[0], str(file), *words[1:]]) == 3
        seen = "".join(capfd.readouterr())
        assert told in seen
        assert not {"\x1b", "\u202e", "\u200f", "\u00ad", "\r"} & set(seen)


def test_t41_a_trouble_shows_what_it_quotes_and_does_not_obey_it(data_folder, capsys):
    assert cli.main(["staff", "add", "a@b.example", "--client", "x\x1b[2J", "--role", "guide"]) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_a_role_that_the_policy_does_not_declare_is_given_to_nobody(larch, capsys):
    assert cli.main(["staff", "add", "guide@larch.example", "--client", "larch", "--role", "gide"]) == 1
    assert "guide" in capsys.readouterr().err
    assert staff.Staff.objects.count() == 0


def test_staff_of_two_clients_are_added_at_both_or_at_none(larch, capsys):
    words = ["staff", "add", "guide@larch.example", "--client", "larch", "--client", "nobody", "--role", "guide"]
    assert cli.main(words) == 1
    assert staff.Staff.objects.count() == 0


@pytest.mark.parametrize(
    "email", ["nobody", "Ü <a@b.example>", "a b@c.example", "a@b@c", "a" * 250 + "@b.example", "@"]
)
def test_what_is_no_address_is_not_added(larch, email, capsys):
    assert cli.main(["staff", "add", email, "--client", "larch", "--role", "guide"]) == 1
    assert staff.Staff.objects.count() == 0


@pytest.mark.parametrize("host", ["bad host/ü", "a.example:80", "a-.example", "a..example", "x" * 201])
def test_what_is_no_host_name_makes_no_client(data_folder, host, capsys):
    assert cli.main(["publish", str(LARCH), "--client", "larch", "--new", "--host", host]) == 1
    assert tenancy.slugs() == []


def test_a_first_edition_replaces_nothing_and_leaves_no_empty_client(data_folder, capsys):
    words = ["publish", str(LARCH), "--client", "larch", "--new"]
    assert cli.main([*words, "--replaces", "0" * 64]) == 1
    assert "without --replaces" in capsys.readouterr().err
    assert tenancy.slugs() == []
    assert cli.main(words) == 0
