"""What a browser answered becomes a choice: recorded once, signed, and given back for the browser to carry.

A choice needs the ask token that we made for that browser, surface and wording (UK GDPR Art 7(1): we must be able
to show it). Whatever is not answered stays refused.
"""

from __future__ import annotations

import datetime as dt
import hmac
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

import msgspec
from django.db import close_old_connections, transaction
from django.utils import timezone

from troth.collect import consent, joining
from troth.collect.models import Submission
from troth.people import choices
from troth.people import standing as persons
from troth.places import master
from troth.policy.deciding import Facts
from troth.policy.emit import texts
from troth.policy.plan import Plan

LAST: Final = sys.maxsize  # later than any entry of the ledger


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
    """Record an answer and sign it, or None where this browser was not asked this by us under this edition."""
    ask = _valid(client, edition, plan, answer)
    if ask is None:
        return None
    carried = consent.browser_of(client, answer.token)
    if ask.browser and ask.browser != carried:
        return None  # the question was put to another browser: its answer is not this one's to give
    browser = carried or consent.named_by(ask)
    said = _said(plan, ask.surface, answer)
    with texts.speaking(plan, ask.language), transaction.atomic():
        before = standing(client, plan, answer.token, answer.now)
        first = spend(client, ask.nonce, repr(sorted(said.items())))
        if first is None:
            return None
        for key, state in said.items() if first else ():
            _record(client, edition, plan, key, state, browser, answer.how)
    choice = _merge(plan, said, ask, browser, before, answer)
    for note in _on_settled:
        note(client, browser)
    return Settled(consent.sign(choice), choice, said)


def settle_in_thread(client: str, edition: int, plan: Plan, answer: Answer) -> Settled | None:
    """For the door's own threads, whose connections Django does not look after."""
    close_old_connections()
    return settle(client, edition, plan, answer)


def standing(client: str, plan: Plan, text: str, now: float) -> consent.Choice | None:
    """What a token still stands for: a yes that its browser took back since is none, whoever kept the old token.

    The rows that were written down decide, and not what somebody sends (T34).
    """
    choice = _live(client, plan, text, now)
    return narrowed(choice, facts(client, plan, choice.browser)) if choice is not None else None


def _live(client: str, plan: Plan, text: str, now: float) -> consent.Choice | None:
    return consent.live(consent.read(consent.Choice, client, text), now, consent.life(plan))


def stands(client: str, plan: Plan, text: str, others: Iterable[str], now: float) -> str | None:
    """The token that a browser carries from now on, '' for none; None: what it carries stands as it is.

    ``others`` are those that it carries on our own pages. What was said there takes away what was said on a site, and
    gives nothing to whoever answered there; whoever did not has answered there (UK GDPR Art 7(3)).
    """
    own = _live(client, plan, text, now)
    there = [choice for other in others if (choice := _live(client, plan, other, now)) is not None]
    choice = own or next(iter(there), None)
    if choice is None:
        return "" if text else None
    found = narrowed(choice, facts(client, plan, *{choice.browser, *(one.browser for one in there)}))
    return None if found == own else consent.sign(found)


def stands_in_thread(client: str, plan: Plan, text: str, others: Iterable[str], now: float) -> str | None:
    """For the door's own threads."""
    close_old_connections()
    return stands(client, plan, text, others, now)


def facts(client: str, plan: Plan, *browsers: str) -> Facts:
    """What was said in these browsers, the newest last, and against it by the persons whom they joined."""
    said = [one for browser in browsers for one in choices.of_browser(client, browser)]
    told = [(one.entry, one.key, one.stop, one.state) for one in said]
    for person in {person for browser in browsers for person in joining.persons_of(client, plan, browser)}:
        told += _taken_back(client, plan, person)
    yes, no = persons.added_up(told)
    return Facts(yes=yes, no=no)


def _taken_back(client: str, plan: Plan, person: int) -> Iterator[persons.Said]:
    """What a person said no to on their page or by a link in a mail, as a no to what a browser is asked: whoever wants
    no marketing wants no cookie for it (UK GDPR Art 21(3)). A yes that a browser said later is the newer word."""
    rows = [(one.entry, one.stop) for one in choices.of(client, person) if not one.state]
    listed = persons.facts(client, person).no - {stop for _, stop in rows}  # by the suppression list alone
    for entry, stop in [*rows, *((LAST, stop) for stop in listed)]:
        for switch in plan.switches.values():
            if switch.device and (switch.stop == stop or (switch.marketing and stop == choices.ALL_MARKETING)):
                yield entry, switch.key, switch.stop, False


def narrowed(choice: consent.Choice, facts: Facts) -> consent.Choice:
    """What a token says, as far as the rows of its browser bear it out."""
    return msgspec.structs.replace(choice, yes=choice.yes & facts.yes, no=choice.no | facts.no)


def facts_in_thread(client: str, plan: Plan, browser: str) -> Facts:
    """For the door's own threads."""
    close_old_connections()
    return facts(client, plan, browser)


def _valid(client: str, edition: int, plan: Plan, answer: Answer) -> consent.Ask | None:
    ask = consent.read(consent.Ask, client, answer.ask)
    if ask is None or ask.edition != edition or not ask.at - 60 <= answer.now <= ask.at + consent.ASK_LIFE:
        return None
    if ask.surface and ask.surface not in plan.surfaces:
        return None
    with texts.speaking(plan, ask.language):
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
    digest = hmac.digest(master.derive(f"collect submission {client}"), content.encode(), "sha256").hex()[:32]
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
        text=texts.own(switch.words),
        how=how,
    )


def _merge(
    plan: Plan,
    said: dict[str, bool],
    ask: consent.Ask,
    browser: str,
    before: consent.Choice | None,
    answer: Answer,
) -> consent.Choice:
    """What was said now over what still stands of before, which gets no younger by it: it lapses on its own day."""
    yes = set(before.yes) if before else set()
    no = set(before.no) if before else set()
    for key, state in said.items():
        (yes.add if state else yes.discard)(key)
        (no.discard if state else no.add)(plan.switches[key].stop)
    older = before if before is not None and before.yes - said.keys() else None
    surfaces = frozenset({ask.surface}) if ask.surface else frozenset(plan.surfaces)
    return consent.Choice(
        client=ask.client,
        browser=browser,
        surfaces=surfaces | (before.surfaces if before else frozenset()),
        yes=frozenset(yes),
        no=frozenset(no),
        gpc=answer.gpc and (older is None or older.gpc),
        at=min(int(answer.now), older.at) if older else int(answer.now),
    )


def forget_submissions(before: dt.datetime) -> int:
    """Idempotency keys are of use for two days."""
    return Submission.objects.filter(at__lt=before).delete()[0]
