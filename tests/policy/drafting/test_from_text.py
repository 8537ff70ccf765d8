"""Drafting from prose: what five firms and seven made-up ones say is found, quoted and never made up."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from troth import cli, policy
from troth.policy.drafting import finding, from_text, passages, texts
from troth.policy.drafting.finding import Practice
from troth.policy.problems import Trouble

CASES = Path(__file__).parents[2] / "cases" / "init"
DAY = dt.date(2026, 11, 22)
FILES = sorted(file for file in CASES.iterdir() if file.suffix != ".toml")
GOLD = {file.stem: tomllib.loads(file.with_suffix(".toml").read_text("utf-8"))["practices"] for file in FILES}
_STRAIGHT = str.maketrans("’‘“”–—\u00a0", "''\"\"-- ")


def plain(text: str) -> str:
    return " ".join(text.translate(_STRAIGHT).lower().split())


def found_in(file: Path) -> list[Practice]:
    return finding.find(texts.read(file.name, file.read_bytes()))


def drafted(text: str, name: str = "old.txt") -> from_text.Drafted:
    return from_text.draft(name, text.encode(), on=DAY)


def says_so(practices: list[Practice], wanted: dict[str, str]) -> bool:
    return any(
        (one.section, one.word) == (wanted["section"], wanted["word"]) and plain(wanted["quote"]) in plain(one.quote)
        for one in practices
    )


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def file(request):
    return request.param


def test_nineteen_of_twenty_practices_are_found_in_their_sentence(file):
    practices = found_in(file)
    missed = [one for one in GOLD[file.stem] if not says_so(practices, one)]
    assert len(missed) <= len(GOLD[file.stem]) * 0.05, missed


def test_little_is_found_that_is_not_there(file):
    wanted = {(one["section"], one["word"]) for one in GOLD[file.stem]}
    mine = {(one.section, one.word) for one in found_in(file)}
    assert len(mine & wanted) >= len(mine) * 0.85, sorted(mine - wanted)


def test_a_draft_reads_with_blanks_and_nothing_else_wrong(file):
    draft = from_text.draft(file.name, file.read_bytes(), on=DAY).draft
    problems = policy.load("policy.yaml", text=draft.encode(), on=DAY, draft=True).problems
    assert [one for one in problems if one.code != "blank"] == []
    assert problems


def test_every_quote_stands_in_the_file_at_its_line(file):
    prose = texts.read(file.name, file.read_bytes())
    whole = plain(prose.whole)
    for one in finding.find(prose):
        assert plain(one.quote).lstrip("•-*# ") in whole, one
        around = " ".join(file.read_text("utf-8").split("\n")[one.line - 1 : one.line + 1])
        word = max(re.findall(r"[A-Za-z]+", one.quote)[:3], key=len)
        assert word in around, one


def entries(draft: str) -> list[tuple[str, list[str]]]:
    """Each line that begins an entry, or stands in one that has none, with the comment above it."""
    found: list[tuple[str, list[str]]] = []
    comment: list[str] = []
    for line in draft.split("\n"):
        if line.lstrip().startswith("#"):
            comment.append(line.strip("# "))
        elif line.startswith("  ") and not line.startswith("   "):
            found.append((line, comment))
            comment = []
        elif not line.startswith("    "):
            comment = []
    return found


def test_every_drafted_line_quotes_its_sentence_and_none_stands_without(file):
    draft = from_text.draft(file.name, file.read_bytes(), on=DAY).draft
    said = entries(draft)
    assert [line for line, comment in said if not comment] == []
    for line, comment in said:
        text = " ".join(comment)
        blank = line.split("#")[0].strip().endswith(": TBC")
        if not blank and not re.search(r"Not from the text:|says nothing of", text):
            assert re.search(r"line \d+: “", text), line
    assert sum("line " in " ".join(comment) for _, comment in said) > 20


def test_what_the_law_wants_said_and_the_text_does_not_say_is_marked():
    found = drafted((CASES / "school.txt").read_text("utf-8"))
    missing = {(one.section, one.word) for one in found.not_found}
    assert ("answer", "port") in missing and ("answer", "access") not in missing
    assert "# The text says nothing of the right to take data elsewhere" in found.draft


SHOP = """Privacy policy of Fern Ltd

We collect your name and e-mail address when you order. We use them to send you our newsletter with your consent.
We do not collect your date of birth, and we never sell your data. We keep orders for 6 years. You have the right to
access your data. We share it with our delivery company.
"""


def test_what_a_sentence_denies_is_no_practice():
    practices = drafted(SHOP).practices
    words = {(one.section, one.word) for one in practices}
    assert ("data", "email address") in words and ("data", "birth date") not in words
    assert ("never", "sell") in words
    assert "  sell what we know of you: {disclose: TBC, to: anyone for money}" in drafted(SHOP).draft


def test_a_basis_is_taken_only_from_the_sentence_of_its_use():
    draft = drafted(SHOP).draft
    use = draft[draft.index("  tell you what we offer:") :]
    assert "    basis: consent\n" in use.split("\n  #")[0]
    other = SHOP.replace("with your consent", "").replace("We share", "You gave your consent. We share")
    use = drafted(other).draft
    assert "    basis: TBC" in use[use.index("  tell you what we offer:") :].split("\n  #")[0]


def test_a_period_goes_to_the_data_its_sentence_names_or_is_left_to_a_person():
    draft = drafted(SHOP + "\nWe keep your date and time of visit for 30 days.\n").draft
    assert "  visit.time: 30 days" in draft
    assert "→ 6 years: say of which data, as a period." in draft


def test_stale_words_are_found_too_at_their_line():
    found = drafted(
        SHOP + "\nBy using our website you consent to this policy. A fee of £10 is charged for access to your data.\n"
    )
    assert any(one.line == 7 for one in found.findings)
    assert all(one.rule and one.reason for one in found.findings)


PAGE = """<!DOCTYPE html><html><head><style>p{}</style><script>var p = "we collect your religion";</script></head><body>
<h1>Privacy policy</h1><!-- we collect your health data -->
<p>Fern Ltd collects your <b>name</b>
 and email address when you order.</p>
<table><tr><td>Sending our newsletter</td><td>Consent</td></tr></table>
<ul><li>We share data with our delivery company.</li><li>We keep orders for 6 years.</li></ul>
<p>You have the right to access your data.</p></body></html>"""


def test_a_page_is_read_as_people_see_it():
    found = drafted(PAGE, "old.html")
    words = {(one.section, one.word): one for one in found.practices}
    assert words["data", "name"].line == 3
    assert not {("data", "religion"), ("data", "health")} & words.keys()
    assert words["basis", "consent"].quote == words["use", "marketing"].quote  # a row is one sentence
    assert "nav" not in found.draft


def words_of(text: str, name: str = "old.txt") -> set[tuple[str, str]]:
    return {(one.section, one.word) for one in finding.find(texts.read(name, text.encode()))}


TABLE = """# Privacy

## In short

| Why | What we hold | Ground | How long |
| --- | --- | --- | --- |
| Running your account | Name; e-mail address | Contract | 3 years |
| News | E-mail address | Consent | Until you unsubscribe |
"""


@pytest.mark.parametrize("name", ["_visit", "__utma", "_ga_visit"])
def test_a_name_that_begins_with_an_underscore_keeps_it_and_emphasis_goes(name):
    said = f"Our website sets one cookie, {name}, which _counts_ visits for __13 months__, if you *agree*."
    quote = said.replace("_counts_", "counts").replace("__13 months__", "13 months").replace("*agree*", "agree")
    assert quote in texts.read("old.md", f"# Cookies\n\n{said}\n".encode()).text


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("Its offices, which you find in Larch House, 1 Larch Lane, Bath BA1 1AA.", "Larch House, 1 Larch Lane, Bath"),
        ("We sell shoes, and you find our shop in 1 High Street, Bath BA1 1AA if you walk.", "1 High Street, Bath"),
        ("A firm that was founded in 1950 and has had since then Unit 4, King's Court, Leeds LS1 1AA.",
         "Unit 4, King's Court, Leeds"),
        ("Larch Walks Ltd (01234567, England & Wales), Unit 2 Canal Wharf, Leeds LS1 1AA.",
         "Unit 2 Canal Wharf, Leeds"),
        ("Larch Walks Ltd, registered in Northern Ireland (NI098765), 3 Dock Road, Belfast LS1 1AA.",
         "3 Dock Road, Belfast"),
        ("Write to us at Flat 2, The Old Mill, Newcastle upon Tyne NE1 4AA.",
         "Flat 2, The Old Mill, Newcastle upon Tyne"),
        ("Larch Walks Ltd, 1 high street, bath BA1 1AA", "1 high street, bath"),
        ("Our office in Bath BA1 1AA is open on weekdays.", "Bath"),
        ("Larch Walks Ltd, 2 Bank Street, Edinburgh, Scotland EH1 1AA", "2 Bank Street, Edinburgh, Scotland"),
    ],
)  # fmt: skip
def test_an_address_is_the_address_and_not_the_sentence_or_the_register_before_it(said, address):
    found = finding.find(texts.read("old.md", f"# Privacy\n\nWe are Larch Walks Ltd.\n\n{said}\n".encode()))
    (named,) = [one.name or one.phrase for one in found if (one.section, one.word) == ("who", "address")]
    assert re.sub(r" [A-Z]{2}\d \d[A-Z]{2}$", "", named) == address


def test_a_row_of_a_table_is_one_sentence_under_its_columns():
    practices = finding.find(texts.read("old.md", TABLE.encode()))
    row = "| Running your account | Name; e-mail address | Contract | 3 years |"
    said = {(one.section, one.word) for one in practices if one.quote == row}
    assert {("use", "accounts"), ("data", "name"), ("basis", "contract"), ("keep", "3 years")} <= said
    assert not [one for one in practices if "Ground" in one.quote and one.section not in ("surfaces", "people")]


def test_one_who_says_i_and_one_who_says_the_club_are_read_as_one_who_says_we():
    alone = "I keep your name and I record your date of birth. I log your IP address. I never sell my notes."
    assert {("data", "birth date"), ("collect", "log"), ("never", "sell")} <= words_of(alone)
    assert ("collect", "log") not in words_of(alone.replace("I log", "They log"))
    club = "The Club will never pass your phone number to anyone without your consent. The Club keeps it for 2 years."
    assert {("never", "share without consent"), ("keep", "2 years")} <= words_of(club)


UNDER = """We are Fern Hall.

What we collect

Payment
Bank details and what you owe

Who we share it with

The police
Our insurer
Harbour Print Ltd, who post our letters

Your rights

Access
Correction
"""


def test_a_heading_says_what_its_list_is_of():
    found = words_of(UNDER)
    assert {("data", "bank account"), ("disclose", "authorities"), ("disclose", "insurers")} <= found
    assert ("disclose", "Harbour Print Ltd") in found
    elsewhere = words_of(UNDER.replace("Who we share it with", "Our neighbours"))
    assert not {("disclose", "authorities"), ("disclose", "insurers")} & elsewhere


def test_a_noun_counts_only_in_a_list_of_such_things():
    assert ("collect", "import") in words_of("Fern Ltd. We get information from:\n- job boards\n- referees\n")
    assert ("collect", "import") not in words_of("Fern Ltd. We are fond of:\n- job boards\n- referees\n")


def test_a_list_without_marks_is_led_by_its_colon():
    text = "Fern Ltd.\nWe use your data for these purposes:\nsending you our newsletter\nfraud prevention\n"
    practices = finding.find(texts.read("old.txt", text.encode()))
    assert ("use", "fraud prevention") in {(one.section, one.word) for one in practices}
    parts = passages.sentences(texts.read("old.txt", text.encode()))
    assert [one.head for one in parts if "fraud" in one.text] == ["We use your data for these purposes:"]


def test_a_heading_ends_the_list_above_it():
    text = "We share your data with:\n- our bank\n\n2. Purposes\n- to teach you\n"
    parts = passages.sentences(texts.read("old.txt", text.encode()))
    assert [one.head for one in parts if "teach" in one.text] == [""]


@pytest.mark.parametrize(
    "sentence",
    [
        "Other websites may collect your date of birth and use cookies.",
        "This notice explains how we use your date of birth and with whom we share it.",
        "Most browsers allow you to refuse cookies, so that no date of birth is stored.",
        "You have the right to see your date of birth.",
    ],
)
def test_what_only_warns_explains_or_entitles_is_no_datum(sentence):
    assert ("data", "birth date") in words_of(SHOP.replace("We do not collect", "We collect"))
    assert ("data", "birth date") not in words_of(f"{SHOP}\n\n{sentence}\n")


def test_what_is_done_with_a_thing_is_no_datum():
    text = "We use your data to:\n- deal with complaints\n- seek your opinions\n- process payments\n"
    assert not {("data", "complaint"), ("data", "opinion"), ("data", "payment")} & words_of(text)
    assert ("data", "complaint") in words_of("We record any complaints you make and keep them on file.")


def test_how_soon_somebody_is_answered_is_no_period_of_keeping():
    soon = "Your request stays with one of us, who will answer it within 30 days."
    assert ("keep", "30 days") not in words_of(soon)
    assert ("keep", "30 days") in words_of(soon.replace("who will answer it within", "and is kept for"))
    assert ("keep", "30 days") in words_of("We keep your request for 30 days.")


def test_the_name_of_a_firm_that_is_used_is_not_the_firm_that_writes():
    practices = finding.find(texts.read("old.txt", b"We use Spektrum Ltd to sell tickets. We are Fern Hall."))
    assert [one.name for one in practices if one.word == "name" and one.section == "who"] == ["Fern Hall"]
    assert ("disclose", "Spektrum Ltd") in {(one.section, one.word) for one in practices}


CELLS = """# What we hold, why, and for how long

| If you… | we hold | because | our legal reason | and let go of it | Helpers |
| --- | --- | --- | --- | --- | --- |
| take a desk | name, e-mail | we open the door to you | contract | two years | Kistler Doors (Canada) |
| answer our survey | age band | we want a better hall | legitimate interests | eighteen months | none |
| buy a ticket | name | we keep books | legal obligation | six years | none |
"""


def test_a_cell_is_read_below_what_stands_above_its_column():
    practices = finding.find(texts.read("old.md", CELLS.encode()))
    said = {(one.section, one.word) for one in practices if "answer our survey" in one.quote}
    assert {("basis", "legitimate interests"), ("keep", "18 months"), ("use", "quality")} <= said
    assert ("data", "age") not in said and ("basis", "contract") not in said
    assert [one.word for one in practices if "ticket" in one.quote and one.section == "keep"] == ["6 years"]
    assert {("disclose", "Kistler Doors"), ("transfers", "Canada")} <= {(one.section, one.word) for one in practices}


def test_what_the_row_of_a_recipient_says_is_said_of_it():
    text = SHOP + "\n| Who | What they see | What for | Where |\n| --- | --- | --- | --- |\n"
    draft = drafted(text + "| Wexcombe Mail | e-mail address | our newsletter | India |\n", "old.md").draft
    firm = draft[draft.index("  Wexcombe Mail:") :].split("\n  #")[0]
    assert "    for: tell you what we offer\n    data: person.email-address\n    in: IN\n" in firm
    assert "    under: {mechanism: TBC, paper: TBC}" in firm
    two = drafted(SHOP + "\nWe share your name with Wexcombe Ltd and Pilton Ltd in India to send newsletters.\n").draft
    assert "    in: TBC" in two[two.index("  Wexcombe Ltd:") :].split("\n  #")[0]


@pytest.mark.parametrize(
    ("text", "firm"),
    [
        ("We share little. Postlark sends our mail.", "Postlark"),
        ("Calls are handled by Brindle Voice.", "Brindle Voice"),
        ("We pass claims to our insurers, Tarrant Mutual, after an accident.", "Tarrant Mutual"),
        ("Tickets go through Kettleby.", "Kettleby"),
    ],
)
def test_a_firm_that_nobody_has_heard_of_is_known_by_where_it_stands(text, firm):
    assert ("disclose", firm) in words_of(f"Fern Hall.\n\nWho else sees it\n\n{text}\n")
    named = words_of(f"Fern Hall.\n\nWho else sees it\n\n{text.replace(firm, 'Everyone')}\n")
    assert ("disclose", "Everyone") not in named


def test_a_country_is_named_as_it_is_said_and_not_where_it_is_denied():
    assert ("transfers", "Netherlands") in words_of("Our data is stored on servers in the Netherlands.")
    assert ("transfers", "Germany") in words_of("Your data is held in Frankfurt.")
    assert ("transfers", "Germany") not in words_of("We never transfer your data to Germany.")
    assert ("transfers", "Germany") in words_of("We transfer your data to Germany.")
    assert ("transfers", "France") not in words_of("The laws of France apply to data sent there.")


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("Not one scrap of it is for sale.", "sell"),
        ("Nobody here will ever pass your name to a firm that wants to sell you things.", "third party marketing"),
        ("At no time do we see or hold your card number.", "keep card numbers"),
        ("No computer decides who gets a place.", "machine decides"),
        ("Your figures are never used to train any artificial intelligence.", "train machines"),
        ("Card details? Never touch them.", "keep card numbers"),
    ],
)
def test_what_is_denied_in_words_of_its_own_is_a_promise(said, word):
    assert ("never", word) in words_of(f"We hold your name. {said}")
    assert ("data", "card number") not in words_of(f"We hold your name. {said}")


def test_please_do_not_is_no_promise_of_ours():
    assert ("never", "share without consent") not in words_of(
        "Please do not give personal data of others to us unless we ask."
    )


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("We keep it for thirty-one days.", "31 days"),
        ("It is thrown away after half a year.", "6 months"),
        ("Lost property lists are kept a twelvemonth.", "12 months"),
        ("The film is wiped after a fortnight.", "2 weeks"),
    ],
)
def test_a_period_is_read_in_words(said, word):
    found = [pair for pair in words_of(f"Fern Hall.\n\n{said}") if pair[0] == "keep"]
    assert found == [("keep", word)]


def test_how_often_something_is_done_is_no_period():
    assert not [pair for pair in words_of("Keys are kept safe and tested once a year or every two years.")
                if pair[0] == "keep"]  # fmt: skip


RIGHTS = """Fern Hall. We hold your name.

The shoe on the other foot

You may look at your entry. If it is wrong we will amend it. You may have it struck out. You may ask us to stop.
"""


def test_what_most_of_a_part_speaks_of_is_what_it_is_about_whatever_its_heading():
    assert {("answer", "access"), ("answer", "rectify"), ("answer", "erase"), ("answer", "object")} <= words_of(RIGHTS)
    few = RIGHTS.replace(
        "You may look at your entry. If it is wrong we will amend it.", "We sell shoes. We mend shoes."
    )
    assert ("answer", "erase") in words_of(RIGHTS) and ("answer", "rectify") not in words_of(few)


def test_the_reader_who_asks_is_not_the_writer():
    asked = "Q. Can I see it?\nYes. We log your IP address.\n\nQ. What if I ring?\nWe tape calls.\n\nQ. May I go?\nYes."
    parts = passages.sentences(texts.read("old.txt", asked.encode()))
    headings = [one.topic for one in parts if one.heading]
    assert [one.rpartition(" / ")[2] for one in headings] == ["Can I see it?", "What if I ring?", "May I go?"]
    assert [one.text for one in parts if "ring" in one.text] == ["What if I ring?"]


def test_what_is_struck_out_is_no_longer_said():
    text = "We hold your name. ~~We record your religion.~~ We never sell it.\n"
    assert ("data", "religion") not in words_of(text, "old.md") and ("never", "sell") in words_of(text, "old.md")
    page = "<p>We hold your name. <s>We record your religion.</s> <del>And your race.</del></p>"
    assert not {("data", "religion"), ("data", "ethnic origin")} & words_of(page, "old.html")
    assert ("data", "religion") in words_of(text.replace("~~", ""), "old.md")


def test_contact_details_are_asked_about_and_not_made_up():
    draft = drafted(SHOP.replace("name and e-mail address", "name and contact details")).draft
    data = draft[draft.index("\ndata:") : draft.index("\ncollect:")]
    assert "email-address" not in data and "phone-number" not in data
    assert "say which of these “contact details” are" in " ".join(data.replace("#", " ").split())


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ("Passengers may ask for a receipt.", "passenger"),
        ("We hold the names of our tenants.", "tenant"),
        ("If you hire the hall we ask for your name.", "hirer"),
        ("Anybody who drives for us shows a licence.", "employee"),
        ("When you apply to work here we see your CV.", "applicant"),
    ],
)
def test_people_are_known_by_their_role(said, who):
    assert ("people", who) in words_of(f"Fern Hall.\n\n{said}")
    assert f"\n  {who}: Anyone" in drafted(f"{SHOP}\n{said}\n").draft


def test_a_long_sentence_is_quoted_whole_once_a_section():
    long = "We collect your name, your e-mail address, your date of birth and your phone number " + "when you join " * 9
    draft = drafted(SHOP + "\n" + long.strip() + ".\n").draft
    data = draft[draft.index("\ndata:") : draft.index("\ncollect:")]
    whole, short = re.findall(r"line 7: “(.*?)”", " ".join(data.replace("#", " ").split()))[:2]
    assert len(short) < 110 < len(whole) and "…" in short


def test_rights_of_one_sentence_stand_in_one_comment():
    draft = drafted(SHOP + "\nYou have the right to rectify, erase or restrict your data.\n").draft
    assert "→ rectify, erase, restrict" in " ".join(draft.split())


@pytest.mark.parametrize(
    ("above", "said", "section", "word"),
    [
        ("What we hold", "We hold your name, grades, hobbies and T-shirt size.", "data", "education"),
        ("What we hold", "We hold your name, grades, hobbies and T-shirt size.", "data", "interest"),
        ("What we collect", "We collect your chart number and the sites you reached.", "data", "account id"),
        ("Why we use it", "We use it to put candidates forward for roles.", "use", "matching"),
        ("Why we use it", "We use it to forecast occupancy and set our prices.", "use", "business planning"),
        ("Why we use it", "We use it so that sponsors can contact you.", "use", "third party marketing"),
        ("Who else sees it", "It is disclosed to the coroner and to tribunals.", "disclose", "authorities"),
        ("Who else sees it", "We pass it to the new owner if we sell the gym.", "disclose", "buyer of the business"),
        ("Where it comes from", "Our guest Wi-Fi logs the address of your device.", "collect", "log"),
        ("Where it comes from", "If a friend refers you, they give us your name.", "collect", "import"),
        ("Our lawful bases", "Billing the service: Art. 6(1)(b) GDPR.", "basis", "contract"),
        ("Abroad", "For Kenya we use the UK Addendum to approved clauses.", "transfers", "safeguard"),
        ("Abroad", "Where a country has not been found adequate, we put in place the IDTA.", "transfers", "safeguard"),
        ("How long", "Film is recorded over after three weeks.", "keep", "3 weeks"),
        ("Cookies", "Another cookie balances load between our servers.", "cookies", "load balancing"),
        ("Your rights", "You may ask us to hold back from using it.", "answer", "restrict"),
        ("Security", "All personnel are bound to secrecy.", "secure", "confidential"),
        ("Young people", "An adult must book for children under 13.", "children", "parent asked"),
    ],
)
def test_a_family_of_phrasings_is_known_and_not_one_of_them(above, said, section, word):
    assert (section, word) in words_of(f"We are Fern Hall.\n\n{above}\n\n{said}\n\nThe hall\n\nIt was built in 1910.\n")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("Messages are deleted 12 months after we have answered.", "12 months after answered\n"),
        ("Messages are deleted 12 months after the matter is settled.", "12 months  # the text counts from “the mat"),
        ("Messages are deleted 12 months after we received them.", "12 months\n"),
        ("Messages are kept for 12 months.", "12 months\n"),
        ("Messages are kept for 12 months after your last visit.", "12 months  # the text counts from “your last vis"),
        ("Messages are kept for 12 months after you last sent us one.", "12 months  # the text counts from “you last"),
        ("Messages are deleted 12 months after the matter\nis settled.", "12 months  # the text counts from “the mat"),
    ],
)
def test_a_period_counts_from_what_its_sentence_says_or_the_draft_tells_it(said, line):
    text = (
        "# Privacy policy\n\nFern Hall Ltd lets a hall.\n\nWhat we collect\n\nWhen you write to us we take your name, "
        f"email address and your message, to answer you. {said}\n\nWho gets it\n\nPostlark sends our mail.\n\n"
        "Your rights\n\nYou can ask for a copy of your data, have it erased, and complain to the ICO.\n"
    )
    assert f"letter.correspondence: {line}" in drafted(text).draft


def test_a_bare_noun_counts_in_an_enumeration_until_that_ends():
    said = "We are Fern Hall.\n\nOther matters\n\nWe keep your name, age, means and photo.\n"
    assert ("data", "financial") in words_of(said)
    ended = said.replace("age, means and photo", "age and photo because means, too, fade")
    assert ("data", "financial") not in words_of(ended)


def test_what_leads_into_a_list_denies_all_of_it():
    text = "We are Fern Hall. We hold your name.\n\nWe will never:\n- sell your details\n- ask for your religion\n"
    assert ("never", "sell") in words_of(text) and ("data", "religion") not in words_of(text)
    told = text.replace("We will never:", "We do all this, but are not limited to it:")
    assert ("never", "sell") not in words_of(told)


def test_a_promise_that_the_text_breaks_itself_leaves_a_draft_that_reads():
    said = SHOP.replace("We do not collect your date of birth, and we never sell your data.", "We take card numbers.")
    draft = drafted(f"{said}\nWe never store your card details.\n").draft
    assert "one of the two must go" in draft
    problems = policy.load("policy.yaml", text=draft.encode(), on=DAY, draft=True).problems
    assert {one.code for one in problems} == {"blank"}


def test_a_right_not_to_be_judged_is_a_right_and_no_promise():
    said = "We hold your name.\n\nYour rights\n\nYou have the right not to be subject to automated decisions.\n"
    assert ("answer", "not be judged by a machine") in words_of(said) and ("never", "machine decides") not in words_of(
        said
    )
    assert ("never", "machine decides") in words_of("We hold your name. We do not make automated decisions about you.")


@pytest.mark.parametrize(
    ("said", "section", "word"),
    [
        ("We collect your name, job title and employer.", "disclose", "business partners"),
        ("We share it with any member of our group.", "people", "member"),
        ("It goes to our subsidiaries and parent companies.", "people", "parent"),
        ("This policy was last amended in 2016.", "edition", "may change"),
        ("We process it in accordance with data protection law.", "use", "legal compliance"),
        ("We may sell our assets, savings or debts in an insolvency.", "data", "financial"),
        ("We act neither as a processor nor for anybody else.", "who", "processor"),
    ],
)
def test_what_is_only_spoken_of_is_no_practice(said, section, word):
    assert (section, word) not in words_of(f"We are Fern Hall.\n\n{said}\n")


@pytest.mark.parametrize(
    ("begins", "kind"),
    [(b"%PDF-1.7\n", "a PDF"), (b"PK\x03\x04", "Word"), (b"\xd0\xcf\x11\xe0", "old Word"), (b"{\\rtf1 ", "RTF")],
)
def test_a_file_that_is_no_text_is_told_what_it_is(begins, kind):
    with pytest.raises(Trouble, match=kind) as caught:
        from_text.draft("old.bin", begins + b"We collect your name. " * 40, on=DAY)
    assert caught.value.code == "not-text" and "save it as plain text" in caught.value.help


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_text_is_read_however_it_was_saved(encoding):
    raw = SHOP.replace("'", "’").encode(encoding)
    assert ("data", "email address") in {(one.section, one.word) for one in finding.find(texts.read("old.txt", raw))}


def test_a_page_is_known_by_its_tags_and_a_sentence_by_its_own_line():
    page = PAGE.removeprefix("<!DOCTYPE html>").replace("order.</p>", "order.\nWe\nalso record your\nage.</p>")
    practices = finding.find(texts.read("old.txt", page.encode()))
    lines = {(one.section, one.word): one.line for one in practices}
    assert (lines["data", "name"], lines["data", "age"]) == (3, 5) and ("data", "religion") not in lines


RECIPE = b"Take two eggs and beat them with the sugar. Bake it for an hour in the oven. " * 9
GERMAN = b"Wir verarbeiten Ihre Daten nur mit Ihrer Einwilligung und geben sie nicht weiter. " * 9


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty-file"),
        (b"   \n\n", "empty-file"),
        (bytes(range(256)) * 40, "not-text"),
        (b"We collect your name. " * 250_000, "too-big"),
        (RECIPE, "not-a-notice"),
        (GERMAN, "not-a-notice"),
    ],
)  # fmt: skip
def test_what_is_no_privacy_policy_is_said_to_be_none(raw, code):
    with pytest.raises(Trouble) as caught:
        from_text.draft("old.txt", raw, on=DAY)
    assert (caught.value.code, caught.value.exit) == (code, 3)


def test_another_language_is_named_as_the_reason():
    german = (
        "Wir verarbeiten personenbezogene Daten und Cookies nach Art. 6 DSGVO, wenn Sie unsere Seite besuchen. " * 5
    )
    with pytest.raises(Trouble, match="not in English"):
        drafted(german)


HOSTILE = [
    "not ",
    "a",
    "we do not share not pass third party marketing ",
    "(",
    "* _ ** __ ",
    "[a](",
    "name, address, e-mail, ",
    "0 ",
    "| a ",
    "|\n",
    "I keep ",
    "Legal Process. ",
    "a\n\n",
    "We use: \n",
    "Fern Ltd (“Fern”) uses ",
    "# ",
    "who we ",
    "in order to use for ",
    "to Ireland, ",
    "~~ ",
    "Our insurers, Aa Bb, ",
    "Q. ",
    "We hold a, ",
    "We will never: \n- ",
    "to provide and to improve and to tell you about offers and ",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_read_to_its_end(text):
    """A pattern that tried every way of splitting would never come back."""
    whole = "We collect data. Privacy. " + text * (12_000 // len(text))
    assert finding.find(texts.read("old.txt", whole.encode())) is not None


def test_t41_a_text_cannot_write_lines_of_the_policy_or_command_the_terminal():
    text = SHOP + "\nWe collect your name\u2028never: {}\u202e and \x1b]0;owned\x07 your phone number: “x”\n#: {}\n"
    draft = drafted(text).draft
    assert not re.search(r"[\x1b\x07\u2028\u202e]", draft)
    problems = policy.load("policy.yaml", text=draft.encode(), on=DAY, draft=True).problems
    assert {one.code for one in problems} == {"blank"}


def test_the_command_writes_a_draft_once_and_tells_what_it_found(tmp_path, capsys):
    old, out = tmp_path / "old.txt", tmp_path / "policy.yaml"
    old.write_text(SHOP)
    assert cli.main(["init", "--from-text", str(old), "--out", str(out), "--on", "2026-11-22"]) == 0
    assert "practices were read in old.txt" in capsys.readouterr().out
    assert cli.main(["check", "--draft", str(out)]) in (0, 3)
    capsys.readouterr()
    before = out.read_text()
    assert cli.main(["init", "--from-text", str(old), "--out", str(out)]) == 1
    assert "is there already" in capsys.readouterr().err and out.read_text() == before
    assert cli.main(["init", "--from-text", str(old), "--out", str(out), "--force"]) == 0


def test_the_command_as_data(tmp_path, capsys):
    old = tmp_path / "old.txt"
    old.write_text(SHOP)
    assert cli.main(["init", "--from-text", str(old), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["command"], told["ok"], told["out"]) == ("init", True, "")
    assert {"section", "name", "word", "quote", "line", "confidence"} <= told["practices"][0].keys()
    assert told["not_found"] and told["findings"] is not None and told["draft"].startswith("# Drafted by troth init")
    recipe = tmp_path / "recipe.txt"
    recipe.write_text("Take two eggs and beat them with the sugar. Bake it for an hour in the oven. " * 9)
    assert cli.main(["init", "--from-text", str(recipe), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["trouble"]["code"] == "not-a-notice"


# -------------------------------------------------------------------------------------------------- the five old texts

POLICIES = Path(__file__).parents[3] / "policies"
FIVE = ("clientdata", "dianomi", "dijuno", "miomi", "omono")
"""Dijuno's text was not looked at while the rules were first written: then 63 of 100 of its practices were found."""


def says(node: yaml.Node) -> list[str]:
    """Every sentence of an old text that ``as-written.yaml`` quotes, in its order."""
    if isinstance(node, yaml.MappingNode):
        found = [
            [item.value for item in getattr(value, "value", []) if isinstance(item, yaml.ScalarNode)]
            if key.value == "says" and isinstance(value, yaml.SequenceNode)
            else [value.value]
            if key.value == "says"
            else says(value)
            for key, value in node.value
        ]
        return [one for some in found for one in some]
    return [one for item in node.value for one in says(item)] if isinstance(node, yaml.SequenceNode) else []


@pytest.fixture(params=FIVE)
def five(request):
    root = yaml.compose((POLICIES / request.param / "as-written.yaml").read_text("utf-8"))
    gold = tomllib.loads((CASES / f"{request.param}.toml").read_text("utf-8"))["practices"]
    text = "\n\n".join(dict.fromkeys(says(root)))
    return text, [one for one in gold if plain(one["quote"]) in plain(text)], gold


def test_of_the_five_old_texts_nearly_all_is_found_and_little_else(five):
    text, there, gold = five
    practices = finding.find(texts.read("old.txt", text.encode()))
    assert len(there) >= len(gold) * 0.9
    missed = [one for one in there if not says_so(practices, one)]
    assert len(missed) <= len(there) * 0.09, missed
    wanted, mine = {(one["section"], one["word"]) for one in gold}, {(one.section, one.word) for one in practices}
    assert len(mine & wanted) >= len(mine) * 0.82, sorted(mine - wanted)


def test_a_draft_of_each_of_the_five_reads_with_blanks_and_nothing_else_wrong(five):
    draft = drafted(five[0]).draft
    problems = policy.load("policy.yaml", text=draft.encode(), on=DAY, draft=True).problems
    assert [one for one in problems if one.code != "blank"] == []


FIDES = """system:
  - fides_key: shop
    name: Shop
    system_type: Service
    privacy_declarations:
      - name: orders
        data_categories: [user.contact.email]
        data_use: essential.service
        data_subjects: [customer]
"""


def test_a_fideslang_file_is_drafted_by_the_same_command(tmp_path, capsys):
    old = tmp_path / "fides.yml"
    old.write_text(FIDES)
    assert cli.main(["init", "--from-fides", str(old), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    problems = policy.load("policy.yaml", text=told["draft"].encode(), on=DAY, draft=True).problems
    assert {one.code for one in problems} <= {"blank"} and told["draft"].startswith("# Drafted from a fideslang file")
    assert isinstance(told["unsaid"], list)
    old.write_bytes(b"\x00\xff")
    assert cli.main(["init", "--from-fides", str(old)]) in (1, 3)
    assert "troth: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("named", "word"),
    [
        ("the Data Protection Commission, 6 Pembroke Row, Dublin 2", "dpc"),
        ("the Information Commissioner’s Office", "ico"), ("the supervisory authority", "ico"),
    ],
)  # fmt: skip
def test_the_regulator_is_the_one_that_the_text_names(named, word):
    text = f"{SHOP}\n\nIf you are not satisfied you may complain to {named}.\n"
    assert f"  regulator: {word}\n" in drafted(text).draft


@pytest.mark.parametrize(
    ("where", "address"),
    [
        ("Quay Hotel DAC, whose registered office is at Pier Road, Kinsale, Co. Cork, P17 XK48, Ireland",
         "Pier Road, Kinsale, Co. Cork P17 XK48"),
        ("Versa Kontakt GmbH, Lindenallee 41, 20259 Hamburg", "Lindenallee 41 20259 Hamburg"),
        ("Tolka Hall CLG. Our office is at 14 Ushers Quay, Dublin 8", "14 Ushers Quay, Dublin 8"),
        ("Fern Ltd. Our registered office is Unit 3, Burton Road, Sheffield S3 8BX",
         "Unit 3, Burton Road, Sheffield S3 8BX"),
    ],
)  # fmt: skip
def test_an_address_is_read_in_ireland_and_on_the_continent_too(where, address):
    assert f"  address: {address}\n" in drafted(f"{SHOP}\n\nThe controller is {where}.\n").draft


def test_at_any_time_is_no_time_that_somebody_takes_in():
    """“You can unsubscribe at any time” made a datum of the time of a visit."""
    news = "If you sign up we use your e-mail address to send you news, only with your consent."
    text = f"{SHOP}\n\n## What we collect\n\n{news} You can unsubscribe at any time.\n"
    assert "visit.time" not in drafted(text).draft and "is: time" not in drafted(text).draft
