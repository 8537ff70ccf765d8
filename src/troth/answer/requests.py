"""A request is work with a legal clock: what the law of its client's policy gives, in its nation (UK GDPR Art 12(3)).

What the person wrote and where to answer are sealed under the request's own key and go when the letter has gone.
The row that stays holds a reference, the right, dates and the outcome.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Iterable
from typing import Final

import msgspec
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from troth.answer import sworn
from troth.answer.models import RequestRow, RequestStep
from troth.keep import disk
from troth.ledger import entries, tree
from troth.parties import days, editions
from troth.people import standing, vault
from troth.policy import decoding, periods
from troth.policy.law import clocks

CLOCKS: Final = {"complain": "complaint", "withdraw": "object"}  # the names under which the law counts them
FIELD: Final = "troth.requests"  # under which a policy says how long they are kept
WRITTEN: Final = frozenset({FIELD})
PLACE: Final = "What you asked us"  # as an answer names this room's own tables
UNSHOWN: Final = "unshown"  # in what is sealed: whoever asked has not shown yet who they are
HEARD: Final = "heard"  # the same: it came another way than the page, so a hand answers it
LETTERS: Final = {"erase": "E", "access": "A", "port": "A", "rectify": "C", "object": "O", "restrict": "R"}
RIGHTS_OF: Final = {"Q": "complain"} | {letter: right for right, letter in reversed(LETTERS.items())}
"""By how its reference begins, the right of a request; access of what may be either."""
UNCONFIRMED: Final = dt.timedelta(days=7)  # how long an erasure waits for the yes of whoever asked for it
A_NIGHT: Final = dt.timedelta(days=1)
RESTRICTING: Final = ("restrict", "object", "rectify", "erase")
DIGITS: Final = "0123456789"
OVERTAKEN: Final = {
    "object": "Erased meanwhile: what must stay is used for nothing else",
    "restrict": "Erased meanwhile: what must stay is used for nothing else",
    "access": "Erased meanwhile: what stays is named with the erasure",
    "port": "Erased meanwhile: what stays is named with the erasure",
    "rectify": "Erased meanwhile: the value does not stand there any more",
    "withdraw": "Erased meanwhile: what you had chosen opens nothing more",
    "erase": "Erased meanwhile, with another request of yours",
}
"""How each kind ends where everything was erased before it was answered. A complaint is still to be answered."""
IN_WORDS: Final = {
    "erase": "erase everything",
    "access": "see what we hold",
    "port": "take your data with you",
    "rectify": "correct a value",
    "object": "stop using your data",
    "restrict": "keep your data but not use it",
    "withdraw": "withdraw a choice",
    "complain": "complain",
}


class Step(msgspec.Struct, frozen=True):
    at: dt.datetime
    what: str
    entry: int


class Request(msgspec.Struct, frozen=True, kw_only=True):
    reference: str
    client: str
    person: int
    right: str
    words: str
    state: str
    outcome: str
    opened: dt.datetime
    due: dt.datetime
    closed: dt.datetime | None
    letter: str
    waits: str
    entry: int
    steps: list[Step]


def open_request(
    client: str,
    person: int,
    right: str,
    *,
    detail: dict[str, str] | None = None,
    actor: str = "",
    letter: bool = False,
    came: dt.datetime | None = None,
    said: str = "You asked",
) -> Request:
    """Start the clock. What was written goes under a key of the request's own. ``came``: when it arrived, if that was
    earlier: the clock runs from there, and ``said`` says so. ``Trouble`` *no-person* for somebody of another client."""
    now = timezone.now()
    opened = came or now
    with transaction.atomic():
        if person:  # 0: whose it is is not known yet
            standing.person(client, person)
        row = RequestRow.objects.create(
            reference=_free_reference(right, days.of(client, now).year),
            client=client,
            person=person,
            right=right,
            opened=opened,
            due=due(client, right, opened),
            letter="wanted" if letter else "",
        )
        if detail:
            row.detail = _seal(row, detail)
        row.entry = _step(row, "request-opened", said, now, actor)
        row.save()
        sworn.request(client, row.reference)
    return _as_request(row)


def due(
    client: str,
    right: str,
    when: dt.datetime,
    *,
    asked: Iterable[clocks.Asked] = (),
    extended: bool = False,
) -> dt.datetime:
    """The last moment to answer a request that comes at ``when``, by the laws and the nation of the policy in force,
    or sooner where the policy promises it (Art 12(3): without undue delay). An extension puts off the promise, too."""
    plan, questions = editions.in_force(client).plan, tuple(asked)
    by_law = clocks.answer_by(
        CLOCKS.get(right, right),
        when,
        laws=plan.law,
        nation=plan.nation,
        zone=plan.zone,
        asked=questions,
        extended=extended,
    )
    sooner = periods.span(dict(plan.answer.sooner).get(right, ""))
    if sooner is None or extended or questions:
        return by_law
    return min(by_law, periods.add(sooner, when, zone=plan.zone))


def by_law(asked: Request) -> dt.datetime:
    """The law's own last day for a request as it stands: it is later than ours where the policy promises less."""
    plan = editions.in_force(asked.client).plan
    if asked.waits or asked.right not in dict(plan.answer.sooner):
        return asked.due
    right = CLOCKS.get(asked.right, asked.right)
    return max(asked.due, clocks.answer_by(right, asked.opened, laws=plan.law, nation=plan.nation, zone=plan.zone))


def put_off(client: str, reference: str, when: dt.datetime, *, waits: str = "") -> None:
    """Another day by which it is answered, as a decision and the law give it. ``waits``: for what the clock rests."""
    _write(client, reference, due=when, waits=waits)


def about(client: str, reference: str, person: int) -> None:
    """Whom an open request is about, as staff found them; 0: nobody was found."""
    _write(client, reference, person=person)


def _write(client: str, reference: str, **said: object) -> bool:
    """Into the row of a request that is open, and into the ledger. False: it is not."""
    with transaction.atomic():
        if not RequestRow.objects.filter(client=client, reference=reference, state="open").update(**said):
            return False
        sworn.request(client, reference)
        return True


def _free_reference(right: str, year: int) -> str:
    """The right, the year and six digits by chance: counted up, they would tell each person, and each client of one
    installation, how many others asked."""
    while True:
        found = f"{LETTERS.get(right, 'Q')}-{year}-{''.join(secrets.choice(DIGITS) for _ in range(6))}"
        if not RequestRow.objects.filter(reference=found).exists():
            return found


def step(client: str, reference: str, what: str, *, actor: str = "") -> int:
    """Write one step down. ``what`` is one of our sentences, never a person's words. Returns its ledger entry."""
    with transaction.atomic():
        return _step(_row(client, reference), "request-step", what, timezone.now(), actor)


def _step(row: RequestRow, act: str, what: str, at: dt.datetime, actor: str) -> int:
    said = details(what, at)
    entry = entries.append(act, client=row.client, refs={"request": row.reference}, actor=actor, details=said)
    RequestStep.objects.create(request=row, at=at, what=what, entry=entry.number, salt=entry.salt)
    return entry.number


def details(what: str, at: dt.datetime) -> bytes:
    """What the entry of a step commits to: one of our sentences, and when."""
    return entries.details(what, at.astimezone(dt.UTC).isoformat(timespec="microseconds"))


def close(client: str, reference: str, outcome: str, *, actor: str = "") -> None:
    """A request closes itself when its work is done; closing twice is closing once."""
    with transaction.atomic():
        now = timezone.now()
        if not _write(client, reference, state="closed", outcome=outcome, closed=now):
            return
        _step(_row(client, reference), "request-closed", outcome, now, actor)


def proofs(client: str, reference: str) -> tree.Proofs:
    """That each entry about a request stands in the ledger, for whoever it is about to check without us."""
    row = _row(client, reference)
    opened = {one.entry: (bytes(one.salt), details(one.what, one.at)) for one in row.steps.all() if one.salt}
    opened |= {row.sworn: (bytes(row.salt), sworn.of_request(row))} if row.salt else {}
    return tree.prove(entries.of_request(client, reference, since=row.entry), opened)


def find(client: str, reference: str) -> Request | None:
    row = RequestRow.objects.filter(client=client, reference=reference).first()
    return _as_request(row) if row is not None else None


def of_client(client: str, *, state: str = "open") -> list[Request]:
    """For the desk: what is due first stands first."""
    return [_as_request(row) for row in RequestRow.objects.filter(client=client, state=state).order_by("due")]


def tally(now: dt.datetime) -> tuple[int, int]:
    """(open, of these overdue) of the whole installation."""
    return RequestRow.objects.filter(state="open").count(), _overdue(now).count()


def late(client: str, right: str, now: dt.datetime) -> list[str]:
    """The references of what is not answered though its last day is over."""
    return list(_overdue(now).filter(client=client, right=right).values_list("reference", flat=True))


def _overdue(now: dt.datetime) -> QuerySet[RequestRow]:
    """While only they can go on with an erasure, for it lacks the yes of their mailbox, nobody is late, whatever
    the policy promises. It ends by itself, in the night after its days (UK GDPR Art 12A(3))."""
    waits = {"right": "erase", "letter": "wanted", "detail": None, "opened__gt": now - UNCONFIRMED - A_NIGHT}
    return RequestRow.objects.filter(state="open", due__lt=now, waits="").exclude(**waits)


def overtaken(client: str, persons: frozenset[int], since: dt.datetime) -> list[Request]:
    """Their requests that an erasure ended since, for its letter: by reference, right and outcome."""
    rows = RequestRow.objects.filter(client=client, person__in=persons, closed__gte=since)
    return [_as_request(row) for row in rows.filter(outcome__in=set(OVERTAKEN.values())).order_by("pk")]


def of_persons(client: str, persons: frozenset[int]) -> list[Request]:
    return [
        _as_request(row) for row in RequestRow.objects.filter(client=client, person__in=persons).order_by("-opened")
    ]


def restricting(client: str, persons: frozenset[int]) -> list[str]:
    """The references of what may restrict use of these persons' data: open ones first, and the newest."""
    rows = RequestRow.objects.filter(client=client, person__in=persons, right__in=RESTRICTING)
    return list(rows.order_by("-state", "-opened").values_list("reference", flat=True))


def open_of(client: str, persons: Collection[int], right: str) -> list[Request]:
    """The open requests of a kind of these persons, who are one: there is one, or a few that ask for other values."""
    rows = RequestRow.objects.filter(client=client, person__in=persons, right=right, state="open").order_by("pk")
    return [_as_request(row) for row in rows]


def lately(client: str, right: str, since: dt.datetime) -> list[str]:
    """The references of open requests of a kind that came since."""
    rows = RequestRow.objects.filter(client=client, right=right, state="open", opened__gte=since)
    return list(rows.order_by("pk").values_list("reference", flat=True))


def remember(client: str, reference: str, what: dict[str, str]) -> None:
    """Seal where to answer under the request's own key."""
    with transaction.atomic():
        row = _row(client, reference)
        RequestRow.objects.filter(pk=row.pk).update(detail=_seal(row, what))


def detail(client: str, reference: str) -> dict[str, str]:
    """What the person wrote and where to answer, while it is still needed."""
    row = _row(client, reference)
    if row.detail is None:
        return {}
    plain = vault.open(client, 0, "troth.request", row.pk, bytes(row.detail))
    return decoding.read(plain, dict[str, str])


def letter_gone(client: str, reference: str) -> None:
    """The letter was the last use of the address: the row forgets it, its key goes, and the disk is overwritten."""
    forget(client, reference)
    RequestRow.objects.filter(client=client, reference=reference).update(letter="sent")
    disk.overwrite()


def forget(client: str, reference: str) -> None:
    """What was written and where to answer go, with the key that could read them."""
    row = _row(client, reference)
    RequestRow.objects.filter(pk=row.pk).update(detail=None)
    transaction.on_commit(lambda: vault.destroy(client, 0, [_rule(row)]))


def rules_in_use(client: str) -> set[str]:
    """The keys of requests that still seal something."""
    sealed = RequestRow.objects.filter(client=client, detail__isnull=False)
    return {f"request {one}" for one in sealed.values_list("reference", flat=True)}


def keys_gone(client: str, references: list[str]) -> None:
    """Destroy the keys of requests whose rows forgot what they sealed."""
    vault.destroy(client, 0, [f"request {one}" for one in references])


def _seal(row: RequestRow, detail: dict[str, str]) -> bytes:
    return vault.seal(row.client, 0, "troth.request", row.pk, _rule(row), msgspec.json.encode(detail))


def _rule(row: RequestRow) -> str:
    return f"request {row.reference}"


def _row(client: str, reference: str) -> RequestRow:
    return RequestRow.objects.get(client=client, reference=reference)


def _as_request(row: RequestRow) -> Request:
    return Request(
        reference=row.reference,
        client=row.client,
        person=row.person,
        right=row.right,
        words=IN_WORDS.get(row.right, row.right),
        state=row.state,
        outcome=row.outcome,
        opened=row.opened,
        due=row.due,
        closed=row.closed,
        letter=row.letter,
        waits=row.waits,
        entry=row.entry,
        steps=[Step(one.at, one.what, one.entry) for one in row.steps.order_by("at", "pk")],
    )
