"""What the door knows of each client: the edition in force and its lenses, looked at again every second."""

from __future__ import annotations

import collections
import threading
import time
from typing import Final

from django.conf import settings
from django.db import close_old_connections

from troth.collect import consent
from troth.collect.lens import Lens, origin
from troth.parties import editions, tenancy
from troth.policy.emit import texts
from troth.policy.plan import Plan
from troth.policy.problems import Trouble

FRESH: Final = 1.0  # seconds after which a new edition is in force at the door
REMEMBERED: Final = 5  # editions before the one in force under which a page may still stand open somewhere
MOST: Final = 2000  # names that are nobody's and were asked for lately


class Site:
    """One client's door: the edition in force, and the earlier editions that a sender's tag still names."""

    def __init__(self, client: str, edition: int, plan: Plan) -> None:
        self.client, self.edition, self.plan = client, edition, plan
        self._ours = frozenset({origin(settings.ORIGIN)})
        self._lenses = {name: Lens(client, edition, plan, name, ours=self._ours) for name in plan.surfaces}
        self._earlier: dict[int, dict[str, Lens]] = {}
        self.origins = frozenset[str]().union(*(lens.origins for lens in self._lenses.values())) | self._ours

    def lens(self, surface: str) -> Lens | None:
        return self._lenses.get(surface)

    def earlier(self, surface: str, number: int) -> Lens | None:
        """The lens of an older edition, so that the stricter of the two decides."""
        if number <= 0 or number >= self.edition:
            return None
        return self._earlier.get(number, {}).get(surface)

    def is_too_old(self, surface: str, number: int) -> bool:
        """Whether a tag names an edition that nobody could judge it by any more, or that had no such surface."""
        return 0 < number < self.edition and self.earlier(surface, number) is None

    def asks_alike(self, surface: str, number: int, language: str = "") -> bool:
        """Whether what an edition asked on a surface is what is asked now: an answer is to what was read."""
        if number in (0, self.edition):
            return True
        lens = self.earlier(surface, number)
        return lens is not None and _words(lens.plan, surface, language) == _words(self.plan, surface, language)

    def learn(self, number: int, plan: Plan) -> None:
        self._earlier[number] = {name: Lens(self.client, number, plan, name, ours=self._ours) for name in plan.surfaces}


class Sites:
    """Sites by client, or by ``//host``. ``fresh`` never touches the database; ``look`` does, in a thread.

    Made-up names are remembered apart, so that a crowd of them pushes out no client's site.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Site]] = {}
        self._nobody: collections.OrderedDict[str, float] = collections.OrderedDict()
        self._lock = threading.Lock()

    def fresh(self, key: str) -> Site | None:
        looked, site = self._known.get(key, (float("-inf"), None))
        return site if time.monotonic() - looked < FRESH else None

    def known(self, key: str) -> Site | None:
        """The site as it was when last looked at: good enough to count what is turned away."""
        return self._known.get(key, (0.0, None))[1]

    def is_nobody(self, key: str) -> bool:
        return time.monotonic() - self._nobody.get(key, float("-inf")) < FRESH

    def look(self, key: str) -> Site | None:
        with self._lock:
            if self.is_nobody(key):
                return None
            if (site := self.fresh(key)) is not None:
                return site
            close_old_connections()
            site = _look(key, self.known(key))
            if site is None:
                self._forget(key)
            else:
                self._known[key] = (time.monotonic(), site)
            return site

    def _forget(self, key: str) -> None:
        self._known.pop(key, None)
        self._nobody[key] = time.monotonic()
        if len(self._nobody) > MOST:
            self._nobody.popitem(last=False)


def _words(plan: Plan, surface: str, language: str) -> str:
    with texts.speaking(plan, language if language in plan.languages else plan.languages[0]):
        return consent.words_hash(consent.asked(plan, surface))


def _look(key: str, known: Site | None) -> Site | None:
    client = tenancy.by_host(key[2:]) if key.startswith("//") else key
    if not client:
        return None
    try:
        force = editions.in_force(client)
    except Trouble:
        return None
    if known is not None and (known.client, known.edition) == (client, force.number):
        return known
    site = Site(client, force.number, force.plan)
    for number in range(max(1, force.number - REMEMBERED), force.number):
        site.learn(number, editions.numbered(client, number).plan)
    return site
