"""What UK and EU law would object to on a day: found in old texts and their paraphrases, and not in lawful ones."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from tests.policy.spoiling import FILE, LARCH

from troth import cli
from troth.policy.law import against, facts, meanings, pages, prose, rules
from troth.policy.law.prose import Said
from troth.policy.law.rules import Finding, Law
from troth.policy.reading import Reader

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "cases" / "law"
FIVE = ("dianomi", "omono", "miomi", "dijuno", "clientdata")
DAY = dt.date(2026, 11, 22)
ENOUGH = 0.95


def table(name: str) -> list[dict[str, str]]:
    with (CASES / f"{name}.tsv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


GOLD, UNSEEN, RULES = table("clauses"), table("unseen"), table("rules")
DECLARED = tomllib.loads((CASES / "declared.toml").read_text("utf-8"))


@cache
def law(of: str = "uk", on: dt.date = DAY) -> Law:
    return rules.law(of, on)


def old(name: str) -> Path:
    return ROOT / "policies" / name / "as-written.yaml"


def paraphrase(name: str) -> Path:
    return CASES / "paraphrased" / f"{name}.yaml"


# ------------------------------------------------------------------------------------------------ recall, as a figure


def words_of(quote: str) -> re.Pattern[str]:
    """A quote as it may stand in a file: folded over lines, its quotation marks escaped."""
    return re.compile(r"\s+".join(re.escape(word).replace('"', '\\\\?"') for word in quote.split()))


def spans(text: str, found: list[Finding]) -> list[tuple[int, int, Finding]]:
    """Where each finding's quote stands in the text, by its line and column; it must stand just there."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    places = []
    for one in found:
        at = starts[one.line - 1] + one.column - 1
        here = words_of(one.quote).match(text, at)
        assert here, (one.line, one.column, one.quote)
        places.append((at, here.end(), one))
    return places


def missed(rows: list[dict[str, str]], text: str, found: list[Finding], column: str) -> list[str]:
    """The clauses on whose words no finding with one of their rows of law lies."""
    places, left = spans(text, found), []
    for row in rows:
        quote = words_of(row[column]).search(text)
        assert quote, row["clause"]
        here = [one for start, end, one in places if start < quote.end() and quote.start() < end]
        if not told(here) & set(row["rows"].split()):
            left.append(row["clause"])
    return left


def recall(told: str, left: list[str], many: int) -> float:
    share = 1 - len(left) / many
    print(f"\n{told}: {many - len(left)} of {many} found ({share:.1%}); missed: {', '.join(left) or 'none'}")
    return share


def told(found: list[Finding]) -> set[str]:
    """The rows that are told: of one class the strongest finding, and beside it the rows of the others."""
    return {row for one in found for row in (one.law, *one.also)}


def of(name: str) -> list[dict[str, str]]:
    return [row for row in GOLD if row["clause"].startswith(f"{name}-")]


def test_the_gold_list_is_every_clause_that_was_judged_outdated_or_unlawful():
    assert len(GOLD) == 158 and len({row["clause"] for row in GOLD}) == 158
    assert all(row["today"].startswith(("outdated", "unlawful-risk")) for row in GOLD)
    known = law().rows.keys() | law("eu").rows.keys()
    assert [row for row in GOLD if not set(row["rows"].split()) <= known] == []


def test_the_defects_of_the_five_old_policies_are_found_with_their_rows(capsys):
    left = []
    for name in FIVE:
        held = against.held(old(name), law())
        assert held.problems == []
        left += missed(of(name), old(name).read_text("utf-8"), held.findings, "quote")
    with capsys.disabled():
        assert recall("five old policies", left, len(GOLD)) >= ENOUGH


def test_the_same_defects_are_found_in_other_words(capsys):
    left = []
    for name in FIVE:
        held = against.held(paraphrase(name), law())
        assert held.problems == []
        left += missed(of(name), paraphrase(name).read_text("utf-8"), held.findings, "paraphrase")
    with capsys.disabled():
        assert recall("five paraphrased editions", left, len(GOLD)) >= ENOUGH


def quoted(file: Path) -> str:
    """Only what a file quotes, as a plain text: no declaration is left."""
    document = Reader(str(file), file.read_bytes()).read()
    return "\n".join(text.text for text, _ in against._texts(document))


@pytest.mark.parametrize(("place", "column"), [(old, "quote"), (paraphrase, "paraphrase")])
def test_the_words_alone_are_enough(place, column, capsys):
    left = []
    for name in FIVE:
        text = quoted(place(name))
        left += missed(of(name), text, prose.findings(text, law()), column)
    with capsys.disabled():
        assert recall(f"their words alone ({column})", left, len(GOLD)) >= ENOUGH


AROUND = {
    "dianomi": "How we use and collect personal information.",
    "omono": "We use the platform.",
    "miomi": "We collect non-personal information.",
    "dijuno": "We get information from various sources. We act as a controller. Our lawful bases follow.",
    "clientdata": "On behalf of our clients we may collect anonymous information.",
}
"""What the rest of each text says, where a rule looks at the whole."""


@pytest.mark.parametrize("edition", list(dict.fromkeys(row["edition"] for row in table("again"))))
def test_further_editions_in_the_words_of_other_authors(edition, capsys):
    again = {row["clause"]: row["paraphrase"] for row in table("again") if row["edition"] == edition}
    left = []
    for name in FIVE:
        rows = [{**row, "paraphrase": again[row["clause"]]} for row in of(name) if row["clause"] in again]
        text = "\n\n".join([AROUND[name], *(row["paraphrase"] for row in rows)])
        left += missed(rows, text, prose.findings(text, law()), "paraphrase")
    with capsys.disabled():
        assert recall(f"the {edition} edition", left, len(again)) >= ENOUGH


@pytest.mark.parametrize("defect", table("defects"), ids=lambda row: row["defect"][:40])
def test_a_defect_that_real_policies_have_is_found_in_each_that_has_it(defect):
    rows = set(defect["rows"].split())
    assert [name for name in defect["policies"].split() if not rows & laws(old(name))] == []


def test_sentences_written_after_the_rules_are_found_too(capsys):
    left = [row["text"] for row in UNSEEN if not told(prose.findings(row["text"], law())) & set(row["laws"].split())]
    with capsys.disabled():
        assert recall("sentences of nobody's policy", left, len(UNSEEN)) >= 0.9


REWORDED, CLASSES = table("reworded"), {row["class"]: row for row in table("reworded-classes")}


def laws_of(text: str, beside: str) -> set[str]:
    said = [Said(text, where=1), Said(beside, where=2)]
    return {law().named(hit.rule)[0] for hit in prose.hits(said, law().rules) if hit.said.where == 1}


@pytest.mark.parametrize("edition", list(dict.fromkeys(row["round"] for row in REWORDED)))
def test_each_fault_is_found_in_many_registers(edition, capsys):
    rows = [row for row in REWORDED if row["round"] == edition]
    left = [
        f"{row['class']}: {row['text']}"
        for row in rows
        if not laws_of(row["text"], CLASSES[row["class"]]["beside"] or "") & set(CLASSES[row["class"]]["rows"].split())
    ]
    with capsys.disabled():
        assert recall(f"the {edition} rewordings", left, len(rows)) >= 0.93


# ---------------------------------------------------------------------------------------------------- lawful words


@pytest.mark.parametrize("file", sorted((CASES / "lawful").glob("*.txt")), ids=lambda file: file.stem)
def test_a_lawful_notice_of_another_author_is_left_alone(file):
    found = prose.findings(file.read_text("utf-8"), law())
    assert [(one.rule, one.line, one.quote) for one in found] == []


@pytest.mark.parametrize("name", FIVE)
def test_a_mended_policy_has_no_finding(name):
    held = against.held(ROOT / "policies" / name / "policy.yaml", law())
    assert [(one.rule, one.line, one.quote) for one in held.findings] == []


def test_a_small_firm_that_never_had_an_old_policy_has_none_either():
    assert against.held(FILE, law()).findings == []


@pytest.mark.parametrize("sentence", (CASES / "lawful.txt").read_text("utf-8").splitlines())
def test_a_lawful_sentence_is_left_alone(sentence):
    assert [(one.rule, one.quote) for one in prose.findings(sentence, law())] == []


CARE = (CASES / "lawful" / "candles.txt").read_text("utf-8")
LOOSE = "Our pages remember you and your choices."


def rules_of(text: str) -> set[str]:
    return {one.rule for one in prose.findings(text, law())}


def test_common_words_are_a_sign_of_a_fault_only_where_the_notice_takes_no_care():
    assert "personalised-unasked" in rules_of(LOOSE)
    assert rules_of(f"{CARE}\n\nMore\n\n{LOOSE}\n") == set()


def test_a_fault_beyond_doubt_is_told_in_the_most_careful_notice():
    fault = "By using our website you consent to everything that is written here."
    assert rules_of(f"{CARE}\n\nMore\n\n{fault}\n") == {"consent-by-use"}


def test_a_notice_that_tells_all_is_believed_in_spite_of_some_faults_and_one_that_tells_most_is_not():
    faults = "\n\n".join(f"By using page {number} you consent to everything." for number in range(5))
    assert "personalised-unasked" not in rules_of(f"{CARE}\n\nMore\n\n{faults}\n\n{LOOSE}\n")
    most = re.sub(r"(?i)(restrict|72 hours|portab\w*|take (it|them) elsewhere|company number|registered in)", "…", CARE)
    assert most != CARE and "personalised-unasked" in rules_of(f"{most}\n\nMore\n\n{faults}\n\n{LOOSE}\n")


def test_a_notice_with_many_faults_beyond_doubt_is_believed_no_longer():
    faults = "\n\n".join(f"By using page {number} you consent to everything." for number in range(8))
    assert "personalised-unasked" in rules_of(f"{CARE}\n\nMore\n\n{faults}\n\n{LOOSE}\n")


def test_weak_words_are_told_where_another_rule_of_their_class_bears_them_out():
    one, two = (
        "Our pages remember you.",
        "Our cookies remember you and follow what you click and look at on other websites.",
    )
    assert rules_of(f"{CARE}\n\nMore\n\n{one}\n") == set()
    assert rules_of(f"{CARE}\n\nMore\n\n{two}\n")


def test_an_objection_is_answered_by_the_sentences_around_it():
    loose = "If we sell the business, its buyer receives what we hold of you."
    assert rules_of(loose) == {"sale-of-the-business"}
    assert rules_of(f"{loose} Your choices stay as you made them.") == set()
    far = " ".join(f"We bake loaf number {number}." for number in range(prose.AROUND + 1))
    assert rules_of(f"{loose} {far} Your choices stay as you made them.") == {"sale-of-the-business"}


def test_a_part_of_a_sentence_that_says_what_nobody_does_is_no_fault():
    assert rules_of("A cookie counts visits and follows you from page to page.")
    assert "followed" not in rules_of("The figures are totals, and nobody is followed from one visit to another.")


def test_what_is_only_denied_needs_nothing_said_beside_it():
    sends = "We write to you with our marketing twice a year, by post."
    left = [line for line in WHOLE.splitlines() if not re.search("marketing|newsletter", line)]
    for line, found in ((sends, True), ("We send no marketing at all.", False)):
        assert ("no-absolute-no-to-marketing" in rules_of("\n".join([*left, line]))) == found


def test_of_one_class_one_finding_is_told_and_the_other_rows_stand_beside_it():
    [one] = prose.findings(
        "Our cookies measure traffic, show you relevant ads and follow you on other websites.", law()
    )
    assert {one.law, *one.also} >= {"pecr-6-1", "pecr-A1-5-purpose"}


def test_each_rule_over_words_is_of_one_class_at_most_and_no_class_names_another():
    many = [rule for _, one in rules.classes().of.values() for rule in one.rules]
    named = list(dict.fromkeys(one for _, one in rules.classes().of.values()))
    assert {rule for one in named for rule in one.rules} <= {rule.id for rule in rules.rules()}
    assert all(set(one.weak) <= set(one.rules) for one in named) and many
    assert sum(len(one.rules) for one in named) == len(rules.classes().of)
    meanings_ = rules.lexicon().keys()
    assert {name for one in named for name in one.mended} | {*rules.classes().careful.marks} <= meanings_


# ------------------------------------------------------------------------------------------- each rule, yes and no


def fired(text: str, beside: str) -> set[str]:
    """The rules of both laws that find something in a text."""
    said = [Said(text, where=1), Said(beside, where=2)]
    return {hit.rule.id for of_ in rules.LAWS for hit in prose.hits(said, law(of_).rules) if hit.said.where == 1}


@pytest.mark.parametrize("case", RULES, ids=[row["rule"] for row in RULES])
def test_a_rule_over_words_fires_where_it_should_and_only_there(case):
    assert case["rule"] in fired(case["fires"], case["beside the first"] or "")
    assert case["rule"] not in fired(case["quiet"], case["beside the second"] or "")


def declared(tmp_path: Path, text: str, case: dict[str, object]) -> set[str]:
    file = tmp_path / "as-written.yaml"
    file.write_text(f"troth: 1\npolicy: case\nas written: yes\n{text}\n", "utf-8")
    on = case.get("on", DAY)
    assert isinstance(on, dt.date)
    held = against.held(file, law(str(case.get("law", "uk")), on))
    assert held.problems == []
    return {one.rule for one in held.findings}


@pytest.mark.parametrize("rule", DECLARED)
def test_a_rule_over_declarations_fires_where_it_should_and_only_there(rule, tmp_path):
    case = DECLARED[rule]
    assert rule in declared(tmp_path, case["fires"], case)
    assert rule not in declared(tmp_path, case["quiet"], case)


WHOLE = (CASES / "whole.txt").read_text("utf-8")
NOWHERE = [rule for rule in rules.rules() if rule.look == "nowhere"]


@pytest.mark.parametrize("rule", NOWHERE, ids=lambda rule: rule.id)
def test_what_a_whole_notice_never_says_is_found_once_its_lines_are_gone(rule):
    assert rule.id not in {one.rule for one in prose.findings(WHOLE, law())}
    kept = [line for line in WHOLE.splitlines() if not any(prose.means(name, line) for name in rule.silent)]
    assert len(kept) < len(WHOLE.splitlines())
    padding = "We walk on Sundays, and bring boots, bread and water along with us. " * 12
    found = [one for one in prose.findings("\n".join([*kept, padding]), law()) if one.rule == rule.id]
    assert [(one.line, one.column) for one in found] == [(1, 1)]


def test_a_part_of_a_notice_may_leave_out_what_stands_elsewhere():
    assert not {one.rule for one in prose.findings(WHOLE.splitlines()[1], law())} & {rule.id for rule in NOWHERE}


def test_every_rule_has_a_case():
    found = {rule.id: rule.look for rule in rules.rules()}
    assert len(found) == len(rules.rules())
    assert {name for name, look in found.items() if look == "wording"} == {row["rule"] for row in RULES}
    assert {name for name, look in found.items() if look in against.MATCHERS} == set(DECLARED)
    assert {look for look in found.values()} == {"wording", "nowhere", "notice", *against.MATCHERS}


def test_a_notice_that_leaves_out_the_routes_of_complaint_is_found(monkeypatch):
    from troth.policy.emit import notice

    def silent(plan, *, format):
        return "\n".join(line for line in whole(plan, format=format).splitlines() if "complain" not in line.lower())

    whole = notice.render
    monkeypatch.setattr(notice, "render", silent)
    found = against.held(FILE, law()).findings
    assert {(one.law, one.kind) for one in found} == {("n13-2-ca", "compiled"), ("n13-2-d", "compiled")}
    monkeypatch.setattr(notice, "render", lambda plan, *, format: "")
    assert {one.rule for one in against.held(FILE, law()).findings} == {
        rule.id for rule in rules.rules() if rule.look == "notice"
    }


def who(tmp_path: Path, *swaps: tuple[str, str], of: str = "uk") -> set[tuple[str, int]]:
    """What the law objects to about who a policy that runs is of: the rule, and its line."""
    text = LARCH
    for old_, new in swaps:
        assert old_ in text
        text = text.replace(old_, new)
    file = tmp_path / "policy.yaml"
    file.write_text(text, "utf-8")
    held = against.held(file, law(of))
    assert held.problems == []
    return {(one.rule, one.line) for one in held.findings}


def test_a_company_without_its_number_and_a_controller_without_the_fee_are_found_in_a_policy_that_runs(tmp_path):
    number = ("  company: {number: 01234567, registered in: England and Wales}\n", "")
    fee = ("  fee: {number: ZA000001, until: 2027-05-31}\n", "")
    line = LARCH.splitlines().index("  name: Larch Walks Ltd") + 1
    assert who(tmp_path) == set()
    assert who(tmp_path, number) == {("no-company", line)}
    assert who(tmp_path, number, ("Larch Walks Ltd", "Ada Larch")) == set()
    assert who(tmp_path, number, ("Larch Walks Ltd", "Larch Walks LIMITED.")) == {("no-company", line)}
    assert who(tmp_path, fee) == {("no-fee-number", line)}
    assert who(tmp_path, (fee[0], "  fee: {exempt: no computer is used}\n")) == set()


# ------------------------------------------------------------------------------------------------ general, not learnt


def test_no_rule_names_a_firm_whose_policy_it_was_tried_on():
    said = "".join((rules.HERE / f"{name}.toml").read_text("utf-8") for name in ("wording", "declared", "lexicon"))
    assert [name for name in (*FIVE, "interrodata", "sitewise") if re.search(name, said, re.IGNORECASE)] == []


def test_no_pattern_is_a_sentence_of_an_old_policy():
    """Five words in a row that stand both in a pattern and in a clause would be a sentence learnt by heart."""
    patterns = [pattern for many in rules.lexicon().values() for pattern in many]
    learnt = {five for pattern in patterns for five in fives(pattern)}
    assert learnt & {five for row in GOLD for five in fives(row["quote"])} == set()


def fives(text: str) -> set[tuple[str, ...]]:
    parts = re.findall(r"[a-z']+", text.lower())
    return {tuple(parts[at : at + 5]) for at in range(len(parts) - 4)}


def test_a_pattern_is_passed_over_only_where_it_cannot_match():
    """Each pattern by itself, against what is tried of it: no short cut loses a meaning."""
    texts = [row["text"] for row in REWORDED[::7]] + (CASES / "lawful" / "saas.txt").read_text("utf-8").splitlines()
    whole = {
        name: re.compile(r"(?<!\w)(?:" + "|".join(patterns) + ")", re.IGNORECASE)
        for name, patterns in rules.lexicon().items()
    }
    for text in texts:
        looked = meanings.Text(text)
        assert [name for name, one in whole.items() if bool(one.search(text)) != looked.means(name)] == [], text


def test_what_a_pattern_begins_with_is_read_off_it():
    assert meanings.beginnings(r"(your )?e-?mail\b") == {"your ", "email", "e-"}
    assert meanings.beginnings(r"s(old|ell)\w*") == {"sold", "sell"}
    assert meanings.beginnings(r"\w+n\x27t") == meanings.beginnings(r"^no\b") == frozenset()


def test_t42_a_pattern_has_no_repetition_inside_a_repetition():
    """Time stays linear in the text: what may repeat without end holds nothing that repeats so itself."""
    nested = re.compile(r"\((?:[^()]|\\.)*(?:[*+]|\{\d+,\})(?:[^()]|\\.)*\)(?:[*+]|\{\d+,\})")
    allowed = re.compile(r"\(\\w\+ \)\*")  # words, each with its space: one way only to read them
    patterns = [one for many in rules.lexicon().values() for one in many]
    assert [one for one in patterns if nested.search(allowed.sub("", one))] == []


# ----------------------------------------------------------------------------------------------- rows, places and days


def test_every_row_of_the_law_has_a_day_or_says_why_not():
    read = [row for name in ("gdpr", "uk", "eu") for row in rules._read(name).values()]
    assert len(read) == 181
    assert [row for row in read if "from" not in row and not row.get("pending")] == []
    named = {name for rule in rules.rules() for name in (*rule.uk, *rule.eu)}
    assert named <= {name for of in rules.LAWS for name in rules._rows(of)}
    assert [rule.id for rule in rules.rules() if not set(rule.eu) <= rules._rows("eu").keys()] == []
    assert [rule.id for rule in rules.rules() if not set(rule.uk) <= rules._rows("uk").keys()] == []


DATES, DAYS = table("dates"), table("days")


def test_no_row_with_a_day_of_its_own_is_missing_from_the_list():
    held = {
        (of_, name): row.since
        for of_ in rules.LAWS
        for name, row in rules._rows(of_).items()
        if row.since is not None and (row.since != rules.FIRST or row.to is not None)
    }
    assert held == {(one["law"], one["row"]): dt.date.fromisoformat(one["from"]) for one in DATES}


@pytest.mark.parametrize("one", DATES, ids=lambda one: f"{one['law']} {one['row']}")
def test_a_row_holds_from_its_day_and_not_the_day_before(one):
    day = dt.date.fromisoformat(one["from"])
    assert one["row"] in law(one["law"], day).rows
    assert one["row"] not in law(one["law"], day - dt.timedelta(days=1)).rows


@pytest.mark.parametrize("one", DAYS, ids=lambda one: f"{one['law']} {one['day']} {one['text'][:30]}")
def test_what_is_told_of_a_sentence_changes_on_its_day(one):
    day = dt.date.fromisoformat(one["day"])
    then = told(prose.findings(one["text"], law(one["law"], day - dt.timedelta(days=1))))
    now = told(prose.findings(one["text"], law(one["law"], day)))
    assert one["from then on"] in now - then
    assert not one["before"] or one["before"] in then


@pytest.mark.parametrize("of_", ["uk", "eu"])
def test_a_fact_holds_on_the_days_it_names_and_on_no_other(of_):
    known = facts.of(of_)
    day = dt.timedelta(days=1)
    for row in (*known.clock, *known.provision, *known.regulator, *known.age, *known.adequate, *known.fine, *known.fee):
        if row.since > dt.date.min:
            assert row.holds(row.since) and not row.holds(row.since - day)
        if row.to < dt.date.max:
            assert row.holds(row.to) and not row.holds(row.to + day)


@pytest.mark.parametrize(
    ("of_", "country", "day"),
    [("uk", "US", "2023-10-12"), ("uk", "KR", "2022-12-19"), ("eu", "US", "2023-07-10"), ("eu", "BR", "2026-01-27")],
)
def test_a_country_is_approved_from_its_day(of_, country, day, tmp_path):
    first = dt.date.fromisoformat(day)
    case = {"law": of_, "on": first}
    text = f"disclose: {{Harbour: {{in: {country}}}}}"
    assert "not-approved" not in declared(tmp_path, text, case)
    assert "not-approved" in declared(tmp_path, text, {**case, "on": first - dt.timedelta(days=1)})


def test_the_approval_of_the_kingdom_by_the_union_ends(tmp_path):
    text, last = "disclose: {Harbour: {in: GB}}", dt.date(2031, 12, 27)
    assert "not-approved" not in declared(tmp_path, text, {"law": "eu", "on": last})
    assert "not-approved" in declared(tmp_path, text, {"law": "eu", "on": last + dt.timedelta(days=1)})


def laws(path: Path, of: str = "uk", on: dt.date = DAY) -> set[str]:
    return {one.law for one in against.held(path, law(of, on)).findings}


def test_a_ground_that_is_not_in_force_objects_to_nothing():
    assert "uk-17-1-g" not in law("uk", dt.date(2030, 1, 1)).rows


def test_the_union_differs_where_its_law_does():
    uk, eu = laws(old("omono")), laws(old("omono"), "eu")
    assert {"stale-transfer", "n13-2-ca", "pecr-6-1", "pecr-22-2"} <= uk and "eu-5-3" not in uk
    assert "eu-5-3" in eu and not any(name.startswith(("uk-", "pecr-", "dpa-", "ctd-", "stale-tr")) for name in eu)


def test_a_policy_for_the_kingdom_meets_the_union_at_cookies_bases_tools_and_the_regulator():
    found = laws(ROOT / "policies" / "omono" / "policy.yaml", "eu")
    assert {"eu-5-3", "gdpr-6-1", "n13-2-d"} <= found


def test_before_the_act_the_duties_of_the_act_are_not_owed():
    then, now = laws(old("dianomi"), on=dt.date(2024, 1, 1)), laws(old("dianomi"))
    assert {"n13-2-ca", "pecr-A1-2", "uk-44A"} & then == set()
    assert {"n13-2-ca", "pecr-A1-2"} <= now
    assert "pecr-6-1" in then  # a tag without a yes was no better then


def test_the_exceptions_for_counting_were_not_law_in_2024():
    mended = ROOT / "policies" / "dianomi" / "policy.yaml"
    assert laws(mended) == set() and laws(mended, on=dt.date(2024, 1, 1)) == {"pecr-6-1"}


def test_brazil_is_approved_by_the_union_alone(tmp_path):
    case = {"law": "eu"}
    assert "not-approved" not in declared(tmp_path, "disclose: {Harbour: {in: BR}}", case)
    assert "not-approved" in declared(tmp_path, "disclose: {Harbour: {in: BR}}", {})


def test_complaints_straight_to_the_regulator_were_right_until_june_2026():
    text = "You have the right to complain to the ICO."
    assert prose.findings(text, law("uk", dt.date(2026, 6, 18))) == []
    assert [one.law for one in prose.findings(text, law("uk", dt.date(2026, 6, 19)))] == ["n13-2-ca"]


# ------------------------------------------------------------------------------------------------------------ passages


def test_a_text_is_cut_into_sentences_items_and_the_parts_of_an_enumeration():
    text = (
        "We share data: (a) with partners; and (b) with the police. See e.g. Our list. It ends.\n• One item\n• Another"
    )
    cut = prose.passages(text)
    assert [text[one.start : one.end] for one in cut] == [
        "We share data:",
        "(a) with partners;",
        "and (b) with the police.",
        "See e.g. Our list.",
        "It ends.",
        "• One item",
        "• Another",
    ]
    assert cut[1].head.startswith("We share data") and cut[2].head.startswith("We share data")
    assert cut[3].head == "" and cut[3].before == "and (b) with the police."


def test_lines_that_are_only_wrapped_stay_one_sentence():
    lines = ["We may keep your", "data", "indefinitely, as we see", "fit to do.", "", "And so", "on it goes."]
    text = "\n".join(lines)
    assert [" ".join(text[one.start : one.end].split()) for one in prose.passages(text)] == [
        "We may keep your data indefinitely, as we see fit to do.",
        "And so on it goes.",
    ]


def test_periods_and_dates_are_read_in_words_and_figures():
    assert prose.periods("two years, or 18 months, or 30 days") == [24.0, 18.0, 1.0]
    assert prose.days("of May 2018, and November 18th, 2011; 3 Marzo 2019") == [
        dt.date(2018, 5, 1),
        dt.date(2011, 11, 1),
    ]
    assert prose.days("18th November, 2011") == [dt.date(2011, 11, 1)]


def test_a_text_folded_over_lines_is_found_where_it_stands(tmp_path):
    file = tmp_path / "as-written.yaml"
    file.write_text(
        'troth: 1\npolicy: x\nas written: yes\nnotice:\n  says:\n    - "All is \\"well\\". By using\n'
        '      our website you consent to it."\n',
        "utf-8",
    )
    (one,) = [one for one in against.held(file, law()).findings if one.rule == "consent-by-use"]
    assert (one.line, one.column) == (6, 25)
    assert one.quote == "By using our website you consent to it."


# ---------------------------------------------------------------------------------------------------------- the command


def run(capsys, *words: str) -> tuple[int, str, str]:
    status = cli.main(["check", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_the_command_tells_each_finding_with_row_place_reason_and_remedy(capsys):
    status, out, _ = run(capsys, "--law", "uk", "--on", "2026-11-22", "--plain", str(old("clientdata")))
    assert status == 3
    assert "error gdpr-4-11  policies/clientdata/as-written.yaml:" in out
    assert "Using a site or sending a form is no act of consent" in out
    assert "  Take the sentence out. Name a basis for each use" in out
    assert "In the file:" in out and "only the running house can answer: troth prove." in out


def test_the_same_as_data(capsys):
    status, out, _ = run(capsys, "--json", "--law", "uk", "--on", "2026-11-22", str(old("dianomi")), str(old("miomi")))
    told = json.loads(out)
    assert (status, told["command"], told["ok"]) == (3, "check", False)
    assert {one["file"].split("/")[-2] for one in told["findings"]} == {"dianomi", "miomi"}
    keys = {"law", "file", "line", "column", "quote", "reason", "remedy", "severity", "source"}
    assert all(keys <= one.keys() and all(one[key] != "" for key in keys) for one in told["findings"])
    assert told["counts"]["static"] == len(told["findings"]) and "uk-12A-3" in told["unanswered"]


def test_a_lawful_policy_is_told_as_such(capsys):
    status, out, _ = run(capsys, "--law", "uk", "--on", "2026-11-22", str(FILE))
    assert status == 0 and "nothing that the law (uk, 2026-11-22) objects to" in out


def test_a_law_nobody_wrote_down_and_a_day_before_the_rules_are_told(capsys):
    status, _, err = run(capsys, "--law", "fr", str(FILE))
    assert status == 2 and "There is no law called “fr” here." in err and "eu, uk" in err
    status, _, err = run(capsys, "--law", "uk", "--on", "2017-01-01", str(FILE))
    assert status == 2 and "another law held" in err
    status, out, _ = run(capsys, "--json", "--law", "uk", "--on", "soon", str(FILE))
    assert status == 2 and json.loads(out)["trouble"]["code"] == "bad-date"


def test_a_plain_text_is_held_against_the_law_as_it_is(capsys, tmp_path):
    file = tmp_path / "privacy.txt"
    file.write_text("Hello.\nBy using our website you consent to everything.\n", "utf-8")
    status, out, _ = run(capsys, "--json", "--law", "eu", str(file))
    (one,) = json.loads(out)["findings"]
    assert (status, one["law"], one["line"], one["column"]) == (3, "gdpr-4-11", 2, 1)


PAGE = """<!DOCTYPE html>
<html><head><title>By using it you consent</title><style>p{}</style></head>
<body><h1>Privacy</h1>
<p>By using our website
 you <b>consent</b> to <a href="/x?a=1&amp;b=2">everything</a>.</p>
<script>var x = "By using our website you consent.";</script>
<!-- By using our website you consent. -->
<ul><li>We don&#39;t keep data for ever.</li>
<li>A subject access request costs &pound;10.</li></ul>
</body></html>
"""


@pytest.mark.parametrize("ending", ["html", "htm", "txt"])
def test_a_page_is_read_as_people_read_it_and_found_where_it_stands_in_the_file(ending, capsys, tmp_path):
    file = tmp_path / f"privacy.{ending}"
    file.write_text(PAGE, "utf-8")
    status, out, _ = run(capsys, "--json", "--law", "uk", str(file))
    found = [(one["law"], one["line"], one["column"], one["quote"]) for one in json.loads(out)["findings"]]
    assert status == 3 and found == [
        ("gdpr-4-11", 4, 4, "By using our website you consent to everything."),
        ("gdpr-12-5", 9, 5, "A subject access request costs £10."),
    ]


@pytest.mark.parametrize("page", ["<!--" * 20_000, "<p" * 20_000, "<script>" * 20_000, "&" * 50_000, "<" * 50_000])
def test_t42_a_broken_page_is_read_in_one_pass(page):
    assert len(pages.read(page).text) <= len(page)


def regions(out: str, text: str) -> list[str]:
    """What stands in the text where SARIF points, its lines joined."""
    lines = text.split("\n")
    found = []
    for one in json.loads(out)["runs"][0]["results"]:
        at = one["locations"][0]["physicalLocation"]["region"]
        rows = lines[at["startLine"] - 1 : at["endLine"]]
        rows[-1] = rows[-1][: at["endColumn"] - 1]
        rows[0] = rows[0][at["startColumn"] - 1 :]
        found.append(" ".join(" ".join(rows).split()))
    return found


WRAPPED = """Our notice

We keep your
details for as
long as we
see fit.

- By using our
  website you
  consent to it.
- The end, and
  nothing else.
"""


def test_a_region_covers_the_lines_over_which_a_sentence_is_wrapped(capsys, tmp_path):
    file = tmp_path / "privacy.txt"
    file.write_text(WRAPPED, "utf-8")
    _, out, _ = run(capsys, "--sarif", "--law", "uk", str(file))
    assert "- By using our website you consent to it." in regions(out, WRAPPED)
    _, out, _ = run(capsys, "--json", "--law", "uk", str(file))
    assert {(one["line"], one["end_line"], one["end_column"]) for one in json.loads(out)["findings"]} >= {(8, 10, 17)}


def test_a_region_in_an_old_policy_covers_its_folded_quote(capsys):
    for name in FIVE:
        _, out, _ = run(capsys, "--sarif", "--law", "uk", str(old(name)))
        quotes = [" ".join(one.quote.split()) for one in against.held(old(name), law()).findings]
        found = [text.replace('\\"', '"').replace("''", "'") for text in regions(out, old(name).read_text("utf-8"))]
        assert [text for text, quote in zip(found, quotes, strict=True) if text != quote.replace("''", "'")] == []


def test_a_text_that_would_command_the_terminal_is_shown_and_not_obeyed(capsys, tmp_path):
    file = tmp_path / "old.txt"
    file.write_text("By using our website \x1b[2J you consent \u202e to it.\n", "utf-8")
    status, out, _ = run(capsys, "--law", "uk", "--plain", str(file))
    assert status == 3 and "gdpr-4-11" in out and "\x1b" not in out and "\u202e" not in out


def test_a_page_that_was_saved_in_windows_1252_is_read_with_a_remark(capsys, tmp_path):
    file = tmp_path / "old.html"
    file.write_bytes("<p>Café Léa.</p>\n<p>By using our website – ours – you consent to it.</p>\n".encode("cp1252"))
    status, out, _ = run(capsys, "--json", "--law", "uk", str(file))
    read = json.loads(out)
    assert status == 3 and [(one["law"], one["line"]) for one in read["findings"]] == [("gdpr-4-11", 2)]
    assert read["remarks"] == ["old.html is not UTF-8; it was read as Windows-1252, as old pages are saved."]
    _, out, _ = run(capsys, "--law", "uk", "--plain", str(file))
    assert "Windows-1252" in out and "website – ours – you" in out


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"a\x00b\xff" * 99, b"\xe9t\xe9 " * 99, b"a" * 1_000_001])
def test_a_text_that_cannot_be_read_is_a_trouble_and_the_others_are_still_told(content, capsys, tmp_path):
    file = tmp_path / "old.txt"
    if content is not None:
        file.write_bytes(content)
    status, out, err = run(capsys, "--law", "uk", str(file), str(FILE))
    assert status == 1 and "old.txt" in err and "nothing that the law" in out


def test_a_policy_with_mistakes_is_said_not_to_have_been_held_whole(capsys, tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(LARCH.replace("booking.email, booking.walk", "booking.emial, booking.walk"), "utf-8")
    status, out, _ = run(capsys, "--law", "uk", "--on", "2026-11-22", str(file))
    assert status == 3 and "unknown-data" in out and "not all of it was held against the law" in out


def test_an_old_text_cannot_be_checked_as_if_it_could_run(capsys):
    status, out, _ = run(capsys, str(old("dianomi")))
    assert status == 3 and "error as-written" in out and out.count("error ") == 1


def test_words_the_law_forbids_are_found_in_a_policy_that_runs(tmp_path):
    file = tmp_path / "policy.yaml"
    why = "why: Without these we cannot book you a place"
    assert why in LARCH
    file.write_text(LARCH.replace(why, "why: By sending this form you consent to all that we do"), "utf-8")
    assert {one.rule for one in against.held(file, law()).findings} == {"consent-by-use"}
