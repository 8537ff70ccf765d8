"""A request counts whichever way it comes (UK GDPR Art 12(2), 12A): staff write down one that came by post, email,
telephone, in person or through somebody else, and the clock runs from the day on which it arrived.

Who asks, for whom and what they wrote are sealed under the request's own key. Nothing is done for them before they
showed who they are and, for another, that they may; what we write until then is the same whether we know them or not.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Final, Literal, NamedTuple, get_args

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone

from troth.answer import complaining, finding, identity, mail, questions, reading, reckoning, requests
from troth.answer.models import Heard
from troth.collect import addresses
from troth.ledger import entries
from troth.parties import days, editions, speech
from troth.people import identities, looks
from troth.policy.emit.naming import day
from troth.policy.emit.texts import again, phrase
from troth.policy.law.holidays import MONTHS
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.work import queue

Way = Literal["post", "email", "telephone", "in person", "message"]
WAYS: Final[tuple[str, ...]] = get_args(Way)
THROUGH: Final[dict[str, str]] = {
    "agent": "an agent or a service that asks for them",
    "parent": "a parent or guardian",
    "solicitor": "a solicitor",
    "attorney": "an attorney, a deputy or an executor",
    "relative": "a relative or a friend",
}
RIGHTS: Final = ("access", "rectify", "erase", "restrict", "object", "port", "withdraw", "complain")
LONGEST: Final = {"asker": 300, "whom": 300, "address": 254, "post": 600, "why": 4000, "known": 300}
OLDEST: Final = dt.timedelta(days=366)  # older than a year, a day is a slip of the pen
NOTHING: Final = "We found nothing that we can tell to be yours"
SHOWN: Final = {"who": "You showed who you are", "may": "It was shown that somebody may act for you"}


class Entered(NamedTuple):
    """What staff typed. ``known``: FIELD=VALUE by which the person may be found, or ''. ``through``: '' or of THROUGH.
    ``address`` is an email address to answer to, ``post`` any other way to reach them."""

    right: str
    way: str
    came: dt.date
    asker: str
    through: str = ""
    whom: str = ""
    known: str = ""
    address: str = ""
    post: str = ""
    why: str = ""
    language: str = ""
    another: bool = False  # although one of the kind is open


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """One such request as the desk shows it: nothing that was written."""

    reference: str
    way: str
    through: str
    came: dt.date
    by: str
    shown: dt.datetime | None
    may: dt.datetime | None
    acknowledged: dt.datetime | None
    made: dt.datetime | None


# Registering ------------------------------------------------------------------------------------------------------


def register(client: str, said: Entered, *, by: str, once: str = "") -> str:
    """Write it down and start its clock on the day on which it came. Returns the reference.

    ``once`` names the form: sent twice, it is one request. ``Trouble`` says what is missing, and *asked-already* names
    the open one where the person has asked for the same before.
    """
    plan = editions.in_force(client).plan
    whole(said, by, plan)
    if once and (before := Heard.objects.filter(once=once, client=client).first()):
        return str(before.reference)
    found = finding.persons(client, said.known, shown=False) if said.known else []
    persons = finding.everybody(client, found)
    if found:  # that somebody is known here is seen by it, whatever comes of it
        looks.count(client, by, str(found[0]))
    try:
        with transaction.atomic():
            if once and (before := Heard.objects.filter(once=once, client=client).first()):  # sent twice at once
                return str(before.reference)
            mine = requests.open_of(client, persons, said.right)
            if mine and not said.another:
                words = f"They have asked for this before: {mine[0].reference} is still open."
                raise Trouble("asked-already", words, "Answer that one, or say that this is another request.")
            opened = requests.open_request(
                client, found[0] if found else 0, said.right, detail=_detail(said), actor=by,
                letter=bool(said.address) and said.right == "erase", came=arrived(client, said.came), said=_step(said),
            )  # fmt: skip
            Heard.objects.create(
                client=client, reference=opened.reference, way=said.way, through=said.through, came=said.came,
                registered=timezone.now(), by=by, once=once or secrets.token_hex(16),
            )  # fmt: skip
            if not found:
                looks.count(client, by, opened.reference)
            if said.right == complaining.RIGHT:
                complaining.begin(client, opened, source="desk")
    except IntegrityError:
        if once and Heard.objects.filter(once=once).exists():  # the name is of a form of another client's
            return register(client, said, by=by, once=_another(client, once))
        raise
    if said.right == complaining.RIGHT:
        complaining.acknowledge(client, opened.reference)
    elif said.address:
        _write_soon(client, opened.reference)
    return opened.reference


def _another(client: str, once: str) -> str:
    """A name of this client's own, and the same for the same form: pressed twice it is still once."""
    return hashlib.sha256(f"{client}\n{once}".encode()).hexdigest()[:32]


def whole(said: Entered, by: str, plan: Plan) -> None:
    """``Trouble`` for the first mistake, before anything is written."""
    today = plan.day(timezone.now())
    long = next((name for name, most in LONGEST.items() if len(getattr(said, name)) > most), "")
    checks = (
        ("no-staff", not by, "A request is written down by somebody.", "Say who writes it down."),
        ("no-right", said.right not in RIGHTS, f"“{said.right}” is no right.", f"Say one of: {', '.join(RIGHTS)}."),
        ("no-way", said.way not in WAYS, f"“{said.way}” is no way to ask.", f"Say one of: {', '.join(WAYS)}."),
        ("no-way", said.through not in ("", *THROUGH), f"“{said.through}” is nobody who asks for another.",
         f"Say one of: {', '.join(THROUGH)}."),
        ("no-asker", not said.asker.strip(), "Somebody asked.", "Write how they call themselves, or “unknown”."),
        ("no-asker", bool(said.through) and not said.whom.strip(), "They ask for somebody.", "Say for whom."),
        ("wrong-day", said.came > today, "It cannot have come on a day that is not yet.", "Say when it arrived."),
        ("wrong-day", said.came < today - OLDEST, "That day is more than a year ago.", "See the day again."),
        ("no-address", bool(said.address) and not addresses.looks_like_email(said.address),
         "That is not an email address.", "Leave it empty, and say below how else they are reached."),
        ("no-address", not (said.address or said.post.strip()), "They are to be answered.",
         "Say where: an email address, or a postal address, a number, or that they call again."),
        ("too-long", bool(long), f"What stands under “{long}” is too long.",
         f"{LONGEST.get(long, 0)} letters at most."),
        ("no-language", said.language not in ("", *plan.languages), "The policy does not speak that language.",
         f"Say one of: {', '.join(plan.languages)}."),
    )  # fmt: skip
    for code, wrong, sentence, help in checks:
        if wrong:
            raise Trouble(code, sentence, help, exit=2)


def arrived(client: str, came: dt.date) -> dt.datetime:
    """The moment from which it counts: now, or noon of an earlier day. The clock counts whole local days."""
    now = days.local(client)
    return now if came == now.date() else days.at(client, came, dt.time(12))


def _step(said: Entered) -> str:
    """What the ledger commits to: so the day on which it came cannot be changed unseen."""
    who = "Asked for you" if said.through else "You asked"
    return f"{who}; it came on {in_english(said.came)} ({said.way})"


def in_english(date: dt.date) -> str:
    """A day in English, as it is written down."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def _detail(said: Entered) -> dict[str, str]:
    """What is sealed. What is empty is not kept."""
    named = {name: getattr(said, name).strip() for name in (*LONGEST, "language")}
    return {name: text for name, text in named.items() if text} | {requests.HEARD: said.way, requests.UNSHOWN: "yes"}


# What is known of it ----------------------------------------------------------------------------------------------


def of(client: str, reference: str) -> Came | None:
    """How a request came; None for one that was asked on the page."""
    row = Heard.objects.filter(client=client, reference=reference).first()
    if row is None:
        return None
    return Came(
        reference=row.reference, way=row.way, through=row.through, came=row.came, by=row.by, shown=row.shown,
        may=row.may, acknowledged=row.acknowledged, made=row.made,
    )  # fmt: skip


def written(client: str, reference: str, *, actor: str) -> list[tuple[str, str]]:
    """Who asks, for whom and what they wrote, for staff who answer it. That somebody read it is written down."""
    known, asked, row = requests.detail(client, reference), requests.find(client, reference), of(client, reference)
    if not known or asked is None:
        return []
    reading.noted(asked, known, row.through if row is not None else "", actor=actor)
    names = [name for name in (*LONGEST, *HOW) if known.get(name)]
    return [(LABELS.get(name, name), known[name]) for name in names]


HOW: Final = (
    "how who",
    "how may",
    *(f"{part} {what}" for what in reckoning.QUESTIONS for part in ("question", "doubt")),
)
LABELS: Final = {
    "asker": "who asks",
    "whom": "for whom",
    "address": "answer to",
    "post": "reached otherwise",
    "why": "what they wrote",
    "known": "looked for by",
    "how who": "how they showed who they are",
    "how may": "how it was shown that they may",
}


def missing(client: str, reference: str) -> str:
    """What must be seen before anything is done for them; '' when all was."""
    row, asked = of(client, reference), requests.find(client, reference)
    if row is None or asked is None or asked.right == complaining.RIGHT:
        return ""  # a complaint is looked into whoever makes it
    return lacks(person=asked.person, row=row, open_=reckoning.waits(client, reference))


def lacks(*, person: int, row: Came, open_: list[reckoning.Asked]) -> str:
    """The fitting check, decided without looking anything up: UK GDPR Art 12(6), and the authority of who asks."""
    if not person:
        return "nobody was found yet"
    if row.shown is None:
        return "it was not seen yet who they are"
    if row.through and row.may is None:
        return "it was not seen yet that somebody may ask for them"
    if any(one.what in reckoning.BEGINS for one in open_):
        return "they were asked, and have not answered"
    return ""


def must(client: str, reference: str) -> tuple[requests.Request, identity.Visitor]:
    """The open request and whom it is about, when everything was seen; else ``Trouble`` *not-shown* says what lacks."""
    asked, row = requests.find(client, reference), of(client, reference)
    if asked is None or row is None or asked.state != "open":
        raise Trouble("not-open", f"{reference} is not open.", "Check the reference.")
    if lack := missing(client, reference):
        raise Trouble("not-shown", f"Nothing is done for them: {lack}.", "Ask them, or say how it was seen.", exit=2)
    persons = frozenset(identities.reach(client, asked.person)) | {asked.person}
    known = requests.detail(client, reference).get("known", "")
    persons |= finding.everybody(client, finding.persons(client, known, shown=False)) if known else frozenset()
    return asked, identity.Visitor(client=client, person=asked.person, persons=persons)


# What was seen ----------------------------------------------------------------------------------------------------


def find(client: str, reference: str, known: str, *, by: str) -> bool:
    """Look for the person again, by something else that they named. Nobody outside learns what came of it."""
    _unseen(client, reference)
    found = finding.persons(client, known, shown=False)
    with transaction.atomic():
        asked = _unseen(client, reference)  # again: a place that was asked may have taken its time
        requests.remember(client, reference, requests.detail(client, reference) | {"known": known.strip()})
        requests.about(client, asked.reference, found[0] if found else 0)
        requests.step(client, reference, "We looked for you by what you named", actor=by)
        looks.count(client, by, str(found[0] if found else reference))
    if not found and (unsure := finding.unknown(client)) is not None:  # what they named is kept, to look by again
        raise unsure
    return bool(found)


@transaction.atomic  # whoever comes second sees what the first did
def show(client: str, reference: str, what: str, *, how: str, by: str) -> None:
    """Staff saw who it is (``who``), or that somebody may act for them (``may``), and say how they saw it."""
    asked, row = requests.find(client, reference), of(client, reference)
    if (
        asked is None
        or row is None
        or asked.state != "open"
        or what not in SHOWN
        or (what == "may" and not row.through)
    ):
        raise Trouble("not-open", "There is nothing to be shown here.", "Check the reference.")
    if not 0 < len(how.strip()) <= questions.MOST or not by:
        raise Trouble("no-reasons", "Say how it was seen.", "As: called back on the number we hold.", exit=2)
    known, field = requests.detail(client, reference), {"who": "shown", "may": "may"}[what]
    if getattr(row, field) is not None and known.get(f"how {what}") == how.strip():
        return  # the same, pressed twice
    kept = {name: text for name, text in known.items() if what != "who" or name != requests.UNSHOWN}
    requests.remember(client, reference, kept | {f"how {what}": how.strip()})
    Heard.objects.filter(client=client, reference=reference).update(**{field: timezone.now()})
    requests.step(client, reference, SHOWN[what], actor=by)
    if what == "who" and not row.through and asked.person and known.get("known"):
        found = frozenset(finding.persons(client, known["known"], shown=True))
        finding.trust(client, found, known["known"])


def _unseen(client: str, reference: str) -> requests.Request:
    asked, row = requests.find(client, reference), of(client, reference)
    if asked is None or row is None or asked.state != "open":
        raise Trouble("not-open", f"{reference} is not open.", "Check the reference.")
    if row.shown is not None:
        raise Trouble("shown-already", "It was seen already who they are.", "Answer the request.")
    return asked


# Acknowledging ----------------------------------------------------------------------------------------------------


def _write_soon(client: str, reference: str) -> None:
    payload: queue.Payload = {"client": client, "reference": reference}
    queue.add("answer-heard", payload, client=client, once=f"heard {reference}")


@queue.handler("answer-heard")
def _job(payload: queue.Payload) -> None:
    client, reference = str(payload["client"]), str(payload["reference"])
    row, asked = of(client, reference), requests.find(client, reference)
    if row is None or asked is None or row.acknowledged is not None or asked.state != "open":
        return
    to = requests.detail(client, reference).get("address", "")
    if not to:
        return
    mail.send(editions.in_force(client).plan, to, *letter(client, reference))
    _acknowledged(client, reference, by="")


def letter(client: str, reference: str) -> tuple[str, str]:
    """Subject and text that we have it, and by when we answer: the same whether we know anybody or not."""
    asked, row = requests.find(client, reference), of(client, reference)
    if asked is None or row is None:
        raise Trouble("no-request", f"There is no request {reference}.", "Check the reference.")
    plan, known = editions.in_force(client).plan, requests.detail(client, reference)
    firm = plan.who.trades_as or plan.who.name
    with speech.speaking(plan, known.get("language", "")):
        act = again(asked.words)
        came = phrase("On {day} we received from you the request to {act}.", day=day(row.came), act=act)
        if row.through:
            came = phrase("On {day} we received from you, for somebody else, the request to {act}.",
                          day=day(row.came), act=act)  # fmt: skip
        lines = (
            came,
            phrase("We answer by {day}, the day the law sets.", day=day(days.of(client, asked.due))),
            phrase("If we must ask who you are, or whether you may act for somebody, we write to you again."),
            phrase("Write to {email} and name our reference.", email=plan.who.email),
            phrase("Our reference is {reference}.", reference=reference),
        )
        subject = phrase("{firm}: we have your request {reference}", firm=firm, reference=reference)
    return subject, "\n\n".join(lines) + "\n"


def acknowledged(client: str, reference: str, *, by: str) -> None:
    """A hand wrote to them, or told them."""
    if not by:
        raise Trouble("no-staff", "Somebody told them.", "Say who.")
    _acknowledged(client, reference, by=by)


def _acknowledged(client: str, reference: str, *, by: str) -> None:
    with transaction.atomic():
        rows = Heard.objects.filter(client=client, reference=reference, acknowledged__isnull=True)
        if rows.update(acknowledged=timezone.now()):
            if not by:
                entries.append("sent", client=client, counts={"mails": 1}, refs={"request": reference})
            requests.step(client, reference, "We wrote to you that we have it", actor=by)


def put_together(client: str, reference: str) -> None:
    """Every place has answered: the answer is ready to go."""
    Heard.objects.filter(client=client, reference=reference, made__isnull=True).update(made=timezone.now())


def is_made(client: str, reference: str) -> bool:
    row = of(client, reference)
    return row is not None and row.made is not None


def forget(client: str, reference: str) -> None:
    """With the request's own row."""
    Heard.objects.filter(client=client, reference=reference).delete()
    questions.forget(client, reference)
