"""To refuse, to charge, to put off, to leave something out: each is a decision of staff that is written down, with a
ground of the closed list, and told to the person with the ways to complain: UK GDPR Art 12(4), 12(5), 12A(3).

Who refuses or charges does not decide alone; in a firm of one they look again on a later day, and the letter says so.
Nothing takes effect before its letter has gone, but for what is left out: that is not shown from the moment that it was
decided. And what was refused to be erased is not erased while the letter waits. A decision that its request overtook is
none: nobody reads that something was refused which was done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.answer import amend, grounds, identity, mail, reckoning, requests, sworn, weighing
from troth.answer.grounds import KINDS, SECONDED, Kind
from troth.answer.models import Decision
from troth.keep import erasure, recipients, where
from troth.ledger import entries
from troth.parties import editions, speech, staff
from troth.people import identities, standing, vault
from troth.policy import decoding
from troth.policy.emit.naming import day
from troth.policy.emit.texts import again, own, phrase
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.work import queue

MOST: Final = 2000  # letters of the reasons
UNPAID: Final = reckoning.UNPAID
LATE: Final = reckoning.LATE
PUTS_OFF: Final = frozenset({"fee", "extend"})
REFUSED: Final = "Refused, for the reason that we wrote"
TELLS_NOTHING: Final = frozenset({"cannot identify", "manifestly unfounded", "manifestly excessive"})
LAPSED: Final = "The fee was not paid, so it ended"
PROPOSED: Final[dict[Kind, str]] = {
    "refuse": "Refusing it was proposed, and a second person decides",
    "withhold": "Leaving something out was proposed; a second one decides",
    "fee": "A fee was proposed, and a second person decides",
    "extend": "It takes longer, and we write to you why",
}
AGREED: Final[dict[Kind, str]] = {
    "refuse": "A second person agreed to refuse it, and we write to you",
    "withhold": "A second person agreed to leave something out",
    "fee": "A second person agreed to the fee, and we write to you",
}
TOLD: Final[dict[Kind, str]] = {
    "refuse": "We wrote to you that we refuse it, and why",
    "withhold": "We wrote to you what we leave out, and why",
    "fee": "We wrote to you what it costs, and why",
    "extend": "We wrote to you that it takes longer, and why",
}
NOT_AGREED: Final = "A second person did not agree, so it goes on"
AGAIN: Final = "One person works here, looked again, and stood by it"
BY_ONE: Final = "One person decided this, and looked at it again on a later day: nobody else works here who could."


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """One decision as the desk shows it. ``reasons`` only where they were asked for."""

    number: int
    reference: str
    kind: Kind
    ground: str
    state: str
    by: str
    second: str
    opened: dt.datetime
    told: dt.datetime | None
    fields: tuple[str, ...]
    pence: int
    written: bool  # what we write or wrote of it can still be read
    reasons: str = ""


# Deciding ---------------------------------------------------------------------------------------------------------


def propose(
    client: str,
    reference: str,
    kind: str,
    *,
    ground: str,
    because: str,
    by: str,
    fields: Collection[str] = (),
    pence: int = 0,
) -> int:
    """Write the decision of one person down. An extension holds by itself, the others wait for a second person.

    ``because``: the reasons as we write them to the person. ``fields``: what is left out. ``pence``: of a fee.
    Returns its number; ``Trouble`` says what is missing.
    """
    asked = _open(client, reference, kind)
    plan = editions.in_force(client).plan
    grounds.must(ground, kind, asked.right, plan.law)
    _whole(plan, kind, because, by, fields, pence)
    _may(client, asked, kind, ground)
    with transaction.atomic():
        if Decision.objects.filter(reference=reference, client=client, state__in=("waits", "decided")).exists():
            raise Trouble("decided-already", "A decision about this request is still open.", "Settle that one first.")
        row = Decision.objects.create(
            client=client,
            reference=reference,
            person=asked.person,
            kind=kind,
            ground=ground,
            fields=sorted(fields) if kind == "withhold" else [],
            pence=pence if kind == "fee" else 0,
            state="waits" if kind in SECONDED else "decided",
            by=by,
            opened=timezone.now(),
        )
        row.reasons = _seal(row, {"because": because.strip()})
        row.entry = requests.step(client, reference, PROPOSED[KINDS[kind]], actor=by)
        row.save(update_fields=["reasons", "entry"])
        sworn.decision(client, row.pk)
        if row.state == "decided":
            _write_soon(row)
    return int(row.pk)


def _open(client: str, reference: str, kind: str) -> requests.Request:
    asked = requests.find(client, reference)
    if asked is None:
        raise Trouble("no-request", f"There is no request {reference}.", "Check the reference.")
    if kind not in KINDS:
        raise Trouble("no-ground", f"“{kind}” is nothing that can be decided.", f"Say {', '.join(KINDS)}.", exit=2)
    if asked.state != "open" and kind != "withhold":
        raise Trouble("not-open", f"{reference} is closed: there is nothing to decide.", "Look at what was answered.")
    return asked


def _whole(plan: Plan, kind: str, because: str, by: str, fields: Collection[str], pence: int) -> None:
    """Every decision says why, and by whom; a fee how much, what is left out which fields."""
    if not by:
        raise Trouble("no-staff", "A decision is somebody's.", "Say who decides.")
    if not 0 < len(because.strip()) <= MOST:
        said = "Say why, as it is written to the person."
        raise Trouble("no-reasons", said, f"Write the reasons, {MOST} letters at most.", exit=2)
    if kind == "fee" and pence <= 0:
        raise Trouble("no-amount", "A fee has an amount.", "Write it as 12.50: what the answer costs, no more.", exit=2)
    strange = sorted(set(fields) - plan.fields.keys())
    if kind == "withhold" and (strange or not fields):
        said = f"The policy has no field “{strange[0]}”." if strange else "Say which fields are left out."
        raise Trouble("no-fields", said, "Name fields of the policy, as booking.name.", exit=2)


def _may(client: str, asked: requests.Request, kind: str, ground: str) -> None:
    """What is already done is not refused, and what is due is not put off any more."""
    if kind == "fee" and asked.due < timezone.now():
        raise Trouble("told-too-late", "The month is over: a fee rests no clock now.", "Answer the request.", exit=3)
    progress = erasure.progress(client, asked.reference) if kind == "refuse" else None
    if progress is not None and erasure.waits_until(client, asked.reference) is None:
        raise Trouble("erased-already", "The erasure has begun.", "What must stay is kept by a hold, not by a refusal.")
    told = Decision.objects.filter(client=client, reference=asked.reference, kind=kind, state__in=("told", "paid"))
    if kind in ("extend", "fee") and (asked.waits or told.exists()):
        raise Trouble("decided-already", "That was decided once, and is not decided again.", "Answer the request.")
    tells = kind in ("refuse", "withhold") and ground not in TELLS_NOTHING
    if tells and requests.UNSHOWN in requests.detail(client, asked.reference):
        said = "They have not shown who they are, and that reason would say that we know somebody."
        raise Trouble("not-shown", said, f"Until then say one of: {', '.join(sorted(TELLS_NOTHING))}.", exit=2)
    if kind == "extend" and asked.due < timezone.now():
        raise Trouble("told-too-late", "The month is over: nothing puts it off now.", "Answer the request.", exit=3)


def second(client: str, number: int, *, by: str, agree: bool) -> None:
    """Another person agrees, and the letter goes; or does not, and the request goes on as it was."""
    row = _row(client, number)
    staff.must_agree(client, row.by, by, row.opened, "requests")
    agreed = AGAIN if by == row.by else AGREED[KINDS[row.kind]]
    with transaction.atomic():
        if agree:
            _may(client, _open(client, row.reference, row.kind), row.kind, row.ground)
        waits = Decision.objects.filter(pk=row.pk, state="waits")
        if not waits.update(state="decided" if agree else "dropped", second=by):
            raise Trouble("decided-already", "It was decided already.", "Look at the request.")
        sworn.decision(client, row.pk)
        requests.step(client, row.reference, agreed if agree else NOT_AGREED, actor=by)
        if agree:
            if row.kind == "refuse":
                erasure.take_back(client, row.reference)
            _write_soon(row)
    if not agree:
        _forget(row)


def end(client: str, number: int, *, by: str) -> None:
    """What was left out is shown again."""
    row = _row(client, number)
    with transaction.atomic():
        live = Decision.objects.filter(pk=row.pk, kind="withhold", state__in=("decided", "told"))
        if live.update(state="ended"):
            sworn.decision(client, row.pk)
            requests.step(client, row.reference, "What was left out is shown again", actor=by)


# Telling ----------------------------------------------------------------------------------------------------------


def _write_soon(row: Decision) -> None:
    queue.add("answer-decision", {"decision": row.pk}, client=row.client, once=f"decision {row.pk}")


@queue.handler("answer-decision")
def _job(payload: queue.Payload) -> None:
    row = Decision.objects.filter(pk=int(payload["decision"]), state="decided").first()
    if row is None or _dropped(row) or not (to := _address(row)):
        return  # who proved no address is written to by hand: it stands on the desk until somebody says that it went
    subject, body = letter(row.client, row.pk)
    mail.send(editions.in_force(row.client).plan, to, subject, body)
    _told(row, by="")


def _dropped(row: Decision) -> bool:
    """Whether its request was answered before anybody was told, or the month was over before a fee or more time could
    be told: then nothing is told, for it would be untrue, and it is forgotten."""
    asked = requests.find(row.client, row.reference)
    if row.kind == "withhold" or asked is None:
        return False
    late = row.kind in PUTS_OFF and not reckoning.in_time(row.client, asked, timezone.now())
    if asked.state == "open" and not late:
        return False
    with transaction.atomic():
        if Decision.objects.filter(pk=row.pk, state__in=("waits", "decided")).update(state="dropped"):
            sworn.decision(row.client, row.pk)
            _forget(row)
            if asked.state == "open":
                requests.step(row.client, row.reference, LATE)
    return True


def stands(client: str, reference: str) -> bool:
    """Whether two decided to refuse this request."""
    refused = Decision.objects.filter(client=client, reference=reference, kind="refuse")
    return refused.filter(state__in=("decided", "told")).exists()


def by_hand(client: str, number: int, *, by: str, how: str) -> None:
    """The letter went by post: by whom, and how that is known."""
    row = _row(client, number)
    if row.state == "decided" and how.strip() and _dropped(row) and row.kind in PUTS_OFF:
        raise Trouble("told-too-late", "The time is over: it puts nothing off now.", "Answer the request.", exit=3)
    if row.state != "decided" or _dropped(row) or not how.strip():
        raise Trouble("not-told", "Say how the letter went, once it was decided.", "Write it: posted, signed for …")
    row.reasons = _seal(row, _reasons(row) | {"told": how.strip()[:MOST]})
    Decision.objects.filter(pk=row.pk, state="decided").update(reasons=row.reasons)
    _told(row, by=by)


def waits_for_hand(client: str, number: int) -> bool:
    """Decided, and there is no address to write to."""
    row = _row(client, number)
    return row.state == "decided" and not _address(row)


def letter(client: str, number: int) -> tuple[str, str]:
    """Subject and text of what the person is told. Without a name: who posts it writes that on the envelope."""
    row = _row(client, number)
    asked = requests.find(client, row.reference)
    assert asked is not None
    if row.reasons is None:
        raise Trouble("no-decision", "What was written of it is forgotten.", "It went with an erasure, or was dropped.")
    plan, later = editions.in_force(client).plan, reckoning.longer(client, asked)
    language = requests.detail(client, row.reference).get("language", "")
    said = Letter(
        kind=KINDS[row.kind],
        ground=row.ground,
        because=_reasons(row).get("because", ""),
        fields=tuple(row.fields),
        pence=row.pence,
        later=later,
        by_one=row.second == row.by,
    )
    with speech.speaking(plan, language):
        return written(plan, asked, said)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter says. ``later``: the day of an extended answer."""

    kind: Kind
    ground: str
    because: str
    fields: tuple[str, ...]
    pence: int
    later: dt.datetime
    by_one: bool = False  # the second look was of the same person, in a firm of one


def written(plan: Plan, asked: requests.Request, said: Letter) -> tuple[str, str]:
    """The letter of a decision: what, the ground with its provision, the reasons, and the ways to complain."""
    firm, one = plan.who.trades_as or plan.who.name, grounds.GROUNDS[said.ground]
    labels = ", ".join(dict.fromkeys(own(plan.fields[name].label) for name in said.fields if name in plan.fields))
    amount = f"{said.pence // 100}.{said.pence % 100:02d}"
    why = f"{phrase(one.words)} ({grounds.cited(said.ground, plan.law)})"
    says: dict[Kind, str] = {
        "refuse": phrase("We do not do that, because {why}.", why=why),
        "withhold": phrase("We leave this out of the answer, because {why}: {what}.", why=why, what=labels),
        "fee": phrase("It costs {amount}, because {why}. We begin when that is paid.", amount=amount, why=why)
        + " "
        + phrase("If it is not paid within a month, your request ends, and you can ask anew."),
        "extend": phrase("We answer by {later} and not by {day}, because {why}.", later=day(plan.day(said.later)),
                         day=day(plan.day(asked.due)), why=why),
    }  # fmt: skip
    lines = (
        phrase(
            "On {day} you asked {firm} to {act}.", day=day(plan.day(asked.opened)), firm=firm, act=again(asked.words)
        ),
        says[said.kind],
        phrase("Our reasons: {reasons}", reasons=said.because),
        *([phrase(BY_ONE)] if said.by_one else []),
        grounds.routes(plan),
        phrase("Our reference is {reference}.", reference=asked.reference),
    )
    subject = phrase("{firm}: about your request {reference}", firm=firm, reference=asked.reference)
    return subject, "\n\n".join(lines) + "\n"


def trial(plan: Plan, kind: Kind, ground: str, because: str) -> str:
    """The text of a letter about nobody, so that somebody can look what it says."""
    now, right = timezone.now(), min(grounds.GROUNDS[ground].rights)
    asked = requests.Request(
        reference="A-0000-0000", client="", person=0, right=right, words=requests.IN_WORDS[right], state="open",
        outcome="", opened=now, due=now, closed=None, letter="", waits="", entry=0, steps=[],
    )  # fmt: skip
    fields = tuple(sorted(plan.fields)[:1])
    said = Letter(kind=kind, ground=ground, because=because, fields=fields, pence=100, later=now)
    return written(plan, asked, said)[1]


def _address(row: Decision) -> str:
    """Where they proved to be reached last, or the one that an erasure was confirmed from. Who has
    not shown who they are is written to where they said, and nowhere else: else silence would tell them of somebody."""
    known = requests.detail(row.client, row.reference)
    if requests.UNSHOWN in known or not row.person:
        return known.get("address", "")
    return identity.reached_at(row.client, row.person) or known.get("address", "")


def _told(row: Decision, *, by: str) -> None:
    """The letter has gone: from now it is so."""
    with transaction.atomic():
        if not Decision.objects.filter(pk=row.pk, state="decided").update(state="told", told=timezone.now()):
            return
        sworn.decision(row.client, row.pk)
        entries.append("sent", client=row.client, counts={"mails": int(not by)}, refs={"request": row.reference})
        requests.step(row.client, row.reference, TOLD[KINDS[row.kind]], actor=by)
        row.refresh_from_db()
        if row.kind == "refuse":
            _refuse(row)
        elif row.kind in ("fee", "extend"):
            reckoning.reckon(row.client, row.reference)
    if row.kind == "refuse":
        recipients.begin(row.client, row.reference)
        requests.forget(row.client, row.reference)


def _refuse(row: Decision) -> None:
    """What the request had stopped is used again: they were told first (Art 18(3)). Marketing stays off."""
    client, reference = row.client, row.reference
    asked = requests.find(client, reference)
    if asked is None or asked.state != "open":
        return
    if asked.person and asked.right in weighing.GROUNDS:
        weighing.lift(client, asked, row.by)
    elif asked.person and asked.right in ("erase", "rectify"):
        _use_again(client, asked, row.by)
    outcome = weighing.LIFTED["object"] if asked.right == "object" else REFUSED
    requests.close(client, reference, outcome, actor=row.by)


def _use_again(client: str, asked: requests.Request, by: str) -> None:
    ground = erasure.RESTRICTED if asked.right == "erase" else amend.CONTESTED
    known = identities.reach(client, asked.person) | {asked.person}
    persons = frozenset(known) | erasure.persons(client, asked.reference)
    if asked.right == "erase":
        erasure.take_back(client, asked.reference)
    elif amend.wrong_yet(client, persons, but=asked.reference):
        return  # what ends that ends the restriction, too
    ended = sum(standing.unrestrict(client, one, by=by, ground=ground) for one in sorted(persons))
    if ended and asked.right == "erase":
        weighing.ended(client, asked, persons)
    if ended and asked.right == "rectify":
        fields = {requests.detail(client, asked.reference).get("field", "")}
        recipients.note(client, asked.reference, "lifted", where.subject(client, asked.person, persons), fields)


# The clock --------------------------------------------------------------------------------------------------------


def paid(client: str, number: int, *, by: str, how: str) -> None:
    """The fee came: the month is counted from that day."""
    row = _row(client, number)
    asked = requests.find(client, row.reference)
    if asked is None or asked.state != "open":
        raise Trouble("not-open", f"{row.reference} has ended.", "Give the fee back, or open the request anew.")
    if row.kind != "fee" or row.state != "told" or not how.strip():
        raise Trouble("not-told", "There is no fee that waits to be paid.", "Say how it was paid, once it was told.")
    with transaction.atomic():
        sealed = _seal(row, _reasons(row) | {"paid": how.strip()[:MOST]})
        told = Decision.objects.filter(pk=row.pk, state="told")
        if not told.update(state="paid", paid=timezone.now(), reasons=sealed):
            raise Trouble("decided-already", "That it was paid is written down already.", "Look at the request.")
        sworn.decision(client, row.pk)
        requests.step(client, row.reference, "The fee was paid", actor=by)
        reckoning.reckon(client, row.reference)


def lapse(client: str) -> int:
    """A request whose fee stayed unpaid for a month ends by itself, as its letter said, and so does a decision about
    one that was answered meanwhile. A fee that was told when the month was over ends nothing: the answer was due, and
    is (UK GDPR Art 12(5), 12A(2)). Returns how many did."""
    ended = sum(_dropped(row) for row in Decision.objects.filter(client=client, state__in=("waits", "decided")))
    for row in Decision.objects.filter(client=client, kind="fee", state="told", told__lt=timezone.now() - UNPAID):
        asked = requests.find(client, row.reference)
        if asked is None or asked.state != "open" or not _stopped_it(client, asked, row):
            continue
        with transaction.atomic():
            if asked.person and asked.right in weighing.GROUNDS:
                weighing.lift(client, asked, "program")
            elif asked.person and asked.right in ("erase", "rectify"):
                _use_again(client, asked, "program")
            requests.close(client, row.reference, LAPSED)
        recipients.begin(client, row.reference)
        requests.forget(client, row.reference)
        ended += 1
    return ended


def _stopped_it(client: str, asked: requests.Request, fee: Decision) -> bool:
    return fee.told is not None and reckoning.in_time(client, asked, fee.told)


def pence(text: str) -> int:
    """'12.50' as 1250; 0 for what is no amount."""
    try:
        amount = Decimal(text.strip().lstrip("£€")) * 100
    except ArithmeticError:  # of letters, and of what is too large to be counted at all
        return 0
    return int(amount) if amount.is_finite() and amount == amount.to_integral_value() and 0 < amount < 10**6 else 0


# What is known ----------------------------------------------------------------------------------------------------


def of(client: str, reference: str, *, reasons: bool = False) -> list[Decided]:
    """Every decision about one request. ``reasons`` opens them: for the desk, where it is written down who looked."""
    rows = Decision.objects.filter(client=client, reference=reference).order_by("pk")
    return [
        Decided(
            number=row.pk,
            reference=row.reference,
            kind=KINDS[row.kind],
            ground=row.ground,
            state=row.state,
            by=row.by,
            second=row.second,
            opened=row.opened,
            told=row.told,
            fields=tuple(row.fields),
            pence=row.pence,
            written=row.reasons is not None,
            reasons=_reasons(row).get("because", "") if reasons else "",
        )
        for row in rows
    ]


def about(client: str, number: int) -> str:
    """The reference of the request that a decision is about."""
    return _row(client, number).reference


def waiting(client: str) -> list[Decided]:
    """What waits for a second person, or for a letter, oldest first."""
    rows = Decision.objects.filter(client=client, state__in=("waits", "decided")).order_by("opened", "pk")
    references = dict.fromkeys(rows.values_list("reference", flat=True))
    return [one for reference in references for one in of(client, reference) if one.state in ("waits", "decided")]


def forget(client: str, reference: str) -> None:
    """The request is as old as the policy lets it be: what was decided of it goes with it."""
    rows = list(Decision.objects.filter(client=client, reference=reference))
    Decision.objects.filter(pk__in=[row.pk for row in rows]).delete()
    if rows:
        vault.destroy(client, 0, [_rule(row) for row in rows])


def erased(client: str, persons: Collection[int]) -> int:
    """Everything was erased: what we wrote to them of a decision goes, too; that there was one stays with its request,
    and one that they were not told of yet waits for its letter. Returns how many forgot it."""
    rows = Decision.objects.filter(client=client, person__in=persons, reasons__isnull=False)
    gone = list(rows.exclude(state__in=("waits", "decided")))
    for row in gone:
        _forget(row)
    return len(gone)


def _forget(row: Decision) -> None:
    """Rows first, and their keys when that is certain."""
    Decision.objects.filter(pk=row.pk).update(reasons=None)
    transaction.on_commit(lambda: vault.destroy(row.client, 0, [_rule(row)]))


def _row(client: str, number: int) -> Decision:
    row = Decision.objects.filter(client=client, pk=number).first()
    if row is None:
        raise Trouble("no-decision", f"There is no decision {number}.", "Look at the request for its number.")
    return row


def _seal(row: Decision, what: dict[str, str]) -> bytes:
    return vault.seal(row.client, 0, "troth.decision", row.pk, _rule(row), msgspec.json.encode(what))


def _reasons(row: Decision) -> dict[str, str]:
    if row.reasons is None:
        return {}
    plain = vault.open(row.client, 0, "troth.decision", row.pk, bytes(row.reasons))
    return decoding.read(plain, dict[str, str])


def rules_in_use(client: str) -> set[str]:
    """The keys of decisions that still seal something."""
    return {_rule(row) for row in Decision.objects.filter(client=client, reasons__isnull=False)}


def _rule(row: Decision) -> str:
    return f"decision {row.pk}"
