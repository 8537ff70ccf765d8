"""A processor behind HTTP: asked with a signature, believed only with one, and never followed anywhere."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.places.processor import Processor, drip, pour

from troth.places import approved, http
from troth.places.http import HttpPlace
from troth.places.kinds import UNNAMED, Found, NotAnswered, Subject
from troth.places.opening import Pass, mint
from troth.policy.plan import Field, Place, Rule
from troth.policy.problems import Trouble

KEY = bytes(range(32))
ADA = "ada@quill.example"
FIELDS = frozenset({"crm.name", "crm.email"})


class Told(msgspec.Struct):
    fields: dict[str, Field]
    rules: dict[str, Rule]
    places: dict[str, Place]


PLAN: Any = Told(
    fields={name: Field(name=name, kind="name", label=name, form="clear", rule="crm.*") for name in FIELDS},
    rules={},
    places={"crm": Place(name="crm", kind="http", holds=FIELDS, countries=("GB",), secret="crm")},
)
WHO = Subject(person=1, persons=frozenset({1}), identities=(("booking.email", ADA),))


def token(right: str = "access") -> Pass:
    return mint(
        client="larch", edition=1, kind="answer", use=right, recipient="", fields=FIELDS, persons=frozenset({1})
    )


@pytest.fixture
def processor() -> Iterator[Processor]:
    with Processor(KEY) as one:
        one.people[ADA] = {"crm.name": "Ada", "crm.email": ADA}
        yield one


def place(processor: Processor, **more: Any) -> HttpPlace:
    service = approved.Service(
        host="127.0.0.1", port=processor.port, path="/troth", secure=False, key=KEY, private=True
    )
    return HttpPlace(PLAN, "crm", msgspec.structs.replace(service, **more))


def find(place: HttpPlace) -> Found | NotAnswered:
    return place.find(token(), "larch", WHO)


def test_it_finds_amends_and_erases_and_the_receipt_says_that_they_claim_it(processor: Processor) -> None:
    crm = place(processor)
    found = find(crm)
    assert isinstance(found, Found) and {item.value for item in found.items} == {"Ada", ADA}
    changed = crm.change(token("rectify"), "larch", WHO, "crm.name", "Ada", "Ada Quill")
    assert (changed.state, changed.how) == ("changed", "claimed by them")
    assert processor.people[ADA]["crm.name"] == "Ada Quill"
    erased = crm.erase(token("erase"), "larch", WHO)
    assert (erased.state, erased.reached, erased.how) == ("erased", "", "claimed by them")
    assert processor.people[ADA] == {}


def test_it_is_told_to_keep_and_not_to_use_and_that_this_is_over(processor: Processor) -> None:
    """UK GDPR Art 18. An answer to another question, or one of a service that has no word for it, is none."""
    there = place(processor)
    for over, do in ((False, "restrict"), (True, "lift")):
        said = there.restrict(token("restrict"), "larch", WHO, over=over)
        assert (said.state, said.how) == ("changed", "claimed by them")
        assert (processor.asked[-1]["do"], processor.unused) == (do, set() if over else {ADA})
    processor.bend = lambda said: said | {"state": "restricted"}
    assert there.restrict(token("restrict"), "larch", WHO, over=True).state == "not answered"
    processor.people.clear()
    processor.bend = lambda said: said
    assert there.restrict(token("restrict"), "larch", WHO).state == "nothing held"


def test_it_is_told_no_more_than_it_needs(processor: Processor) -> None:
    find(place(processor))
    asked = processor.asked[0]
    assert asked["whom"] == {"booking.email": [ADA]}
    assert set(asked) == {"troth", "do", "asking", "place", "client", "nonce", "at", "whom"}


def test_somebody_who_proved_nothing_is_not_asked_for(processor: Processor) -> None:
    crm, nobody = place(processor), Subject(person=1, persons=frozenset({1}))
    assert crm.find(token(), "larch", nobody) == Found("crm", [], UNNAMED, FIELDS)
    assert crm.erase(token("erase"), "larch", nobody).state == "nothing held"
    assert processor.connections == 0


@pytest.mark.parametrize("part", ["asking", "place", "nonce"])
def test_t47_an_answer_to_another_question_is_refused(part: str, processor: Processor) -> None:
    processor.bend = lambda said: said | {part: "another"}
    receipt = place(processor).erase(token("erase"), "larch", WHO)
    assert (receipt.state, receipt.why) == ("not answered", http.UNSIGNED)


def test_t47_an_old_answer_said_again_is_refused(processor: Processor) -> None:
    crm, kept = place(processor), list[tuple[bytes, str]]()

    def record(said: dict[str, Any]) -> dict[str, Any]:
        text = msgspec.json.encode(said)
        kept.append((text, processor.sign("answer", text)))
        return said

    processor.bend = record
    assert crm.erase(token("erase"), "larch", WHO).state == "erased"
    processor.raw = lambda handler, _: processor.send(handler, *kept[0]) or True  # type: ignore[func-returns-value]
    assert crm.erase(token("erase"), "larch", WHO).state == "not answered"


@pytest.mark.parametrize("signature", ["", "0" * 64, "é"])
def test_t47_an_answer_without_our_key_is_not_believed(signature: str, processor: Processor) -> None:
    text = b'{"state":"erased"}'
    processor.raw = lambda handler, _: processor.send(handler, text, signature) or True  # type: ignore[func-returns-value]
    receipt = place(processor).erase(token("erase"), "larch", WHO)
    assert (receipt.state, receipt.why) == ("not answered", http.UNSIGNED)


def test_t47_our_own_question_sent_back_is_no_answer(processor: Processor) -> None:
    processor.raw = lambda handler, body: (  # type: ignore[func-returns-value]
        processor.send(handler, body, handler.headers["Troth-Signature"]) or True
    )
    assert place(processor).erase(token("erase"), "larch", WHO).state == "not answered"


def test_a_question_that_somebody_else_signed_is_refused_by_them_and_told(processor: Processor) -> None:
    receipt = place(processor, key=bytes(32)).erase(token("erase"), "larch", WHO)
    assert (receipt.state, receipt.why) == ("not answered", "It refused the question.")
    assert processor.people[ADA]


@pytest.mark.parametrize(
    "bent",
    [
        {"state": "done"},
        {"state": "erased", "items": "x"},
        {"state": "found", "items": [{"field": "never.declared", "value": "x"}]},
        {"state": "found", "items": [{"field": "crm.name", "value": 7}]},
        {"state": "erased"},
    ],
)
def test_what_we_do_not_understand_is_not_an_answer(bent: dict[str, Any], processor: Processor) -> None:
    processor.bend = lambda said: said | bent
    answer = find(place(processor))
    assert isinstance(answer, NotAnswered) and answer.why == http.UNCLEAR


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_t46_a_redirect_is_not_followed(status: int, processor: Processor) -> None:
    with Processor(KEY) as trap:

        def away(handler: Any, _: bytes) -> bool:
            handler.send_response(status)
            handler.send_header("Location", f"http://127.0.0.1:{trap.port}/")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return True

        processor.raw = away
        assert isinstance(find(place(processor)), NotAnswered)
        assert trap.connections == 0 and processor.connections == 1


PRIVATE = [
    "127.0.0.1", "127.1", "localhost", "0.0.0.0", "0", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "[::]",
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "100.64.0.1", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "127.0.0.1.", "240.0.0.1",
    "[64:ff9b:1::7f00:1]", "[fec0::1]", "[::127.0.0.1]",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_t46_a_name_that_leads_to_a_private_address_is_not_connected_to(
    host: str, processor: Processor, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *words, **_: opened.append(words))
    settings.PLACES_FILE = tmp_path / "places.toml"
    line = f'crm = {{url = "https://{host}:{processor.port}/", key = "{KEY.hex()}"}}'
    settings.PLACES_FILE.write_text(f"[larch]\n{line}\n")
    crm = HttpPlace(PLAN, "crm", approved.service("larch", "crm"))
    assert isinstance(find(crm), NotAnswered)
    assert opened == [] and processor.connections == 0


def test_t46_the_address_is_looked_up_once_and_that_very_address_is_connected_to(
    processor: Processor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to a public address first and to a private one afterwards leads nowhere private."""
    asked: list[str] = []
    went: list[object] = []

    def rebinding(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        where = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where, port))]

    def connect(address: Any, **_: Any) -> socket.socket:
        went.append(address)
        one = socket.socket()
        one.settimeout(5)
        one.connect(("127.0.0.1", processor.port))
        return one

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", connect)
    crm = place(processor, host="rebind.example", port=80, private=False)
    assert isinstance(find(crm), Found)
    assert asked == ["rebind.example"] and went == [("93.184.216.34", 80)]


def test_t46_an_answer_without_end_is_ended(processor: Processor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PATIENCE", 0.5)
    processor.raw = drip
    assert isinstance(find(place(processor)), NotAnswered)


def test_t46_a_name_that_is_looked_up_for_long_leaves_no_time_for_an_answer_without_end(
    processor: Processor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answers for the name and for the service could else hold a thread with one byte at a time."""
    looked = socket.getaddrinfo

    def slow(*words: Any, **more: Any) -> Any:
        time.sleep(1.0)
        return looked(*words, **more)

    monkeypatch.setattr(http, "PATIENCE", 0.5)
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    processor.raw = drip
    answer = find(place(processor, host="localhost"))
    assert isinstance(answer, NotAnswered) and not processor.asked


def test_t46_an_answer_without_measure_is_not_read_to_its_end(processor: Processor) -> None:
    """It says no length and never stops; what ends it is its size, long before its time."""
    processor.raw = pour
    answer = find(place(processor))
    assert isinstance(answer, NotAnswered) and answer.why == "Its answer was too large."


def test_nobody_there_is_not_nothing_held(processor: Processor) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        crm = place(processor, port=free.getsockname()[1])
    assert isinstance(find(crm), NotAnswered)
    assert crm.erase(token("erase"), "larch", WHO).state == "not answered"


LINES = [
    '"https://crm.example/"',
    '{url = "https://crm.example/"}',
    '{url = "https://crm.example/", key = "00"}',
    '{url = "http://crm.example/", key = KEY}',
    '{url = "ftp://crm.example/", key = KEY, private = true}',
    '{url = "file:///etc/passwd", key = KEY, private = true}',
    '{url = "https://me:word@crm.example/", key = KEY}',
    '{url = "https://crm.example:99999/", key = KEY}',
    '{url = "https:///", key = KEY}',
    '{url = "https://crm.example/ HTTP/1.1\\r\\nX: y", key = KEY}',
    '{url = "https://crm.example/#a", key = KEY}',
    '{url = "https://crm.example/", key = KEY, private = "yes"}',
]


@pytest.mark.parametrize("line", LINES)
def test_t46_a_line_that_says_too_little_or_too_much_approves_nothing(line: str, settings: Any, tmp_path: Path) -> None:
    settings.PLACES_FILE = tmp_path / "places.toml"
    settings.PLACES_FILE.write_text(f"[larch]\ncrm = {line.replace('KEY', chr(34) + KEY.hex() + chr(34))}\n")
    with pytest.raises(Trouble) as refused:
        approved.service("larch", "crm")
    assert refused.value.code in ("place-not-approved", "place-refused")
    assert "crm.example" not in refused.value.sentence


def test_a_line_that_says_enough_is_read(settings: Any, tmp_path: Path) -> None:
    settings.PLACES_FILE = tmp_path / "places.toml"
    settings.PLACES_FILE.write_text(f'[larch]\ncrm = {{url = "https://crm.example/t?v=1", key = "{KEY.hex()}"}}\n')
    service = approved.service("larch", "crm")
    assert (service.host, service.port, service.path) == ("crm.example", 443, "/t?v=1")
    assert service.secure and not service.private
    with pytest.raises(Trouble):
        approved.service("omono", "crm")
