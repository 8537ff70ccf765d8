"""The record of processing activities (UK GDPR Art 30), in the columns of the ICO's two templates.

One sheet for what we decide ourselves (Art 30(1)), one for what we do on the instruction of others (Art 30(2)); a row
is a use. What the template asks and a policy cannot know, as whether there was a breach, is left empty and not guessed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

from troth.policy import former, periods, risks
from troth.policy.emit import abroad, naming
from troth.policy.emit.cells import plain
from troth.policy.plan import Plan, Purpose, Recipient
from troth.policy.problems import visible
from troth.policy.words import BASES, COUNTRIES, FORMS, MECHANISMS, RIGHTS

CONTROLLER: Final = "Controller"
PROCESSOR: Final = "Processor"
EMPTY: Final = ""


class Sheet(NamedTuple):
    """One role's record: lines about who we are, the columns, and a row a use. All text, nothing neutralised yet."""

    name: str
    head: list[tuple[str, str]]
    columns: list[str]
    rows: list[list[str]]


Column = tuple[str, Callable[[Plan, Purpose], str]]


def sheets(plan: Plan) -> list[Sheet]:
    """Both roles' records; a role that the policy does not have has no sheet."""
    plan = former.today(plan)
    made = [(CONTROLLER, _CONTROLLER), (PROCESSOR, _PROCESSOR)]
    return [
        Sheet(name, _head(plan), [title for title, _ in columns], _rows(plan, columns, name == PROCESSOR))
        for name, columns in made
        if name.lower() in plan.who.roles
    ]


def as_csv(sheet: Sheet) -> str:
    """One sheet as text for any spreadsheet (RFC 4180), every cell quoted and none a formula (T57)."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([_safe(row) for row in _lines(sheet)])
    return out.getvalue()


def as_workbook(sheets: Iterable[Sheet]) -> bytes:
    """All sheets as one workbook (XLSX); cells are text, never formulas."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        for at, line in enumerate(_lines(sheet), start=1):
            for column, text in enumerate(_safe(line), start=1):
                cell = page.cell(at, column, text)
                cell.data_type = "s"
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                if at == len(sheet.head) + 2:
                    cell.font = Font(bold=True)
        for name in (page.cell(1, column).column_letter for column in range(1, len(sheet.columns) + 1)):
            page.column_dimensions[name].width = 32
        page.freeze_panes = page.cell(len(sheet.head) + 3, 2)
    book.properties.creator = "troth"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lines(sheet: Sheet) -> list[list[str]]:
    return [*[list(line) for line in sheet.head], [], sheet.columns, *sheet.rows]


def _safe(row: Iterable[str]) -> list[str]:
    return [plain(visible(cell)) for cell in row]


# Who ----------------------------------------------------------------------------------------------------------------


def _head(plan: Plan) -> list[tuple[str, str]]:
    who = plan.who
    lines = [
        ("Name", who.name),
        ("Address", who.address),
        ("Email", who.email),
        ("Telephone", who.phone),
        (
            "Looks after data protection" if who.appointed is False else "Data protection officer",
            _list([who.officer, who.officer_email]),
        ),
        ("Representative", _list(who.representatives)),
        ("Record of edition", plan.edition.date.isoformat()),
    ]
    return [(name, said) for name, said in lines if said]


def _rows(plan: Plan, columns: list[Column], instructed: bool) -> list[list[str]]:
    uses = [use for use in plan.purposes.values() if (use.basis == "instruction") == instructed]
    return [[cell(plan, use) for _, cell in columns] for use in uses]


# Cells --------------------------------------------------------------------------------------------------------------


def _list(items: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(item for item in items if item))


def _recipients(plan: Plan, use: Purpose, *roles: str) -> list[Recipient]:
    return [one for one in plan.recipients.values() if use.name in one.purposes and (not roles or one.role in roles)]


def _joint(plan: Plan, use: Purpose) -> str:
    return _list(one.name for one in _recipients(plan, use, "joint"))


def _people(plan: Plan, use: Purpose) -> str:
    return _list(sorted(use.of, key=list(plan.people).index))


def _data(plan: Plan, use: Purpose) -> str:
    return _list(naming.labels(plan, use.data))


def _told(plan: Plan, use: Purpose) -> str:
    return _list(one.name for one in _recipients(plan, use))


def _contracts(plan: Plan, use: Purpose) -> str:
    return _list(_paper(plan, one.contract) for one in _recipients(plan, use, "processor"))


def _paper(plan: Plan, name: str) -> str:
    paper = plan.papers.get(name)
    return f"{paper.file} (kept by {paper.owner}, until {paper.until.isoformat()})" if paper else name


def _abroad(plan: Plan, use: Purpose) -> list[Recipient]:
    return [one for one in _recipients(plan, use) if abroad.codes(plan, one.countries)]


def _countries(plan: Plan, use: Purpose) -> str:
    codes = (code for one in _abroad(plan, use) for code in abroad.codes(plan, one.countries))
    return _list(COUNTRIES[code].name if code in COUNTRIES else code for code in codes)


def _safeguards(plan: Plan, use: Purpose) -> str:
    said = []
    for one in _abroad(plan, use):
        word = MECHANISMS.get(one.mechanism)
        paper = _paper(plan, one.mechanism_paper) if one.mechanism_paper else ""
        said.append(f"{one.name}: {_list([word.label if word else one.mechanism, paper])}")
    return _list(said)


def _kept(plan: Plan, use: Purpose) -> str:
    rules: dict[str, list[str]] = {}
    for name, field in plan.fields.items():
        if name in use.data and field.rule in plan.rules:
            rules.setdefault(field.rule, []).append(naming.label(field))
    return _list(f"{', '.join(dict.fromkeys(named))}: {periods.say(plan.rules[rule])}" for rule, named in rules.items())


def _measures(plan: Plan, use: Purpose) -> str:
    stored: dict[str, list[str]] = {}
    for name, field in plan.fields.items():
        if name not in use.data or field.form == "never stored":
            continue
        if plan.with_us(name) and field.form != "clear":
            stored.setdefault(FORMS[field.form].says, []).append(naming.label(field))
        for place in plan.elsewhere(name):
            stored.setdefault(f"as “{place}” keeps it", []).append(naming.label(field))
    said = [f"{', '.join(dict.fromkeys(named))}: {says}" for says, named in stored.items()]
    roles = _list(sorted(use.staff))
    return _list([*said, f"by hand only: {roles}" if roles else "no hand may use it", "every use is written down"])


def _article9(plan: Plan, use: Purpose) -> str:
    special = frozenset(name for name in use.data if plan.fields[name].special)
    return f"to be recorded by hand, for {_list(naming.labels(plan, special))}" if special else EMPTY


def _source(plan: Plan, use: Purpose) -> str:
    points = [point for point in plan.points.values() if point.fields & use.data and point.of & use.of]
    return _list(point.source if point.way == "obtained" and point.source else point.name for point in points)


def _consents(plan: Plan, use: Purpose) -> str:
    return "in the ledger, one entry a choice; each person sees their own" if use.ask else EMPTY


def _places(plan: Plan, use: Purpose) -> str:
    places = [place for place in plan.places.values() if place.holds & use.data]
    return _list(f"{place.name} ({naming.countries(place.countries)})" for place in places)


def _assessed(plan: Plan, use: Purpose) -> str:
    found = risks.of(plan, use)
    return f"yes: it {_list(found)}" if found else "no"


def _progress(plan: Plan, use: Purpose) -> str:
    if use.assessment:
        return "done"
    return "not done" if risks.of(plan, use) else EMPTY


def _rights(plan: Plan, use: Purpose) -> str:
    return _list(right.label for name, right in RIGHTS.items() if name in use.rights)


def _clients(plan: Plan, use: Purpose) -> str:
    return _list([use.instructed_by, *plan.clients]) or "each client, by its own contract with us"


_CONTROLLER: Final[list[Column]] = [
    ("Business function", lambda plan, use: use.is_),
    ("Purpose of processing", lambda plan, use: use.name),
    ("Name and contact details of joint controller", _joint),
    ("Categories of individuals", _people),
    ("Categories of personal data", _data),
    ("Categories of recipients", _told),
    ("Link to contract with processor", _contracts),
    ("Names of third countries or international organisations that personal data are transferred to", _countries),
    ("Safeguards for transfers of personal data to third countries or international organisations", _safeguards),
    ("Retention schedule", _kept),
    ("General description of technical and organisational security measures", _measures),
    ("Article 6 lawful basis for processing personal data", lambda plan, use: f"{use.basis} ({_article(use)})"),
    ("Article 9 basis for processing special category data", _article9),
    ("Legitimate interests for the processing", lambda plan, use: use.interest),
    ("Link to record of legitimate interests assessment", lambda plan, use: _paper(plan, use.balance)),
    ("Rights available to individuals", _rights),
    ("Existence of automated decision-making, including profiling", lambda plan, use: use.decides),
    ("The source of the personal data", _source),
    ("Link to record of consent", _consents),
    ("Location of personal data", _places),
    ("Data Protection Impact Assessment required?", _assessed),
    ("Data Protection Impact Assessment progress", _progress),
    ("Link to Data Protection Impact Assessment", lambda plan, use: _paper(plan, use.assessment)),
    ("Has a personal data breach occurred?", lambda plan, use: EMPTY),
    ("Link to record of personal data breach", lambda plan, use: EMPTY),
    ("Data Protection Act 2018 Schedule 1 condition for processing", lambda plan, use: EMPTY),
]
_PROCESSOR: Final[list[Column]] = [
    ("Name and contact details of controller", _clients),
    ("Categories of processing", lambda plan, use: f"{use.is_}: {use.name}"),
    ("Categories of individuals", _people),
    ("Categories of personal data", _data),
    ("Categories of recipients", _told),
    ("Link to contract with processor", _contracts),
    ("Names of third countries or international organisations that personal data are transferred to", _countries),
    ("Safeguards for transfers of personal data to third countries or international organisations", _safeguards),
    ("General description of technical and organisational security measures", _measures),
]


def _article(use: Purpose) -> str:
    return f"{BASES[use.basis].article}; {use.law}" if use.law else BASES[use.basis].article
