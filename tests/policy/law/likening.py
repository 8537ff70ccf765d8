"""Reckons the weights of likeness anew from the sentences in tests/cases/law. Run it after adding sentences there:

    .venv/bin/python tests/policy/law/likening.py

A multinomial logistic regression by plain gradient steps, in a fixed order: the same sentences give the same file. It
takes some minutes, and nothing but the standard library.
"""

from __future__ import annotations

import csv
import math
import random
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from troth.policy.law import against, likeness, prose
from troth.policy.reading import Reader

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "cases" / "law"
FILE = Path(likeness.__file__).with_name("likeness.toml")
SEED, ROUNDS, STEP, SHRINK = 20261126, 14, 0.5, 0.003
WORDS, PAIRS = 2, 3  # how many sentences must have a word, or a pair, for it to count
FAINT = 2  # tenths: lighter weights are left out
FIRMS = re.compile(r"dianomi|omono|miomi|dijuno|interrodata|clientdata|sitewise")


def table(name: str) -> list[dict[str, str]]:
    with (CASES / f"{name}.tsv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def sentences() -> Iterator[tuple[str, str]]:
    """Each sentence that is known, and the rule of its fault, or that it is lawful."""
    rule = {row["of"]: row["rule"] for row in table("faults")}
    columns = {"clauses": ("clause", "quote"), "again": ("clause", "paraphrase"), "freely": ("of", "text")}
    for name, (of, text) in {**columns, "reworded": ("class", "text")}.items():
        yield from ((row[text], rule[row[of]]) for row in table(name) if row[of] in rule)
    yield from ((text, likeness.LAWFUL) for text in lawful())


def lawful() -> Iterator[str]:
    for file in sorted((CASES / "lawful").glob("*.txt")):
        yield from (one.text for one in prose.passages(file.read_text("utf-8")) if len(one.text.split()) > 2)
    yield from (CASES / "lawful.txt").read_text("utf-8").splitlines()
    yield from (row["text"] for row in table("harmless"))
    yield from (row["quiet"] for row in table("rules"))
    for file in sorted((ROOT / "policies").glob("*/policy.yaml")):
        told = [text.text for text, _ in against._texts(Reader(str(file), file.read_bytes()).read())]
        yield from (one.text for text in told for one in prose.passages(text) if len(one.text.split()) > 2)


Rows = dict[str, list[float]]


def learnt(known: list[tuple[str, str]]) -> tuple[list[str], list[float], Rows]:
    """The names of the faults, the weight of each before any word, and the weights of each word."""
    names = sorted({name for _, name in known})
    index = {name: at for at, name in enumerate(names)}
    seen = Counter(feature for text, _ in known for feature in likeness.features(text))
    kept = {one for one, many in seen.items() if many >= (PAIRS if "_" in one else WORDS) and not FIRMS.search(one)}
    cases = [(sorted(likeness.features(text) & kept), index[name]) for text, name in known]
    rows: Rows = {one: [0.0] * len(names) for one in sorted(kept)}
    squares = dict.fromkeys(rows, 1.0)
    bias = [0.0] * len(names)
    shuffled = random.Random(SEED)
    for number in range(ROUNDS):
        shuffled.shuffle(cases)
        for case, right in cases:
            _step(case, right, rows, squares, bias)
        print(f"round {number + 1} of {ROUNDS}", end="\r", flush=True)
    return names, bias, rows


def _step(case: list[str], right: int, rows: Rows, squares: dict[str, float], bias: list[float]) -> None:
    scores = list(bias)
    for feature in case:
        scores = [score + weight for score, weight in zip(scores, rows[feature], strict=True)]
    loudest = max(scores)
    parts = [math.exp(score - loudest) for score in scores]
    whole = sum(parts)
    slope = [-part / whole for part in parts]
    slope[right] += 1
    length = sum(one * one for one in slope)
    for feature in case:
        squares[feature] += length
        pace = STEP / math.sqrt(squares[feature])
        keep = 1 - pace * SHRINK
        rows[feature] = [weight * keep + pace * one for weight, one in zip(rows[feature], slope, strict=True)]
    bias[:] = [one + 0.01 * by for one, by in zip(bias, slope, strict=True)]


def written(names: list[str], bias: list[float], rows: Rows) -> str:
    lines = [
        "# Which words speak for which fault, in tenths; against it where there is a minus. Reckoned by",
        "# tests/policy/law/likening.py from the sentences in tests/cases/law: change those, not this.",
    ]
    for at, name in enumerate(names):
        heavy = {word: round(row[at] * 10) for word, row in rows.items() if abs(round(row[at] * 10)) >= FAINT}
        told = " ".join(f"{word} {weight}" for word, weight in heavy.items())
        wrapped = "\n".join(textwrap.wrap(told, 116, break_long_words=False, break_on_hyphens=False))
        lines.append(f'\n["{name}"]\nbias = {round(bias[at] * 10)}\nwords = """\n{wrapped}"""')
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(*learnt(list(sentences()))), "utf-8")
