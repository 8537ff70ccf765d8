"""The interview: few answers make a policy that holds, and what nobody answered is a blank."""

from __future__ import annotations

import datetime as dt
import itertools
import json

import pytest

from troth import cli, policy
from troth.collect import tag
from troth.places import commands
from troth.policy import words
from troth.policy.drafting import interview
from troth.policy.drafting.interview import Answers, Processor
from troth.policy.emit import notice_points
from troth.policy.law import against, rules
from troth.policy.problems import Trouble

DAY = dt.date(2026, 11, 22)
FIRM = Answers(
    name="Larch: Walks & Co",
    email="privacy@larch.example",
    address="1 Larch Lane, Bath BA1 1AA",
    nation="England and Wales",
    website="https://www.larch.example",
    processors=[Processor("Harbour Mail", "mail", "US"), Processor("Big Host", "hosting", "GB")],
)
CHOICES = [
    (list(some), marketing, analytics)
    for many in (0, 1, 5)
    for some in itertools.combinations(interview.PICKS, many)
    for marketing in (False, True)
    for analytics in (False, True)
]


def given(**changes):
    return Answers(**{field: changes.get(field, getattr(FIRM, field)) for field in Answers.__struct_fields__})


@pytest.mark.parametrize("nation", ["England and Wales", "IE"])
@pytest.mark.parametrize(("collect", "marketing", "analytics"), CHOICES)
def test_whatever_is_picked_makes_a_policy_that_holds(collect, marketing, analytics, nation):
    answers = given(collect=collect, marketing=marketing, analytics=analytics, nation=nation)
    text = interview.policy(answers, DAY)
    found = policy.load("policy.yaml", text=text.encode(), on=DAY)
    assert found.problems == [] and found.plan is not None


def test_marketing_and_a_followed_browser_wait_for_a_yes():
    text = interview.policy(given(marketing=True, analytics=True), DAY)
    assert "is: marketing\n    basis: consent" in text
    assert "understand how our website is used:\n    is: statistics\n    basis: consent" in text


def test_whoever_asks_for_a_yes_to_know_a_browser_has_its_pages_counted_after_that_yes():
    """The tag tells a view at one point of a surface: a second one would be asked for, and never filled."""
    text = interview.policy(given(collect=["visits"], analytics=True), DAY)
    plan = policy.load("policy.yaml", text=text.encode(), on=DAY).plan
    (point,) = tag.config(plan, 1, "website")["points"].values()
    assert point["map"]["page"] == "visit.page"
    after = [one["fields"] for one in point["openings"] if one["yes"]]
    assert any("visit.page" in fields for fields in after)


def test_the_newsletter_form_asks_and_says_what_it_takes_the_address_for():
    plan = policy.load("policy.yaml", text=interview.policy(given(marketing=True), DAY).encode(), on=DAY).plan
    assert plan.points["subscription"].offers == ("send you our news",)
    told = notice_points.at_point(plan, "subscription")
    assert "to send you our news" in told.why and "Harbour Mail" in told.then and "take back a yes" in told.then


def test_in_the_union_statistics_wait_for_a_yes_too():
    assert "on device: statistics" in interview.policy(given(collect=["visits"]), DAY)
    assert "on device: statistics" not in interview.policy(given(collect=["visits"], nation="DE"), DAY)


def test_what_nobody_answered_is_a_blank_and_papers_are_samples():
    text = interview.policy(Answers(), DAY)
    problems = policy.load("policy.yaml", text=text.encode(), on=DAY, draft=True).problems
    assert {one.code for one in problems} == {"blank"}
    assert "sample-letters-balance.md" in text and "until: 2027-11-22" in text


def test_the_leap_day_has_a_year_after():
    assert "until: 2029-02-28" in interview.policy(given(collect=["letters"]), dt.date(2028, 2, 29))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xff\xfe\x00", "not a text"),
        (b"name = ", "cannot be read"),
        (b"{", "cannot be read"),
        (b'nam = "x"', "nam"),
        (b'email = "nobody"', "no email address"),
        (b'website = "javascript:alert(1)"', "no website"),
        (b'nation = "Atlantis"', "no nation"),
        (b'collect = ["everything"]', "nothing that can be picked"),
        (b'company = "none"', "no company number"),
        (b'company = "1, registered in: Mars"', "no company number"),
        (b'fee = "paid"', "no reference of the ICO"),
        (b'fee = "ZA123456"\nnation = "IE"', "nation of the United Kingdom"),
        (b'processors = [{name = "A", does = "magic"}]', "no task"),
        (b'analytics = "yes"', "“analytics” has a value of another kind. Write true or false, without quotes."),
        (b"name = 7", "“name” has a value of another kind. Write a text in quotes."),
        (b'collect = "orders"', "“collect” has a value of another kind. Write a list"),
        (b'processors = [{name = "A", does = 7}]', "“processors.does” has a value of another kind"),
        (b'colour = "red"', "There is no answer “colour”."),
        (b'processors = [{name = "A"}]', "“processors” lacks its “does”."),
        (b"[1, 2]", "cannot be read"),
        (b'processors = [{name = "A", does = "mail", at = "B"}]', "There is no answer “at” in “processors”."),
        (b'processors = [{name = "A", does = "mail", in = "XX"}]', "no country"),
        (b'processors = [{name = "a: {b", does = "mail"}]', "no name of a firm"),
        (b'processors = [{name = "A", does = "mail"}, {name = "A", does = "mail"}]', "twice"),
    ],
)
def test_answers_that_cannot_be_used_are_told(raw, said):
    with pytest.raises(Trouble) as caught:
        interview.read("answers.toml", raw)
    assert caught.value.code == "bad-answers" and caught.value.exit == 2
    assert said in str(caught.value)


def test_toml_and_json_say_the_same():
    toml = interview.read("a.toml", b'name = "A"\nprocessors = [{name = "B", does = "mail", in = "IE"}]')
    said = {"name": "A", "processors": [{"name": "B", "does": "mail", "in": "IE"}]}
    told = interview.read("a.json", json.dumps(said).encode())
    assert toml == told


def test_a_person_is_asked_again_where_an_answer_cannot_be_used():
    typed = "Larch Ltd|no address|me@larch.example|1 Larch Lane|Scotland|https://larch.example"
    typed += "|none|SC123456|za 1|ZA123456|9|1 2|no|maybe|no"
    typed += "|Harbour|mail|GB|"
    lines = iter(typed.split("|"))
    told: list[str] = []
    answers = interview.interview(lambda _: next(lines), told.append)
    assert (answers.email, answers.collect, answers.nation) == ("me@larch.example", ["visits", "letters"], "Scotland")
    assert (answers.company, answers.fee) == ("SC123456", "ZA123456")
    assert answers.processors == [Processor("Harbour", "mail", "GB")]
    assert sum("no email address" in line for line in told) == 1


def objections(tmp_path, nation, **changes):
    """What the law of a firm's nation says of the draft that its answers make."""
    file = tmp_path / "policy.yaml"
    file.write_text(interview.policy(given(name="Larch Walks Ltd", nation=nation, **changes), DAY), "utf-8")
    held = against.held(file, rules.law("uk" if nation in words.NATIONS else "eu", DAY))
    return {one.rule for one in held.findings}


def test_who_told_the_number_of_the_company_and_of_the_fee_has_a_draft_that_no_law_objects_to(tmp_path):
    assert objections(tmp_path, "Scotland") == {"no-company", "no-fee-number"}
    assert objections(tmp_path, "Scotland", company="SC123456", fee="za123456") == set()
    assert "fee: {number: ZA123456}" in (tmp_path / "policy.yaml").read_text("utf-8")
    assert "registered in: Scotland}" in (tmp_path / "policy.yaml").read_text("utf-8")
    assert "no-fee-number" not in objections(tmp_path, "IE", company="654321")
    assert "ICO" not in (tmp_path / "policy.yaml").read_text("utf-8")


def test_who_skips_the_numbers_has_a_policy_that_holds_and_is_told_where_they_go():
    text = interview.policy(given(collect=["letters"]), DAY)
    assert policy.load("policy.yaml", text=text.encode(), on=DAY).problems == []
    assert "# A registered company adds `company:" in text and "`fee: {exempt: why}`" in text


def test_a_firm_of_the_union_is_not_asked_for_the_fee_of_the_united_kingdom():
    asked: list[str] = []
    answers = {"Whose law": "IE"}

    def ask(question: str) -> str:
        asked.append(question)
        return next((said for start, said in answers.items() if question.startswith(start)), "")

    interview.interview(ask, lambda _: None)
    assert any("company number" in one for one in asked) and not any("ICO" in one for one in asked)


def test_nobody_is_asked_for_ever():
    assert interview.interview(lambda _: "@", lambda _: None).email == ""


def test_the_command_writes_a_policy_that_check_accepts_and_never_writes_over_one(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answers = tmp_path / "answers.toml"
    answers.write_text(
        'name = "Larch Ltd"\nemail = "a@larch.example"\naddress = "1 Lane"\nnation = "Scotland"\n'
        'website = "https://larch.example"\n'
    )
    assert cli.main(["init", "--answers", str(answers)]) == 0
    assert cli.main(["check", "policy.yaml"]) == 0
    paper = tmp_path / "papers" / "sample-letters-balance.md"
    assert "Necessity: can it be done with less data" in paper.read_text()
    before = (tmp_path / "policy.yaml").read_text()
    assert cli.main(["init", "--answers", str(answers), "--json"]) == 1
    assert json.loads(capsys.readouterr().out.split("\n")[-2])["trouble"]["code"] == "file-there"
    assert (tmp_path / "policy.yaml").read_text() == before
    assert cli.main(["init", "--answers", str(answers), "--out", "mine/policy.yaml"]) == 0, "its folder is made"
    assert cli.main(["check", "mine/policy.yaml"]) == 0


def test_where_nobody_can_be_asked_it_says_so(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["init"]) == 2
    assert "nobody to ask" in capsys.readouterr().err
    monkeypatch.setattr("builtins.input", lambda _: (_ for _ in ()).throw(EOFError))
    with pytest.raises(Trouble, match="answers ended"):
        commands._asked("Who? ")
    assert [one.name for one in tmp_path.iterdir()] == ["papers"]
