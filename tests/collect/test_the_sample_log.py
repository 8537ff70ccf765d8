"""The public log that the demonstration reads leads to nobody: each address in it was made."""

from __future__ import annotations

import gzip
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"
ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:([.-])\d{1,3})(?:\1\d{1,3}){2}(?!\d)")
KEY = b"a key for this test only"


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_access_log", SAMPLES / "make_access_log.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_t64_no_public_address_stands_in_the_sample() -> None:
    lines = gzip.decompress((SAMPLES / "access.log.gz").read_bytes()).decode().splitlines()
    assert len(lines) == 10_000
    for line in lines:
        assert line.startswith("10.")
        for found in ADDRESS.finditer(line):
            numbers = [int(number) for number in re.split(r"[.-]", found[0])]
            assert numbers[0] == 10 or max(numbers) > 255, line


def test_addresses_of_one_network_stay_in_one_network(script: ModuleType) -> None:
    one, same, near, far = (
        script.mapped(KEY, octets) for octets in ((83, 149, 9, 216), (83, 149, 9, 1), (83, 149, 8, 1), (9, 149, 9, 1))
    )
    assert one[:3] == same[:3]
    assert one[:2] == near[:2]
    assert one[:3] != near[:3]
    assert one[:2] != far[:2]


def test_an_address_in_a_request_or_a_reverse_name_is_replaced_and_the_rest_kept(script: ModuleType) -> None:
    line = (
        '83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /?from=83.149.9.216 HTTP/1.1" 200 1 "-" "crawl-66-249-73-1"'
    )
    said = script.replaced(KEY, line)
    made = said.split(" ", 1)[0]
    assert f"GET /?from={made} HTTP/1.1" in said
    assert "66-249-73-1" not in said
    assert "[17/May/2015:10:05:03 +0000]" in said


def test_another_key_gives_other_addresses(script: ModuleType) -> None:
    assert script.mapped(KEY, (83, 149, 9, 216)) != script.mapped(b"another", (83, 149, 9, 216))
