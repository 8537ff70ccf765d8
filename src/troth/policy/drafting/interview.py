"""A few questions, and a policy that holds: what a small firm would otherwise copy from somebody else's.

What nobody answered is TBC. Papers are samples with a day on which they run out, so that nobody forgets to put real
ones in their place.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from troth.policy import decoding, words
from troth.policy.drafting.writing import BLANK, Draft, listed, scalar, slug
from troth.policy.problems import Trouble

PICKS: Final = ("visits", "letters", "orders", "accounts", "applications")
GIVEN: Final = "your answer"
TRIES: Final = 5
_TASKS: Final[dict[str, tuple[str, ...]]] = {  # which picks a processor of each task works for
    "statistics": ("analytics", "visits"),
    "session replay": ("analytics",),
    "mail": ("marketing", "letters", "orders", "accounts"),
    "marketing and business development": ("marketing",),
    "delivery": ("orders",),
    "payments": ("orders",),
    "finance and accountancy": ("orders",),
    "HR": ("applications",),
}


class Processor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"where": "in"}):
    """Somebody who works for us: ``does`` is a task of the language, ``where`` ("in") a country code."""

    name: str
    does: str
    where: str = ""


class Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody said. An empty text is a blank. ``collect`` names picks: see ``PICKS``."""

    name: str = ""
    email: str = ""
    address: str = ""
    nation: str = ""
    website: str = ""
    country: str = ""
    collect: list[str] = []
    marketing: bool = False
    analytics: bool = False
    processors: list[Processor] = []
    company: str = ""
    fee: str = ""


@functools.cache
def picks() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "picks.toml").read_text("utf-8"))


# ----------------------------------------------------------------------------------------------------------- answers


def read(name: str, raw: bytes) -> Answers:
    """Answers from a TOML or JSON file. ``Trouble`` *bad-answers* where they are none, with what is wrong."""
    try:
        text = raw.decode("utf-8")
        found = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        answers = decoding.convert(found, Answers)
    except UnicodeDecodeError:
        raise _bad("The file is not a text.", name) from None
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _bad(f"The file cannot be read: {error}.", name) from None
    except msgspec.ValidationError as error:
        raise _bad(_mistyped(str(error)), name) from None
    for problem in filter(None, map(str, wrong(answers))):
        raise _bad(problem, name)
    return answers


_WRITTEN: Final = {
    "bool": "true or false, without quotes",
    "str": "a text in quotes",
    "array": 'a list, as ["one", "two"]',
    "object": "a table of its own, with names and values",
}


def _mistyped(error: str) -> str:
    """What msgspec says of a value of another kind, in the words of who wrote it: which key, and what to write."""
    what, _, at = error.partition(" - at ")
    key = re.sub(r"\[[^]]*\]", "", at.strip("`").removeprefix("$").removeprefix(".")) or "the whole"
    kinds = what.split("`")
    if what.startswith("Expected") and kinds[1] in _WRITTEN:
        return f"“{key}” has a value of another kind. Write {_WRITTEN[kinds[1]]}."
    if "unknown field" in what:
        return f"There is no answer “{kinds[1]}”{'' if key == 'the whole' else f' in “{key}”'}."
    if "missing required" in what:
        return f"“{key}” lacks its “{kinds[1]}”."
    return f"“{key}” cannot be used: {what}."


def _bad(sentence: str, where: str) -> Trouble:
    return Trouble(
        "bad-answers", sentence, "See docs/init.md for the answers that may stand there.", where=where, exit=2
    )


def wrong(answers: Answers) -> list[str]:
    """What cannot be used of the answers, a sentence each."""
    found = [
        said for key in _CHECKS for said in [_CHECKS[key](getattr(answers, key))] if said and getattr(answers, key)
    ]
    found += [f"“{one}” is nothing that can be picked. Choose among: {', '.join(PICKS)}." for one in answers.collect
              if one not in PICKS]  # fmt: skip
    for one in answers.processors:
        if one.does not in words.TASKS:
            found.append(f"“{one.does}” is no task. Choose one of: {', '.join(words.TASKS)}.")
        if one.where and one.where not in words.COUNTRIES:
            found.append(f"“{one.where}” is no country code. Use two capitals, as GB.")
        if not re.fullmatch(r"\w[\w '’&().+/-]*", one.name):
            found.append(f"“{one.name}” is no name of a firm.")
    if answers.fee and answers.nation and answers.nation not in words.NATIONS:
        found.append("The fee is paid to the ICO, so it goes with a nation of the United Kingdom.")
    names = [one.name for one in answers.processors]
    return found + [f"“{name}” stands there twice." for name in dict.fromkeys(names) if names.count(name) > 1]


def _mail(text: str) -> str:
    return "" if re.fullmatch(r"[^@\s]{1,64}@[\w-]+(\.[\w-]+)+", text) else f"“{text}” is no email address."


def _site(text: str) -> str:
    return (
        ""
        if re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?/?", text)
        else f"“{text}” is no website. Write https://www.firm.example."
    )


def _nation(text: str) -> str:
    known = [*words.NATIONS, *(code for code, country in words.COUNTRIES.items() if country.eea)]
    return (
        ""
        if text in known
        else f"“{text}” is no nation here. Choose {', '.join(words.NATIONS)}, or two letters, as IE."
    )


def _country(text: str) -> str:
    return "" if text in words.COUNTRIES else f"“{text}” is no country code. Use two capitals, as GB."


def _company(text: str) -> str:
    good = re.fullmatch(r"(?=[^0-9]*[0-9])[A-Za-z0-9][A-Za-z0-9 ./-]{2,29}", text)
    return "" if good else f"“{text}” is no company number. Write it as the register does, as 01234567 or SC123456."


def _fee(text: str) -> str:
    good = re.fullmatch(r"[A-Za-z]{1,3}[0-9]{5,8}", text)
    return "" if good else f"“{text}” is no reference of the ICO. Write it as the register does, as ZA123456."


_CHECKS: Final[dict[str, Callable[[str], str]]] = {
    "email": _mail, "website": _site, "nation": _nation, "country": _country, "company": _company, "fee": _fee,
}  # fmt: skip


# --------------------------------------------------------------------------------------------------------- questions


def interview(ask: Callable[[str], str], say: Callable[[str], None]) -> Answers:
    """Ask a person. ``ask`` shows a question and gives the line; ``say`` tells what is wrong. Nothing is a blank."""
    said: dict[str, Any] = {
        "name": _ask(ask, say, "Who are you? The firm's full name: "),
        "email": _ask(ask, say, "An e-mail address for people who ask about their data: ", _mail),
        "address": _ask(ask, say, "Your postal address: "),
        "nation": _ask(
            ask, say, "Whose law is yours? England and Wales, Scotland, Northern Ireland, or IE, DE …: ", _nation
        ),
        "website": _ask(ask, say, "Your website (https://…): ", _site),
        "company": _ask(ask, say, "Your company number, if you are a registered company: ", _company),
    }
    if said["nation"] in ("", *words.NATIONS):
        said["fee"] = _ask(ask, say, "Your reference on the ICO's register of fee payers, if you have one: ", _fee)
    say("What do you take in?")
    for number, name in enumerate(PICKS, 1):
        say(f"  {number}  {picks()[name]['ask']}")
    said["collect"] = _picked(_ask(ask, say, "Numbers, with spaces between: ", _numbers))
    said["marketing"] = _yes(ask, say, "Do you send news or offers? (yes/no) ")
    said["analytics"] = _yes(ask, say, "Do you use statistics that recognise a browser? (yes/no) ")
    said["processors"] = _processors(ask, say)
    return Answers(**said)


def _ask(
    ask: Callable[[str], str], say: Callable[[str], None], question: str, check: Callable[[str], str] | None = None
) -> str:
    for _ in range(TRIES):
        answer = " ".join(ask(question).split())
        problem = check(answer) if check and answer else ""
        if not problem:
            return answer
        say(f"  {problem}")
    return ""


def _numbers(text: str) -> str:
    wanted = re.split(r"[ ,]+", text)
    good = all(one.isascii() and one.isdigit() and 1 <= int(one[:3]) <= len(PICKS) for one in wanted)
    return "" if good else f"Write numbers from 1 to {len(PICKS)}."


def _picked(text: str) -> list[str]:
    return list(dict.fromkeys(PICKS[int(one) - 1] for one in re.split(r"[ ,]+", text) if one))


def _yes(ask: Callable[[str], str], say: Callable[[str], None], question: str) -> bool:
    check = lambda text: "" if text.lower() in ("y", "yes", "n", "no") else "Write yes or no."  # noqa: E731
    return _ask(ask, say, question, check).lower().startswith("y")


def _processors(ask: Callable[[str], str], say: Callable[[str], None]) -> list[Processor]:
    found: list[Processor] = []
    for _ in range(50):
        name = _ask(ask, say, "Who works for you with this data? A name, or nothing: ")
        if not name:
            return found
        does = _ask(ask, say, f"What does {name} do? ({', '.join(words.TASKS[:10])} …) ", _task)
        found.append(Processor(name, does or "IT", _ask(ask, say, "In which country? (GB, IE, US …) ", _country)))
    return found


def _task(text: str) -> str:
    return "" if text in words.TASKS else f"Choose one of: {', '.join(words.TASKS)}."


# ------------------------------------------------------------------------------------------------------------ policy


def policy(answers: Answers, on: dt.date) -> str:
    """The policy that the answers make, as the text of a file. It passes ``check`` when nothing was left unanswered."""
    return _Made(answers, on).text()


def law(answers: Answers) -> str:
    """``eu`` where a nation beyond the United Kingdom was answered, else ``uk``."""
    return "eu" if answers.nation and answers.nation not in words.NATIONS else "uk"


def _fields(pick: dict[str, Any]) -> dict[str, str]:
    return {**pick.get("needs", {}), **pick.get("may", {})}


def _kind(said: str) -> str:
    """The kind in an entry of `data`: the word itself, or what stands after `is`."""
    return said.removeprefix("{is: ").partition(",")[0]


def _points(picks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The picks by their points: what comes in at one stands there once."""
    found: dict[str, dict[str, Any]] = {}
    for pick in picks:
        known = found.setdefault(pick["point"], dict(pick))
        for key in ("needs", "may"):
            if key in pick:
                known[key] = {**known.get(key, {}), **pick[key]}
    return list(found.values())


class _Made:
    def __init__(self, answers: Answers, on: dt.date) -> None:
        chosen = [
            *answers.collect,
            *(["marketing"] if answers.marketing else []),
            *(["analytics"] if answers.analytics else []),
        ]
        self.said, self.on = answers, on
        self.names = list(dict.fromkeys(chosen)) or ["letters"]
        self.picks = {name: self._lawful(picks()[name]) for name in self.names}
        self.fields = {field: kind for pick in self.picks.values() for field, kind in _fields(pick).items()}
        self.papers: dict[str, str] = {}
        self.draft = Draft()

    @property
    def _abroad(self) -> bool:
        return law(self.said) == "eu"

    @property
    def _gdpr(self) -> str:
        return "GDPR" if self._abroad else "UK GDPR"

    def _lawful(self, pick: dict[str, Any]) -> dict[str, Any]:
        """The EU has no exception for statistics (ePrivacy Art 5(3)): there they wait for a yes."""
        if not self._abroad or "on device: statistics" not in pick.get("more", []):
            return pick
        more = [line for line in pick["more"] if line != "on device: statistics"]
        return {**pick, "basis": "consent", "question": "May we count which pages you look at?", "more": more}

    def text(self) -> str:
        self._head()
        self._people()
        self._data()
        self._uses()
        self._recipients()
        self._keep()
        self._end()
        return self.draft.text().lstrip("\n")

    def _head(self) -> None:
        draft, said = self.draft, self.said
        draft.note(
            "Made by troth init from your answers. Read every line: it is what you promise. Papers marked sample must "
            "be replaced by real ones before the day they run out."
        )
        draft.say("troth: 1", 0)
        draft.say(
            f"policy: {slug(said.name.split()[0]) if said.name else 'mine'}"
            if slug((said.name or "x").split()[0])
            else "policy: mine",
            0,
        )
        draft.say(f"edition: {{date: {self.on.isoformat()}, change: first, because: First edition under troth}}", 0)
        place = said.nation if self._abroad else "GB"
        nation = BLANK if not said.nation else words.COUNTRIES[said.nation].name if self._abroad else said.nation
        draft.say(f"law: {{of: {law(self.said)}, nation: {nation}, readers in: {place}}}", 0)
        draft.section("who")
        for key in ("name", "address", "email"):
            draft.say(f"{key}: {scalar(getattr(said, key)) if getattr(said, key) else BLANK}")
        draft.say("as: controller")
        self._registers(nation)
        regulator = {"IE": "dpc", "FR": "cnil"}.get(said.nation, words.OTHER) if self._abroad else "ico"
        draft.say(f"regulator: {regulator if said.nation else BLANK}")
        if regulator == words.OTHER and said.nation:
            draft.say(f"authority: {{name: {BLANK}, address: {BLANK}, page: {BLANK}}}")
        draft.section("surfaces")
        site = scalar(said.website.rstrip("/")) if said.website else BLANK
        draft.say(f"website: {{kind: web, origins: {site}}}")
        if said.email:
            draft.say(f"mail: {{kind: mail, sends as: {scalar(said.email)}}}")

    def _registers(self, nation: str) -> None:
        """A company's number (SI 2015/17 reg 25) and the reference of the fee (SI 2018/480). Not everyone has them: who
        named none is told where to put it, and `troth check --law uk` asks again."""
        draft, said = self.draft, self.said
        if said.company:
            draft.say(f"company: {{number: {scalar(said.company)}, registered in: {nation}}}")
        else:
            draft.note("A registered company adds `company: {number: …, registered in: …}`.", 2)
        if said.fee:
            draft.say(f"fee: {{number: {scalar(said.fee.upper())}}}")
        elif not self._abroad:
            draft.note("Who pays the fee to the ICO adds `fee: {number: …}`; who need not, `fee: {exempt: why}`.", 2)

    def _people(self) -> None:
        self.draft.section("people")
        for name, means in {
            name: means for pick in self.picks.values() for name, means in pick["people"].items()
        }.items():
            self.draft.say(f"{name}: {means}")
        self.draft.section("staff")
        self.draft.say("office: Does the work of the firm and answers letters")

    def _data(self) -> None:
        self.draft.section("data")
        for field, kind in self.fields.items():
            self.draft.say(f"{field}: {kind}")
        self.draft.say("troth.choices: choice")
        self.draft.section("collect")
        for pick in _points(self.picks.values()):
            self.draft.say(f"{pick['point']}:")
            lines = [f"by: {pick['by']}", f"of: {pick['of']}"]
            lines += ["at: website"] if words.BY[pick["by"]].surfaces else ["the rest: quarantined 30 days"]
            for key in ("needs", "may"):
                lines += [f"{key}: {listed(list(pick[key]))}"] if key in pick else []
            lines += [f"why: {pick['why']}"] if "why" in pick else []
            lines += [f"offers: {pick['use']}"] if pick["basis"] == "consent" and pick["by"] == "form" else []
            for line in lines:
                self.draft.say(line, 4)

    def _uses(self) -> None:
        self.draft.section("use")
        for pick in self.picks.values():
            self.draft.say(f"{pick['use']}:")
            lines = [
                f"is: {pick['is']}",
                f"basis: {pick['basis']}",
                f"of: {pick['of']}",
                f"data: {listed(pick['data'])}",
            ]
            if pick["basis"] == "legitimate interests":
                lines += [
                    f"interest: {pick['interest']}",
                    f"balance: {self._paper(pick['point'] + ' balance', 'balance')}",
                ]
            if "question" in pick and pick["basis"] == "consent":
                lines.append(f'ask: {{words: "{pick["question"]}", again after: 12 months}}')
            for line in [*lines, *pick["more"]]:
                self.draft.say(line, 4)
        self.draft.note(
            f"What people choose must be kept, to show that it is obeyed ({self._gdpr} Art 7(1), 21(3)).", 2
        )
        self.draft.say("remember what you chose:")
        people = list(dict.fromkeys(pick["of"] for pick in self.picks.values()))
        for line in ("is: suppression", "basis: legal obligation", f'law: "{self._gdpr} Art 7(1) and 21(3)"',
                     f"of: {listed(people)}", "data: troth.choices", "on device: necessary"):  # fmt: skip
            self.draft.say(line, 4)

    def _paper(self, name: str, kind: str) -> str:
        until = self.on.replace(year=self.on.year + 1, day=min(self.on.day, 28))
        covers = ", covers: art 28" if kind == "contract" else ""
        owner = scalar(self.said.name) if self.said.name else BLANK
        self.papers[name] = (
            f"{{kind: {kind}, file: papers/sample-{slug(name)}.md, owner: {owner}, until: {until.isoformat()}{covers}}}"
        )
        return scalar(name)

    def _recipients(self) -> None:
        self.draft.section("disclose") if self.said.processors else self.draft.say("\ndisclose: none", 0)
        for one in self.said.processors:
            named = [name for name in _TASKS.get(one.does, tuple(self.names)) if name in self.picks] or self.names
            data = list(dict.fromkeys(field for name in named for field in self.picks[name]["data"]))
            self.draft.say(f"{scalar(one.name)}:")
            contract = self._paper(f"{one.name} contract", "contract")
            lines = [
                "as: processor",
                f"does: {one.does}",
                f"for: {listed([self.picks[name]['use'] for name in named])}",
            ]
            lines += [f"data: {listed(data)}", f"in: {one.where or BLANK}", f"contract: {contract}"]
            if one.where and one.where != "GB" and not words.adequate(words.COUNTRIES[one.where], [law(self.said)]):
                mechanism = "standard clauses" if self._abroad else "IDTA"
                lines.append(
                    f"under: {{mechanism: {mechanism}, paper: {self._paper(f'{one.name} safeguard', 'safeguard')}}}"
                )
            for line in lines:
                self.draft.say(line, 4)

    def _keep(self) -> None:
        self.draft.section("keep")
        limits = {name: limit for pick in self.picks.values() for name, limit in pick["keep"].items()}
        for name, limit in limits.items():
            self.draft.say(f"{name}: {limit}")
        self.draft.say("troth.choices: 6 years after last purpose ends")
        self.draft.say("troth.requests: 3 years after answered")
        moments = {name: known for pick in self.picks.values() for name, known in pick.get("moments", {}).items()}
        if moments:
            self.draft.section("moments")
        for name, known in moments.items():
            self.draft.say(f"{name}: {{known from: {known}}}")

    def _end(self) -> None:
        self.draft.section("cookies")
        self.draft.say(
            "troth_choice: {at: website, by: us, does: choice storage, for: remember what you chose, lasts: 6 months}"
        )
        if "analytics" in self.picks:
            use = self.picks["analytics"]["use"]
            self.draft.say(
                "visitor_id: {at: website, by: us, does: [browser identification, measurement], "
                f"for: {use}, lasts: 12 months}}"
            )
        sealed = [field for field, kind in self.fields.items() if words.KINDS[_kind(kind)].form == "sealed"]
        place = self.said.country or (self.said.nation if self._abroad else "GB")
        for line in ("answer: {by: [page, email, post], identity: link to a known address, undo: none}",
                     f"secure: {{{f'seals: {listed(sealed)}, ' if sealed else ''}erasure reaches: key destroyed}}",
                     f"places: {{ours: {{kind: ours, holds: everything, in: {place}}}}}"):  # fmt: skip
            self.draft.say(f"\n{line}", 0)
        if self.papers:
            self.draft.section("papers")
            self.draft.note("Samples: put the real paper there, say who owns it, and until when it holds.", 2)
        for name, paper in self.papers.items():
            self.draft.say(f"{scalar(name)}: {paper}")
        self.draft.say(
            f"\nnotice: {{at: {scalar(self.said.website.rstrip('/') + '/privacy') if self.said.website else BLANK}}}", 0
        )
