"""The notice says all that the plan holds about people, the same in both forms, and never a word unescaped."""

from __future__ import annotations

import re
import tomllib
from html import unescape
from pathlib import Path

import msgspec
import pytest

from troth import policy
from troth.policy import periods
from troth.policy import words as vocabulary
from troth.policy.emit import banner, flows, flows_whole, naming, notice, notice_for, notice_points, texts
from troth.policy.plan import Plan

POLICIES = Path(__file__).parents[2] / "policies"
LARCH = Path(__file__).parents[1] / "policies" / "larch.yaml"
ALL = [*sorted(path.parent.name for path in POLICIES.glob("*/policy.yaml")), "larch"]
BARE = {"area", "br", "hr", "img", "input"}


def plan_of(name: str) -> Plan:
    compiled = policy.load(LARCH if name == "larch" else POLICIES / name / "policy.yaml")
    assert compiled.plan is not None, compiled.problems
    return compiled.plan


def words(text: str) -> list[str]:
    """The words a person reads, whatever they are marked up with."""
    seen = unescape(re.sub(r"<[^>]+>", " ", text)) if text.startswith("<") else re.sub(r"\\(.)", r"\1", text)
    return re.findall(r"\w+", seen)


@pytest.fixture(params=ALL)
def plan(request: pytest.FixtureRequest) -> Plan:
    return plan_of(request.param)


def test_every_use_recipient_cookie_and_kind_of_data_is_in_the_notice(plan: Plan) -> None:
    page = unescape(notice.render(plan))
    for name in (*plan.purposes, *plan.recipients):
        assert name.lower() in page.lower()
    for cookie in plan.cookies.values():
        assert cookie.name.removesuffix(f" ({cookie.surface})") in page
    for field in plan.fields.values():
        assert (field.label or field.kind).lower() in page.lower()


def test_what_we_keep_because_of_data_is_called_by_itself_and_outranks_none_of_it(plan: Plan) -> None:
    rows = [row for row in notice.render(plan, format="markdown").splitlines() if row.startswith("| ")]
    kept = [row for row in rows if "what you asked of us under your rights" in row.lower()]
    assert kept and all(row.startswith("| What you asked of us under your rights |") for row in kept)
    data = [name for name in naming.groups(plan) if name != "troth"]
    assert "troth" not in naming.largest(plan, len(data)) and "troth" in naming.largest(plan, len(data) + 1)


def test_every_period_stands_in_the_table_and_no_name_has_a_dot(plan: Plan) -> None:
    page = unescape(notice.render(plan))
    for field in plan.fields.values():
        assert not re.search(rf"(?<![\w.@/]){re.escape(field.name)}(?![\w.])", page), field.name
        if field.form != "never stored":
            assert periods.say(plan.rules[field.rule]).removeprefix("for ").lower() in page.lower()


def test_what_the_picture_folds_is_named_in_the_table_under_it(plan: Plan) -> None:
    rows = " ".join(" ".join(row) for row in flows.same(plan).rows).lower()
    assert all(name.lower() in rows for name in plan.recipients)
    assert len(flows.flow(plan).targets) <= flows.BOXES + 4
    assert " more" not in rows


def test_both_forms_say_the_same(plan: Plan) -> None:
    """The picture repeats its table, so it is taken out before the words are compared."""
    page = re.sub(
        r'<figure class="flow">.*?</ul></div>(<details>.*?</svg></div></details>)?<details><summary>.*?</summary>',
        "",
        notice.render(plan),
        flags=re.DOTALL,
    )
    page = re.sub(r"<caption.*?</caption>", "", page)
    assert words(page) == words(notice.render(plan, format="markdown"))


def test_no_style_no_script_and_every_element_is_closed(plan: Plan) -> None:
    page = notice.render(plan)
    assert not re.search(r"\bstyle=|<script|<style|\bon\w+=", page)
    opened: list[str] = []
    for closing, name, alone in re.findall(r"<(/?)([a-z0-9]+)[^>]*?(/?)>", page):
        if closing:
            assert opened.pop() == name
        elif not alone and name not in BARE:
            opened.append(name)
    assert opened == []


def test_each_chapter_can_be_linked_to_once(plan: Plan) -> None:
    marks = re.findall(r' id="([^"]+)"', notice.render(plan))
    assert len(marks) == len(set(marks))
    assert {"glance", "who", "collect", "use", "share", "keep", "cookies", "rights", "complaints"} <= set(marks)


def test_what_a_policy_says_is_never_read_as_markup(hostile: Plan) -> None:
    page, text = notice.render(hostile), notice.render(hostile, format="markdown")
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img" not in text.replace("\\<", "")


@pytest.fixture
def hostile() -> Plan:
    path = POLICIES / "dijuno" / "policy.yaml"
    source = path.read_bytes().replace(
        b"  visitor: Anyone who looks at our website", b'  visitor: "<img src=x onerror=alert(1)>"'
    )
    compiled = policy.load(path, text=source)
    assert compiled.plan is not None, compiled.problems
    return compiled.plan


def test_rights_follow_from_the_bases_and_a_no_to_marketing_stands_apart() -> None:
    page = unescape(notice.render(plan_of("dijuno")))
    assert "Take back a yes, as easily as you gave it." in page
    assert "What was done before stays lawful. This goes for what rests on your yes." in page
    assert "You can stop this at any time, and we then stop for good." in page


def test_a_use_for_a_client_says_whose_instruction_it_is() -> None:
    page = unescape(notice.render(plan_of("clientdata")))
    assert "For a client, and only as it instructs</h3>" in page
    assert "the client is" in page or "its clients" in page


def test_the_regulator_is_named_with_address_and_page(plan: Plan) -> None:
    page = unescape(notice.render(plan))
    assert "Information Commissioner's Office" in page
    assert "Wycliffe House" in page


def test_the_picture_is_dashed_only_where_nothing_goes_without_a_yes() -> None:
    asked = {box.name for box in flows.flow(plan_of("dijuno")).targets if box.asked}
    assert asked == {"Pennine Analytics"}
    assert flows.picture(plan_of("dijuno")).count('<li class="asked"') == 1


def test_what_a_person_gives_and_what_comes_from_elsewhere_are_told_apart() -> None:
    """UK GDPR Art 13 and 14: of what others told us, from whom, and when the person hears of it."""
    page = unescape(notice.render(plan_of("dianomi")))
    theirs, others = page.split('id="collect-others"')
    assert 'id="collect-you"' in theirs
    row = re.search(r'<tr role="row"><th[^>]*>Segment.*?</tr>|<tr role="row"><th.*?Experian.*?</tr>', others, re.DOTALL)
    assert row is not None
    assert "Experian Financial Strategy Segments and Mosaic" in row[0]
    assert "Within 14 days" in row[0]
    assert "Experian Financial" not in re.sub(r".*id=\"collect\"", "", theirs, flags=re.DOTALL)


def test_a_notice_of_what_people_give_alone_needs_no_second_kind() -> None:
    page = notice.render(plan_of("larch"))
    assert "collect-others" not in page
    assert "collect-you" not in page


def test_what_never_happens_is_said_in_the_words_that_the_policy_has_for_it(plan: Plan) -> None:
    one = next(iter(plan.nevers.values()))
    assert f"We never {one.name}." in unescape(notice.render(plan))
    worded = msgspec.structs.replace(one, sentence="Nobody gets it but you.")
    page = unescape(notice.render(msgspec.structs.replace(plan, nevers={one.name: worded})))
    assert "Nobody gets it but you." in page
    assert f"We never {one.name}." not in page


def test_a_public_source_is_called_public(plan: Plan) -> None:
    point = next(iter(plan.points.values()))
    public = msgspec.structs.replace(point, way="obtained", source="the register of firms", public=True)
    page = notice.render(msgspec.structs.replace(plan, points={point.name: public}))
    assert "The register of firms, where everybody can read it" in page


def test_the_short_layer_is_the_beginning_of_the_full_one(plan: Plan) -> None:
    short = notice.render(plan, layer="short", format="markdown")
    assert notice.render(plan, format="markdown").startswith(short.rstrip("\n"))
    assert len(short) < 2500


def test_a_long_list_is_folded_and_paper_opens_all_of_it() -> None:
    page = notice.render(plan_of("omono"))
    assert page.count("<details>") > 6
    printed = notice.render(plan_of("omono"), opened=True)
    assert "<details>" not in printed
    assert printed.replace("<details open>", "<details>") == page


@pytest.mark.parametrize("name", ALL)
def test_the_part_for_one_reader_says_nothing_that_the_whole_does_not_say(name: str) -> None:
    whole = plan_of(name)
    people, surfaces = notice_for.readers(whole)
    for reader in (*people, *surfaces):
        part = notice_for.narrowed(whole, reader)
        assert part is not None
        assert part.purposes.items() <= whole.purposes.items()
        assert part.recipients.items() <= whole.recipients.items()
        assert part.fields.items() <= whole.fields.items()
        page = unescape(notice.render(part))
        assert whole.who.name in page
        if reader in whole.people:
            theirs = {use.name for use in whole.purposes.values() if reader in use.of}
            assert part.purposes.keys() == theirs
            assert all(use.lower() in page.lower() for use in theirs)
    assert {use for reader in people for use in notice_for.narrowed(whole, reader).purposes} in (
        set(),
        set(whole.purposes),
    )
    assert notice_for.narrowed(whole, "nobody of this policy") is None


def test_one_more_is_said_in_words_of_its_own_in_each_language() -> None:
    for language in texts.languages():
        said = texts.table(language)
        for key in ("glance.rest", "glance.kinds"):
            assert "{count}" in said[key] and "{count}" not in said[f"{key}.one"]
    assert texts.more("glance.rest", 1) == "for one more use" and "2 more uses" in texts.more("glance.rest", 2)


def test_each_point_says_who_uses_it_what_for_and_for_how_long(plan: Plan) -> None:
    for name, point in plan.points.items():
        told = notice_points.at_point(plan, name)
        assert plan.who.name in told.why
        assert f'id="{told.chapter}"' in notice.render(plan)
        rules = {plan.fields[field].rule for field in point.fields} & plan.rules.keys()
        assert all(periods.say(plan.rules[rule]) in told.then for rule in rules)
        opened = {opening.use for opening in point.openings}
        uses = opened - set(point.offers) or opened
        assert sum(f"to {use}" in told.why for use in uses) == (len(uses) if len(uses) < 5 else 3)
        assert ("more uses" in told.why) is (len(uses) > 4)
        assert len(told.why) < 500


def test_each_sentence_knows_promises_that_the_prover_makes(plan: Plan) -> None:
    from troth.prove.promises import derive

    made, said = {line.path for line in derive(plan)}, list[str]()
    notice.render(plan, beside=lambda paths: said.extend(paths) or "")
    assert set(said) - made == set()
    assert {f"use/{name}" for name in plan.purposes} <= set(said)
    assert {f"disclose/{name}" for name in plan.recipients} <= set(said)
    assert {f"never/{name}" for name in plan.nevers} | {f"people/{name}" for name in plan.people} <= set(said)


def test_what_stands_beside_a_sentence_stands_in_html_and_not_in_the_words(plan: Plan) -> None:
    page = notice.render(plan, beside=lambda paths: "<i>state</i>")
    assert "<i>state</i>" in page
    assert re.sub(r"<i>state</i>", "", page) == notice.render(plan)


FRENCH = POLICIES / "clientdata" / "policy.yaml"


def test_each_language_has_every_sentence_with_the_same_words_put_in() -> None:
    english = texts.table("en")
    for language in texts.languages():
        own = tomllib.loads((Path(texts.__file__).parent / f"texts-{language}.toml").read_text("utf-8"))
        assert english.keys() - own.keys() == set(), language
        for key, said in english.items():
            holes = set(re.findall(r"{(\w+)}", said))
            assert set(re.findall(r"{(\w+)}", own[key])) <= holes, (language, key)


def test_a_notice_in_a_second_language_says_nothing_of_its_own_in_english() -> None:
    plan = plan_of("clientdata")
    assert plan.languages == ("en", "fr")
    assert notice.untranslated(plan, "fr") == []
    page = unescape(notice.render(plan, language="fr"))
    assert "Vos droits" in page
    assert "Toute personne qui visite le site" not in page
    assert "toute personne qui visite le site d’un de nos clients" in page
    for sentence in (use for use in plan.purposes):
        assert sentence not in page
    assert "24 mois après notre réponse" in page
    assert "of your" not in page


def test_in_french_a_space_stands_before_each_double_mark() -> None:
    plan = plan_of("clientdata")
    for page in (notice.render(plan, language="fr", format="markdown"), unescape(notice.render(plan, language="fr"))):
        words = re.sub(r"https?:\S+|<[^>]*>", "", page)
        assert re.findall(r"\w+[;:?!](?=\s)", words) == []
    assert " : " not in notice.render(plan, format="markdown")


def test_the_question_and_the_point_of_collection_speak_it_too() -> None:
    plan = plan_of("clientdata")
    told = notice_points.at_point(plan, "enquiry", "fr")
    assert told.why.startswith("Sitewise Processing Ltd recueille ceci pour vous répondre")
    assert banner.layers(plan, "client website", "fr").heading == "Rien ici n’a besoin de votre oui"
    assert banner.layers(plan, "client website").heading == "Nothing here needs your yes"


def test_a_sentence_without_its_translation_is_a_problem_and_nothing_is_published() -> None:
    source = FRENCH.read_bytes().replace("      answer you: vous répondre\n".encode(), b"")
    compiled = policy.load(FRENCH, text=source)
    assert compiled.plan is None
    assert [(one.code, one.law) for one in compiled.problems] == [("untranslated", "UK GDPR Art 12(1)")]
    assert "“answer you”" in compiled.problems[0].sentence


def test_where_a_language_has_no_words_yet_each_phrase_that_it_needs_is_named() -> None:
    source = re.sub(r"(?m)^  in:\n(?:    .*\n)+", "", FRENCH.read_text())
    (problem,) = policy.load(FRENCH, text=source.encode()).problems
    assert problem.code == "untranslated"
    left = re.search(r"and (\d+) more", problem.sentence)
    assert left and len(re.findall("“", problem.help)) == int(left[1]) > 30


def test_our_own_words_of_every_closed_list_are_said_in_french() -> None:
    """A kind, a task, a role, a safeguard, a country near us: no policy has to translate what is ours."""
    ours = [
        *vocabulary.KINDS, *vocabulary.TASKS, *vocabulary.COOKIE_FUNCTIONS,
        *(one.label for one in vocabulary.ROLES.values()),
        *(one.label for one in vocabulary.MECHANISMS.values()),
        *(one.name for one in vocabulary.COUNTRIES.values() if one.eea or one.adequate or one.code in ("US", "IN")),
    ]  # fmt: skip
    assert [one for one in ours if one not in texts.vocabulary("fr") and one not in texts.pages("fr")] == []


def test_a_language_that_nobody_wrote_and_words_in_one_that_is_not_carried_are_problems() -> None:
    source = FRENCH.read_bytes()
    unknown = policy.load(FRENCH, text=source.replace(b"languages: [en, fr]", b"languages: [en, fr, tlh]"))
    assert [one.code for one in unknown.problems] == ["unknown-language"]
    unsaid = policy.load(FRENCH, text=source.replace(b"  languages: [en, fr]\n", b""))
    assert {one.code for one in unsaid.problems} == {"language-unsaid"}


def test_what_is_said_in_one_language_leaves_the_next_as_it_was() -> None:
    plan = plan_of("clientdata")
    before = notice.render(plan)
    notice.render(plan, language="fr")
    assert notice.render(plan) == before


def test_the_whole_way_is_drawn_with_a_name_and_the_same_in_words(plan: Plan) -> None:
    drawn, picture = flows_whole.whole(plan), flows_whole.svg(plan)
    if not plan.recipients:
        assert picture == ""
        return
    assert 'role="img" aria-labelledby="whole-name whole-says"' in picture
    told = unescape(re.search(r"<desc[^>]*>(.*?)</desc>", picture)[1])
    for column in drawn.columns:
        assert all(name in told for name in column)
    assert picture.count("<rect") == sum(len(column) for column in drawn.columns)
    assert picture.count("<path") == len(drawn.lines)
    assert "style=" not in picture
    for line in drawn.lines:
        assert line.start in drawn.columns[line.column]
        assert line.end in drawn.columns[line.column + 1]


def test_a_line_of_the_whole_way_is_dashed_only_where_all_of_it_waits_for_a_yes() -> None:
    for name in ALL:
        plan = plan_of(name)
        for line in flows_whole.whole(plan).lines:
            if line.column == 1:
                assert line.asked is (line.end == "Only if you say yes"), line


def test_where_we_promise_to_be_quicker_than_the_law_and_how_far_a_use_goes_is_said() -> None:
    page = unescape(notice.render(plan_of("miomi")))
    assert "We are quicker where you ask to have it erased: within 24 hours." in page
    limits = [use.limit for use in plan_of("miomi").purposes.values() if use.limit]
    assert len(limits) == 4
    assert all(f"No further than this: {limit}." in page for limit in limits)
    assert "quicker" not in notice.render(plan_of("omono"))


def test_a_period_that_can_be_agreed_otherwise_says_with_whom() -> None:
    assert "unless a client agreed another period with us" in unescape(notice.render(plan_of("dijuno")))
    assert "sauf si un client a convenu avec nous d’une autre durée" in unescape(
        notice.render(plan_of("clientdata"), language="fr")
    )


def test_what_is_needed_and_what_is_said_first_are_two_lists_and_one_warning_is_said_once() -> None:
    page = notice.render(plan_of("dijuno"), format="markdown")
    assert page.count("Please do not give us personal data unless you are at least 18 years old") == 1
    needed, _, first = page.partition("Some things we tell you before you begin:")
    assert "Needed for enquiry: name and email address." in needed
    assert "- Before enquiry, complaints, web chat, account opening and support: “Please do not" in first
    assert "before you begin" not in notice.render(plan_of("dianomi"), format="markdown")


def test_no_sentence_speaks_of_several_where_there_is_one() -> None:
    one, several = plan_of("clientdata"), plan_of("dijuno")
    assert "weighed against yours. You can object to this." in notice.render(one)
    assert "weighed against yours. You can object to each of these." in notice.render(several)
    assert "le vôtre. Vous pouvez vous y opposer." in unescape(notice.render(one, language="fr"))
    assert "The policy of our solicitors: https://" in notice.render(plan_of("omono"), format="markdown")


def test_nothing_is_said_twice_in_one_breath() -> None:
    for name in ALL:
        page = unescape(notice.render(plan_of(name)))
        for kind, names in re.findall(r"<summary>([^<:]+): ([^<]+)</summary>", page):
            assert kind.lower() != names.lower()
        for cell, more in re.findall(r'role="rowheader">([^<]+) <span>([^<]+)</span>', page):
            assert cell.lower() != more.lower()
    assert "first half of your postcode," in unescape(notice.render(plan_of("clientdata")))
    assert "(its first half)" not in notice.render(plan_of("clientdata"))
    assert "(première moitié)" not in unescape(notice.render(plan_of("clientdata"), language="fr"))


def test_the_rule_for_children_is_a_sentence_and_names_the_age() -> None:
    plan = plan_of("dianomi")
    assert "<p>Our website is not for children under 13." in notice.render(plan)
    silent = msgspec.structs.replace(plan, children="13: Whoever is younger is turned away")
    assert "<p>Nobody younger than 13. Whoever is younger is turned away." in notice.render(silent)


def test_an_address_in_the_text_leads_where_its_words_say_and_nothing_else_becomes_a_link(plan: Plan) -> None:
    page = notice.render(plan)
    links = re.findall(r'<a class="bare" href="([^"]*)">(.*?)</a>', page)
    assert ("https://ico.org.uk/make-a-complaint/", "https://ico.org.uk/make-a-complaint/") in links
    assert all(href in (words, f"mailto:{words}") for href, words in links)
    shady = msgspec.structs.replace(plan, nevers={}, children='18: See https://a.example/"onclick=x javascript:y')
    assert 'href="https://a.example/"' in notice.render(shady)
    assert re.findall(r"<a [^>]*(?:onclick|javascript)", notice.render(shady)) == []


def test_what_a_cookie_does_is_said_in_words_and_not_in_the_names_of_functions(plan: Plan) -> None:
    from troth.policy.emit.cookies import DOES

    page = unescape(notice.render(plan)).lower()
    for function in {name for one in plan.cookies.values() for name in one.does} & DOES.keys():
        assert DOES[function] in page
        assert f"{function}," not in page.partition('id="cookies"')[2].partition("</section>")[0]


def test_a_form_says_first_what_it_needs_and_what_follows_where_it_is_left_out() -> None:
    plan = plan_of("omono")
    said = notice_points.needed(plan, plan.points["registration"])
    assert said == "To fill in: name and email address. Without these we cannot open an account for you."
    free = msgspec.structs.replace(plan.points["registration"], needs=frozenset(), why="")
    assert notice_points.needed(plan, free) == "You may leave out all of it."


def test_several_periods_are_told_apart_where_data_is_asked_for() -> None:
    told = notice_points.at_point(plan_of("miomi"), "registration").then
    assert "How long we keep it depends on what it is: for 30 days after" in told
    assert "whichever comes first; until your account closes" in told
    assert "We keep it for 12 months" in notice_points.at_point(plan_of("omono"), "registration").then


def test_sources_of_the_same_share_a_row_and_each_is_named() -> None:
    page = notice.render(plan_of("dijuno"), format="markdown").partition("From others")[2]
    assert "| LinkedIn and Guild, where everybody can read it | 5 years" in page
    assert "| Hunter and Lusha | 5 years" in page
    assert page.partition("## Why we use it")[0].count("Lusha") == 2  # once a period


def test_a_group_of_data_that_we_have_no_word_for_is_a_word_to_be_translated() -> None:
    """It stands in the first lines of the notice, in English too where nobody says what it is in the other language."""
    plan = msgspec.structs.replace(
        plan_of("larch"), languages=("en", "fr"), translations=(("fr", "walker", "marcheur"),)
    )
    assert "booking" in notice.untranslated(plan, "fr") and "letter" not in notice.untranslated(plan, "fr")
    said = msgspec.structs.replace(plan, translations=(("fr", "booking", "réservation"),))
    assert "booking" not in notice.untranslated(said, "fr")
    assert "éservation" in notice.render(said, format="markdown", language="fr")
