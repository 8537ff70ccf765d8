"""Whoever had some of it is told that it was erased, corrected or restricted: UK GDPR Art 19.

What was given to whom is written down by the room that gave it; it registers here. Each recipient is a row of its own:
not told yet, told, or done as they say. So is each place outside that is to keep something unused (``unused``). Whom it
is about is sealed under the row's own key, which goes once they know. That it was looked up who had it, and how many
they were, stands in the ledger: a row that is lost is missed there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import Final, Literal, get_args

import msgspec
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from troth.keep.models import Telling
from troth.ledger import entries
from troth.parties import editions
from troth.people import identities, standing, vault
from troth.places import approved
from troth.places.kinds import Subject
from troth.policy import decoding
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.work import queue

State = Literal["not told yet", "told", "claimed by them", "nothing held", "cannot", "not needed", "unnamed", "before"]
STATES: Final[dict[str, State]] = {state: state for state in get_args(State)}
OPEN: Final = ("not told yet", "told", "cannot")  # of which something may be said yet
BEFORE: Final = "before"  # another request had the place told, or has somebody tell it
UNASKED: Final = ("not needed", "unnamed", BEFORE)  # of a place to which nothing went
OF_PLACES: Final = ("claimed by them", "nothing held", "cannot", *UNASKED)
SHUT: Final = ("restrict", "lifted")  # what places outside are told, too
NOT_CHECKED: Final = "said by somebody of ours, not checked by troth"
SAID: Final = {  # what is known of a state, and no more: by a program, and where somebody of ours says so
    "told": ("we wrote to them", f"told: {NOT_CHECKED}"),
    "claimed by them": ("said by that service, not checked by troth", f"they say it is done: {NOT_CHECKED}"),
    "nothing held": ("nothing is held there", f"nothing is held there: {NOT_CHECKED}"),
    "cannot": ("", f"it cannot be marked there: {NOT_CHECKED}"),
    "not needed": ("it was over before it was done there, or is to be erased there", ""),
    "unnamed": ("nothing was shown by which we could ask there", ""),
    BEFORE: ("another request asks it of that place already", ""),
}
BY_PROGRAM: Final = ("http", "sql")  # places that a program can ask: to keep it unused, or whether it stands there
ASKED_THERE: Final = ("erase", "rectify")  # what a place is asked itself
AGAIN: Final = dt.timedelta(hours=1)  # a mail server that is down is asked again by then, as the queue has it
BY_HAND: Final = dt.timedelta(days=7)  # somebody without an address that we may write to: the desk asks for it by then


class Had(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient that had some of it."""

    recipient: str
    does: str
    labels: str
    last: dt.datetime | None
    times: int = 0


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient or place and how far telling them has come; names no person. ``why``: as ``note`` has it."""

    number: int
    recipient: str
    why: str
    labels: str
    state: State
    at: dt.datetime | None
    by: str
    evidence: str
    said: str
    next: dt.datetime | None = None
    by_hand: bool = True


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is still to be told, for the desk: of which request, since when, when it is tried or asked next."""

    reference: str
    recipient: str
    since: dt.datetime
    next: dt.datetime
    by_hand: bool
    place: str = ""
    why: str = ""


class Whom(msgspec.Struct, frozen=True, kw_only=True):
    """What a recipient needs to find the person with them, and what a value should say from now on."""

    identities: tuple[tuple[str, str], ...]
    new: str = ""
    persons: frozenset[int] = frozenset()


_had: dict[str, Callable[[str, frozenset[int]], list[Had]]] = {}
_restricting: list[Callable[[str, frozenset[int]], list[str]]] = []


def disclosures(name: str, call: Callable[[str, frozenset[int]], list[Had]]) -> None:
    """A room that hands data on registers what it has handed on."""
    _had[name] = call


def restricting(call: Callable[[str, frozenset[int]], list[str]]) -> None:
    """The room of requests registers which of these persons' requests may restrict use, open and new ones first."""
    _restricting[:] = [call]


def had(client: str, persons: frozenset[int]) -> list[Had]:
    """Who has had some of these persons' data, as far as it was written down."""
    return [one for call in _had.values() for one in call(client, persons)]


def to_tell(client: str, persons: frozenset[int], fields: Collection[str], why: str) -> list[tuple[str, str]]:
    """Recipient and labels: who had it by the record, and whoever the operator wrote an address down for."""
    plan = editions.in_force(client).plan
    asked = why in ASKED_THERE
    return among(plan, had(client, persons), fields, lambda recipient: bool(address(client, recipient)), asked=asked)


def among(
    plan: Plan,
    had: Collection[Had],
    fields: Collection[str],
    written_to: Callable[[str], bool],
    *,
    asked: bool = True,
) -> list[tuple[str, str]]:
    """Recipient and labels of these, for one plan. Who runs one of our places is ``asked`` there like any place, and
    need not be told beside it; but to keep and not to use a place is asked over the web alone, so of that they are
    told who run another one."""
    run = [place for place in plan.places.values() if place.by]
    outside = [] if asked else [place for place in run if place.kind not in ("ours", "events", "http")]
    found = {one.recipient: one.labels for one in had}
    for recipient in plan.recipients.values():
        theirs = recipient.data & set(fields)
        theirs = theirs.union(*(place.holds for place in outside if place.by == recipient.name))
        labels = sorted({plan.fields[name].label for name in theirs if name in plan.fields})
        if labels and recipient.name not in found and written_to(recipient.name):
            found[recipient.name] = ", ".join(labels)
    there = {place.by for place in run} - {place.by for place in outside}
    return sorted((name, labels) for name, labels in found.items() if name not in there)


def places(plan: Plan, told: Collection[str] = ()) -> list[tuple[str, str]]:
    """Place and labels of each one outside that is told itself of a restriction: all but those that are asked by hand
    and are run by a recipient who is ``told`` by name."""
    mine = [one for one in plan.places.values() if one.kind not in ("ours", "events")]
    due = [one for one in mine if one.kind == "http" or one.by not in told]
    labels = {one.name: sorted({plan.fields[name].label for name in one.holds if name in plan.fields}) for one in due}
    return sorted((name, ", ".join(known)) for name, known in labels.items())


def address(client: str, recipient: str) -> str:
    """Where the operator approved to write to a recipient, or ''. A policy cannot say it: it is untrusted input."""
    try:
        url = approved.address(client, recipient)
    except Trouble:
        return ""
    return url.removeprefix("mailto:") if url.startswith("mailto:") and "@" in url else ""


def note(client: str, reference: str, why: str, subject: Subject, fields: Collection[str], *, new: str = "") -> int:
    """Write down who is to be told. Runs in the transaction of what they are told of; nobody is told yet.

    ``why``: erase, rectify, restrict, or lifted (of a restriction); of the last two places outside are told, too.
    While something else restricts use, nothing is over and nobody is told so. Returns how many are to be told.
    """
    over = why != "lifted" or not any(standing.facts(client, one).restricted for one in subject.persons)
    due = to_tell(client, subject.persons, fields, why) if over else []
    known = {name for name, _ in due}
    shut = places(editions.in_force(client).plan, known) if over and why in SHUT else []
    if why == "lifted" and shut:
        shut = _marked(client, reference, subject.persons, shut)
    for name, labels in due:
        _to_tell(client, reference, why, name, labels, subject, new=new)
    if why == "restrict":
        _to_shut(client, reference, shut, subject)
    else:
        for name, labels in shut:
            _to_tell(client, reference, why, name, labels, subject, place=name)
    counts = {"recipients": len(due)} | ({"places": len(shut)} if why in SHUT else {})
    _noted(client, reference, counts)
    return len(due) + len(shut)


def _noted(client: str, reference: str, counts: dict[str, int]) -> None:
    entries.append("request-step", client=client, refs={"request": reference}, counts=counts)


def _to_tell(
    client: str, reference: str, why: str, name: str, labels: str, subject: Subject, *, new: str = "", place: str = ""
) -> None:
    labels, now = labels[:400], timezone.now()
    row = Telling.objects.create(
        client=client, reference=reference, why=why, recipient=name, place=place, labels=labels, opened=now
    )
    whom = Whom(identities=subject.identities, new=new, persons=subject.persons if place else frozenset())
    row.whom = vault.seal(client, 0, "troth.telling", row.pk, _rule(row), msgspec.json.encode(whom))
    row.save(update_fields=["whom"])


def _to_shut(client: str, reference: str, shut: list[tuple[str, str]], subject: Subject) -> None:
    """A place that another request has told so, or has somebody tell it, is not told twice; and none that was not told
    yet that an earlier one is over is told so after this."""
    _moot(client, subject.persons, ("lifted",))
    before = _before(client, reference, subject.persons)
    for name, labels in shut:
        if _knows(client, before.get(name, []), subject):
            said = {"client": client, "reference": reference, "why": "restrict", "recipient": name, "place": name}
            row = Telling.objects.create(**said, labels=labels[:400], state=BEFORE, by="program", opened=timezone.now())
            refs = {"request": reference, "telling": str(row.pk)}
            row.entry = entries.append("request-step", client=client, place=name, refs=refs, actor="program").number
            row.save(update_fields=["entry"])
        else:
            _to_tell(client, reference, "restrict", name, labels, subject, place=name)


def _knows(client: str, rows: list[Telling], subject: Subject) -> bool:
    """Whether a place was told of these, or is to be, by all that they have shown, and not before some of it."""
    rows = rows[next((n for n in range(len(rows), 0, -1) if rows[n - 1].why == "lifted"), 0) :]
    told = [row for row in rows if row.state in ("not told yet", "claimed by them")]
    if not told and {row.state for row in rows} == {BEFORE}:  # that of a request that is forgotten
        told = rows
    fields = {name for name, _ in subject.identities}
    last = max((row.opened for row in told), default=None)
    return last is not None and not identities.proved_since(client, subject.persons, fields, last)


def _before(client: str, reference: str, persons: frozenset[int]) -> dict[str, list[Telling]]:
    """By place, what it was told, or is to be told, to restrict of these persons since it was last told that this is
    over: by whatever request. Where that was not told before the next one began, it stands among them."""
    mine = {reference, *_requests(client, persons)}
    rows = Telling.objects.filter(client=client, reference__in=mine, why__in=SHUT).exclude(place="").order_by("pk")
    found: dict[str, list[Telling]] = {}
    for row in rows:
        if row.why == "lifted" and row.state != "not needed":
            found.pop(row.place, None)
        else:
            found.setdefault(row.place, []).append(row)
    return found


def _requests(client: str, persons: frozenset[int]) -> list[str]:
    return [one for call in _restricting for one in call(client, persons)]


def _marked(client: str, reference: str, persons: frozenset[int], shut: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """It is over: the places that may have a mark to take off. In the others nobody has to set one any more."""
    before = _before(client, reference, persons)
    marked = [one for one in shut if _may_be_marked(before.get(one[0], []))]
    _moot(client, persons)
    rest = (rows for name, rows in before.items() if name not in {name for name, _ in marked})
    moot = [row.pk for rows in rest for row in rows if row.state == BEFORE]
    Telling.objects.filter(pk__in=moot).update(state="not needed")
    return marked


def _may_be_marked(rows: list[Telling]) -> bool:
    """Whether a place may keep something unused for these: it says so; or it was asked over the web, and its answer did
    not come; or the request that told it is forgotten; or nobody took off an earlier mark."""
    states = {row.state for row in rows}
    asked = any(row.state == "not told yet" and _kind(row) == "http" for row in rows)
    return asked or "claimed by them" in states or states == {BEFORE} or any(row.why == "lifted" for row in rows)


def untold(client: str, subject: Subject, fields: Collection[str] | None) -> tuple[str, list[tuple[str, str]]]:
    """The places (with labels) that are to keep something of these unused and were never told, and the request by which
    they are. None where no request says why: there is nothing to which it could be written down. ``fields``: of which
    recipients were told by name; None: of nothing, as in ``shut``."""
    mine = _requests(client, subject.persons)
    if not mine:
        return "", []
    heard = to_tell(client, subject.persons, fields, "restrict") if fields is not None else []
    known = {name for name, _ in heard}
    before, unheard = _before(client, mine[0], subject.persons), {"not needed", BEFORE}
    unheard |= {"unnamed"} if subject.identities else set()
    shut = places(editions.in_force(client).plan, known)
    return mine[0], [one for one in shut if not {row.state for row in before.get(one[0], [])} - unheard]


def tell_places(client: str, reference: str, subject: Subject, due: list[tuple[str, str]]) -> None:
    """Tell places of a restriction that stands, by a request of before."""
    with transaction.atomic():
        for name, labels in due:
            _to_tell(client, reference, "restrict", name, labels, subject, place=name)
        _noted(client, reference, {"places": len(due)})
    begin(client, reference, erased=False)


def shut(client: str, reference: str, subject: Subject) -> int:
    """An erasure can still be taken back: until then places outside keep what they hold and do not use it. Recipients
    are told when it begins. Runs in the transaction of what they are told of; returns how many places are."""
    due = places(editions.in_force(client).plan)
    _to_shut(client, reference, due, subject)
    _noted(client, reference, {"places": len(due)})
    return len(due)


def owed(client: str, references: Collection[str]) -> bool:
    """Whether somebody was to be told of a restriction by one of these requests of a person, and since then nobody that
    it is over: what ends last tells it, whatever it was."""
    rows = Telling.objects.filter(client=client, reference__in=references, why__in=SHUT).order_by("-pk")
    last = rows.values_list("why", flat=True).first()
    return last == "restrict"


def _moot(client: str, persons: frozenset[int], why: tuple[str, ...] = ("restrict",)) -> None:
    """Where it was not done yet that these persons' data is not to be used, now it need not."""
    open_ = Telling.objects.filter(client=client, why__in=why, state="not told yet").exclude(place="")
    mine = [row for row in open_ if row.whom is not None and _whom(row).persons & persons]
    for row in mine:
        told(client, row.reference, row.pk, "not needed", by="program")


def begin(client: str, reference: str, *, erased: bool = True) -> None:
    """From now on it is so: each recipient that can be written to is written to, the others wait for a hand. Not
    ``erased``: of an erasure nobody hears yet."""
    rows = Telling.objects.filter(client=client, reference=reference, state="not told yet")
    for row in rows if erased else rows.exclude(why="erase"):
        _try(row)


def erasing(client: str, persons: frozenset[int]) -> None:
    """It begins: what every place is asked to erase nobody has to mark there any more, nor to take a mark off."""
    _moot(client, persons, SHUT)


def again(client: str) -> int:
    """Whoever should know by now and does not is tried anew; nobody is given up. Returns how many they are."""
    begun = Q(next__lte=timezone.now()) | Q(next=None, why__in=SHUT)  # stopped before ``begin``, and true from then
    late = Telling.objects.filter(begun, client=client, state="not told yet")
    return sum(_try(row) for row in late)


def _try(row: Telling) -> bool:
    """Write to them, or wait for a hand. The day by which a hand was to do it does not move: it is late from then."""
    if row.place and not _whom(row).identities:
        return told(row.client, row.reference, row.pk, "unnamed", by="program")
    by_hand = _by_hand(row)
    if row.place and _kind(row) in BY_PROGRAM:
        queue.add("tell-place", {"telling": row.pk}, client=row.client, once=f"tell place {row.pk}")
    elif not by_hand:
        queue.add("tell-recipient", {"telling": row.pk}, client=row.client, once=f"tell recipient {row.pk}")
    if row.next is None or not by_hand:
        later = timezone.now() + (BY_HAND if by_hand else AGAIN)
        Telling.objects.filter(pk=row.pk, state="not told yet").update(next=later)
    return not by_hand


def _kind(row: Telling) -> str:
    """The kind of a place, as the policy has it now; '' where it names it no more."""
    found = editions.in_force(row.client).plan.places.get(row.place)
    return found.kind if found is not None else ""


def _by_hand(row: Telling) -> bool:
    """Whether somebody has to tell them: without an address for letters, or where a letter would name nobody; in a
    database, which has no word for it."""
    if row.place:
        return _kind(row) != "http"
    return not address(row.client, row.recipient) or (row.whom is not None and not _whom(row).identities)


def waiting(client: str) -> list[Waiting]:
    """Everybody who should know and does not yet, the longest first: for the desk."""
    rows = Telling.objects.filter(client=client, state="not told yet").order_by("opened", "pk")
    return [
        Waiting(
            reference=row.reference,
            recipient=row.recipient,
            since=row.opened,
            next=row.next,
            by_hand=_by_hand(row),
            place=row.place,
            why=row.why,
        )
        for row in rows
        if row.next is not None
    ]


def letter(number: int) -> tuple[str, str, str, str, str, Whom] | None:
    """(client, reference, why, recipient, labels, whom) of somebody still to be told, for the room that writes."""
    row = Telling.objects.filter(pk=number, state="not told yet", place="").first()
    if row is None or row.whom is None:
        return None
    return row.client, row.reference, row.why, row.recipient, row.labels, _whom(row)


def to_ask(number: int) -> tuple[str, str, str, str, Whom] | None:
    """(client, reference, why, place, whom) of a place that is still to be told."""
    row = Telling.objects.filter(pk=number, state="not told yet").exclude(place="").first()
    if row is None or row.whom is None:
        return None
    return row.client, row.reference, row.why, row.place, _whom(row)


def silent(number: int) -> dt.datetime:
    """A place did not answer: when it is asked again. A hand that may do it instead keeps its day."""
    later = timezone.now() + AGAIN
    row = Telling.objects.filter(pk=number, state="not told yet").first()
    if row is not None and not _by_hand(row):
        Telling.objects.filter(pk=number).update(next=later)
    return later


def told(client: str, reference: str, number: int, state: State, *, by: str, evidence: str = "") -> bool:
    """A recipient was told, or says that it is done; or it is done in a place, or cannot be. We forget whom it was
    about. False: they are not to be told; or somebody of ours says so, and not how they know."""
    with transaction.atomic():
        row = Telling.objects.filter(client=client, reference=reference, pk=number).first()
        if row is None or row.state not in OPEN or state not in (OF_PLACES if row.place else ("told", *OF_PLACES[:1])):
            return False
        if by != "program" and not (by and evidence.strip()):
            return False
        if evidence:
            words = "; ".join(one for one in (_evidence(row), evidence.strip()[:500]) if one)  # of each who said so
            row.evidence = vault.seal(client, 0, "troth.evidence", row.pk, _proof(row), words.encode())
        refs = {"request": reference, "telling": str(row.pk)}
        act = "sent" if by == "program" and state not in UNASKED else "request-step"
        entry = entries.append(act, client=client, place=row.place, refs=refs, actor=by)
        row.state, row.at, row.by, row.whom, row.entry = state, timezone.now(), by, None, entry.number
        row.next = None
        row.save()
        transaction.on_commit(lambda: vault.destroy(client, 0, [_rule(row)]))
    return True


def of(client: str, reference: str, *, evidence: bool = False) -> list[Told]:
    """Every recipient of one request. ``evidence`` opens what staff wrote down: for the desk, not for the receipt."""
    rows = Telling.objects.filter(client=client, reference=reference, place="").order_by("recipient", "pk")
    return _all(rows, evidence)


def in_places(client: str, reference: str, *, evidence: bool = False) -> list[Told]:
    """The same of every place outside that was to keep something unused, or may use it again."""
    rows = Telling.objects.filter(client=client, reference=reference).exclude(place="")
    return _all(rows.order_by("place", "pk"), evidence)


def _all(rows: Iterable[Telling], evidence: bool) -> list[Told]:
    return [
        Told(
            number=row.pk,
            recipient=row.recipient,
            why=row.why,
            labels=row.labels,
            state=STATES[row.state],
            at=row.at,
            by=row.by,
            evidence=_evidence(row) if evidence else "",
            said=_said(row),
            by_hand=_by_hand(row),
            next=row.next,
        )
        for row in rows
    ]


def _said(row: Telling) -> str:
    """What the receipt says of it: who said so, and never more than they know."""
    if row.state == "not told yet":
        return "not answered yet" if row.place else row.state
    if row.place and row.state == "claimed by them" and row.by != "program":
        return f"done: {NOT_CHECKED}"
    if row.state == "nothing held" and _kind(row) == "http" and row.by == "program":
        return "nothing is held there, as that service says"
    return SAID[row.state][row.by != "program"]


def whom(client: str, reference: str, number: int) -> Whom | None:
    """Whom a recipient is to be told of, for the hand that tells them. The caller asked the gate."""
    row = Telling.objects.filter(client=client, reference=reference, pk=number).first()
    return _whom(row) if row is not None and row.whom is not None else None


def forget(client: str, reference: str) -> None:
    """The request is as old as the policy lets it be: rows go before their keys."""
    _gone(client, list(Telling.objects.filter(client=client, reference=reference)))


def take_back(client: str, reference: str) -> None:
    """Nothing is erased, and nobody is to be told so. What places outside were told stands, until they hear that it is
    over."""
    _gone(client, list(Telling.objects.filter(client=client, reference=reference, why="erase")))


def _gone(client: str, rows: list[Telling]) -> None:
    Telling.objects.filter(pk__in=[row.pk for row in rows]).delete()
    if rows:
        rules = [rule for row in rows for rule in (_rule(row), _proof(row))]
        transaction.on_commit(lambda: vault.destroy(client, 0, rules))


def _whom(row: Telling) -> Whom:
    plain = vault.open(row.client, 0, "troth.telling", row.pk, bytes(row.whom or b""))
    return decoding.read(plain, Whom)


def _evidence(row: Telling) -> str:
    if row.evidence is None:
        return ""
    return vault.open(row.client, 0, "troth.evidence", row.pk, bytes(row.evidence)).decode()


def rules_in_use(client: str) -> set[str]:
    """The keys of tellings that still seal whom it is about, or how it is known that somebody was told."""
    rows = Telling.objects.filter(client=client)
    whom = {_rule(row) for row in rows.filter(whom__isnull=False)}
    return whom | {_proof(row) for row in rows.filter(evidence__isnull=False)}


def _rule(row: Telling) -> str:
    return f"telling {row.pk}"


def _proof(row: Telling) -> str:
    return f"telling {row.pk} proof"
