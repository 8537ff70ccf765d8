"""The plan: a policy compiled, frozen and hashed. Everyone outside this room sees only this.

Names are kept as names and sets of names are frozen sets, so that a decision is one look-up and a few
set comparisons. Stars are expanded here once; nobody else ever expands one.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from troth.policy import zones

Basis = Literal[
    "consent",
    "contract",
    "legitimate interests",
    "legal obligation",
    "recognised legitimate interests",
    "public task",
    "vital interests",
    "instruction",  # for a client: their instruction is our basis, UK GDPR Art 28(3)(a)
]


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A name with its parts frozen; keyword only, so that a reader sees what is meant. What is not said is not written:
    a plan that was stored before a part learned something new still has the hash it was published with."""


class Span(Part, frozen=True, kw_only=True):
    """A length of calendar time: '12 months' is ``Span(count=12, unit='months')``."""

    count: int
    unit: Literal["hours", "days", "weeks", "months", "years"]


class End(Part, frozen=True, kw_only=True):
    """One end of a period. ``after`` is the fact it counts from: ``collected`` or a moment's name.

    ``span`` None with ``after`` set means *until* that moment; ``shape`` names the special ends.
    """

    span: Span | None = None
    after: str = "collected"
    shape: Literal["period", "last purpose ends", "browser closes", "never stored", "for ever, minimised"] = "period"


class Rule(Part, frozen=True, kw_only=True):
    """How long a group of fields is kept. The limit is the earliest of ``ends``, then not before ``least``."""

    name: str  # the selector as written: also the keep rule under which keys are made
    text: str  # the period as written, for people
    fields: frozenset[str]
    ends: tuple[End, ...]
    least: End | None = None
    law: str = ""  # the statute behind ``least``
    refreshed: Span | None = None
    unless_agreed: bool = False


class Field(Part, frozen=True, kw_only=True):
    name: str  # 'booking.email'
    kind: str  # 'email address'
    label: str  # what a person reads: 'email address'
    form: str  # clear, sealed, hashed, truncated, outward half, hour, site only, no identifiers, counted, never stored
    dpv: str = ""
    of: frozenset[str] = frozenset()  # people
    identifies: Literal["", "person", "browser", "household"] = ""
    joins: str = "never"
    special: bool = False
    secret: bool = False
    free_text: bool = False
    may_hold: str = "none"
    portable: bool = False  # given or observed, and under consent or contract: UK GDPR Art 20
    rule: str = ""  # name of its Rule
    group: str = ""  # first word of the name, for folding lists
    opened_by: frozenset[str] = frozenset()
    retired: bool = False  # neither taken in nor used any more: what stands of it goes by its rule
    now: str = ""  # the name of the datum today; this is an earlier one, under which values stand


class Ask(Part, frozen=True, kw_only=True):
    words: str
    again_after: Span | None = None


class Switch(Part, frozen=True, kw_only=True):
    """Something a person can say. A yes is to ``key``, a fingerprint of what was asked; a no is to ``stop``, a name."""

    key: str
    stop: str
    use: str
    recipient: str = ""
    surface: str = ""
    opens: bool  # True: shut until a yes (consent). False: open until a no (objection, opt-out)
    marketing: bool = False
    words: str  # the question as asked
    again_after: Span | None = None
    device: bool = False  # the answer belongs to a browser on a surface (cookies, tags)


class Purpose(Part, frozen=True, kw_only=True):
    name: str
    is_: str
    dpv: str = ""
    message_class: str = ""  # service, marketing, decision, change, '' for none
    basis: Basis
    data: frozenset[str]
    of: frozenset[str]
    interest: str = ""
    balance: str = ""  # paper
    law: str = ""
    case: str = ""
    ask: Ask | None = None
    channels: tuple[tuple[str, str], ...] = ()  # (channel, permission)
    yields: Literal["rows", "pseudonyms", "statistics"] = "rows"
    smallest_group: int = 0
    on_device: Literal["", "necessary", "communication", "statistics", "appearance"] = ""
    within: str = ""
    only_while: str = ""
    until: Span | None = None
    limit: str = ""
    part_of: str = ""
    staff: frozenset[str] = frozenset()
    decides: str = ""
    without: str = ""
    assessment: str = ""  # paper: Art 35
    instructed_by: str = ""
    new_use: str = ""
    for_client: bool = False
    fingerprint: str = ""
    rights: frozenset[str] = frozenset()  # of: access rectify erase restrict object port withdraw complain


class Recipient(Part, frozen=True, kw_only=True):
    name: str
    role: str  # processor, controller, joint, group, authority, purchaser, public, members
    does: str = ""
    purposes: frozenset[str]
    data: frozenset[str]
    countries: tuple[str, ...] = ()
    mechanism: str = ""
    mechanism_paper: str = ""
    contract: str = ""  # paper
    members: tuple[str, ...] = ()
    only_as: str = ""
    for_money: bool = False
    opt_out: str = ""
    policy: str = ""
    tells: str = ""


class Way(Part, frozen=True, kw_only=True):
    """One allowed (use, recipient): the closed world. What has no way does not exist."""

    use: str
    recipient: str = ""  # '' is us
    data: frozenset[str]
    of: frozenset[str]
    yes: frozenset[str] = frozenset()  # switch keys that must be on
    no: frozenset[str] = frozenset()  # stop names of which none may be on
    staff: frozenset[str] = frozenset()  # roles that may act by hand; empty: no hand may
    channels: frozenset[str] = frozenset()
    case: bool = False  # only with an open case
    only_while: str = ""
    until: dt.date | None = None  # contract or safeguard lapses: the tap closes
    statistics: bool = False
    through_restriction: bool = False  # storage, consent, claims, protection of another: UK GDPR Art 18(2)


class Opening(Part, frozen=True, kw_only=True):
    """Which fields of a point may be stored for which use, and what must or must not have been said."""

    use: str
    fields: frozenset[str]
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    exempt: str = ""  # necessary, communication, statistics, appearance: storable before any choice


class Point(Part, frozen=True, kw_only=True):
    name: str
    by: str  # form, tag, pixel, log, mail, post, phone, chat, meeting, service, import, enrichment, inference, staff
    surface: str = ""
    of: frozenset[str]
    needs: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    offers: tuple[str, ...] = ()
    why: str = ""
    warns: str = ""
    confirms: str = ""
    source: str = ""  # for obtained data: from whom
    way: Literal["given", "observed", "inferred", "obtained", "supplied"]
    rest: str = ""
    public: bool = False  # taken from what everyone can see: Art 14(2)(f)
    tell_people: str = ""
    licence: str = ""
    recorded: str = ""
    for_client: bool = False
    openings: tuple[Opening, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        return self.needs | self.may


class Surface(Part, frozen=True, kw_only=True):
    name: str
    kind: str
    origins: tuple[str, ...] = ()
    sends_as: str = ""
    people: frozenset[str] = frozenset()


class Cookie(Part, frozen=True, kw_only=True):
    name: str
    surface: str
    by: str  # 'us' or a recipient
    does: tuple[str, ...]
    uses: frozenset[str]
    lasts: str
    kind: str = "cookie"
    hosts: tuple[str, ...] = ()
    exempt: str = ""  # worked out: necessary, communication, statistics, appearance; '' must be asked
    switches: frozenset[str] = frozenset()  # keys; loads only after a yes to all of them


class Person(Part, frozen=True, kw_only=True):
    """A class of people, e.g. 'visitor'."""

    name: str
    means: str
    least_age: int = 0
    party_to: str = ""
    subscriber: str = ""
    acts_for: str = ""


class StaffRole(Part, frozen=True, kw_only=True):
    name: str
    means: str
    uses: frozenset[str] = frozenset()
    sees: frozenset[str] = frozenset()
    at_most: Span | None = None
    two_needed: bool = False
    may: frozenset[str] = frozenset()  # what it opens at the desk; empty: all of it


class Moment(Part, frozen=True, kw_only=True):
    name: str
    known_from: str
    means: str = ""


class Hold(Part, frozen=True, kw_only=True):
    name: str
    data: frozenset[str]
    needs: tuple[str, ...]
    review: str
    because: str


class Table(Part, frozen=True, kw_only=True):
    name: str
    person_by: str  # 'email' or 'customer.email via customer_id'
    columns: tuple[tuple[str, str], ...]  # (column, field)


OWN: Final = ("ours", "events")  # the kinds of place that troth itself keeps
TAKEN: Final = ("form", "tag", "pixel", "log")  # the ways by which troth itself takes in


class Place(Part, frozen=True, kw_only=True):
    name: str
    kind: str  # ours, events, sql, http, files, by hand
    holds: frozenset[str]
    countries: tuple[str, ...]
    by: str = ""  # recipient that runs it; '' is us
    secret: str = ""  # name in the operator's list; never the secret itself
    speaks: str = ""
    tables: tuple[Table, ...] = ()
    canary: bool = False


class Paper(Part, frozen=True, kw_only=True):
    name: str
    kind: str
    file: str
    owner: str
    until: dt.date
    covers: str = ""
    sha256: str = ""  # of its bytes when the policy was read; '' where a text alone was read, without its folder


class Never(Part, frozen=True, kw_only=True):
    name: str
    verb: str  # collect, use, disclose, transfer, join
    fields: frozenset[str]
    limits: tuple[tuple[str, str], ...] = ()
    sentence: str = ""


class Promise(Part, frozen=True, kw_only=True):
    id: str
    says: str
    rests_on: tuple[str, ...]
    instead: str = ""
    because: str = ""
    attested: str = ""


class Who(Part, frozen=True, kw_only=True):
    name: str
    trades_as: str = ""
    roles: tuple[str, ...]  # controller, processor
    address: str
    email: str
    phone: str = ""
    company_number: str = ""
    registered_in: str = ""
    office: str = ""  # registered, where it is not the address
    fee_number: str = ""
    fee_until: str = ""
    fee_exempt: str = ""  # why no fee is due
    officer: str = ""
    officer_email: str = ""
    appointed: bool | None = None  # under Art 37; None: nobody said
    representatives: tuple[str, ...] = ()  # Art 27: "in: name, address, e-mail"
    regulator: str
    authority: tuple[str, ...] = ()  # name, address, telephone, page of one that we have no word for


class Edition(Part, frozen=True, kw_only=True):
    date: dt.date
    change: str
    because: str
    in_force: dt.date
    history: tuple[tuple[str, str], ...] = ()


class Answer(Part, frozen=True, kw_only=True):
    by: tuple[str, ...] = ()
    identity: str = ""
    undo: Span | None = None
    evidence_kept: str = ""
    acknowledges_within: str = ""
    sooner: tuple[tuple[str, str], ...] = ()


class Principal(Part, frozen=True, kw_only=True):
    """A client for whom we act: Art 28(3)."""

    name: str
    means: str = ""
    policy: str = ""
    contract: str = ""
    instructs: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


class Plan(Part, frozen=True, kw_only=True):
    policy: str
    language: int
    edition: Edition
    law: tuple[str, ...]
    nation: str
    readers_in: tuple[str, ...]
    who: Who
    surfaces: dict[str, Surface]
    people: dict[str, Person]
    staff: dict[str, StaffRole]
    fields: dict[str, Field]
    points: dict[str, Point]
    purposes: dict[str, Purpose]
    recipients: dict[str, Recipient]
    nevers: dict[str, Never]
    rules: dict[str, Rule]
    moments: dict[str, Moment]
    holds: dict[str, Hold]
    cookies: dict[str, Cookie]
    switches: dict[str, Switch]  # by key
    ways: dict[str, Way]  # by f'{use}|{recipient}'
    places: dict[str, Place]
    papers: dict[str, Paper]
    promises: dict[str, Promise]
    answer: Answer
    seals: frozenset[str]
    erasure_reaches: str
    backups: str = ""
    key_backups: str = ""
    drill: str = ""
    told_of_breach_within: str = ""
    children: str = ""
    asked_of_parent: str = ""
    notice_at: str = ""
    notice_tells: tuple[tuple[str, str], ...] = ()
    languages: tuple[str, ...] = ("en",)
    translations: tuple[tuple[str, str, str], ...] = ()  # (language, the words of the policy, the same in it)
    clients: tuple[str, ...] = ()
    principals: dict[str, Principal] = {}  # what is agreed with each of them
    labels: tuple[tuple[str, str], ...] = ()  # (group, label)
    time_zone: str = ""  # as said; ``zone`` is the one that holds
    source_hash: str = ""  # sha-256 of the file's bytes
    hash: str = ""  # sha-256 of this plan without its two hashes

    def elsewhere(self, name: str) -> list[str]:
        """The places outside troth that hold a datum: there it stands as they keep it, whatever its form is with us."""
        return [place.name for place in self.places.values() if name in place.holds and place.kind not in OWN]

    def with_us(self, name: str) -> bool:
        """Whether troth itself stores a datum, in its declared form and under the key of its person. What stands in a
        database or with a service comes to us by what we take in ourselves alone, whatever our store may hold."""
        there = [self.places[place].kind for place in self.elsewhere(name)]
        ours = any(name in place.holds for place in self.places.values() if place.kind in OWN)
        if {"sql", "http"}.isdisjoint(there):
            return ours or not there
        return ours and any(name in point.fields for point in self.points.values() if point.by in TAKEN)

    @property
    def zone(self) -> str:
        """The time zone in which its days, months and nights are counted, by its IANA name."""
        return zones.of(self.time_zone, self.law, self.nation)

    def day(self, when: dt.datetime) -> dt.date:
        """The day in which a moment lies, on its clocks."""
        return when.astimezone(ZoneInfo(self.zone)).date()

    def way(self, use: str, recipient: str = "") -> Way | None:
        return self.ways.get(f"{use}|{recipient}")
