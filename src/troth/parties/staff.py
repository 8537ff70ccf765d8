"""Staff: no default account, no password; a one-time link, then a second factor, and a role for each client."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Callable, Collection, Iterable
from functools import wraps
from typing import Concatenate, Final, NamedTuple, ParamSpec

import msgspec
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from troth.parties import days, editions, factor, tenancy
from troth.parties.models import EntryLink, Staff, StaffGrant
from troth.policy import words
from troth.policy.problems import Trouble

_EMAIL: Final = re.compile(r"[^\s\x00-\x1f\x7f<>()\"',;:@\\]+@[^\W_](?:[\w.-]*[^\W_])?")
MOST_EMAIL: Final = 254
LINK_LIFE: Final = dt.timedelta(minutes=30)
ALL: Final = frozenset(words.DESK)
PROVED: Final = "second factor proved"  # session key; set by the desk's sign-in after the code was right
_on_grant: list[Callable[[str, str, bytes], tuple[int, bytes]]] = []
_on_end: list[Callable[[str, str], int]] = []
P = ParamSpec("P")


def on_grant(note: Callable[[str, str, bytes], tuple[int, bytes]]) -> None:
    """Register who writes the ledger entry of a grant; called with client, staff ref and what is granted to whom, in
    the transaction. It returns the entry's number and the salt of its commitment."""
    _on_grant.append(note)


def on_end(note: Callable[[str, str], int]) -> None:
    """Register who writes the entry of a role that ends: called with client and staff ref, returns its number."""
    _on_end.append(note)


@transaction.atomic
def add(email: str, client: str, role: str) -> str:
    """Add somebody, or give them one more role. Returns the token of a one-time link."""
    tenancy.client(client)
    address = email.strip().lower()
    if len(address) > MOST_EMAIL or not _EMAIL.fullmatch(address):
        raise Trouble("staff-email", f"“{email}” is no email address.", "Name the address of the member of staff.")
    member = Staff.objects.filter(email=address).first() or Staff.objects.create_user(address)
    if not member.is_active:  # who left and comes back has the roles that they are given now, and a new second factor
        Staff.objects.filter(pk=member.pk).update(is_active=True)
    if not _standing(staff=member, client_id=client, role=role).exists():
        entry, salt = 0, b""
        for note in _on_grant:
            entry, salt = note(client, member.ref, _granted(member.ref, member.email, client, role))
        StaffGrant.objects.create(staff=member, client_id=client, role=role, entry=entry, salt=salt or None)
    return link(member)


def _standing(**where: object) -> QuerySet[StaffGrant]:
    return StaffGrant.objects.filter(ended=None, **where)


@transaction.atomic
def remove(email: str, client: str = "", role: str = "") -> int:
    """Take roles back: all of somebody's, those at a client, or one. Open sessions end with it; whose last role goes
    loses links and second factor, too. Returns how many ended, or ``Trouble`` *no-staff*."""
    some = {name: one for name, one in (("client_id", client), ("role", role)) if one}
    grants = list(_standing(staff__email=email.strip().lower(), **some).select_related("staff"))
    if not grants:
        raise Trouble("no-staff", "Nobody of that name has such a role.", "See who has which: troth staff list.")
    for grant in grants:
        for note in _on_end:
            note(grant.client_id, grant.staff.ref)
    StaffGrant.objects.filter(pk__in=[grant.pk for grant in grants]).update(ended=timezone.now())
    member = grants[0].staff
    if not _standing(staff=member).exists():
        Staff.objects.filter(pk=member.pk).update(is_active=False)
        EntryLink.objects.filter(staff=member).delete()
        factor.forget(member)
        _end_sessions(member)
    return len(grants)


def _end_sessions(member: Staff) -> None:
    rows = [row for row in Session.objects.iterator() if row.get_decoded().get("_auth_user_id") == str(member.pk)]
    Session.objects.filter(pk__in=[row.pk for row in rows]).delete()


def link(member: Staff) -> str:
    token = secrets.token_urlsafe(24)
    EntryLink.objects.create(staff=member, token_hash=_hash(token), expires=timezone.now() + LINK_LIFE)
    return token


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()  # of 192 random bits, so that no key is needed


def redeem(token: str) -> Staff | None:
    """Exchange a link once. None when it is wrong, old or used: the page says the same for each."""
    now = timezone.now()
    fresh = EntryLink.objects.filter(token_hash=_hash(token), used=None, expires__gt=now)
    if fresh.update(used=now) != 1:
        return None
    return EntryLink.objects.get(token_hash=_hash(token)).staff


def forget_links() -> int:
    """Let the links go that lapsed, used or not. Returns how many went."""
    return int(EntryLink.objects.filter(expires__lt=timezone.now()).delete()[0])


def forget_who_left(oldest: dt.datetime) -> int:
    """Who had left before the oldest entry of the ledger was written is forgotten, address and all (UK GDPR Art
    5(1)(e)): until then the desk shows who looked at what. Returns how many went."""
    here = _standing(staff=OuterRef("pk"))
    rows = Staff.objects.annotate(left=Max("grants__ended")).filter(~Exists(here), left__lt=oldest)
    return int(Staff.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).delete()[0])


def ref_of(email: str, client: str, part: str = "") -> str:
    """The opaque reference of somebody who may act for this client, in this part of the desk's work (``words.DESK``)
    where one is named; or ``Trouble`` *no-staff*, *no-part*."""
    grant = _standing(staff__email=email.strip().lower(), staff__is_active=True, client_id=client)
    found = grant.select_related("staff").first()
    if found is None:
        help = "Add them: troth staff add EMAIL --client C --role R."
        raise Trouble("no-staff", "Nobody of that name may act for this client.", help)
    if not may(found.staff, client, part):
        help = "The policy says under `staff` what a role may: see troth staff list, and give them another."
        raise Trouble("no-part", f"Their role has no part in that ({part}).", help, exit=2)
    return found.staff.ref


def roles(user: object, client: str) -> frozenset[str]:
    if not isinstance(user, Staff) or not user.is_active:
        return frozenset()
    return frozenset(_standing(staff=user, client_id=client).values_list("role", flat=True))


def of(client: str) -> list[Staff]:
    """Everybody with a role at this client."""
    return list(Staff.objects.filter(grants__client_id=client, grants__ended=None).distinct().order_by("pk"))


class Standing(NamedTuple):
    """Who may act for a client, in which role, and since when."""

    email: str
    client: str
    role: str
    since: dt.datetime
    may: tuple[str, ...]


def standing(client: str = "") -> list[Standing]:
    """Every role that stands, at one client or at all: who can come in is to be seen (UK GDPR Art 32(4))."""
    grants = _standing(**({"client_id": client} if client else {})).select_related("staff")
    rows = grants.order_by("client_id", "staff__email", "role")
    return [
        Standing(one.staff.email, one.client_id, one.role, one.since, tuple(sorted(parts(one.client_id, [one.role]))))
        for one in rows
    ]


def ever(client: str) -> list[Staff]:
    """Everybody who has or had a role at this client: what they looked at stays to be seen when they have left."""
    return list(Staff.objects.filter(grants__client_id=client).distinct().order_by("pk"))


def is_alone(ref: str, client: str, part: str = "") -> bool:
    """Whether nobody else may act for a client in this part of the work: a firm of one person."""
    return {member.ref for member in of(client) if member.is_active and may(member, client, part)} == {ref}


def may_agree(client: str, first: str, by: str, since: dt.datetime, part: str = "") -> bool:
    """Whether somebody may be the second pair of eyes for what ``first`` decided at ``since``: another person may. In a
    firm of one, where there is no other, it is the same person who looks again on a later day; that is written down and
    told as what it is."""
    if by != first:
        return bool(by)
    return is_alone(by, client, part) and days.today(client) > days.of(client, since)


def must_agree(client: str, first: str, by: str, since: dt.datetime, part: str = "") -> None:
    """The same, or ``Trouble`` *same-person*."""
    if not may_agree(client, first, by, since, part):
        alone = bool(by) and is_alone(by, client, part)
        help = "You work alone here: look at it again on a later day." if alone else "Ask a second member of staff."
        raise Trouble("same-person", "Who decided it first cannot agree to it.", help, exit=2)


def may_see(user: object, client: str) -> bool:
    """Need to know: one grant at this very client."""
    return bool(roles(user, client))


def may(user: object, client: str, part: str = "") -> bool:
    """The same, and that a role of theirs opens this part of the desk's work; '' for what every role opens."""
    return may_see(user, client) and (not part or part in parts(client, roles(user, client)))


def parts(client: str, names: Collection[str]) -> frozenset[str]:
    """What these roles open (``words.DESK``), as the edition in force says it. A role that says nothing opens all. One
    that the policy does not know is of an earlier edition: it opens all as it did, and nothing as soon as the policy
    says of any role what it may."""
    try:
        declared = editions.in_force(client).plan.staff
    except Trouble:  # nothing is published yet
        declared = {}
    rest = frozenset[str]() if any(one.may for one in declared.values()) else ALL
    return frozenset().union(*((declared[name].may or ALL) if name in declared else rest for name in names))


def proved(request: HttpRequest) -> bool:
    """Signed in with both factors. A link alone is not enough."""
    return bool(request.user.is_authenticated and request.session.get(PROVED))


def required(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page of the desk: only after both factors."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, *args, **kwargs) if proved(request) else redirect(settings.LOGIN_URL)

    return guarded


def _granted(*words: str) -> bytes:
    """What the entry of a grant commits to: reference, address, client and role."""
    return msgspec.json.encode(words)


def effects() -> Iterable[tuple[int, str, bytes | memoryview[int] | None, bytes]]:
    """(ledger entry, reference, salt, what it committed to) of each grant, for the ledger's two-way comparison."""
    columns = ("entry", "pk", "salt", "staff__ref", "staff__email", "client_id", "role")
    for entry, number, salt, *said in StaffGrant.objects.exclude(entry=0).values_list(*columns).iterator():
        yield entry, f"grant {number}", salt, _granted(*said)


def newest() -> Staff:
    member = Staff.objects.order_by("-pk").first()
    if member is None:
        raise Trouble("no-staff", "There is no staff yet.", "Add somebody: troth staff add EMAIL --client C --role R.")
    return member
