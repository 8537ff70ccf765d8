"""A service that answers over the web as a place: a processor that finds, erases and amends when we ask.

Each message is signed with a key that the operator wrote down on both sides, and bound to one asking, one place and
one nonce, and so is the answer: what was said for another is refused. The connection goes to an address that was looked
up once, follows nothing, and ends after some seconds and some bytes. What such a place says, it *claims*.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import http.client
import ipaddress
import secrets
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from troth.places.approved import Service
from troth.places.kinds import UNNAMED, Found, Item, Kept, NotAnswered, Receipt, State, Subject
from troth.places.opening import Pass, check
from troth.policy import decoding
from troth.policy.plan import Plan

PATIENCE: Final = 10.0  # seconds for all of it: looking up, connecting, asking, reading
CONNECT: Final = 4.0
LARGEST: Final = 1 << 20  # bytes of an answer
TEXT: Final = 4000  # characters of one value
TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")  # an IPv4 address in the clothes of an IPv6 one
OURS_ALONE: Final = (  # of a network's own, though the tables of Python call them global
    *(ipaddress.IPv6Network("64:ff9b:1::/48"), ipaddress.IPv6Network("fec0::/10"), ipaddress.IPv6Network("::/96")),
)
UNCLEAR: Final = "It answered in a way that we do not understand."
UNSIGNED: Final = "Its answer was not signed for this question, so we did not believe it."


class _Failed(Exception):
    """It did not answer; the text is a reason for people and holds no address."""


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    field: str
    value: str
    when: dt.datetime | None = None


class _Stays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    what: str
    why: str
    until: str = ""


class _Said(msgspec.Struct, frozen=True):
    """An answer. What it does not need it may leave out; what we do not know it may add."""

    asking: str
    place: str
    nonce: str
    state: Literal["found", "erased", "changed", "nothing held", "kept", "restricted", "lifted"]
    items: list[_Value] = []
    kept: list[_Stays] = []
    count: int = 0


class HttpPlace:
    """``holds`` says what may come from there: a value of any other kind is not understood."""

    def __init__(self, plan: Plan, name: str, service: Service) -> None:
        self.plan, self.name, self.place, self._service = plan, name, plan.places[name], service

    def find(self, token: Pass, client: str, subject: Subject) -> Found | NotAnswered:
        check(token, client=client, fields=self.place.holds & frozenset(self.plan.fields), persons=_of(subject))
        if not subject.identities:
            return Found(self.name, [], UNNAMED, self.place.holds)
        try:
            said = self._ask("find", token, client, subject)
        except _Failed as failed:
            return NotAnswered(self.name, str(failed))
        if said.state not in ("found", "nothing held") or any(one.field not in self.place.holds for one in said.items):
            return NotAnswered(self.name, UNCLEAR)
        return Found(self.name, [self._item(number, one) for number, one in enumerate(said.items)])

    def erase(self, token: Pass, client: str, subject: Subject) -> Receipt:
        check(token, client=client, fields=frozenset(), persons=_of(subject))
        if not subject.identities:
            return Receipt(place=self.name, state="nothing held", why=UNNAMED)
        goes = sorted(token.fields & self.place.holds)
        try:
            said = self._ask("erase", token, client, subject, fields=goes)
        except _Failed as failed:
            return Receipt(place=self.name, state="not answered", why=str(failed))
        if said.state not in ("erased", "kept", "nothing held"):
            return Receipt(place=self.name, state="not answered", why=UNCLEAR)
        return Receipt(
            place=self.name,
            state=said.state,
            how="claimed by them",
            kept=[Kept(f"{one.what[:200]} ({self.name})", one.why[:200], one.until[:80]) for one in said.kept],
            counts={"rows": said.count} if 0 < said.count < 1 << 31 else {},
        )

    def change(self, token: Pass, client: str, subject: Subject, field: str, old: str, new: str) -> Receipt:
        check(token, client=client, fields=frozenset({field}), persons=_of(subject))
        try:
            said = self._ask("amend", token, client, subject, fields=[field], old=old, new=new)
        except _Failed as failed:
            return Receipt(place=self.name, state="not answered", why=str(failed))
        if said.state not in ("changed", "nothing held"):
            return Receipt(place=self.name, state="not answered", why=UNCLEAR)
        counts = {"changed": max(1, said.count)} if said.state == "changed" else {}
        return Receipt(place=self.name, state=said.state, how="claimed by them", counts=counts)

    def restrict(self, token: Pass, client: str, subject: Subject, *, over: bool = False) -> Receipt:
        """Ask it to keep what it holds of them and not to use it; ``over``: that this has ended (UK GDPR Art 18)."""
        fields = self.place.holds & frozenset(self.plan.fields)
        check(token, client=client, fields=fields, persons=_of(subject))
        do, done = ("lift", "lifted") if over else ("restrict", "restricted")
        try:
            said = self._ask(do, token, client, subject, fields=sorted(fields))
        except _Failed as failed:
            return Receipt(place=self.name, state="not answered", why=str(failed))
        if said.state not in (done, "nothing held"):
            return Receipt(place=self.name, state="not answered", why=UNCLEAR)
        state: State = "changed" if said.state == done else "nothing held"
        return Receipt(place=self.name, state=state, how="claimed by them")

    def _item(self, number: int, one: _Value) -> Item:
        declared = self.plan.fields.get(one.field)
        return Item(
            field=one.field,
            label=declared.label if declared else one.field,
            value=one.value[:TEXT],
            source=self.name,
            when=one.when if one.when is None or one.when.tzinfo else one.when.replace(tzinfo=dt.UTC),
            rule=declared.rule if declared else "",
            id=str(number),
        )

    # One question -------------------------------------------------------------------------------------------------

    def _ask(self, do: str, token: Pass, client: str, subject: Subject, **more: object) -> _Said:
        nonce = secrets.token_hex(16)
        whom: dict[str, list[str]] = {}
        for field, value in subject.identities:
            whom.setdefault(field, []).append(value)
        asked = {"troth": 1, "do": do, "asking": token.id, "place": self.name, "client": client, "nonce": nonce}
        body = msgspec.json.encode({**asked, "at": dt.datetime.now(dt.UTC), "whom": whom, **more})
        status, signed, answer = _exchange(self._service, body)
        if not hmac.compare_digest(signed.encode("latin-1", "replace"), sign(self._service.key, "answer", answer)):
            raise _Failed("It refused the question." if status >= 400 else UNSIGNED)
        if status != 200:
            raise _Failed("It refused the question.")
        try:
            said = decoding.read(answer, _Said)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _Failed(UNCLEAR) from None
        if (said.asking, said.place, said.nonce) != (token.id, self.name, nonce):
            raise _Failed(UNSIGNED)  # rightly signed, but for another question: an old answer said again
        return said


def sign(key: bytes, which: str, body: bytes) -> bytes:
    """HMAC-SHA-256 over ``which`` ('question', 'answer'), a line break and the body, in hex."""
    return hmac.new(key, which.encode() + b"\n" + body, hashlib.sha256).hexdigest().encode()


def _of(subject: Subject) -> frozenset[int]:
    return frozenset({subject.person})


def _exchange(service: Service, body: bytes) -> tuple[int, str, bytes]:
    """Post it and read the answer: status, signature, body. A redirect is an answer like any other: it is not 200."""
    headers = {
        "Content-Type": "application/json",
        "Troth-Signature": sign(service.key, "question", body).decode(),
        "Accept-Encoding": "identity",
    }
    connection = _Once(service)
    try:
        with _watched(connection):
            connection.request("POST", service.path, body, headers)
            answer = connection.getresponse()
            text = answer.read(LARGEST + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _Failed(str(error) if isinstance(error, _NotThere) else "It could not be reached.") from None
    finally:
        connection.close()
    if len(text) > LARGEST:
        raise _Failed("Its answer was too large.")
    return answer.status, answer.getheader("Troth-Signature", ""), text


class _NotThere(OSError):
    """The name leads where the operator did not allow."""


class _Once(http.client.HTTPConnection):
    """A connection to an address that was looked up once and judged before anything was sent there."""

    def __init__(self, service: Service) -> None:
        super().__init__(service.host, service.port, timeout=CONNECT)
        self._service, self.over = service, False

    def connect(self) -> None:
        self.sock = socket.create_connection((address(self._service), self._service.port), timeout=CONNECT)
        if self._service.secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self._service.host)
        self.sock.settimeout(PATIENCE)
        if self.over:  # looking its name up took all of the time: nobody watches any more
            raise OSError("It took too long.")


def address(service: Service) -> str:
    """The one address that is connected to, or ``OSError``: a name that leads to any private address leads nowhere,
    unless listed."""
    found = socket.getaddrinfo(service.host, service.port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    if not addresses or (not service.private and not all(_public(one) for one in addresses)):
        raise _NotThere("Its name leads to a private address, which the operator has not listed.")
    return addresses[0]


def _public(text: str) -> bool:
    address = ipaddress.ip_address(text)
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    if any(address in network for network in OURS_ALONE):
        return False
    inner = address.ipv4_mapped or address.sixtofour
    if address in TRANSLATED:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner is None or inner.is_global


@contextlib.contextmanager
def _watched(connection: Any) -> Iterator[None]:
    """A service that sends one byte a second keeps every single read alive: the whole of it has an end, too."""

    def end() -> None:
        connection.over = True
        with contextlib.suppress(OSError):
            if connection.sock is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(PATIENCE, end)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
