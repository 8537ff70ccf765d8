"""Probes of the guards: what a hold keeps, what is sealed, what an erasure left, and who comes in at the desk."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from troth.keep import staying
from troth.parties import staff
from troth.people import standing
from troth.policy.counting import counted
from troth.prove import asking, breaking, looking, together
from troth.prove.keepers import WRITTEN, Looked, Scene, keeper
from troth.prove.promises import Line

OPEN_DOORS: Final = ("desk/enter/", "desk/leave/")
METHODS: Final = ("GET", "POST")


# --- holds, seals -----------------------------------------------------------------------------------------------


def _break_holds(scene: Scene) -> None:
    """Holds stand over somebody that nobody looked at again."""
    for hold in scene.plan.holds.values():
        breaking.run(
            "INSERT INTO people_standing(client_id, person_id, kind, name, fields, ground, by, since, review, entry,"
            " end_entry) SELECT %s, id, 'hold', %s, '[]', '', '', '2020-01-01 00:00:00', '2020-07-01', entry, 0"
            " FROM people_person WHERE client_id=%s LIMIT 1",
            scene.client, hold.name, scene.client,
        )  # fmt: skip


@keeper(
    "holds",
    code="keep.holds, people.standing",
    how="A hold names what it keeps, who placed it and when it is looked at again; sweep and erasure go around it.",
    breaker=_break_holds,
    with_it=("always/no is sticky", *WRITTEN),
)
def holds(scene: Scene, line: Line) -> Looked:
    hold = scene.plan.holds[line.name]
    stand = [one for one in standing.all_of(scene.client, "hold") if one.name == line.name]
    wide = any(one.fields - hold.data for one in stand)
    breaches = ["A hold keeps what the policy does not let it keep."] if wide else []
    breaches += ["A hold names nobody who placed it."] if any(not one.by for one in stand) else []
    lost = looking.ended_unwritten(scene.client, "hold").count(line.name)
    breaches += [counted(lost, "hold[s] ended, and nobody wrote down by whom.")] if lost else []
    late = [one for one in stand if one.review is not None and one.review < scene.today]
    breaches += [counted(len(late), "hold[s] [was|were] not looked at again in time.")] if late else []
    return Looked(len(stand), "hold[s] that stand[s|]", tuple(breaches))


def _break_secure(scene: Scene) -> None:
    """A value that was to be sealed lies open."""
    for name in sorted(scene.plan.seals):
        breaking.run(
            "UPDATE people_value SET sealed=%s WHERE id=(SELECT min(id) FROM people_value"
            " WHERE client_id=%s AND field=%s)",
            b"in clear", scene.client, name,
        )  # fmt: skip


@keeper(
    "secure",
    code="people.vault, collect.sealing",
    how="What the policy seals is encrypted before it is written, in our store and in the files of events.",
    breaker=_break_secure,
    with_it=("data", "always/sealed", *WRITTEN),
)
def secure(scene: Scene, line: Line) -> Looked:
    seen, breaches = 0, set()
    for value in together.values(scene):
        if value.field in scene.plan.seals:
            seen += value.number
            if not value.marked:
                breaches.add(f"A value of “{value.field}” is not sealed.")
    for said, number in together.said(scene).items():
        seen += number
        breaches |= {f"Events hold “{name}” in clear." for name in said.names & scene.plan.seals}
    return Looked(seen, "value[ or event|s and events] that may hold what is sealed", tuple(sorted(breaches)))


# --- erasure ----------------------------------------------------------------------------------------------------


def _break_erasure(scene: Scene) -> None:
    """Somebody says "done", every place asked again, and the person's values and addresses still stand."""
    persons = sorted(looking.persons_with_values(scene.client))
    when = {"opened": scene.now, "finished": scene.now + dt.timedelta(days=1)}
    for person in persons[:1]:
        row = apps.get_model("keep", "Erasure").objects.create(
            client=scene.client, person=person, persons=[person], reference="x", step="done", entry=1, **when
        )
        apps.get_model("keep", "Task").objects.create(erasure=row, place="ours", state="answered", again=True)


@keeper(
    "always/erasure is verified",
    code="keep.erasure",
    how="Every place is a task with a receipt and is asked again at the end; what was to go is looked for, row by row.",
    breaker=_break_erasure,
    with_it=WRITTEN,
)
def erasure_is_verified(scene: Scene, line: Line) -> Looked:
    done = looking.erasures(scene.client)
    unasked = sum(one.unasked for one in done)
    breaches = [counted(unasked, "place[s] [was|were] not asked again.")] if unasked else []
    stands = sum(len(_left(scene, one, looking.fields_before)) for one in done)
    breaches += [counted(stands, "value[s] stand[s|] that [was|were] said to be gone.")] if stands else []
    known = sum(len(_left(scene, one, looking.keys_before)) for one in done)
    breaches += [counted(known, "address[ still finds|es still find] somebody who was erased.")] if known else []
    return Looked(len(done), "erasure[s], and what stands of [that person|those people]", tuple(breaches))


def _left(scene: Scene, one: looking.Erased, rows: Callable[[str, int, str], list[str]]) -> list[str]:
    """Fields of which a row from before the end still stands, although nothing keeps it."""
    held = frozenset[str]().union(*(standing.facts(scene.client, person).held for person in one.persons))
    goes = staying.erasable(scene.plan, held)
    return [field for person in one.persons for field in rows(scene.client, person, one.finished) if field in goes]


# --- the desk ---------------------------------------------------------------------------------------------------


def _break_staff(scene: Scene) -> None:
    """The desk opens to whoever came by a link."""
    staff.proved = lambda request: bool(request.user.is_authenticated)


@keeper(
    "always/staff prove themselves",
    code="parties.staff, web.entering",
    how="No account has a password; a page of the desk opens only in a session in which the second factor was right.",
    breaker=_break_staff,
)
def staff_prove_themselves(scene: Scene, line: Line) -> Looked:
    members = staff.of(scene.client)
    loose = sum(member.has_usable_password() for member in members)
    breaches = [counted(loose, "member[s] of staff [has|have] a password.")] if loose else []
    let_in = looking.granted_unwritten(scene.client)
    said = "role[s] stand[s|], and nobody wrote down that [it was|they were] given."
    breaches += [counted(let_in, said)] if let_in else []
    revived = looking.revived(scene.client)
    breaches += [counted(revived, "role[s] [was|were] taken back and [stands|stand] again.")] if revived else []
    shut = [AnonymousUser(), *(members or [get_user_model()()])]
    breaches += ["The desk opens without the second factor."] if any(_opens(user) for user in shut) else []
    pages = list(_desk_pages(get_resolver(), scene.client))
    wide = sorted({path for path in pages if any(_answers(path, method) for method in METHODS)})
    breaches += [f"/{path} answers somebody who did not sign in." for path in wide]
    single = sum(_without_factor(row) for row in _live_sessions(scene))
    breaches += [counted(single, "session[s] [is|are] in whose owner has no second factor.")] if single else []
    what = "page[ of the desk or sign-in|s of the desk and sign-ins] without a second factor, [|each ]turned away"
    return Looked(len(shut) + len(pages), what, tuple(breaches))


def _opens(user: Any) -> bool:
    """Whether a page of the desk opens to somebody who came by a link alone."""
    request = HttpRequest()
    request.user, request.session = user, {}  # type: ignore[assignment]
    return staff.required(lambda request: HttpResponse("inside"))(request).content == b"inside"


def _desk_pages(at: URLResolver, client: str, before: str = "") -> Iterator[str]:
    """Every address of the desk, with this client and made-up references in its blanks."""
    for one in at.url_patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _desk_pages(one, client, path)
        elif isinstance(one, URLPattern) and path.startswith("desk/") and not path.startswith(OPEN_DOORS):
            yield re.sub(r"<(?:\w+:)?(\w+)>", lambda blank: client if blank[1] == "client" else "1", path)


def _answers(path: str, method: str) -> bool:
    response = asking.page(path, host=settings.DESK_HOST, method=method)
    elsewhere = str(response.headers.get("Location", "")).startswith(settings.LOGIN_URL)
    return response.status_code < 400 and not elsewhere


def _live_sessions(scene: Scene) -> Iterator[dict[str, Any]]:
    for row in Session.objects.filter(expire_date__gt=scene.now).iterator():
        decoded = row.get_decoded()
        if decoded.get(staff.PROVED):
            yield decoded


def _without_factor(decoded: dict[str, Any]) -> bool:
    member = str(decoded.get("_auth_user_id", "0"))
    return not looking.count("SELECT count(*) FROM mfa_authenticator WHERE user_id=%s", member)
