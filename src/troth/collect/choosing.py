"""What a browser answered becomes a choice: recorded once, signed, and given back for the browser to carry.

A choice needs the ask token that we made for that browser, surface and wording (UK GDPR Art 7(1): we must be able
to show it). Whatever is not answered stays refused.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection

import msgspec
from django.db import close_old_connections, transaction
from django.utils import timezone

from troth.collect import consent
from troth.collect.models import Submission
from troth.people import choices
from troth.policy.plan import Plan


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it came in. ``token`` is what the browser carried before; ``how`` is banner or choices page."""

    ask: str
    yes: Collection[str]
    no: Collection[str]
    gpc: bool
    token: str
    how: str
    now: float


class Settled(msgspec.Struct, frozen=True):
    """What the browser carries from now on, as a token and as we read it."""

    token: str
    choice: consent.Choice
    said: dict[str, bool]


_on_settled: list[Callable[[str, str], None]] = []


def on_settled(note: Callable[[str, str], None]) -> None:
    """Register who must hear at once that a browser (client, browser) said something new."""
    _on_settled.append(note)


def forget(note: Callable[[str, str], None]) -> None:
    """The end of a registration."""
    _on_settled.remove(note)


def settle(client: str, edition: int, plan: Plan, answer: Answer) -> Settled | None:
    """Record an answer and sign it, or None where nobody was asked this by us."""
    ask = _valid(client, plan, answer)
    if ask is None:
        return None
    said = _said(plan, ask.surface, answer)
    before = consent.read(consent.Choice, client, answer.token)
    if before is not None and before.browser != ask.browser:
        before = None
    with transaction.atomic():
        first = spend(client, ask.nonce, repr(sorted(said.items())))
        if first is None:
            return None
        for key, state in said.items() if first else ():
            _record(client, edition, plan, key, state, ask.browser, answer.how)
    choice = _merge(plan, said, ask, before, answer)
    for note in _on_settled:
        note(client, ask.browser)
    return Settled(consent.sign(choice), choice, said)


def settle_in_thread(client: str, edition: int, plan: Plan, answer: Answer) -> Settled | None:
    """For the door's own threads, whose connections Django does not look after."""
    close_old_connections()
    return settle(client, edition, plan, answer)


def standing_choice(client: str, text: str, now: float) -> consent.Choice | None:
    """What a token still stands for: a yes that its browser took back since is none, whoever kept the old token.

    The rows that were written down decide, and not what somebody sends (T34). For the door's own threads.
    """
    choice = consent.live(consent.read(consent.Choice, client, text), now)
    if choice is None:
        return None
    close_old_connections()
    facts = choices.facts_of_browser(client, choice.browser)
    return msgspec.structs.replace(choice, yes=choice.yes & facts.yes, no=choice.no | facts.no)


def _valid(client: str, plan: Plan, answer: Answer) -> consent.Ask | None:
    ask = consent.read(consent.Ask, client, answer.ask)
    if ask is None or not ask.at - 60 <= answer.now <= ask.at + consent.ASK_LIFE:
        return None
    if ask.surface and ask.surface not in plan.surfaces:
        return None
    return ask if ask.words == consent.words_hash(consent.asked(plan, ask.surface)) else None


def _said(plan: Plan, surface: str, answer: Answer) -> dict[str, bool]:
    """Answers by switch key, of those that are asked here; a yes and a no to one question is a no."""
    asked = {switch.key for switch in consent.asked(plan, surface)}
    said = {key: True for key in answer.yes if key in asked}
    return said | {key: False for key in answer.no if key in asked}


def spend(client: str, key: str, content: str) -> bool | None:
    """Write down that this came in: True the first time, False for the same again, None for something else under it.

    Runs in the caller's transaction, with what it guards.
    """
    digest = hashlib.sha256(content.encode()).hexdigest()[:32]
    row, made = Submission.objects.get_or_create(
        client=client, key=key, defaults={"digest": digest, "at": timezone.now()}
    )
    return True if made else (False if row.digest == digest else None)


def _record(client: str, edition: int, plan: Plan, key: str, state: bool, browser: str, how: str) -> None:
    switch = plan.switches[key]
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
    plan: Plan, said: dict[str, bool], ask: consent.Ask, before: consent.Choice | None, answer: Answer
) -> consent.Choice:
    """What was said now over what was said before on other surfaces."""
    yes = set(before.yes) if before else set()
    no = set(before.no) if before else set()
    for key, state in said.items():
        (yes.add if state else yes.discard)(key)
        (no.discard if state else no.add)(plan.switches[key].stop)
    surfaces = frozenset({ask.surface}) if ask.surface else frozenset(plan.surfaces)
    return consent.Choice(
        client=ask.client,
        browser=ask.browser,
        surfaces=surfaces | (before.surfaces if before else frozenset()),
        yes=frozenset(yes),
        no=frozenset(no),
        gpc=answer.gpc,
        at=int(answer.now),
    )


def forget_submissions(before: dt.datetime) -> int:
    """Idempotency keys are of use for two days."""
    return Submission.objects.filter(at__lt=before).delete()[0]
