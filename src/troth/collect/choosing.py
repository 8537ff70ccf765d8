"""What a browser answered becomes a choice: recorded once, signed, and given back for the browser to carry.

A choice needs the ask token that we made for that browser, surface and wording (UK GDPR Art 7(1): we must be able
to show it). Whatever is not answered stays refused.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable

from django.db import close_old_connections, transaction
from django.utils import timezone

from troth.collect import consent
from troth.collect.models import Submission
from troth.collect.sites import Site
from troth.people import choices
from troth.policy.plan import Plan, Switch


def settle(
    site: Site, ask: str, yes: Iterable[str], no: Iterable[str], gpc: bool, token: str, now: float
) -> str | None:
    """The signed choice, or None where nobody was asked this by us. For the door's threads."""
    close_old_connections()
    asked = _valid(site, ask, now)
    if asked is None:
        return None
    said = _said(site.plan, asked.surface, yes, no)
    before = consent.read(consent.Choice, site.client, token)
    if not once(site.client, asked.nonce, repr(sorted(said.items()))):
        return None
    return answered(
        site.client, site.edition, site.plan, said, browser=asked.browser, before=before, gpc=gpc, how="banner",
        surfaces=frozenset({asked.surface}), now=now, nonce=asked.nonce,
    )  # fmt: skip


def _valid(site: Site, text: str, now: float) -> consent.Ask | None:
    ask = consent.read(consent.Ask, site.client, text)
    if ask is None or not ask.at - 60 <= now <= ask.at + consent.ASK_LIFE:
        return None
    if ask.surface not in site.plan.surfaces or ask.words != consent.words_hash(site.plan, ask.surface):
        return None
    return ask


def _said(plan: Plan, surface: str, yes: Iterable[str], no: Iterable[str]) -> dict[str, bool]:
    """Answers by switch key, of those that are asked here; a yes and a no to one question is a no."""
    asked = {switch.key for switch in consent.asked(plan, surface)}
    said = {key: True for key in yes if key in asked}
    return said | {key: False for key in no if key in asked}


def once(client: str, key: str, content: str) -> bool:
    """True unless this key came before with something else in it."""
    digest = hashlib.sha256(content.encode()).hexdigest()[:32]
    found = Submission.objects.filter(client=client, key=key).first()
    return found is None or found.digest == digest


def spent(client: str, key: str, content: str) -> bool:
    """Write down that this was submitted; False if it was already. Inside the caller's transaction."""
    digest = hashlib.sha256(content.encode()).hexdigest()[:32]
    _, made = Submission.objects.get_or_create(
        client=client, key=key, defaults={"digest": digest, "at": timezone.now()}
    )
    return made


def answered(
    client: str,
    edition: int,
    plan: Plan,
    said: dict[str, bool],
    *,
    browser: str,
    before: consent.Choice | None,
    gpc: bool,
    how: str,
    surfaces: frozenset[str],
    now: float,
    nonce: str,
) -> str:
    """Record each answer and sign what the browser carries from now on."""
    if before is not None and before.browser != browser:
        before = None
    with transaction.atomic():
        if spent(client, nonce, repr(sorted(said.items()))):
            for key, state in said.items():
                _record(client, edition, plan.switches[key], state, browser, how)
    return consent.sign(_merge(client, plan, said, browser, before, gpc, surfaces, now))


def _record(client: str, edition: int, switch: Switch, state: bool, browser: str, how: str) -> None:
    choices.record(
        client,
        person=None,
        browser=browser,
        key=switch.key,
        stop=switch.stop,
        state=state,
        edition=edition,
        text=switch.words,
        how=how,
    )


def _merge(
    client: str,
    plan: Plan,
    said: dict[str, bool],
    browser: str,
    before: consent.Choice | None,
    gpc: bool,
    surfaces: frozenset[str],
    now: float,
) -> consent.Choice:
    yes = set(before.yes) if before else set()
    no = set(before.no) if before else set()
    for key, state in said.items():
        switch = plan.switches[key]
        (yes.add if state else yes.discard)(key)
        (no.discard if state else no.add)(switch.stop)
    return consent.Choice(
        client=client,
        browser=browser,
        surfaces=surfaces | (before.surfaces if before else frozenset()),
        yes=frozenset(yes),
        no=frozenset(no),
        gpc=gpc,
        at=int(now),
    )


def forget_submissions(before: dt.datetime) -> int:
    """Idempotency keys are of use for two days."""
    return Submission.objects.filter(at__lt=before).delete()[0]
