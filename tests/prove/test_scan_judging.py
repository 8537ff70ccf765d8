"""What was seen on a page, held against the register, without a browser; and the desk's page of it."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import tracemalloc
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from django.test import Client
from django.utils import timezone
from tests.web.conftest import at_desk, officer

from troth import policy
from troth.places import approved
from troth.policy.plan import Cookie, Plan
from troth.policy.problems import Trouble
from troth.prove import scan, scan_judging, scan_leaks, scan_targets
from troth.prove.scan_seen import FOR_EVER, Called, Kept, Page, Walked, Way, address_of, lasting, origin_of

__all__ = ["at_desk", "officer"]
NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
HERE = "https://www.rowan.example"
OURS = "https://privacy.rowan.example"
FOLLOW, STATISTICS = "key of the question", "key of the objection"


@pytest.fixture
def plan() -> Plan:
    """One cookie of each fate: asked for, exempt, exempt until a no, in storage, at a supplier's, elsewhere."""
    found = policy.load(Path(__file__).parents[1] / "collect" / "policies" / "rowan.yaml").plan
    assert found is not None
    rows = [
        row("_path", switches=frozenset({FOLLOW}), by="Pathfinder Analytics", hosts=("count.path.example",)),
        row("basket", lasts="until browser closes", exempt="necessary"),
        row("pages", exempt="statistics", uses=frozenset({"see which pages help"})),
        row("draft_*", kind="storage", lasts="until browser closes", exempt="necessary"),
        row("elsewhere", surface="system", exempt="necessary"),
    ]
    app = msgspec.structs.replace(found.surfaces["website"], name="system", origins=("https://app.rowan.example",))
    (objection,) = [one for one in found.switches.values() if one.use == "see which pages help"]
    switches = {**found.switches, STATISTICS: msgspec.structs.replace(objection, key=STATISTICS)}
    return msgspec.structs.replace(
        found, cookies={one.name: one for one in rows}, switches=switches, surfaces={**found.surfaces, "system": app}
    )


def row(name: str, **more: object) -> Cookie:
    base = Cookie(name=name, surface="website", by="us", does=(), uses=frozenset(), lasts="6 months")
    return msgspec.structs.replace(base, **more)


def seen(
    plan: Plan, *what: Kept | Called, kind: str = "before", yes: str = "", no: str = "", asked: bool = True
) -> list[tuple[str, str]]:
    way = Way(name=kind, kind=kind, yes=(yes,) if yes else (), no=(no,) if no else ())  # type: ignore[arg-type]
    walked = Walked(
        way=way,
        asked=asked,
        kept=tuple(one for one in what if isinstance(one, Kept)),
        called=tuple(one for one in what if isinstance(one, Called)),
    )
    return [(one.code, one.line) for one in scan_judging.judge(plan, "website", [OURS], [walked], NOW).findings]


def cookie(name: str, host: str = "www.rowan.example", **more: object) -> Kept:
    return msgspec.structs.replace(Kept(kind="cookie", name=name, host=host, page=HERE + "/"), **more)


def called(origin: str, **more: object) -> Called:
    return msgspec.structs.replace(Called(origin=origin, type="image", page=HERE + "/"), **more)


def test_what_is_exempt_is_there_before_any_choice_and_what_is_asked_for_is_not(plan: Plan) -> None:
    assert seen(plan, cookie("basket"), cookie("pages"), cookie("_path")) == [("before-yes", "cookies/_path")]


def test_a_yes_opens_what_waits_for_it_and_a_yes_to_something_else_does_not(plan: Plan) -> None:
    assert seen(plan, cookie("_path"), kind="all", yes=FOLLOW) == []
    assert seen(plan, cookie("_path"), kind="one", yes="another") == [("beyond-yes", "cookies/_path")]
    assert seen(plan, cookie("_path"), kind="all", yes=FOLLOW, asked=False) == [("before-yes", "cookies/_path")]


def test_a_no_ends_exempt_statistics_and_leaves_what_is_necessary(plan: Plan) -> None:
    assert seen(plan, cookie("pages"), cookie("basket"), kind="no", no=STATISTICS) == [("after-no", "cookies/pages")]


@pytest.mark.parametrize(
    ("kind", "days", "code"),
    [("cookie", 180, None), ("cookie", 200, "too-long"), ("cookie", 400, "too-long"), ("cookie", None, None)],
)
def test_a_cookie_lasts_no_longer_than_its_row_says(plan: Plan, kind: str, days: int | None, code: str | None) -> None:
    found = seen(plan, cookie("pages", seconds=days * 86_400.0 if days else None))
    assert [one for one, _ in found] == ([code] if code else [])


def test_what_ends_with_the_browser_neither_stays_as_a_cookie_nor_in_storage(plan: Plan) -> None:
    assert seen(plan, cookie("basket", seconds=60.0)) == [("too-long", "cookies/basket")]
    assert seen(plan, cookie("draft_1", kind="session")) == []
    assert seen(plan, cookie("draft_1", kind="local")) == [("too-long", "cookies/draft_*")]


def test_a_row_speaks_of_its_kind_its_hosts_and_its_surface_alone(plan: Plan) -> None:
    assert seen(plan, cookie("basket", kind="local")) == [("undeclared", "cookies")]
    assert seen(plan, cookie("draft_1")) == [("undeclared", "cookies")]
    assert seen(plan, cookie("elsewhere")) == [("undeclared", "cookies")]
    assert seen(plan, cookie("basket", "ads.example")) == [("undeclared", "cookies/basket")]
    assert seen(plan, cookie("_path", "path.example"), kind="all", yes=FOLLOW) == []
    assert seen(plan, cookie("basket", "rowan.example")) == []  # set for the domain above the site


def test_what_our_own_pages_set_is_ours_there_and_nowhere_else(plan: Plan) -> None:
    assert seen(plan, cookie("troth-form", "privacy.rowan.example")) == []
    assert seen(plan, cookie("__Host-troth-form", "privacy.rowan.example")) == []  # as it is called under TLS
    assert seen(plan, cookie("troth-form", "ads.example")) == [("undeclared", "cookies")]


def test_hosts_of_ours_are_ours_and_a_suppliers_waits_for_a_yes(plan: Plan) -> None:
    ours = [called(HERE), called("https://app.rowan.example"), called(OURS)]
    assert seen(plan, *ours, kind="no") == []
    assert seen(plan, called("https://count.path.example")) == [("before-yes", "cookies/_path")]
    assert seen(plan, called("https://count.path.example"), kind="signal") == [("against-signal", "cookies/_path")]
    assert seen(plan, called("https://count.path.example"), kind="all", yes=FOLLOW) == []
    for near in ("https://path.example", "https://count.path.example.ads.example", "https://xcount.path.example"):
        assert seen(plan, called(near), kind="all", yes=FOLLOW) == [("undeclared-host", "cookies")]


def test_what_was_typed_leaves_for_nobody_not_even_after_a_yes(plan: Plan) -> None:
    to = called("https://count.path.example", leaks=("typed",))
    assert seen(plan, to, kind="typed", yes=FOLLOW) == [("typed-leaves", "always/pages match the register")]
    assert seen(plan, called(OURS, leaks=("typed",)), kind="typing") == []  # a remark


def test_a_suppliers_cookie_after_a_withdrawal_is_theirs_to_end_and_ours_is_ours(plan: Plan) -> None:
    assert seen(plan, cookie("_path"), kind="back") == [("after-withdrawal", "cookies/_path")]
    way = Walked(
        way=Way(name="back", kind="back"), asked=True, kept=(cookie("_path", "count.path.example"),), called=()
    )
    judged = scan_judging.judge(plan, "website", [OURS], [way], NOW)
    assert judged.findings == ()
    assert "theirs-stays" in {one.code for one in judged.remarks}


def test_the_same_in_several_walks_is_said_once_with_all_of_them(plan: Plan) -> None:
    ways = [Way(name=name, kind="before") for name in ("one", "two")]
    walks = [Walked(way=way, asked=False, kept=(cookie("spy"),), called=()) for way in ways]
    (found,) = scan_judging.judge(plan, "website", [OURS], walks, NOW).findings
    assert found.walks == ("one", "two")


# --- what leaves ----------------------------------------------------------------------------------------------------

MARKS = scan_leaks.Marks("trothwalk00ff", "700000000123", "trothpage00ff")


@pytest.mark.parametrize(
    "coat",
    [
        lambda text: text.encode(),
        lambda text: quote(text, safe="").encode(),
        lambda text: quote(quote(text, safe=""), safe="").encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.b64encode(b"ab" + text.encode() + b"cd"),
        lambda text: base64.urlsafe_b64encode(b"a" + text.encode()),
        lambda text: text.encode().hex().encode(),
        lambda text: text.upper().encode(),
        lambda text: gzip.compress(b'{"typed": "' + text.encode() + b'"}'),
        lambda text: hashlib.sha256(text.encode()).hexdigest().encode(),
        lambda text: hashlib.md5(text.encode()).hexdigest().upper().encode(),
    ],
)
def test_a_mark_is_found_in_every_coat_in_a_body_and_nothing_in_other_words(coat: object) -> None:
    finder = scan_leaks.Finder(MARKS)
    assert "typed" in finder.leaks("https://ads.example/", "", coat(MARKS.email))  # type: ignore[operator]
    other = scan_leaks.Finder(scan_leaks.marks())
    assert "typed" not in other.leaks("https://ads.example/", "", coat(MARKS.email))  # type: ignore[operator]


def test_t36_a_body_that_is_packed_to_burst_is_read_no_further_than_its_cap() -> None:
    for packed in (gzip.compress(bytes(1 << 26)), zlib.compress(bytes(1 << 26))):
        tracemalloc.start()
        try:
            assert scan_leaks.Finder(MARKS).leaks("https://ads.example/", "", packed) == ()
            assert tracemalloc.get_traced_memory()[1] < 32 * scan_leaks.LARGEST
        finally:
            tracemalloc.stop()


def test_an_address_is_found_in_a_query_and_a_version_is_none() -> None:
    finder = scan_leaks.Finder(None)
    assert finder.leaks("https://ads.example/?u=ada%40quill.example", "", None) == ("e-mail",)
    assert finder.leaks("https://cdn.example/npm/maps@1.2.3/maps.min.js", "", None) == ()
    assert finder.leaks("https://errors.example/", "", b'{"dsn": "https://key@errors.example/1"}') == ()
    assert finder.leaks("https://ads.example/", "", b"\x1f\x8bnot packed at all") == ()


def test_the_page_with_its_query_is_found_in_a_referrer() -> None:
    assert scan_leaks.Finder(MARKS).leaks("https://ads.example/", f"{HERE}/?q={MARKS.address}", None) == ("address",)


# --- small parts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ("Path=/; Max-Age=60; Expires=Wed, 25 Nov 2099 12:00:00 GMT", 60.0),
        ("Expires=Wed, 25 Nov 2026 13:00:00 GMT; Secure", 3600.0),
        ("expires=Wed, 25-Nov-2026 13:00:00 GMT", 3600.0),
        ("Max-Age=-1", -1.0),
        ("Path=/; HttpOnly", None),
        ("Expires=whenever", None),
        ("Max-Age=--5", None),
        ("Max-Age=²", None),
        ("Max-Age=" + "9" * 400, FOR_EVER),
        ("Max-Age=-" + "9" * 400, -FOR_EVER),
    ],
)
def test_a_lifetime_is_read_as_a_browser_reads_it(attributes: str, seconds: float | None) -> None:
    assert lasting(attributes, NOW) == seconds


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://www.rowan.example:443/a?b#c", "https://www.rowan.example"),
        ("wss://www.rowan.example/live", "https://www.rowan.example"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("data:text/html,x", ""),
        ("http://www.rowan.example:x/", ""),
        ("http://[www.rowan.example/", ""),
    ],
)
def test_an_origin_is_read_as_a_browser_reads_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin
    assert address_of(url).startswith(origin)


def test_what_lasts_longer_than_a_number_says_is_too_long_and_not_a_session(plan: Plan) -> None:
    seconds = lasting("Max-Age=" + "9" * 400, NOW)
    told = msgspec.json.decode(msgspec.json.encode(cookie("pages", seconds=seconds)), type=Kept)
    assert [code for code, _ in seen(plan, told)] == ["too-long"]  # JSON says null for what is more than any number


def test_each_question_is_answered_alone_once_where_there_are_several() -> None:
    one = {"key": "a", "opens": True, "words": "May we?"}
    assert [way.kind for way in scan_targets.ways([])] == ["before", "typing", "signal", "plain"]
    assert [way.kind for way in scan_targets.ways([one])].count("one") == 0
    several = scan_targets.ways([one, {**one, "key": "b"}, {**one, "key": "c", "opens": False}])
    assert [(way.yes, way.no) for way in several if way.kind == "one"] == [(("a",), ("b", "c")), (("b",), ("a", "c"))]


# --- the desk -------------------------------------------------------------------------------------------------------


def test_the_desk_shows_what_the_pages_did_when_and_what_to_do(officer: Client, larch: str, plan: Plan) -> None:
    def shown() -> str:
        page = officer.get(f"/desk/promises/{larch}/pages/")
        assert page.status_code == 200
        return page.content.decode()

    walked = Walked(way=Way(name="before any choice", kind="before"), asked=False, kept=(cookie("spy"),), called=())
    findings = scan_judging.judge(plan, "website", [], [walked], NOW).findings
    clean = scan.Scan(
        client=larch, edition=1, plan="", at=timezone.now(), seconds=1.0, named=False, walks=(), findings=(),
        remarks=(), pages=(Page(surface="website", address=HERE + "/"),),
    )  # fmt: skip
    assert "Nobody walked the pages yet" in shown()
    scan.keep(msgspec.structs.replace(clean, findings=findings))
    assert "The pages do 1 thing that the register does not say" in shown()
    scan.keep(msgspec.structs.replace(clean, named=True))
    assert "cookie “spy”" in shown()  # other pages were chosen since
    scan.keep(msgspec.structs.replace(clean, pages=(Page(surface="website", address=HERE + "/", why="It was down."),)))
    assert "Not every page answered" in shown()
    scan.keep(clean)
    assert "The pages do what the register says" in shown()
    assert "spy" not in shown()
    assert officer.get("/desk/promises/birch/pages/").status_code == 404


# --- the operator's list --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        '"https://www.larch.example"',
        "[7]",
        '["ftp://www.larch.example"]',
        '["https://ada:word@www.larch.example"]',
        '["https://www.larch.example/?who=ada"]',
        '[{url = "https://www.larch.example", private = "yes"}]',
        "[{private = true}]",
    ],
)
def test_t46_a_line_of_the_list_that_is_not_plain_opens_nothing(larch: str, settings: Any, line: str) -> None:
    settings.PLACES_FILE.write_text(f"[larch]\nscan = {line}\n")
    with pytest.raises(Trouble) as caught:
        approved.walked(larch)
    assert caught.value.code == "place-refused"
    settings.PLACES_FILE.write_text('[larch]\nscan = ["https://www.larch.example/shop"]\n')
    assert approved.walked(larch) == (approved.Walked(url="https://www.larch.example/shop"),)
    assert approved.walked("birch") == ()
