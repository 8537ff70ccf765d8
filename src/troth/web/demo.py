"""The demonstration: five public policies at work, with a public log, a public shop and made-up people.

Everything goes in by the paths that a firm's own data takes: published, imported through the log point, sent by form.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import time
from pathlib import Path
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from troth.answer import amend, identity
from troth.collect import forms, limits, logs
from troth.parties import editions, staff, tenancy
from troth.people import identities
from troth.policy.plan import Plan, Point
from troth.policy.problems import Trouble

ROOT: Final = Path(__file__).parents[3]
ORDER: Final = ("omono", "dijuno", "miomi", "dianomi", "clientdata")
OFFICER: Final = "officer@desk.example"
PEOPLE: Final = (  # first name, last name, address, what they say of themselves
    ("Anneliese", "Featherstonehaugh", "anneliese@post.example", "woman"),
    ("Bartholomew", "Fitzgerald-Ogunleye", "bartholomew@post.example", "man"),
    ("Siân", "Prydderch", "sian@post.example", "woman"),
)
WROTE: Final = {
    "object": "I do not want you to work anything out about me from what I read.",
    "restrict": "The address that you hold is an old one. Keep it until we have settled which is right.",
}
MADE: Final = (  # what a demonstration leaves in its data folder, beside its mark
    *("troth.db", "troth.db-wal", "troth.db-shm", "troth.db-journal"),
    *("keys.db", "keys.db-wal", "keys.db-shm", "keys.db-journal", "keys.mark", "key.fingerprint"),
    *("ledger.head", "events", "tmp", "reserve", "serve.clock"),
    *("keys.lock", "ledger.lock", "prepare.lock", "work.lock"),  # not serve.lock: whoever starts over holds it
)
SAYS: Final = {
    "name": "{first} {last}",
    "first name": "{first}",
    "last name": "{last}",
    "email address": "{email}",
    "work email address": "{email}",
    "phone number": "020 7946 0{number}",
    "postal address": "{number} Sample Street, Cheltenham",
    "postcode": "GL50 1WG",
    "company": "Sample & Daughters",
    "job title": "surveyor",
    "country": "United Kingdom",
    "region": "Gloucestershire",
    "birth date": "1980-02-29",
    "website": "https://sample.example",
    "username": "{first}{number}",
    "fax number": "020 7946 0{number}",
    "town": "Cheltenham",
    "age": "46",
    "gender": "{gender}",
    "likes": "walking, old maps",
    "dislikes": "loud music",
    "preference": "news of walks and exhibitions",
    "correspondence": "My order came without the second sheet. Could you send it?",
    "complaint": "I wrote three weeks ago and nobody answered.",
}


def claim() -> None:
    """Only a folder that is empty, or that a demonstration made, becomes one; and it is marked before anything else
    is written into it. Somebody's own folder is never filled, and so never taken for ours when we start over."""
    folder = Path(settings.DATA)
    if _is_another():
        raise Trouble(
            "not-a-demo",
            f"The data folder {folder} was not made by a demonstration.",
            "Name an empty or a new one with DATA=…",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _mark().touch()
    except OSError as error:
        said = f"The data folder {folder} cannot be made: {error.strerror}."
        raise Trouble("data-folder", said, "Name a folder of yours with DATA=…") from error


def forget() -> None:
    """FRESH=1: of a folder that a demonstration made, what it made is taken away, by name, and nothing else. The
    mark stays, and says that nothing is filled: a start over that was stopped can be gone on with."""
    folder = Path(settings.DATA)
    _mark().write_text("")
    for name in MADE:
        if (one := folder / name).is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink(missing_ok=True)
    for beside in (Path(settings.KEY_FILE), Path(settings.PLACES_FILE), _shop()):
        beside.unlink(missing_ok=True)


def _is_another() -> bool:
    folder = Path(settings.DATA)
    return folder.is_dir() and any(folder.iterdir()) and not _mark().exists()


def _mark() -> Path:
    return Path(settings.DATA) / "demo"


def _shop() -> Path:
    folder = Path(settings.DATA)
    return folder.with_name(folder.name + ".chinook.sqlite")


def samples_folder() -> Path:
    if not (ROOT / "policies").is_dir():
        raise Trouble("no-samples", "The demonstration runs from a copy of the project.", "Run `make demo` there.")
    return ROOT


def load(*, few: bool = False) -> None:
    """Take everything in, once; a later start finds it there and adds only what is new."""
    _mark().touch()
    for slug in _publish(samples_folder() / "policies"):
        plan = editions.in_force(slug).plan
        _officer(slug, plan)
        if not limits.has_room():
            continue  # which was said; a start with room fills it
        _people(slug, plan)
        _asks(slug)
        if not few:
            _log(slug, plan)
        with _mark().open("a") as mark:
            mark.write(slug + "\n")
    _places()


def _publish(folder: Path) -> list[str]:
    """Publish what is not there yet, and return who is not filled yet. A file edited since stays a proposal."""
    found = [path.parent for path in folder.glob("*/policy.yaml")]
    filled = _mark().read_text().split()
    new = []
    for path in sorted(found, key=lambda one: (ORDER.index(one.name) if one.name in ORDER else 99, one.name)):
        if path.name in filled:
            continue
        try:
            editions.compiled(path)
        except editions.BadPolicy as bad:
            print(f"{path.name}: {bad.sentence} Run `troth check policies/{path.name}/policy.yaml`.", file=sys.stderr)
            continue
        if path.name not in tenancy.slugs():
            tenancy.add(path.name)
        editions.publish(path.name, path, replaces=None, by="program")
        new.append(path.name)
    return new


def _officer(slug: str, plan: Plan) -> None:
    for role in plan.staff:
        staff.add(OFFICER, slug, role)


def link() -> str:
    """A one-time link for the demonstration's privacy officer, whose second factor this computer can show."""
    member = get_user_model().objects.get(email=OFFICER)
    if not Authenticator.objects.filter(user=member, type=Authenticator.Type.TOTP).exists():
        TOTP.activate(member, generate_totp_secret())
    return f"{settings.DESK_ORIGIN}/desk/enter/{staff.link(member)}/"


def _people(slug: str, plan: Plan) -> None:
    points = [point for point in plan.points.values() if point.by == "form"]
    for number, person in enumerate(PEOPLE):
        for point in points[:2]:
            _send(slug, plan, point, person, number)


def _asks(slug: str) -> None:
    """Two of them have asked for something, so that the desk has work with a clock."""
    for (_, _, email, _), right in zip(PEOPLE, ("object", "restrict"), strict=False):
        persons = frozenset(identities.find_any(slug, email))
        if persons:
            visitor = identity.Visitor(client=slug, person=min(persons), persons=persons)
            amend.stop(slug, visitor, right, WROTE[right])


def _send(slug: str, plan: Plan, point: Point, person: tuple[str, str, str, str], number: int) -> None:
    """Fill a form in as this person would, and send it through the form's own act."""
    edition = editions.in_force(slug).number
    form = forms.blank(slug, edition, plan, point, time.time())
    first, last, email, gender = person
    facts = {"first": first, "last": last, "email": email, "gender": gender, "number": str(100 + number)}
    typed = {"once": form.once, forms.CONFIRMED: "yes"}
    for box in form.boxes:
        kind = plan.fields[box.name].kind
        typed[box.name] = SAYS.get(kind, "As we said on the telephone.").format(**facts)
    for offer in form.offers:
        typed[f"offer {offer.key}"] = ("yes", "no", "")[number % 3]
    form = forms.filled(form, slug, plan, typed, time.time())
    if form.problems:
        return
    try:
        forms.submit(form, slug, edition, plan)
    except Trouble as trouble:  # what its own policy refuses this firm, it refuses in the demonstration too
        print(f"{slug}, form “{point.name}”: {trouble.sentence}", file=sys.stderr)


def _log(slug: str, plan: Plan) -> None:
    """The access log goes to the first firms that declare one: the server takes it in as soon as it serves."""
    path = samples_folder() / "samples" / "access.log.gz"
    if path.exists() and any(point.by == "log" for point in plan.points.values()):
        logs.by_server(path, slug, surface="", ends=timezone.now() - dt.timedelta(minutes=1))


def _places() -> None:
    """The shop stands outside our house, as an operator's own database would, on the operator's list."""
    shop = samples_folder() / "samples" / "chinook.sqlite"
    listed = []
    for slug in tenancy.slugs():
        plan = editions.in_force(slug).plan
        secrets = sorted({place.secret for place in plan.places.values() if place.kind == "sql" and place.secret})
        if secrets:
            listed += [f"[{slug}]", *(f'{secret} = "sqlite:///{_shop()}"' for secret in secrets), ""]
    if listed and not _shop().exists():
        shutil.copyfile(shop, _shop())
    Path(settings.PLACES_FILE).write_text("\n".join(listed), "utf-8")
