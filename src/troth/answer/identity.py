"""Showing that you are the person: a link or a code to an address that we know.

The page that asks does the same work for a known and an unknown address: it writes a row and a job, and looks nothing
up. Whether we know the address is found out later, in the queue, and only the mailbox learns it: UK GDPR Art 12(6).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Collection
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from troth.answer import limits, mail
from troth.answer.models import LinkToken, PersonSession
from troth.keep import where
from troth.ledger import entries
from troth.parties import editions, speech
from troth.people import choices, identities, vault
from troth.policy.emit import texts
from troth.policy.emit.texts import phrase
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.work import queue

LIFE: Final = dt.timedelta(minutes=30)
TRIES: Final = 5
LONG: Final = dt.timedelta(days=730)  # not shown for so long, an address may have changed hands (T23)
FRESH: Final = dt.timedelta(minutes=10)  # a session older than this takes nothing away without a fresh code (T29)
Purpose = Literal["see", "erase", "undo", "confirm", "change", "beside"]
_here = AESGCM(AESGCM.generate_key(256))  # lives and dies with this process: a typed address is never readable later


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody showed that an address is theirs. ``persons`` is what that address reaches by verified joins."""

    purpose: Purpose
    client: str
    person: int
    persons: frozenset[int]
    address: str
    reference: str = ""
    long_ago: bool = False  # the mailbox answered, but it was last shown to be theirs very long ago
    since: dt.datetime | None = None  # of the open session that it only adds to: it grows neither fresher nor longer


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who came in, and when. ``half``: by an address too old to open anything alone, whose mark this is (T23)."""

    client: str
    person: int
    persons: frozenset[int]
    fresh: bool = True
    half: bytes = b""
    since: dt.datetime | None = None


# Asking -----------------------------------------------------------------------------------------------------------


def ask(client: str, address: str, network: str) -> str:
    """Somebody typed an address. Returns the name of the asking, which opens nothing."""
    address = address.strip()
    if not limits.allowed(client, address.casefold(), network):
        return secrets.token_hex(16)
    return _write_down(client, "see", sealed=_seal(client, address))


def ask_again(client: str, person: int, purpose: Purpose, reference: str = "") -> str:
    """A fresh link to the address we hold, for an act that an open session alone may not finish."""
    known = _last_shown(client, person)
    # One person's many askings must not use up what everybody else may ask for: both limits are theirs alone.
    if known is None or not limits.allowed(client, f"person {person}", f"person {person}"):
        return secrets.token_hex(16)
    return _write_down(client, purpose, person=person, known=known, reference=reference)


def ask_beside(visitor: Visitor, address: str) -> str:
    """A link to another address of theirs: proved in the same session, it opens what it reaches beside the first."""
    address, mine = address.strip(), f"person {visitor.person}"
    if not limits.allowed(visitor.client, address.casefold(), mine):
        return secrets.token_hex(16)
    sealed = _seal(visitor.client, address)
    return _write_down(visitor.client, "beside", sealed=sealed, person=visitor.person)


def confirm_new(client: str, person: int, address: str, reference: str) -> str:
    """Ask the mailbox that a correction names. Returns the name of the asking, for the code form."""
    typed = _addresses(client, person, verified=False)
    known = next((one for one in reversed(typed) if vault.normal(one.value) == vault.normal(address)), None)
    if known is None or not limits.allowed(client, known.value.casefold(), known.value):
        return secrets.token_hex(16)
    return _write_down(client, "confirm", person=person, known=known, reference=reference)


def confirm_address(client: str, person: int, point: str) -> None:
    """A form was filled in: ask the address that was typed there whether it is theirs. Until then it joins nothing.
    Counted apart: who sent some forms has not used up the links to their own page (UK GDPR Art 12(2))."""
    known = _newest_typed(client, person)
    if known is not None and limits.allowed(client, f"form {known.value.casefold()}", known.value):
        _write_down(client, "confirm", person=person, known=known)


def _write_down(
    client: str,
    purpose: Purpose,
    *,
    sealed: bytes | None = None,
    person: int | None = None,
    known: identities.Known | None = None,
    reference: str = "",
) -> str:
    salt, public, now = secrets.token_bytes(16), secrets.token_hex(16), timezone.now()
    with transaction.atomic():
        LinkToken.objects.filter(expires__lt=now).delete()
        row = LinkToken.objects.create(
            public=public,
            salt=salt,
            hash=_hash(_token(salt, _keys(client)[0])),
            purpose=purpose,
            client=client,
            address=sealed,
            person=person,
            identity=known.id if known is not None else None,
            reference=reference,
            created=now,
            expires=now + LIFE,
        )
        queue.add("answer-link", {"link": row.pk, "language": texts.spoken()}, client=client)
    return public


def _keys(client: str) -> list[bytes]:
    return vault.token_keys("answer links", client, LIFE.total_seconds())


def _key_of(row: LinkToken) -> bytes | None:
    """The key that a link was made with. None: it was destroyed since, and the link with it."""
    made = (key for key in _keys(row.client) if _hash(_token(bytes(row.salt), key)) == bytes(row.hash))
    return next(made, None)


def _token(salt: bytes, key: bytes) -> str:
    """The link is worked out from the row and a key, so that neither the table nor the queue holds it."""
    return base64.urlsafe_b64encode(hmac.digest(key, b"link" + salt, "sha256"))[:43].decode()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _code(salt: bytes, key: bytes) -> str:
    number = int.from_bytes(hmac.digest(key, b"code" + salt, "sha256")[:8], "big")
    return f"{number % 1_000_000:06d}"


def _seal(client: str, address: str) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + _here.encrypt(nonce, address.encode(), client.encode())


def _open(client: str, sealed: bytes) -> str:
    """The address, or '' if another process sealed it: then the asking lapses and is simply repeated."""
    try:
        return _here.decrypt(sealed[:12], sealed[12:], client.encode()).decode()
    except InvalidTag:
        return ""


# Sending ----------------------------------------------------------------------------------------------------------


@queue.handler("answer-link")
def send_link(payload: dict[str, str | int]) -> None:
    """In the language of the page that asked; the job alone knows it, and is gone when the mail is."""
    row = LinkToken.objects.filter(pk=int(payload["link"]), used=False, expires__gt=timezone.now()).first()
    if row is None:
        return
    to, key = _address_of(row), _key_of(row)
    known = bool(to) and key is not None and _known(row, to)
    if to and not known and (silent := where.silent(row.client)):  # asked again for as long as the link would work
        raise Trouble("not-answered", f"{' and '.join(silent)} did not answer.", "The link waits for it.")
    if not known or key is None:
        LinkToken.objects.filter(pk=row.pk).update(address=None)
        return
    plan = editions.in_force(row.client).plan
    with speech.speaking(plan, str(payload.get("language", ""))):
        subject, body = _letter(plan, row, key)
    mail.send(plan, to, subject, body)
    with transaction.atomic():
        entries.append("sent", client=row.client, counts={"mails": 1}, refs={"link": row.public})


def _address_of(row: LinkToken) -> str:
    """The very address that the link is for. It is found by the identity's own number and not looked for anew: else a
    link sent to one mailbox would prove whichever address stands first when it is used."""
    if row.address is not None:
        return _open(row.client, bytes(row.address))
    mine = identities.of(row.client, row.person) if row.person is not None else []
    return next((one.value for one in mine if one.id == row.identity), "")


def address_of(client: str, person: int) -> str:
    """The email address that a person showed last, or ''."""
    known = _last_shown(client, person)
    return known.value if known is not None else ""


def reached_at(client: str, person: int) -> str:
    """The one that was shown last by whoever is one with this person by proof, or ''."""
    everybody = identities.reach(client, person) | {person}
    known = [(one.verified_at, one.value) for other in sorted(everybody) if (one := _last_shown(client, other))]
    return max(((at, value) for at, value in known if at), default=(None, ""))[1]


def proved_addresses(client: str, person: int) -> list[str]:
    """Every email address that a person has shown to be theirs."""
    return list(dict.fromkeys(one.value for one in proved(client, person)))


def proved(client: str, person: int) -> list[identities.Known]:
    """The same, as what they are known by."""
    return _addresses(client, person, verified=True)


def _addresses(client: str, person: int, *, verified: bool) -> list[identities.Known]:
    fields = where.address_fields(editions.in_force(client).plan)
    known = [one for one in identities.of(client, person) if one.field in fields]
    return [one for one in known if bool(one.verified_at) is verified]


def _last_shown(client: str, person: int) -> identities.Known | None:
    """Where they can be reached: an address of long ago may be somebody else's by now (T23)."""
    known = [(one.verified_at, one) for one in _addresses(client, person, verified=True) if one.verified_at]
    return max(known, key=lambda pair: (pair[0], -pair[1].id))[1] if known else None


def _newest_typed(client: str, person: int) -> identities.Known | None:
    return next(reversed(_addresses(client, person, verified=False)), None)


def shown(client: str, person: int) -> str:
    """The address of an open session, shortened: enough to know it by, too little for who looks over a shoulder."""
    name, _, host = address_of(client, person).partition("@")
    return f"{name[:2]}…@{host}" if host else ""


def _known(row: LinkToken, address: str) -> bool:
    if row.purpose == "confirm":
        return True  # it stands beside the person who typed it, and only its mailbox can say whose it is
    if row.purpose == "beside" and row.person is not None:
        everybody = identities.reach(row.client, row.person) | {row.person}
        known = [(person, one) for person in sorted(everybody) for one in identities.of(row.client, person)]
        if _is_among(known, address):
            return True
    return bool(theirs(row.client, address) or where.knows(row.client, address))


def theirs(client: str, address: str) -> list[int]:
    """Whose address this is: who proved it, and who gave it and proved nothing else.

    Somebody who proved one address and typed this one beside it is another person until the opposite is shown.
    """
    proved = identities.find_any(client, address, verified=True)
    typed = [one for one in identities.find_any(client, address) if one not in proved]
    return proved + [one for one in typed if not any(known.verified_at for known in identities.of(client, one))]


ACTS: Final = {
    "see": ("Your page at {firm}", "Somebody, most likely you, asked {firm} to see what we hold about you."),
    "erase": (
        "Confirm: erase everything at {firm}",
        "Somebody, most likely you, asked {firm} to have everything erased that we hold about you.",
    ),
    "undo": (
        "Take it back: keep your page at {firm}",
        "Somebody, most likely you, asked {firm} to keep what we hold, after having it erased was asked.",
    ),
    "beside": (
        "Another address of yours at {firm}",
        "Somebody, most likely you, asked {firm} to see what we hold under this address, too.",
    ),
    "change": (
        "Confirm: another address at {firm}",
        "Somebody, most likely you, asked {firm} to know you by another address from now on.",
    ),
    "confirm": (
        "Confirm your address at {firm}",
        "Somebody, most likely you, asked {firm} to confirm that this address is yours.",
    ),
}


def _letter(plan: Plan, row: LinkToken, key: bytes) -> tuple[str, str]:
    firm, salt = plan.who.trades_as or plan.who.name, bytes(row.salt)
    subject, asked = ACTS[row.purpose]
    lines = [
        phrase(asked, firm=firm),
        "",
        phrase("Open this page and press the button on it:"),
        where.link(row.client, f"you/link/{_token(salt, key)}/") + speech.way(plan),
        "",
        phrase("Or type this code on the page where you asked: {code}", code=_code(salt, key)),
        "",
        phrase("Both work once, within 30 minutes. Opening the page changes nothing until you press the button."),
        _unasked(plan, row.purpose),
    ]
    return phrase(subject, firm=firm), "\n".join(lines) + "\n"


def _unasked(plan: Plan, purpose: str) -> str:
    """What to do with a link that one did not ask for. An erasure is asked for on an open page, and has stopped all use
    already: whoever that was has the page open still (T29)."""
    if purpose != "erase":
        return phrase("If you did not ask, do nothing: nothing happens.")
    said = "If you did not ask, do not press it, and nothing is erased. Write to {email}: somebody had your page open."
    return phrase(said, email=plan.who.email)


# Exchanging -------------------------------------------------------------------------------------------------------


def waiting(client: str, token: str) -> Purpose | None:
    """What a link is for, or None for a wrong, old or used one. Looking changes nothing."""
    row = _row(client, token)
    return row.purpose if row is not None and not row.used else None  # type: ignore[return-value]


def by_link(client: str, token: str, asker: Visitor | None = None) -> Proved | None:
    """Exchange a link, once. ``asker`` is the open session, if any, in which the button was pressed."""
    row = _row(client, token)
    return _use(row, asker) if row is not None else None


def by_code(client: str, public: str, code: str, asker: Visitor | None = None) -> Proved | None:
    """Six digits are few, so a fifth wrong try ends the code and its link."""
    live = LinkToken.objects.filter(client=client, public=public, used=False, expires__gt=timezone.now())
    if not live.filter(tries__lt=TRIES).update(tries=F("tries") + 1):
        return None
    row = live.first()
    key = _key_of(row) if row is not None else None
    if row is None or key is None:
        return None
    if not hmac.compare_digest(_code(bytes(row.salt), key), code.strip().replace(" ", "")):
        return None
    return _use(row, asker)


def _row(client: str, token: str) -> LinkToken | None:
    digest = hashlib.sha256(token.encode()).digest()
    live = LinkToken.objects.filter(client=client, hash=digest, expires__gt=timezone.now(), tries__lt=TRIES)
    row = live.first()
    return row if row is not None and _key_of(row) is not None else None


def _use(row: LinkToken, asker: Visitor | None) -> Proved | None:
    address = _address_of(row)
    if row.purpose == "confirm" and not _may_join(row, asker):
        return None
    ours = not address or row.purpose == "confirm" or theirs(row.client, address)
    # A place may take its time: it is asked before the lock of our own tables is held, for which everybody waits.
    there = "" if ours else where.knows(row.client, address)
    with transaction.atomic():
        if not address or not LinkToken.objects.filter(pk=row.pk, used=False).update(used=True, address=None):
            return None
        if row.purpose == "beside":
            persons = _beside(row, asker, address, there)
        elif row.purpose == "see" and (old := _long_ago(row.client, address)):
            return _proved(row, old, address, long_ago=True)
        else:
            persons = _verified(row, address, there)
        if not persons:
            return None
        for joined in dict.fromkeys(_one(row.client, [one]) for one in persons):  # not of who is shown beside (T21)
            choices.agree(row.client, joined)
        entries.append("identity-proved", client=row.client, refs={"link": row.public})
    since = asker.since if row.purpose == "beside" and asker is not None and not asker.half else None
    return msgspec.structs.replace(_proved(row, persons, address), since=since)


def _proved(row: LinkToken, persons: list[int], address: str, *, long_ago: bool = False) -> Proved:
    return Proved(
        purpose=row.purpose,  # type: ignore[arg-type]
        client=row.client,
        person=persons[0],
        persons=_one(row.client, persons),
        address=address,
        reference=row.reference,
        long_ago=long_ago,
    )


def _one(client: str, persons: Collection[int]) -> frozenset[int]:
    """Everybody who is one with these by proof."""
    return frozenset().union(*(identities.reach(client, one) for one in persons), persons)


def _beside(row: LinkToken, asker: Visitor | None, address: str, there: str) -> list[int]:
    """What a second address opens in the session that asked for it, and in no other; it joins nobody for good (T21).

    To an open session it adds what it would open alone. To one that an old address began it opens that address's page,
    if it is another one that the same person once showed: one of one's own is easily had, and typed beside any other.
    """
    if asker is None or row.person not in asker.persons | {asker.person}:
        return []
    first = [asker.person, *sorted(asker.persons - {asker.person})]
    if not asker.half:
        return first if _long_ago(row.client, address) else [*first, *_verified(row, address, there)]
    known = [(person, one) for person in first for one in identities.of(row.client, person) if one.verified_at]
    if mark(row.client, address) == asker.half or not _is_among(known, address):
        return []
    for person, one in known:
        if vault.normal(one.value) == vault.normal(address) or mark(row.client, one.value) == asker.half:
            identities.verify(row.client, person, one.field, one.value)
    return first


def _is_among(known: list[tuple[int, identities.Known]], address: str) -> bool:
    return any(vault.normal(one.value) == vault.normal(address) for _, one in known)


def mark(client: str, address: str) -> bytes:
    """Which address began a session, without the address: keyed, and gone with the session."""
    return hmac.digest(_keys(client)[0], b"began" + vault.normal(address).encode(), "sha256")


def _long_ago(client: str, address: str) -> list[int]:
    """Whose address this was, if it was last shown to be theirs so long ago that it may be somebody else's today."""
    persons, limit = theirs(client, address), timezone.now() - LONG
    known = [
        one
        for person in persons
        for one in identities.of(client, person)
        if vault.normal(one.value) == vault.normal(address)
    ]
    shown = [one.verified_at for one in known if one.verified_at]
    return persons if shown and max(shown) < limit else []


def _may_join(row: LinkToken, asker: Visitor | None) -> bool:
    """A second address joins two persons for good, so both must be shown by one hand: the mailbox, in the very session
    that typed it. Else whoever presses a button that they did not ask for would give their data to a stranger."""
    known = identities.of(row.client, row.person) if row.person is not None else []
    there = asker is not None and not asker.half and row.person in asker.persons
    return not any(one.verified_at for one in known) or there


def _verified(row: LinkToken, address: str, there: str) -> list[int]:
    """Everybody whom this address names is this person, from now on: it was shown to be theirs. ``there``: the field
    under which a place outside knows it, where we do not."""
    plan = editions.in_force(row.client).plan
    persons = [row.person] if row.purpose == "confirm" and row.person else theirs(row.client, address)
    if not persons and there:
        person = identities.make(row.client, set(plan.fields[there].of))
        identities.attach(row.client, person, there, address, verified=True)
        return [person]
    for person in persons:
        for field in where.address_fields(plan):
            identities.verify(row.client, person, field, address)  # says False where they never gave it
    first = row.person if row.person in persons else None
    return sorted(persons, key=lambda one: (one != first, one))


# Sessions ---------------------------------------------------------------------------------------------------------


def open_session(proved: Proved) -> str:
    """One that an old address began opens nothing but the way to a second one (``half``)."""
    raw, now = secrets.token_urlsafe(32), timezone.now()
    PersonSession.objects.filter(expires__lt=now).delete()
    PersonSession.objects.create(
        hash=hashlib.sha256(raw.encode()).digest(),
        client=proved.client,
        person=proved.person,
        persons=sorted(proved.persons),
        half=mark(proved.client, proved.address) if proved.long_ago else b"",
        expires=(proved.since or now) + LIFE,
    )
    return raw


def visitor(client: str, raw: str) -> Visitor | None:
    """Whose page may be shown to this session; None also for one that is half."""
    found = anybody(client, raw)
    return found if found is not None and not found.half else None


def anybody(client: str, raw: str) -> Visitor | None:
    """Who came in with this session, half or whole."""
    if not raw:
        return None
    digest = hashlib.sha256(raw.encode()).digest()
    row = PersonSession.objects.filter(client=client, hash=digest, expires__gt=timezone.now()).first()
    if row is None:
        return None
    since, half = row.expires - LIFE, bytes(row.half)
    return Visitor(
        client=client,
        person=row.person,
        persons=frozenset(row.persons),
        fresh=since > timezone.now() - FRESH,
        half=half,
        since=since,
    )


def close_session(client: str, raw: str) -> None:
    PersonSession.objects.filter(client=client, hash=hashlib.sha256(raw.encode()).digest()).delete()
