"""Everything that a visitor or a person meets exists in each language of the edition: UK GDPR Art 12(1)."""

from __future__ import annotations

import ast
import datetime as dt
import hashlib
import json
import re
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from tests.answer.planting import walker, work
from tests.policy.tongues import bilingual, mark, words_of

from troth import policy
from troth.policy.emit import naming, texts

SRC = Path("src/troth")
LARCH = Path("tests/policies/larch.yaml")
PUBLIC = sorted(file for room in ("collect", "answer") for file in (SRC / room / "templates").rglob("*.*")) + [
    SRC / "web" / "templates" / "web" / name for name in ("page.html", "trouble.html", "sample.html")
]
ADA = "ada@quill.example"


@pytest.fixture
def two(data_folder: Path, db: None, tmp_path: Path) -> str:
    """The small firm, in English and in a French whose own words stand in brackets."""
    from troth.parties import editions, tenancy

    editions.forget_cache()
    tenancy.add("larch")
    editions.publish("larch", bilingual(LARCH, tmp_path / "two"), replaces=None, by="test")
    return "larch"


def bare(text: str) -> str:
    """What one reads of a page: no tags, no head but its title, no value of a field."""
    shown = re.sub(r"(?s)<(script|style|code|pre)\b.*?</\1>", " ", text)
    return unescape(re.sub(r"<[^>]+>", " ", shown))


OURS = [one for one in texts.pages("fr") if "{" not in one and "[" not in one and "*" not in one and one.count(" ") > 1]
OWN = [one for one in words_of(policy.load(LARCH).plan) if one.count(" ") > 1]


def english(text: str) -> list[str]:
    """Sentences of ours and of the policy that stand in English where all should be French."""
    shown = " ".join(bare(text).split())
    without = re.sub(r"⟦[^⟧]*⟧", " ", shown)
    return [one for one in OURS if one in shown] + [one for one in OWN if one.lower() in without.lower()]


# What is said ---------------------------------------------------------------------------------------------------------


def said_in_templates() -> dict[str, str]:
    return {
        found[1]: file.name
        for file in sorted(SRC.rglob("templates/**/*.*"))
        for found in re.finditer(r'{% say "([^"]*)"', file.read_text("utf-8"))
    }


def said_in_code() -> dict[str, str]:
    found = {}
    for file in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "phrase":
                first = node.args[0]
                either = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
                parts = (one.value for one in either if isinstance(one, ast.Constant))
                found |= {part: file.name for part in parts if isinstance(part, str) and part}
    return found


@pytest.mark.parametrize("language", [one for one in texts.languages() if one != texts.BASE])
def test_every_sentence_of_ours_exists_in_every_language_with_the_same_words_put_in(language):
    known = texts.pages(language)
    said = said_in_templates() | said_in_code()
    assert len(said) > 250
    assert {one: where for one, where in said.items() if one not in known} == {}
    for one, other in known.items():
        assert set(re.findall(r"{(\w+)}", one)) == set(re.findall(r"{(\w+)}", other)), one
        assert ("[" in one, one.count("*")) == ("[" in other, other.count("*")), one


def test_sentences_that_are_chosen_by_name_exist_too():
    from troth.answer import amend, complaints, exporting, identity, letters, pages, requests, telling
    from troth.people import looks
    from troth.policy.emit import cookies

    acts = [one for pair in identity.ACTS.values() for one in pair]
    counted = [one for pair in letters.COUNTED.values() for one in pair]
    rest = (
        cookies.DOES,
        letters.HEADINGS,
        letters.REACHED,
        telling.WHAT,
        pages.TOLD,
        amend.WHY,
        {"flood": pages.FLOOD},
        looks.WHY,
    )
    said = [
        *acts,
        *counted,
        *exporting.HEADS,
        complaints.EU,
        letters.THERE,
        amend.RESTS,
        pages.NO_ADDRESS,
        *(one for table in (*rest, letters.HOWS) for one in table.values()),
    ]
    assert [one for one in said if one not in texts.pages("fr")] == []
    assert [one for one in requests.IN_WORDS.values() if one not in texts.written("fr")] == []


WRITES = ("step", "_step", "close")  # of a request: what its person reads again, whenever that is
SAYS = ("why", "source", "until", "outcome", "said", "label")
NOT_READ = {" is still there.", "your browser, at "}  # parts of sentences that have something put in: said below


def written_down() -> dict[str, str]:
    """What the rooms write down in English and a person reads later: steps, outcomes, what places answer and keep."""
    found = {}
    for file in (one for room in ("answer", "keep", "places", "people") for one in sorted((SRC / room).rglob("*.py"))):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                said = node.args[2:4] if name in WRITES else node.args[1:2] if name in ("NotAnswered", "Own") else []
                said = [*said, *(word.value for word in node.keywords if word.arg in SAYS)]
                parts = (one.value for part in said for one in ast.walk(part) if isinstance(one, ast.Constant))
                found |= {one: file.name for one in parts if isinstance(one, str) and one.count(" ") > 1}
    return found


def test_what_is_written_down_and_read_again_is_known_in_every_language():
    from troth.answer import acting, amend, asking, complaining, hands, heard, questions, reading, requests
    from troth.keep import recipients

    tables = (acting.WENT, acting.OUTCOMES, heard.SHOWN, questions.ASKED, questions.ANSWERED, complaining.OUTCOMES)
    said = [one for table in (*tables, complaining.TOLD, requests.OVERTAKEN) for one in table.values()]
    said += [asking.ASKED, asking.LOOKED, asking.ANSWERED, heard.NOTHING, reading.READ, complaining.LOOKED]
    said += [one for pair in recipients.SAID.values() for one in pair if one]
    said += [complaining.AGAIN, hands.WHY, hands.PARTLY, hands.SAID, amend.GOING, *written_down()]
    assert len(set(said)) > 60
    assert sorted({one for one in said if one not in texts.written("fr")} - NOT_READ) == []


@pytest.mark.parametrize("file", PUBLIC, ids=lambda file: file.name)
def test_no_template_of_a_public_page_has_a_colon_of_its_own(file):
    """French sets a space before it."""
    assert re.findall(r"(?:}}|%}|>|\)): (?={)", file.read_text("utf-8")) == []


@pytest.mark.parametrize("file", PUBLIC, ids=lambda file: file.name)
def test_no_template_of_a_public_page_has_words_of_its_own_beside(file):
    text = re.sub(r"(?s){% comment %}.*?{% endcomment %}", "", file.read_text("utf-8"))
    text = re.sub(r"{%[^%]*%}|{{.*?}}", " ", text)
    assert re.findall(r"(?:aria-label|data-label|title|placeholder)=\"[^\"]*[A-Za-z]{2}", text) == []
    left = re.sub(r"<[^>]*>", " ", text).replace("troth", "")
    assert re.findall(r"[A-Za-z]{2,}", left.replace("&amp;", "")) == []


def test_what_is_written_down_in_english_is_said_again_with_what_was_put_in(two):
    from troth.parties import editions

    plan = editions.in_force(two).plan
    with texts.speaking(plan, "fr"):
        assert texts.again("You (booking)") == f"Vous ({mark('booking')})"
        assert texts.again("the law makes us keep it: Companies Act 2006 s388") == (
            "la loi nous oblige à le garder\u202f: Companies Act 2006 s388"
        )
        assert texts.again("Invoice is still there.") == "Il en reste\u202f: Invoice."
        assert texts.again("your browser, at a page") == "votre navigateur, sur a page"
        assert texts.again("You asked; it came on 22 November 2026 (post)").endswith("le 22 novembre 2026 (courrier)")
        assert texts.again("nobody wrote this anywhere") == "nobody wrote this anywhere"
    assert texts.again("You (booking)") == "You (booking)"


def test_the_first_of_a_month_is_a_word_of_its_own_in_french_wherever_a_day_is_written(two):
    """Notice and letters say it themselves, pages have it from a filter, and what was written down is said again."""
    from django.template import Context, Template

    from troth.parties import editions, speech

    plan, forms = editions.in_force(two).plan, ("j F Y", "l j F Y", "j F Y, H:i", "j F", "H:i")
    page = Template("; ".join(f'{{{{ at|date:"{form}" }}}}' for form in forms) + '{{ none|date:"j F Y" }}')

    def written(day: int) -> list[str]:
        at = dt.datetime(2026, 3, day, 10, 30, tzinfo=dt.UTC)
        again = texts.again(f"You asked; it came on {day} March 2026 (post)")
        pages = page.render(Context({"at": at, "none": None})).split("; ")
        return [naming.day(at.date()), naming.dated(at.date().isoformat()), again[again.index(str(day)) :], *pages]

    with speech.speaking(plan, "fr"):
        assert written(1) == [
            *("1er mars 2026", "1er mars 2026", "1er mars 2026 (courrier)"),
            *("1er mars 2026", "dimanche 1er mars 2026", "1er mars 2026, 10:30", "1er mars", "10:30"),
        ]
        assert written(11)[3:] == ["11 mars 2026", "mercredi 11 mars 2026", "11 mars 2026, 10:30", "11 mars", "10:30"]
    with speech.speaking(plan, "en"):
        assert written(1)[0] == written(1)[3] == "1 March 2026"
    assert [file.name for file in PUBLIC if "{% now" in file.read_text("utf-8")] == [], "Django's own tag knows of none"


# Which language ---------------------------------------------------------------------------------------------------


def test_an_address_chooses_before_the_browser_and_the_browser_before_the_policy(two, visitor):
    def heading(path: str, accepts: str = "") -> str:
        answer = visitor.get(path, headers={"accept-language": accepts} if accepts else {})
        assert "Accept-Language" in answer["Vary"]
        return re.search(r"<h1>(.*?)</h1>", answer.text)[1] + " " + answer["Content-Language"]

    french, said = "Vos choix de cookies fr", "Your cookie choices en"
    assert heading("/c/larch/choices/") == said
    assert heading("/c/larch/choices/", "fr-CH, fr;q=0.9, en;q=0.8") == french
    assert heading("/c/larch/choices/", "de, en;q=0.5, fr;q=0.7") == french
    assert heading("/c/larch/choices/", "de, nonsense;q=x, *;q=0.1") == said
    assert heading("/c/larch/choices/?in=fr", "en") == french
    assert heading("/c/larch/choices/?in=en", "fr") == said
    assert heading("/c/larch/choices/?in=tlh", "fr") == french


def test_a_policy_in_one_language_asks_nobody_what_they_read(larch, visitor):
    answer = visitor.get("/c/larch/choices/?in=fr", headers={"accept-language": "fr"})
    assert '<html lang="en-GB">' in answer.text
    assert "hreflang" not in answer.text
    assert "Accept-Language" not in answer.headers.get("Vary", "")


def test_every_page_has_a_switch_and_carries_on_what_was_chosen(two, visitor):
    page = visitor.get("/c/larch/form/booking/?in=fr").text
    assert '<html lang="fr">' in page
    assert '<link rel="alternate" hreflang="en" href="?in=en">' in page
    assert '<a href="?in=en" hreflang="en" lang="en">English</a>' in page
    ours = re.findall(r'href="(/c/larch/[^"]*)"', page)
    assert len(ours) > 5
    assert [one for one in ours if "in=fr" not in one] == []
    answer = visitor.post("/c/larch/you/?in=fr", {"address": "nobody"})
    assert "hreflang" not in answer.text, "what somebody typed is not lost by a click"
    assert 'action="/c/larch/you/?in=fr"' in answer.text


# What one meets ---------------------------------------------------------------------------------------------------


def test_what_a_visitor_meets_is_all_in_french(two, visitor):
    pages = {
        path: visitor.get(f"/c/larch/{path}?in=fr").text
        for path in ("", "choices/", "form/booking/", "you/", "you/link/wrong/", "notice/")
    }
    pages["no such part"] = visitor.get("/c/larch/notice/?for=nobody&in=fr").text
    pages["errors"] = visitor.post("/c/larch/form/booking/?in=fr", {"booking.email": "x"}).text
    pages["no address"] = visitor.post("/c/larch/you/?in=fr", {"address": "x"}).text
    pages["sent"] = visitor.post("/c/larch/you/?in=fr", {"address": ADA}).text
    pages["wrong code"] = visitor.post("/c/larch/you/code/?in=fr", {"asking": "x", "code": "1"}).text
    pages["stale"] = visitor.post("/c/larch/choices/?in=fr", {"all": "yes"}).text
    pages["done"] = visitor.post("/c/larch/form/booking/?in=fr", filled(visitor), follow=True).text
    assert {path: found for path, page in pages.items() if (found := english(page))} == {}
    assert "Nous avons ce que vous avez envoyé" in pages["done"]
    assert "2 choses à corriger" in pages["errors"] or "choses à corriger" in pages["errors"]
    assert all('<html lang="fr">' in page for page in pages.values())


def filled(visitor: Any, language: str = "fr") -> dict[str, str]:
    page = visitor.get(f"/c/larch/form/booking/?in={language}").text
    typed = {"once": re.search(r'name="once" value="([^"]+)"', page)[1]}
    typed |= {"booking.name": "Ada Quillfeather", "booking.email": ADA, "booking.walk": "Mendip ridge"}
    return typed | {re.search(r'name="(offer [^"]+)"', page)[1]: "yes"}


@pytest.mark.django_db(transaction=True)
def test_a_person_reads_their_page_and_our_mails_in_the_language_they_used(two, visitor, mailbox, left):
    walker("larch", ADA, "Ada Quillfeather", letter="I lost a red glove")
    pages = {}
    visitor.post("/c/larch/you/?in=fr", {"address": ADA})
    work()
    assert mailbox.letters[-1][1]["Subject"] == "Votre page chez Larch Walks Ltd"
    link = re.search(r"http://\S+", mailbox.text())[0]
    assert link.endswith("/?in=fr")
    pages["the mail"] = mailbox.text()
    pages["the link"] = visitor.get(link).text
    answer = visitor.post(link, follow=True)
    assert answer.redirect_chain == [("/c/larch/you/?in=fr", 302)]
    pages["you"] = answer.text
    assert "Ada Quillfeather" in answer.text
    way = unescape(re.search(r'href="(/c/larch/you/correct/[^"]+)"', answer.text)[1])
    pages["correct"] = visitor.get(way).text
    pages["object"] = visitor.get("/c/larch/you/stop/object/?in=fr").text
    pages["restrict"] = visitor.get("/c/larch/you/stop/restrict/?in=fr").text
    pages["erase"] = visitor.get("/c/larch/you/erase/?in=fr").text
    pages["a copy"] = visitor.get("/c/larch/you/download/html/?in=fr").text
    assert "Companies Act 2006 s388" in pages["erase"]
    mailbox.letters.clear()
    pages["sent"] = visitor.post("/c/larch/you/erase/?in=fr").text
    work()
    asked = next(one for _, one in mailbox.letters if "confirmer" in one["Subject"])
    link = re.search(r"http://\S+", asked.get_body(("plain",)).get_content())[0]
    pages["the last step"] = visitor.get(link).text
    mailbox.letters.clear()
    pages["asked"] = visitor.post(link, follow=True).text
    work()
    letter = next(one for _, one in mailbox.letters if "effacé" in one["Subject"])
    pages["the letter"] = letter.get_body(("plain",)).get_content()
    pages["its page"] = next(letter.iter_attachments()).get_content()
    assert '<html lang="fr">' in pages["its page"]
    from troth.answer import requests

    reference = requests.of_client("larch", state="closed")[0].reference
    pages["the request"] = visitor.get(f"/c/larch/you/request/{reference}/?in=fr").text
    assert {name: found for name, page in pages.items() if (found := english(page))} == {}
    rest = [one for one in left if not re.search("[⟦’éô]", one)]
    assert sorted(one for one in rest if not one.startswith(("Companies Act", "Postal Mail"))) == []


@pytest.mark.django_db(transaction=True)
def test_a_copy_says_in_its_language_what_was_chosen_asked_and_told(two, left):
    """UK GDPR Art 12(1): also how a choice was made, what they asked of us and what happened to them."""
    from troth.answer import access, amend, exporting, identity, requests
    from troth.parties import editions, speech
    from troth.people import choices, standing
    from troth.policy.emit.texts import again

    ada = walker("larch", ADA, "Ada Quillfeather")
    visitor = identity.Visitor(client="larch", person=ada, persons=frozenset({ada}))
    amend.stop("larch", visitor, "object", "I wrote this.")
    key = next(one.key for one in amend.switches("larch", visitor.persons) if one.opens)
    for how, state in ((amend.ON_PAGE, True), ("banner", False), ("form booking", True), (choices.JOINED, False)):
        amend.choose("larch", visitor, {key: state}, how=how)
    standing.suppress("larch", "email address", ADA, {choices.ALL_MARKETING})
    standing.happened("larch", ada, "walk is over")
    with speech.speaking(editions.in_force(two).plan, "fr"):
        answer = access.gather("larch", ada, visitor.persons)
        page, sheet = exporting.as_html(answer), exporting.as_csv(answer)
        assert again("choices page") == "la page des choix" and again("asked another way") == "demandé autrement"
    for one in (page.lower(), sheet.lower()):
        for said in ("oui", "non", "le bandeau", "votre page, alors que", f"le formulaire {mark('booking')}"):
            assert said in one, said
        assert "ce que vous nous avez écrit" in one and "toute prospection" in one and mark("walk is over") in one
        for said in ("yes", "person&#x27;s", "person's", "what you wrote", "all marketing", "stop using"):
            assert not re.search(rf"[>\"]{said}", one), said
    assert sorted(one for one in left if not re.search(r"[⟦’éô]|Companies Act|Postal Mail|^O-\d", one)) == []
    assert {one["value"] for one in json.loads(exporting.as_json(answer))["held"]} >= {"I wrote this."}
    assert requests.open_of("larch", {ada}, "object")


@pytest.mark.django_db(transaction=True)
def test_what_staff_send_to_somebody_speaks_the_language_in_which_they_asked(two, tmp_path, mailbox, capsys):
    from django.utils import timezone

    from troth import cli
    from troth.answer import acting, heard, letters, requests
    from troth.parties import staff

    staff.add("officer@larch.example", "larch", "officer")
    walker("larch", ADA, "Ada Quillfeather", letter="I lost a red glove")
    entered = heard.Entered(right="access", way="post", came=timezone.localdate(), asker="Ada", known=f"email={ADA}",
                            post="12 Mill Lane", language="fr")  # fmt: skip
    reference = heard.register("larch", entered, by="staff")
    heard.show("larch", reference, "who", how="called back", by="staff")
    page, sheet = (acting.answer("larch", reference, form, by="staff")[0] for form in ("html", "csv"))
    words = ["answer", "access", "--client", "larch", "--identity", f"email={ADA}", "--by", "officer@larch.example"]
    words += ["--because", "seen", "--json", "--out", str(tmp_path / "out")]
    assert cli.main([*words, "--language", "tlh"]) == 2 and "no-language" in capsys.readouterr().out
    assert cli.main([*words, "--language", "fr"]) == 0
    out = {file.suffix: file.read_text() for file in (tmp_path / "out").iterdir()}
    for one in (page, out[".html"]):
        assert '<html lang="fr">' in one and english(one) == []
        assert "Quand notre personnel a consulté" in one and "Pour répondre à ce que vous avez demandé" in one
    for one in (sheet, out[".csv"]):
        assert one.startswith('"quoi","valeur","lieu","origine","quand","combien de temps"') and english(one) == []
    with letters.theirs("larch", reference):
        assert texts.spoken() == "fr"
    requests.forget("larch", reference)
    with letters.theirs("larch", reference):
        assert texts.spoken() == "en"


@pytest.fixture
def left(monkeypatch) -> dict[str, None]:
    """What was left in English where French is spoken."""
    found, whole = {}, texts.tongue_of
    monkeypatch.setattr(texts, "tongue_of", lambda *given: whole(*given)._replace(unsaid=found))
    return found


def test_what_is_written_to_somebody_unasked_says_it_in_each_language(two, mailbox):
    """We keep nowhere which language somebody reads; and whoever did it may read another than its owner."""
    from troth.answer import telling

    telling.now("larch", walker("larch", ADA, "Ada"), "exported")
    said, french = re.split(r"-{4}", mailbox.text())
    assert "downloaded what we hold about you, at Larch Walks Ltd." in said
    assert "/you/?in=en" in said
    assert "a téléchargé ce que nous avons sur vous, chez Larch Walks Ltd." in french
    assert "/you/?in=fr" in french
    assert english(french) == []


def test_people_are_told_of_a_wider_edition_in_each_language(two, tmp_path, mailbox, left):
    from troth.answer import changing
    from troth.parties import editions

    person = walker("larch", ADA, "Ada")
    wider = tmp_path / "new" / "larch.yaml"
    shutil.copytree(LARCH.parent / "papers", wider.parent / "papers")
    text = LARCH.read_text()
    text = text.replace(
        "for: [run the walk you booked, send you news of walks]", "for: [run the walk you booked, answer you]"
    )
    text = text.replace(
        "data: [booking.name, booking.email], in: GB", "data: [booking.name, booking.email, booking.walk], in: GB"
    )
    wider.write_text(
        text.replace(
            "change: first, because: First edition under troth", "change: substantial, because: We post more ourselves"
        )
    )
    editions.publish(
        "larch", bilingual(wider, tmp_path / "next"), replaces=editions.all_of("larch")[0].source_hash, by="test"
    )
    assert changing.tell("larch", person, 2) == 1
    said, french = re.split(r"-{4}", mailbox.text())
    assert "We changed our privacy policy: We post more ourselves." in said
    assert f"Nous avons changé notre politique de confidentialité\u202f: {mark('We post more ourselves')}." in french
    assert "Il reçoit à présent aussi" in french
    assert english(french) == []
    assert [one for one in left if not one.startswith("Postal Mail") and "⟦" not in one] == []


# What counts --------------------------------------------------------------------------------------------------------


def test_a_yes_is_written_down_with_the_words_that_were_read(two, visitor):
    from troth.people import choices, identities

    asked = "May we email you news of walks?"
    for language, words in (("fr", mark(asked)), ("en", asked)):
        visitor.post(f"/c/larch/form/booking/?in={language}", filled(visitor, language))
        person = max(identities.persons("larch"))
        said = choices.of("larch", person)[-1]
        assert said.text_hash == hashlib.sha256(words.encode()).hexdigest()


def test_a_form_that_was_read_in_one_language_does_not_count_in_another(two, visitor):
    answer = visitor.post("/c/larch/form/booking/?in=en", filled(visitor, "fr"))
    assert answer.status_code == 422
    assert "This form is out of date" in answer.text


def test_check_misses_the_words_of_a_form_and_of_a_question(tmp_path):
    path = bilingual(LARCH, tmp_path / "two")
    assert policy.load(path).problems == []
    for words in ("Without these we cannot book you a place", "May we email you news of walks?", "booking"):
        text = "".join(line for line in path.read_text().splitlines(True) if not line.strip().startswith(f'"{words}":'))
        found = policy.load(path, text=text.encode()).problems
        assert [(one.code, one.sentence) for one in found] == [("untranslated", f"“{words}” has no words in “fr”.")]


def test_what_a_browser_asks_for_by_itself_is_there_in_every_house(two, visitor, at_desk):
    for browser in (visitor, at_desk):
        answer = browser.get("/favicon.ico")
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/x-icon")
        assert answer.content[:4] == b"\0\0\1\0"


def test_a_form_without_its_key_is_turned_away_in_the_firms_own_frame_and_language(two):
    from django.test import Client

    browser = Client(headers={"host": "127.0.0.1:8000"}, enforce_csrf_checks=True)
    answer = browser.post("/c/larch/choices/?in=fr", {"all": "yes"})
    assert answer.status_code == 403
    assert "<h1>Ce formulaire est périmé.</h1>" in answer.text
    assert ">Larch Walks Ltd</a>" in answer.text
    assert browser.post("/c/nobody/choices/", {"all": "yes"}).status_code == 403


def test_on_a_firms_own_host_a_page_that_is_not_there_is_missed_in_its_frame_and_language(two, tmp_path):
    from django.test import Client

    from troth.parties import editions, tenancy
    from troth.web import hosts

    tenancy.add("rowan", "privacy.rowan.example")
    editions.publish("rowan", bilingual(LARCH, tmp_path / "three"), replaces=None, by="test")
    hosts.forget()
    answer = Client(headers={"host": "privacy.rowan.example"}).get("/nothing/at/all/?in=fr")
    assert answer.status_code == 404
    assert "<h1>Il n’y a pas de page ici.</h1>" in answer.text
    assert ">Larch Walks Ltd</a>" in answer.text
    assert 'href="/notice/?in=fr"' in answer.text


def test_the_mark_of_a_promise_is_said_in_french_beside_a_french_sentence(two, visitor, settings):
    from troth.prove import report

    settings.PUBLIC_PROMISES = frozenset({two})
    report.keep(report.run(two))
    page = visitor.get("/c/larch/notice/?in=fr&proof=1").text
    states = re.findall(r'(?s)<a class="state" href="/c/larch/promises/\?in=fr#[^"]+">(.*?)</a>', page)
    assert len(states) > 15
    said = {re.sub(r"(?s)<[^>]*>", "", one).strip() for one in states}
    assert said <= {"Tenue", "Tenue, rien encore à tenir", "Non prouvée", "Attestée", "Rompue"}
    assert english(re.sub(r'<p class="promise".*?</p>', "", visitor.get("/c/larch/promises/?in=fr").text)) == []


def test_in_french_no_space_before_a_double_mark_or_inside_of_quotes_can_break():
    tables = (texts.pages, texts.written, texts.table, texts.vocabulary)
    said = [one for table in tables for one in table("fr").values()]
    assert [one for one in said if re.search(r" [:;?!»]|« ", one)] == []
    assert sum("\u202f" in one for one in said) > 100
    assert texts.pages("en") == {}, "English sets none"
