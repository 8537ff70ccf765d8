"""The answer as files: a page to read and print, JSON for another service, a spreadsheet: UK GDPR Art 20(1)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.template.loader import render_to_string

from troth.answer import paper
from troth.answer.access import Answer, Line
from troth.parties import days
from troth.policy.emit import consent_record, texts
from troth.policy.emit.cells import MARK as MARK
from troth.policy.emit.cells import RISKY as RISKY
from troth.policy.emit.cells import plain as plain
from troth.policy.emit.texts import again, phrase

HEADS: Final = ("what", "value", "place", "source", "when", "how long", "record")


def as_json(answer: Answer, receipts: Sequence[Mapping[str, Any]] = ()) -> str:
    """For another service. ``receipts`` are those of the person's choices, as JSON-LD nodes."""
    data: dict[str, Any] = {
        "about": "What is held about you, from every place that answered.",
        "by": answer.firm,
        "at": answer.at.isoformat(timespec="seconds"),
        "held": [_plain(line) for line in answer.lines],
        "not_held": answer.not_held,
        "not_answered": [{"place": one.place, "why": one.why} for one in answer.not_answered],
        "not_asked": [{"place": one.place, "why": one.why} for one in answer.not_asked],
        "given_to": [{"recipient": one.recipient, "data": one.labels, "times": one.times} for one in answer.had],
        "looked_at": [{"when": _when(one), "why": one.value, "how_long": one.how_long} for one in answer.looked],
        "may_be_given_to": [
            {"recipient": one.recipient, "does": one.does, "data": one.labels} for one in answer.may_have
        ],
    }
    if answer.about is not None:
        data |= {
            "used_for": [
                {"what": one.what, "because": one.why, "data": one.labels, "decides": one.decides}
                for one in answer.about.uses
            ],
            "abroad": [{"recipient": who, "where": there} for who, there in answer.about.abroad],
            "rights": answer.about.rights,
            "complain": answer.about.complain,
            "notice": answer.about.notice,
        }
    if receipts:
        data["receipts"] = consent_record.document(receipts)
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def as_csv(answer: Answer) -> str:
    """To read: times are those of the client's clocks, as on the page, with what they are ahead of UTC."""
    out = io.StringIO()
    sheet = csv.writer(out, quoting=csv.QUOTE_ALL)
    sheet.writerow([phrase(head) for head in HEADS])
    for line in [*answer.lines, *answer.looked]:
        cells = [again(line.label), line.value, again(line.place), again(line.source)]
        cells += [_clock(answer.client, line), line.how_long, str(line.record or "")]
        sheet.writerow([plain(cell) for cell in cells])
    return out.getvalue()


def as_html(answer: Answer) -> str:
    """A page of its own, without script or anything from elsewhere."""
    tongue = texts.spoken() if texts.spoken() != texts.BASE else ""
    return render_to_string("answer/export.html", {"answer": answer, "sheet": paper.sheet(), "tongue": tongue})


def _plain(line: Line) -> dict[str, str | int]:
    """``record``: lines of one source that bear the same number stand in one record there."""
    return {
        "field": line.field,
        "what": line.label,
        "value": line.value,
        "place": line.place,
        "source": line.source,
        "when": _when(line),
        "how_long": line.how_long,
    } | ({"record": line.record} if line.record else {})


def _when(line: Line) -> str:
    return line.when.isoformat(timespec="seconds") if line.when else ""


def _clock(client: str, line: Line) -> str:
    return days.local(client, line.when).isoformat(timespec="seconds") if line.when else ""
