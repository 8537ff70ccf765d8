"""The promise page that anybody may read: by opt-in, and then state and date alone."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def proved(larch: str) -> str:
    from troth.prove import report

    report.keep(report.run(larch))
    return larch


def test_t19_without_an_opt_in_there_is_no_public_promise_page(proved, visitor):
    assert visitor.get(f"/c/{proved}/promises/").status_code == 404
    assert "promises/" not in visitor.get(f"/c/{proved}/notice/").content.decode()


def test_t19_the_front_of_an_installation_tells_no_states(proved, visitor):
    page = visitor.get("/").content.decode()
    assert "Larch" in page
    for word in ("kept", "broken", "not proved", "promises"):
        assert word not in re.sub(r"(?s)<footer>.*|<head>.*</head>|<[^>]*>|whose promises are kept here", "", page), (
            word
        )


@pytest.mark.parametrize("opted", ["larch", "*"])
def test_t19_the_public_page_holds_states_and_a_date_and_no_figure_reason_or_place(proved, visitor, settings, opted):
    from troth.parties import editions
    from troth.prove import report

    settings.PUBLIC_PROMISES = frozenset({opted})
    answer = visitor.get(f"/c/{proved}/promises/")
    assert answer.status_code == 200
    words = re.sub(r"<[^>]*>", " ", re.search(r"(?s)<main.*</main>", answer.content.decode())[0])
    found = report.latest(proved).findings
    told = [one.sentence for one in found if one.sentence in words]
    assert len(told) > 10
    assert not [name for name in editions.in_force(proved).plan.places if re.search(rf"\b{name}\b", words)]
    for one in found:
        assert not one.looked_at or one.looked_at == "nothing" or one.looked_at not in words, one.looked_at
        assert not one.why or one.why not in words, one.why
        assert "/" not in one.promise or one.promise not in words
    spoken = words
    for sentence in sorted(told, key=len, reverse=True):
        spoken = spoken.replace(sentence, "")
    assert re.findall(r"\d+", re.sub(r"\d+ \w+ \d{4}, \d\d:\d\d|&#x?\w+;", "", spoken)) == []


def test_the_headline_of_the_public_page_follows_from_the_states():
    from troth.web.pages import _in_a_sentence

    assert _in_a_sentence({"kept", "broken", "not-proved"}) == "Not every promise is kept"
    assert _in_a_sentence({"kept"}) == "Every promise is kept"
    assert _in_a_sentence({"kept", "attested"}) == "Every promise is kept or attested"
    assert _in_a_sentence({"kept", "not-proved"}) == "No promise is known to be broken"
    assert _in_a_sentence(set()) == "What we promised is not proved yet"


def test_with_the_page_open_the_notice_leads_to_it(proved, visitor, settings):
    settings.PUBLIC_PROMISES = frozenset({proved})
    assert f'href="/c/{proved}/promises/"' in visitor.get(f"/c/{proved}/notice/").content.decode()


def test_what_is_broken_in_a_chapter_that_is_not_told_is_not_hidden_by_the_headline(proved, visitor, settings):
    import msgspec

    from troth.prove import report

    settings.PUBLIC_PROMISES = frozenset({proved})
    latest = report.run(proved)
    worse = [
        msgspec.structs.replace(one, state="broken" if one.promise.startswith("places/") else one.state)
        for one in latest.findings
    ]
    assert any(one.state == "broken" for one in worse)
    report.keep(msgspec.structs.replace(latest, findings=tuple(worse)))
    assert "Not every promise is kept" in visitor.get(f"/c/{proved}/promises/").content.decode()


def test_every_promise_stands_in_a_chapter(proved):
    from troth.prove import report

    latest = report.latest(proved)
    assert sorted(one.promise for _, _, found in latest.chapters() for one in found) == sorted(
        one.promise for one in latest.findings
    )


def test_the_page_begins_with_its_chapters_each_in_its_worst_state(proved, visitor, settings):
    import msgspec

    from troth.prove import report

    settings.PUBLIC_PROMISES = frozenset({proved})
    latest = report.latest(proved)
    worse = [
        msgspec.structs.replace(one, state="broken" if one.promise.startswith("never/") else "kept")
        for one in latest.findings
    ]
    report.keep(msgspec.structs.replace(latest, findings=tuple(worse)))
    page = visitor.get(f"/c/{proved}/promises/").content.decode()
    rows = {
        anchor: (row.count("<i "), re.sub(r"(?s)<[^>]*>", " ", row).split())
        for anchor, row in re.findall(r'(?s)<a href="#(chapter-[a-z-]+)">(.*?)</tr>', page)
    }
    assert set(rows) == set(re.findall(r'<h2 id="(chapter-[a-z-]+)"', page))
    count, words = rows["chapter-what-never-happens"]
    assert count == sum(one.promise.startswith("never/") for one in worse)
    assert words[-3:] == ["Not", "all", "kept"]
    assert rows["chapter-what-we-take-in"][1][-2:] == ["All", "kept"]


def test_a_chapter_with_something_not_proved_or_not_yet_to_keep_is_not_called_kept():
    import msgspec

    from troth.prove import report

    def found(state):
        return msgspec.structs.replace(
            report.Finding("a/b", "We do it.", "kept", "", "", 1, "one", (), "", 0.0, False), state=state
        )

    assert report.worst([found("kept"), found("attested")]) == "attested"
    assert report.worst([found("attested"), found("kept-empty")]) == "kept-empty"
    assert report.worst([found("kept-empty"), found("not-proved")]) == "not-proved"
    assert report.worst([found("not-proved"), found("broken"), found("kept")]) == "broken"


def test_a_promise_is_a_sentence_for_people_and_holds_no_name_of_the_file():
    from pathlib import Path

    from troth import policy
    from troth.prove.promises import derive

    for file in Path("policies").glob("*/policy.yaml"):
        plan = policy.load(file).plan
        lines = derive(plan)
        assert len({one.sentence for one in lines}) == len(lines), "each is told from each other one"
        for line in lines:
            assert line.sentence[0].isupper() or line.sentence[0] in "“", line.sentence
            assert not re.search(r"\b\d{4}-\d\d-\d\d\b|\.\*", line.sentence), line.sentence
            names = [
                name for name in plan.fields if re.search(rf"(?<![\w.@/]){re.escape(name)}(?![\w.])", line.sentence)
            ]
            assert names == [], line.sentence


def test_a_chapter_that_somebody_answers_for_in_part_is_not_called_all_kept():
    from django.template.loader import render_to_string

    from troth.prove.keepers import STATES

    words = {state: render_to_string("prove/chapters.html", {"chapters": [("Papers", state, [])]}) for state in STATES}
    assert "Kept or attested" in words["attested"]
    assert [state for state in STATES if "All kept" in words[state]] == ["kept"]
