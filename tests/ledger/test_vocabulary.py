"""The closed vocabulary: what our own code writes is in it, and what a stranger sends is not (T16)."""

import ast
from pathlib import Path

import pytest

from troth import gate
from troth.collect import reasons
from troth.ledger import vocabulary

SRC = Path(vocabulary.__file__).parents[1]


def appended():
    """(file, keyword, its value) of every entry that our code writes."""
    for file in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "append":
                if getattr(node.func.value, "id", "") != "entries":
                    continue
                acts = node.args[:1]
                yield from ((file.name, "act", one.value) for one in acts if isinstance(one, ast.Constant))
                for word in node.keywords:
                    if isinstance(word.value, ast.Dict):
                        keys = [key.value for key in word.value.keys if isinstance(key, ast.Constant)]
                        yield from ((file.name, word.arg, key) for key in keys)


def test_every_word_that_our_code_writes_is_in_the_vocabulary():
    known = {"act": vocabulary.ACTS, "counts": vocabulary.COUNTS, "refs": vocabulary.REFS}
    found = list(appended())
    assert len(found) > 40
    assert [one for one in found if one[2] not in known[one[1]]] == []


def test_every_reason_of_a_refusal_and_of_a_drop_is_in_the_vocabulary():
    assert gate.WORDS.keys() == vocabulary.REASONS
    assert {str(one) for one in reasons.COUNTED} <= vocabulary.COUNTS


@pytest.mark.parametrize("name", sorted(vocabulary.REFS))
@pytest.mark.parametrize("value", ["ada", "ada-lovelace", "Ada Lovelace", "198.51.100.7", "07700900123 ", "a@b.eu"])
def test_t16_no_form_of_a_reference_has_room_for_a_name(name, value):
    assert not vocabulary.REFS[name].fullmatch(value)
