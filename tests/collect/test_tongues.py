"""The question on a website in a second language: served alone, small, and answered as it was read."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest
from tests.collect.conftest import POLICIES, Asker
from tests.policy.tongues import bilingual, mark

from troth import policy
from troth.collect import consent, tag
from troth.parties import editions, tenancy
from troth.people import choices

ASKED = "May we follow your visit from page to page?"


@pytest.fixture
def rowan(data_folder: Path, db: None, tmp_path: Path) -> str:
    """The client whose policy asks for a consent, in two languages."""
    editions.forget_cache()
    tenancy.add("rowan")
    editions.publish("rowan", bilingual(POLICIES / "rowan.yaml", tmp_path / "two"), replaces=None, by="")
    return "rowan"


def test_a_page_gets_the_tag_of_its_language_and_no_word_of_another(rowan, client):
    french = client.get("/c/rowan/tag.js?in=fr")
    english = client.get("/c/rowan/tag.js?in=en")
    assert mark(ASKED) in french.content.decode() and "Tout refuser" in french.content.decode()
    assert mark(ASKED) not in english.content.decode() and ASKED in english.content.decode()
    assert "Refuse all" in english.content.decode() and "Refuse all" not in french.content.decode()
    assert french["ETag"] != english["ETag"]
    assert "Accept-Language" in french["Vary"]
    assert client.get("/c/rowan/tag.js", headers={"accept-language": "fr"}).content == french.content
    assert '"fr","choices/?in=fr");' in french.content.decode()


@pytest.mark.parametrize("path", sorted(Path("policies").glob("*/policy.yaml")), ids=lambda path: path.parent.name)
def test_each_language_alone_is_at_most_5_kb_packed_on_every_surface(path: Path) -> None:
    plan = policy.load(path).plan
    assert plan is not None
    for surface in plan.surfaces:
        for language in plan.languages:
            files = tag.script(plan, 1, surface, language).body, tag.stylesheet().body
            assert sum(len(gzip.compress(body, 9)) for body in files) <= 5000, (surface, language)


@pytest.mark.parametrize(("language", "words"), [("fr", mark(ASKED)), ("en", ASKED), ("", ASKED), ("tlh", ASKED)])
def test_a_yes_on_a_website_keeps_the_hash_of_the_words_that_were_read(at_rowan: Asker, language: str, words: str):
    ask = at_rowan.post({"surface": "website", "hello": True, "in": language}).json()["ask"]
    key = next(one.key for one in editions.in_force("rowan").plan.switches.values() if one.words == ASKED)
    token = at_rowan.answer(ask, yes=[key]).json()["token"]
    said = choices.of_browser("rowan", consent.browser_of("rowan", token))
    assert [one.text_hash for one in said] == [hashlib.sha256(words.encode()).hexdigest()]


def test_the_page_of_choices_writes_down_what_it_showed(rowan, client):
    page = client.get("/c/rowan/choices/?in=fr").content.decode()
    assert mark(ASKED) in page
    ask = re.search(r'name="ask" value="([^"]+)"', page)[1]
    saved = client.post("/c/rowan/choices/?in=fr", {"ask": ask, "all": "yes"})
    assert "Vos choix sont enregistrés." in saved.content.decode()
    browser = consent.browser_of("rowan", saved.cookies[consent.COOKIE].value)
    hashes = {one.text_hash for one in choices.of_browser("rowan", browser)}
    assert hashlib.sha256(mark(ASKED).encode()).hexdigest() in hashes
    assert hashlib.sha256(ASKED.encode()).hexdigest() not in hashes


def test_an_answer_to_other_words_than_were_asked_counts_for_nothing(at_rowan: Asker):
    """A token says in which language it was asked, and is signed: nobody turns a French yes into an English one."""
    ask = at_rowan.post({"surface": "website", "hello": True, "in": "fr"}).json()["ask"]
    read = consent.read(consent.Ask, "rowan", ask)
    assert read is not None and read.language == "fr"
    changed = consent.sign(consent.Ask(*(getattr(read, name) for name in read.__struct_fields__[:-1]), "en"))
    assert at_rowan.answer(changed, yes=[]).status == 409


def test_where_there_is_one_language_and_it_is_not_english_every_page_speaks_it(
    data_folder: Path, db: None, tmp_path: Path, client
):
    path = bilingual(POLICIES / "rowan.yaml", tmp_path / "one")
    text = path.read_text()
    alone = re.sub(r"languages: \[en, fr\]", "languages: [fr]", text)
    assert alone != text
    path.write_text(alone)
    editions.forget_cache()
    tenancy.add("rowan")
    editions.publish("rowan", path, replaces=None, by="")
    page = client.get("/c/rowan/choices/", headers={"accept-language": "en"}).content.decode()
    assert mark(ASKED) in page and 'lang="fr"' in page
    asked = [client.get("/c/rowan/tag.js"), client.get("/c/rowan/tag.js?in=en")]
    assert all('"fr","choices/");' in one.content.decode() for one in asked)
