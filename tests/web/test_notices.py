"""The notice's page: for one reader, in a second language, with the state of each promise, and for paper."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def proved(larch: str) -> str:
    from troth.prove import report

    report.keep(report.run(larch))
    return larch


@pytest.fixture
def french(larch: str) -> str:
    from troth.parties import editions, tenancy

    tenancy.add("clientdata")
    editions.publish("clientdata", "policies/clientdata/policy.yaml", replaces=None, by="test")
    return "clientdata"


def page(visitor, client: str, shape: str = "") -> str:
    answer = visitor.get(f"/c/{client}/notice/{shape}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_reader_gets_their_part_and_the_way_back_to_the_whole(larch, visitor):
    whole, part = page(visitor, larch), page(visitor, larch, "?for=visitor")
    assert 'href="?for=visitor"' in whole
    assert "This is only the part for: visitor." in part
    assert "run the walk you booked" in whole
    assert "run the walk you booked" not in part
    assert f'href="/c/{larch}/notice/"' in part


def test_for_nobody_of_this_policy_there_is_no_page(larch, visitor):
    assert visitor.get(f"/c/{larch}/notice/?for=passenger").status_code == 404


def test_a_language_that_the_edition_does_not_carry_is_answered_in_one_that_it_does(larch, visitor):
    said = page(visitor, larch, "?in=fr&for=visitor")
    assert "This is only the part for: visitor." in said and 'lang="en-GB"' in said and "in=fr" not in said


def test_t19_without_an_opt_in_no_sentence_has_a_state(proved, visitor):
    said = page(visitor, proved, "?proof=1")
    assert 'class="state"' not in said
    assert "proof=1" not in said


def test_t19_each_sentence_shows_its_state_and_nothing_that_the_promise_page_does_not(proved, visitor, settings):
    settings.PUBLIC_PROMISES = frozenset({proved})
    plain, told = page(visitor, proved), page(visitor, proved, "?proof=1")
    assert 'href="?proof=1"' in plain
    assert 'class="state"' not in plain
    states = re.findall(r'(?s) <a class="state" href="/c/larch/promises/#([^"]+)">(.*?)</a>', told)
    assert len(states) > 15
    public = page_of_promises(visitor, proved)
    assert {mark for mark, _ in states} <= set(re.findall(r'id="([^"]+)"', public))
    for _, state in states:
        words = re.sub(r"(?s)<[^>]*>", "", state).strip()
        assert words in {"Kept", "Kept, nothing yet to keep", "Not proved", "Attested", "Broken"}
    without = re.sub(r'(?s) <a class="state".*?</a>', "", told)
    assert re.sub(r"(?s)<[^>]*>", "", without.partition('class="first"')[2]) == re.sub(
        r"(?s)<[^>]*>", "", plain.partition('class="first"')[2]
    )


def page_of_promises(visitor, client: str) -> str:
    return visitor.get(f"/c/{client}/promises/").content.decode()


def test_no_proof_of_one_edition_speaks_for_the_sentences_of_another(proved, visitor, settings, tmp_path):
    from troth.parties import editions

    settings.PUBLIC_PROMISES = frozenset({proved})
    force, file = editions.in_force(proved), tmp_path / "policy.yaml"
    file.write_bytes(editions.text_of(proved, force.number).replace(b"change: first", b"change: small"))
    stale = "This proof is of an earlier edition of our notice."
    assert stale not in page_of_promises(visitor, proved)
    editions.publish(proved, str(file), replaces=force.mark, by="test")
    told = page(visitor, proved, "?proof=1")
    assert "No proof of this edition has been made yet." in told and 'class="state"' not in told
    assert stale in page_of_promises(visitor, proved)
    old = page(visitor, proved, "1/?proof=1")
    assert "This edition is no longer in force" in old and "proof=1" not in old and 'class="state"' not in old


def test_a_sentence_shows_the_worst_state_of_its_promises(proved, visitor, settings, monkeypatch):
    import msgspec

    from troth.prove import report

    settings.PUBLIC_PROMISES = frozenset({proved})
    latest = report.latest(proved)
    findings = tuple(
        msgspec.structs.replace(one, state="broken") if one.promise == "never/sell your address" else one
        for one in latest.findings
    )
    monkeypatch.setattr(report, "latest", lambda client: msgspec.structs.replace(latest, findings=findings))
    told = page(visitor, proved, "?proof=1")
    line = re.search(r"(?s)<li>We never sell your address\..*?</li>", told)
    assert line is not None
    assert "Broken" in line[0]


def test_a_page_in_a_second_language_says_so_and_links_back(french, visitor):
    english, said = page(visitor, french), page(visitor, french, "?in=fr")
    assert '<a href="?in=fr" hreflang="fr" lang="fr">français</a>' in english
    assert '<html lang="fr">' in said
    assert '<link rel="alternate" hreflang="fr" href="?in=fr">' in english
    assert "<h1>Notice de confidentialité</h1>" in said
    assert '<a href="?in=en" hreflang="en" lang="en">English</a>' in said
    assert "Vos droits" in said
    assert "?for=enquirer&amp;in=fr" in said
    assert '<html lang="en-GB">' in english


def test_paper_gets_everything_unfolded(larch, visitor):
    assert "<details>" not in page(visitor, larch, "?print=1").partition('class="first"')[2]


def test_each_form_tells_in_two_lines_what_becomes_of_it(larch, visitor):
    form = visitor.get(f"/c/{larch}/form/booking/").content.decode()
    assert "Larch Walks Ltd takes this in to run the walk you booked" in form
    assert "What allows it: our contract with you." in form
    assert f'href="/c/{larch}/notice/#collect"' in form
