"""Editions: the published one is in force, a file is a proposal, and nothing broken or stale gets in (T52)."""

from __future__ import annotations

import hashlib
import json
import os
import threading

import pytest
from django.test import Client
from tests.conftest import LARCH

from troth import cli, policy
from troth.collect import tag
from troth.parties import editions, tenancy
from troth.parties.models import Edition
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db(transaction=True)


def changed(tmp_path, old: str, new: str):
    text = LARCH.read_text()
    assert old in text
    file = tmp_path / "policy.yaml"
    file.write_text(text.replace(old, new))
    return file


def test_publishing_the_same_file_again_changes_nothing(larch):
    again = editions.publish("larch", LARCH, replaces=editions.in_force("larch").source_hash, by="test")
    assert (again.number, again.changed) == (1, False)


def test_another_paper_under_the_same_words_is_another_edition_and_is_named(larch, tmp_path, capsys):
    file = changed(tmp_path, "25 months", "25 months")
    first = editions.in_force("larch")
    assert editions.publish("larch", file, replaces=first.source_hash, by="test").changed is False
    (tmp_path / "papers" / "pages.md").write_text("Nobody weighed this again.")
    assert cli.main(["publish", str(file), "--client", "larch", "--preview"]) == 0
    assert "papers/pages balance: What stands in its file is not what stood there." in capsys.readouterr().out
    again = editions.publish("larch", file, replaces=first.source_hash, by="test")
    assert (again.number, again.changed, again.source_hash) == (2, True, first.source_hash)
    assert editions.in_force("larch").plan.hash != first.plan.hash


def test_t52_who_meant_an_edition_does_not_replace_one_with_the_same_words_and_another_paper(larch, tmp_path):
    file = changed(tmp_path, "25 months", "25 months")
    seen = editions.in_force("larch")
    (tmp_path / "papers" / "pages.md").write_text("Somebody weighed this again.")
    second = editions.publish("larch", file, replaces=seen.mark, by="one")
    assert second.source_hash == seen.source_hash and second.mark != seen.mark
    (tmp_path / "papers" / "pages.md").write_text("Somebody else weighed this, too, and never saw the second one.")
    for stale in (seen.mark, seen.source_hash, second.plan_hash, "", None):
        with pytest.raises(Trouble) as caught:
            editions.publish("larch", file, replaces=stale, by="two")
        assert caught.value.code == "stale-publish" and second.mark in caught.value.help
        assert ("you meant" in caught.value.sentence) is bool(stale), "who meant none is not told that they did"
    assert editions.publish("larch", file, replaces=second.mark, by="two").number == 3


def test_an_edition_that_comes_back_is_not_the_one_that_was_there_before(larch, tmp_path):
    """First, another, and the first again: the third has the words and papers of the first, and another mark."""
    first = editions.in_force("larch")
    second = editions.publish("larch", changed(tmp_path, "25 months", "13 months"), replaces=first.mark, by="one")
    third = editions.publish("larch", LARCH, replaces=second.mark, by="one")
    assert (third.source_hash, third.plan_hash) == (first.source_hash, first.plan.hash) and third.mark != first.mark
    assert [one.mark for one in editions.all_of("larch")] == [third.mark, second.mark, first.mark]
    with pytest.raises(Trouble):
        editions.publish("larch", changed(tmp_path, "25 months", "6 months"), replaces=first.mark, by="two")


def test_words_that_another_troth_read_less_in_are_another_edition(larch):
    row = Edition.objects.get(client_id="larch")
    Edition.objects.filter(pk=row.pk).update(plan_hash="0" * 64)
    editions.forget_cache()
    again = editions.publish("larch", LARCH, replaces=editions.in_force("larch").mark, by="test")
    assert (again.number, again.changed) == (2, True)


def test_what_is_in_force_is_what_the_database_says_when_a_copy_was_brought_back_under_a_running_process(
    larch, tmp_path
):
    """A row may have the number of another that was here before: what was decoded of that one is not used for it."""
    assert editions.in_force("larch").plan.rules["visit.*"].text == "25 months"
    other = editions.compiled(changed(tmp_path, "25 months", "13 months")).plan
    Edition.objects.update(plan=policy.encode(other), plan_hash=other.hash, source_hash=other.source_hash)
    assert editions.in_force("larch").plan.rules["visit.*"].text == "13 months"
    assert editions.numbered("larch", 1).source_hash == other.source_hash


def test_a_policy_that_comes_without_its_folder_is_not_published(larch, tmp_path):
    """Through a pipe nobody sees the papers, so an edition would rest on what is perhaps not there."""
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(LARCH.read_text().replace("25 months", "13 months")))
    writer.start()
    with pytest.raises(Trouble) as caught:
        editions.publish("larch", pipe, replaces=editions.in_force("larch").mark, by="test")
    writer.join(10)
    assert caught.value.code == "no-folder" and "answering balance" in caught.value.sentence
    assert editions.in_force("larch").number == 1


def test_t60_the_hash_of_the_tag_as_it_is_served_stands_in_the_edition(larch):
    client = Client(HTTP_HOST="127.0.0.1")
    recorded = Edition.objects.get(client_id="larch").served
    body = client.get("/c/larch/tag.js").content
    assert recorded["tag.js website en"] == hashlib.sha256(body).hexdigest()
    assert recorded["tag.css"] == hashlib.sha256(client.get("/c/larch/tag.css").content).hexdigest()


def test_t60_another_tag_under_the_same_words_is_noticed_and_is_another_edition(larch, monkeypatch, capsys):
    assert editions.served_otherwise("larch") == []
    real = tag._squeezed
    monkeypatch.setattr(tag, "_squeezed", lambda name: real(name) + ";fetch('https://evil.example')")
    monkeypatch.setattr(tag, "_made", {})
    assert editions.served_otherwise("larch") == ["tag.js website en"]
    assert cli.main(["publish", str(LARCH), "--client", "larch", "--preview", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scripts"] == ["tag.js website en"]
    assert cli.main(["publish", str(LARCH), "--client", "larch", "--preview"]) == 0
    assert "tag.js website en: another one is served" in capsys.readouterr().out
    again = editions.publish("larch", LARCH, replaces=editions.in_force("larch").source_hash, by="test")
    assert (again.number, again.changed, editions.served_otherwise("larch")) == (2, True, [])


def test_a_policy_whose_paper_is_gone_is_not_published(larch, tmp_path):
    file = changed(tmp_path, "25 months", "13 months")
    (tmp_path / "papers" / "mail.pdf").unlink()
    with pytest.raises(editions.BadPolicy) as caught:
        editions.publish("larch", file, replaces=editions.in_force("larch").source_hash, by="test")
    assert [(one.code, one.line > 0) for one in caught.value.problems] == [("missing-paper", True)]


def test_a_new_edition_takes_the_hash_it_replaces(larch, tmp_path):
    first = editions.in_force("larch")
    file = changed(tmp_path, "25 months", "13 months")
    done = editions.publish("larch", file, replaces=first.source_hash, by="test")
    assert (done.number, editions.in_force("larch").number) == (2, 2)
    assert editions.numbered("larch", 1).plan == first.plan


def test_t52_a_stale_publish_is_refused(larch, tmp_path):
    first = editions.in_force("larch").source_hash
    editions.publish("larch", changed(tmp_path, "25 months", "13 months"), replaces=first, by="one")
    with pytest.raises(Trouble) as caught:
        editions.publish("larch", changed(tmp_path, "25 months", "6 months"), replaces=first, by="two")
    assert caught.value.code == "stale-publish"
    assert "13 months" in editions.in_force("larch").plan.rules["visit.*"].text


def test_a_broken_policy_never_comes_into_force_and_shows_every_problem(larch, tmp_path):
    file = changed(tmp_path, "25 months", "as long as necessary")
    file.write_text(file.read_text().replace("basis: contract", "basis: contrat"))
    with pytest.raises(editions.BadPolicy) as caught:
        editions.publish("larch", file, replaces=editions.in_force("larch").source_hash, by="test")
    assert {"not-a-period", "unknown-word"} <= {problem.code for problem in caught.value.problems}
    assert editions.in_force("larch").number == 1


def test_a_client_has_one_name_and_a_host_one_client(larch):
    tenancy.add("oak", "oak.example")
    assert tenancy.by_host("oak.example:8000") == "oak"
    for slug, host in (("oak", ""), ("elm", "oak.example"), ("../x", "")):
        with pytest.raises(Trouble):
            tenancy.add(slug, host)


def test_a_client_without_an_edition_is_a_clear_trouble(larch):
    tenancy.add("bare")
    with pytest.raises(Trouble) as caught:
        editions.in_force("bare")
    assert caught.value.code == "nothing-published"
