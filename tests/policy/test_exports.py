"""What the field's tools read: the record of processing as a spreadsheet, the register of cookies as a disclosure."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import openpyxl
import pytest
from tests.policy.spoiling import FILE, compiled

from troth import cli
from troth.policy.emit import record, storage
from troth.policy.emit.cells import MARK, RISKY

BOTH = (
    ("  as: controller\n", "  as: [controller, processor]\n"),
    ("visitor: Anyone who looks at our website", "visitor: Anyone who looks\n  guest: A guest of a client of ours"),
    ("  troth.choices: choice", "  troth.choices: choice\n  list.name: name"),
    (
        "  letters: {by: mail",
        "  guests: {by: import, from: our clients, of: guest, may: list.name, for: clients, "
        "tell people: by the client}\n  letters: {by: mail",
    ),
    ("staff:\n", "  keep a client's list: {is: service, basis: instruction, of: guest, data: list.name}\nstaff:\n"),
    ("  letter.*: 24", "  list.*: 12 months\n  letter.*: 24"),
)
PAYLOADS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "＝1", "＋1", "－1", "＠a", "'=1", "=cmd|' /C calc'!A0", "=A1:B2"]


def sheet(plan, name="Controller"):
    return next(one for one in record.sheets(plan) if one.name == name)


def cell(one, use, title):
    row = next(row for row in one.rows if row[one.columns.index("Purpose of processing")] == use)
    return row[one.columns.index(title)]


# The record of processing (Art 30) --------------------------------------------------------------------------------


def test_a_record_has_a_row_a_use_and_what_article_30_asks_for():
    one = sheet(compiled())
    news = "send you news of walks"
    assert len(one.rows) == len(compiled().purposes)
    assert ("Name", "Larch Walks Ltd") in one.head and ("Email", "privacy@larch.example") in one.head
    assert cell(one, news, "Categories of individuals") == "walker"
    assert cell(one, news, "Categories of personal data") == "name; email address"
    assert cell(one, news, "Categories of recipients") == "Postal Mail Services"
    assert cell(one, news, "Link to contract with processor").startswith("papers/mail.pdf (kept by Ada Larch")
    assert "12 months after the walk is over" in cell(one, news, "Retention schedule")
    assert "encrypted under a key of your own" in cell(one, news, one.columns[10])
    assert cell(one, news, one.columns[11]) == "consent (UK GDPR Art 6(1)(a))"
    assert "take back a yes" in cell(one, news, "Rights available to individuals")
    assert cell(one, news, "Data Protection Impact Assessment required?") == "no"
    balance = cell(one, "answer you", "Link to record of legitimate interests assessment")
    assert balance == "papers/answer.md (kept by Ada Larch, until 2027-11-22)"


def test_what_leaves_the_country_stands_there_with_its_safeguard():
    plan = compiled(
        ("in: GB, contract: mail", "in: US, under: {mechanism: IDTA, paper: mail safeguard}, contract: mail"),
        (
            "notice: {at",
            "  mail safeguard: {kind: safeguard, file: papers/idta.pdf, owner: Ada, until: 2027-06-30}\nnotice: {at",
        ),
    )
    one, news = sheet(plan), "send you news of walks"
    assert cell(one, news, one.columns[7]) == "United States"
    assert "the international data transfer agreement; papers/idta.pdf" in cell(one, news, one.columns[8])


def test_what_is_abroad_is_told_by_the_law_of_the_policy():
    ireland = ("in: GB, contract: mail", "in: IE, contract: mail")
    eu = ("law: {of: uk, nation: England and Wales, readers in: GB}", "law: {of: eu, nation: Ireland, readers in: IE}")
    cookies = (
        ("on device: statistics", "limit: the pages"),
        ("by: tag", "by: log"),
        ("regulator: ico", "regulator: dpc"),
    )
    uk_sheet, eu_sheet = sheet(compiled(ireland)), sheet(compiled(ireland, eu, *cookies))
    assert cell(uk_sheet, "send you news of walks", uk_sheet.columns[7]) == "Ireland"
    assert cell(eu_sheet, "send you news of walks", eu_sheet.columns[7]) == ""


def test_an_export_loads_no_framework():
    code = (
        "import sys; from troth.cli import main; main(['export', 'record', sys.argv[1]]);"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'sqlalchemy', 'granian')])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(FILE)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_a_policy_cannot_know_is_left_empty_and_not_guessed():
    one = sheet(compiled())
    assert {row[one.columns.index("Has a personal data breach occurred?")] for row in one.rows} == {""}


def test_each_role_has_its_own_record():
    plan = compiled(*BOTH)
    ours, theirs = sheet(plan), sheet(plan, "Processor")
    assert [row[1] for row in theirs.rows] == ["service: keep a client's list"]
    assert "keep a client's list" not in [row[1] for row in ours.rows]
    assert theirs.rows[0][0] == "each client, by its own contract with us"
    assert [one.name for one in record.sheets(compiled())] == ["Controller"]


def test_a_workbook_reads_back_as_the_same_cells():
    plan = compiled(*BOTH)
    book = openpyxl.load_workbook(io.BytesIO(record.as_workbook(record.sheets(plan))))
    assert book.sheetnames == ["Controller", "Processor"]
    for one in record.sheets(plan):
        lines = [[cell or "" for cell in row] for row in book[one.name].iter_rows(values_only=True)]
        assert lines[len(one.head) + 1][: len(one.columns)] == one.columns
        assert lines[len(one.head) + 2 :] == one.rows
    assert record.as_workbook(record.sheets(plan))[:2] == b"PK"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t57_no_cell_of_a_record_is_a_formula(payload):
    one = record.Sheet("Controller", [("Name", payload)], ["What", payload], [["a", payload]])
    cells = [cell for row in csv.reader(io.StringIO(record.as_csv(one))) for cell in row]
    page = openpyxl.load_workbook(io.BytesIO(record.as_workbook([one])))["Controller"]
    read = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    assert [cell for cell in cells if cell.startswith(RISKY)] == []
    assert {cell.data_type for cell in read} == {"s"}
    assert [cell.value for cell in read if str(cell.value).startswith(RISKY)] == []
    assert cells.count(MARK + payload if "\t" not in payload else payload.replace("\t", "\\x09")) == 3


def test_a_csv_holds_one_record_and_says_so(tmp_path, capsys):
    file = tmp_path / "policy.yaml"
    file.write_text(both())
    assert cli.main(["export", "record", str(file), "--out", str(tmp_path / "record.csv"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["trouble"]["code"] == "two-records"
    assert cli.main(["export", "record", str(file), "--out", str(tmp_path / "r.csv"), "--role", "processor"]) == 0
    assert "keep a client's list" in (tmp_path / "r.csv").read_text()
    assert cli.main(["export", "record", str(file), "--out", str(tmp_path / "r.xlsx")]) == 0
    assert openpyxl.load_workbook(tmp_path / "r.xlsx").sheetnames == ["Controller", "Processor"]


def both():
    text = FILE.read_text("utf-8")
    for old, new in BOTH:
        text = text.replace(old, new, 1)
    return text


def test_a_role_that_the_policy_does_not_have_is_told(capsys):
    assert cli.main(["export", "record", str(FILE), "--role", "processor"]) == 1
    assert "is no processor in this policy" in capsys.readouterr().err


def test_an_export_as_data_is_one_object(capsys):
    assert cli.main(["export", "record", str(FILE), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["command"], told["ok"], [one["name"] for one in told["files"]]) == ("export", True, ["controller.csv"])


def test_a_policy_with_problems_is_not_exported(tmp_path, capsys):
    file = tmp_path / "policy.yaml"
    file.write_text(FILE.read_text("utf-8").replace("of: walker", "of: walkers"))
    assert cli.main(["export", "record", str(file)]) == 3
    assert "troth check" in capsys.readouterr().err


# The disclosure of what is stored on a device (TCF, version 1.1) --------------------------------------------------

STORES = ("data: letter.body, within: a case", "data: letter.body, on device: necessary, within: a case")
COOKIES = (
    "cookies: none",
    "cookies:\n  w_c: {at: website, by: us, does: choice storage, for: answer you, lasts: 6 months}\n"
    "  w_s: {at: website, by: us, does: session tracking, for: see which pages help, lasts: until browser closes}\n"
    "  w_a: {at: website, by: us, does: advertising, for: send you news of walks, lasts: 1 hour, kind: storage}\n"
    "  w_gif: {at: website, by: us, does: measurement, for: see which pages help, lasts: 1 day, kind: pixel}",
)


def test_the_register_of_cookies_takes_the_shape_of_the_disclosure():
    found, unsaid = storage.disclosure(compiled(STORES, COOKIES))
    choice, session, _ = found["disclosures"]
    assert (choice["identifier"], choice["type"], choice["maxAgeSeconds"]) == ("w_c", "cookie", 6 * 2629800)
    assert choice["optOut"] is True and choice["specialPurposes"] == [3] and choice["domains"] == ["www.larch.example"]
    assert session["maxAgeSeconds"] == 0 and session["purposes"] == [8, 9]
    assert any(line.startswith("cookieRefresh: ") for line in unsaid)
    assert any("w_gif" in line for line in unsaid) and any("answer you" in line for line in unsaid)
    assert_shape(found)


def test_only_what_waits_for_a_yes_has_the_first_purpose():
    found, _ = storage.disclosure(compiled(STORES, COOKIES))
    assert [one["identifier"] for one in found["disclosures"] if storage.ASKED in one["purposes"]] == ["w_a"]
    assert found["disclosures"][2]["type"] == "web" and found["disclosures"][2]["maxAgeSeconds"] is None


def test_a_policy_without_cookies_discloses_none(capsys):
    assert cli.main(["export", "storage", str(FILE)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"disclosures": [], "domains": []}


def assert_shape(found):
    """What version 1.1 of the specification requires of each entry."""
    for one in found["disclosures"]:
        assert one["type"] in ("cookie", "web", "app") and one["identifier"] not in ("", "*")
        assert isinstance(one["maxAgeSeconds"], int) == (one["type"] == "cookie")
        assert isinstance(one["cookieRefresh"], bool) and one["domains"] and "domain" not in one
        assert set(one["purposes"]) <= set(range(1, 12)) and set(one.get("specialPurposes", [])) <= {1, 2, 3}
    for one in found["domains"]:
        assert "/" not in one["domain"] and isinstance(one["purposes"], list)
