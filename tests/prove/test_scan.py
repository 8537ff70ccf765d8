"""Pages in a real browser: what they set, load and call is held against the register, and what was typed stays."""

from __future__ import annotations

import datetime as dt
import functools
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from django.apps import apps
from django.utils import timezone
from tests.prove import a_site
from tests.prove.a_site import Site

from troth.collect import tag
from troth.ledger import tree
from troth.parties import editions, tenancy
from troth.places import http
from troth.policy.problems import Trouble
from troth.prove import scan, scan_judging, scan_proving, scan_targets
from troth.prove.keepers import Looked, Scene, state_of
from troth.prove.promises import Line
from troth.prove.scan_seen import Page

ROWAN = Path(__file__).parents[1] / "collect" / "policies" / "rowan.yaml"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]


@pytest.fixture
def site(data_folder: Path, db: None, settings: Any, tmp_path: Path) -> Iterator[Site]:
    """A client with one surface, one cookie of a supplier, and a site on which its tag stands."""
    with a_site.served() as (found, handler):
        settings.ORIGIN = found.origin
        publish(found, tmp_path)
        serve(found)
        handler.sheet = tag.stylesheet().body
        approve(settings, found.origin, found.supplier)
        yield found


def publish(site: Site, folder: Path, **words: str) -> None:
    text = ROWAN.read_text().replace("https://www.rowan.example", site.origin, 1)
    text = text.replace("lasts: 12 months}", f'lasts: 12 months, hosts: "{site.supplier.partition("//")[2]}"}}', 1)
    for old, new in words.items():
        text = text.replace(old, new)
    (folder / "rowan.yaml").write_text(text)
    editions.forget_cache()
    if "rowan" not in tenancy.slugs():
        tenancy.add("rowan")
    replaces = editions.in_force("rowan").source_hash if editions.all_of("rowan") else None
    editions.publish("rowan", folder / "rowan.yaml", replaces=replaces, by="test")


def serve(site: Site) -> None:
    """The tag of the edition that is in force now."""
    force = editions.in_force("rowan")
    site.tag.append(tag.script(force.plan, force.number, "website").body)


def approve(settings: Any, *origins: str) -> None:
    lines = ", ".join(f'{{url = "{one}", private = true}}' for one in origins)
    settings.PLACES_FILE.write_text(f"[rowan]\nscan = [{lines}]\n")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two walks alone, where it is not the walks that are looked at."""
    every = scan_targets.ways
    monkeypatch.setattr(scan_targets, "ways", lambda asked: every(asked)[:2])


def walk(site: Site, *paths: str, links: int = 0) -> scan.Scan:
    return scan.scan("rowan", tuple(site.origin + path for path in paths), links=links)


def test_a_page_that_does_as_the_register_says_is_clean_in_every_walk(site: Site) -> None:
    found = scan.scan("rowan", links=2)
    assert [one.says for one in found.findings] == []
    assert found.unanswered == ()
    assert {one.address for one in found.looked} == {f"{site.origin}/", f"{site.origin}/shop"}  # and not /logout
    assert len(found.walks) >= 9
    assert all(one.asked for one in found.walks if "after" in one.walk)
    assert [one.code for one in found.remarks] == []  # the cookie was seen, after a yes


def look(site: Site, path: str, *kinds: str) -> scan_judging.Judged:
    """One page in some of the walks, each a fresh browser; the rest of a scan is as in life."""
    force = editions.in_force("rowan")
    targets = scan_targets.of(force, (site.origin + path,), links=0, browser=scan.browser())
    ways = tuple(one for one in targets.jobs[0].ways if one.kind in kinds)
    walked, pages = scan._walked(msgspec.structs.replace(targets.jobs[0], ways=ways), lambda words: None)
    assert [one.why for one in pages] == [""]
    assert [one.way.kind for one in walked] == [one.kind for one in ways]
    return scan_judging.judge(force.plan, "website", targets.homes, walked, timezone.now())


def said(judged: scan_judging.Judged) -> set[tuple[str, str]]:
    return {(one.code, one.what) for one in judged.findings}


def host(origin: str) -> str:
    return f"host {origin.partition('//')[2]}"


def test_what_no_row_names_is_found_by_its_name_with_the_line_and_the_remedy(site: Site) -> None:
    judged = look(site, "/sneaky", "before")
    assert said(judged) == {("undeclared", "cookie “_sneaky”"), ("undeclared", "local storage “trail”")}
    one = judged.findings[0]
    assert (one.page, one.walks, one.line) == (f"{site.origin}/sneaky", ("before any choice",), "cookies")
    assert one.remedy


@pytest.mark.parametrize(
    ("kind", "code"), [("before", "before-yes"), ("no", "after-no"), ("signal", "against-signal"), ("all", None)]
)
def test_a_declared_cookie_waits_for_its_yes(site: Site, kind: str, code: str | None) -> None:
    assert said(look(site, "/early", kind)) == ({(code, "cookie “_path”")} if code else set())


def test_what_the_tag_ends_at_once_was_set_all_the_same_and_what_a_page_tries_and_takes_away_is_nothing(
    site: Site, tmp_path: Path
) -> None:
    """The tag takes away what is not allowed, and must not hide by it that a page did not wait."""
    row = "  _count: {at"
    trail = "  _trail: {at: website, by: us, does: activity tracking, for: follow a visit from page to page, "
    stored = f"{trail}lasts: 12 months, kind: storage}}\n{row}"
    publish(site, tmp_path, **{row: stored, "change: first": "change: small"})
    serve(site)
    places = {"local storage", "session storage", "database", "cache"}
    assert said(look(site, "/early-stores", "before")) == {("before-yes", f"{one} “_trail”") for one in places}
    assert said(look(site, "/early-stores", "all")) == set()


@pytest.mark.parametrize(("path", "kind"), [("/caller", "before"), ("/moved", "before"), ("/noscript", "plain")])
def test_t61_a_host_that_nobody_named_is_told_and_never_reached(site: Site, path: str, kind: str) -> None:
    assert ("undeclared-host", host(site.stranger)) in said(look(site, path, kind))
    assert site.reached(site.stranger.partition("//")[2]) == []


def test_a_supplier_is_called_after_a_yes_and_not_before(site: Site) -> None:
    name = site.supplier.partition("//")[2]
    assert said(look(site, "/", "before", "no", "signal", "back")) == set()
    before = site.reached(name)
    assert said(look(site, "/", "all")) == set()
    assert len(site.reached(name)) > len(before)


def test_what_stays_after_a_yes_was_taken_back_is_found(site: Site) -> None:
    judged = look(site, "/stays", "back")
    assert ("after-withdrawal", "cookie “_path”") in said(judged)
    assert said(look(site, "/", "back")) == set()  # there the tag takes it away


@pytest.mark.parametrize("path", ["/long", "/header"])
def test_a_cookie_that_a_browser_cuts_short_is_judged_by_how_long_it_was_to_last(site: Site, path: str) -> None:
    one = next(one for one in look(site, path, "all").findings if one.code == "too-long")
    assert (one.what, one.line) == ("cookie “_path”", "cookies/_path")
    assert "1,825 days" in one.says


def test_what_a_server_sets_is_seen_where_no_script_can_see_it(site: Site) -> None:
    for kind in ("before", "plain"):
        assert said(look(site, "/header", kind)) == {
            ("before-yes", "cookie “_path”"),
            ("undeclared", "cookie “_seen”"),
        }


@pytest.mark.parametrize(("path", "which"), [("/keys", "stranger"), ("/hashes", "supplier"), ("/socket", "stranger")])
def test_what_is_typed_leaves_for_nobody_neither_in_clear_nor_coated_nor_hashed(
    site: Site, path: str, which: str
) -> None:
    kind = "typed" if which == "supplier" else "typing"
    assert ("typed-leaves", host(getattr(site, which))) in said(look(site, path, kind))
    assert [line for line in site.got if "POST" in line] == []


def test_an_address_with_its_query_leaves_for_nobody(site: Site) -> None:
    assert ("address-leaves", host(site.supplier)) in said(look(site, "/address", "typed"))


def test_a_form_is_never_sent_even_where_the_page_sends_it_by_itself(site: Site) -> None:
    look(site, "/sends", "typing")
    assert site.reached("/send ") == site.reached("POST") == []


def test_a_page_that_answers_for_its_visitor_is_found(site: Site) -> None:
    assert ("answered-for-you", "answer") in said(look(site, "/yes-man", "before"))


def test_a_service_worker_needs_a_row(site: Site) -> None:
    assert said(look(site, "/worker", "before")) == {("undeclared", "service worker “/worker.js”")}


# --- the act, its row and its promise -------------------------------------------------------------------------------


def proved() -> Looked:
    force = editions.in_force("rowan")
    line = Line("always/pages match the register", "", "always/pages match the register")
    return scan_proving.pages_match(Scene("rowan", force.plan, timezone.now()), line)


def state() -> str:
    return state_of(proved())


def clean(site: Site, **changes: Any) -> scan.Scan:
    """A look that found nothing, as it would be written down."""
    force = editions.in_force("rowan")
    found = scan.Scan(
        client="rowan", edition=force.number, plan=force.plan.hash, at=timezone.now(), seconds=1.0, named=False,
        pages=(Page(surface="website", address=f"{site.origin}/"),), walks=(), findings=(), remarks=(),
    )  # fmt: skip
    return msgspec.structs.replace(found, **changes)


def finding(site: Site) -> scan_judging.Finding:
    return look(site, "/sneaky", "before").findings[0]


def test_t18_pages_that_nobody_walked_are_not_proved(site: Site) -> None:
    assert state() == "not-proved"
    assert proved().unproved == "Never walked. Run troth scan --client rowan."


def test_a_clean_look_is_kept_for_a_month_and_under_its_edition_alone(site: Site, tmp_path: Path) -> None:
    scan.keep(clean(site, at=timezone.now() - dt.timedelta(days=32)))
    assert state() == "not-proved"
    scan.keep(clean(site))
    assert (state(), proved().count) == ("kept", 1)
    publish(site, tmp_path, **{"lasts: 12 months": "lasts: 6 months", "change: first": "change: small"})
    assert state() == "not-proved"
    assert "under edition 1" in proved().unproved


def test_findings_break_the_promise_until_the_pages_were_walked_again(site: Site) -> None:
    scan.keep(clean(site, findings=(finding(site),)))
    assert state() == "broken"
    assert proved().breaches == ("The cookie “_sneaky” stands in no row of the register. (website; before any choice)",)
    scan.keep(clean(site, named=True))
    assert state() == "broken"  # other pages were chosen, and say nothing of that one
    scan.keep(clean(site))
    assert state() == "kept"
    scan.keep(clean(site, named=True, findings=(finding(site),)))
    assert state() == "broken"


def test_a_page_that_did_not_answer_is_never_clean(site: Site) -> None:
    scan.keep(clean(site, pages=(Page(surface="website", address=f"{site.origin}/", why="It answered 500."),)))
    assert state() == "not-proved"
    scan.keep(clean(site, pages=()))
    assert state() == "not-proved"


def test_t18_a_look_that_somebody_wrote_into_the_table_says_nothing(site: Site) -> None:
    scan.keep(clean(site))
    rows = apps.get_model("prove", "Scan").objects
    forged = clean(site, findings=())
    rows.update(report=msgspec.json.encode(forged))
    assert state() == "not-proved"


@pytest.mark.usefixtures("quick")
def test_the_row_stands_with_its_entry_and_holds_no_address_with_a_query(site: Site) -> None:
    found = walk(site, "/bare?who=ada@quill.example")
    scan.keep(found)
    (row,) = apps.get_model("prove", "Scan").objects.all()
    assert [one.address for one in found.pages] == [f"{site.origin}/bare"]
    assert b"ada" not in bytes(row.report)
    assert [one.code for one in found.remarks if one.code == "no-question"]
    before = len(tree.verify().findings)  # a test's own transaction has no signed head
    apps.get_model("prove", "Scan").objects.all().delete()
    assert len(tree.verify().findings) == before + 1


@pytest.mark.usefixtures("quick")
def test_t46_what_the_operator_did_not_list_is_not_opened(site: Site, settings: Any) -> None:
    settings.ORIGIN = "http://127.0.0.9:9"
    settings.PLACES_FILE.write_text("")
    found = scan.scan("rowan")
    assert [page.why for page in found.unanswered] == [
        f'The operator\'s list does not name it: add scan = ["{site.origin}"].'
    ]
    settings.PLACES_FILE.write_text(f'[rowan]\nscan = ["{site.origin}"]\n')  # inside our own network, and not said so
    (page,) = scan.scan("rowan").unanswered
    assert "private address" in page.why
    settings.PLACES_FILE.write_text(f'[birch]\nscan = [{{url = "{site.origin}", private = true}}]\n')  # not ours
    assert scan.scan("rowan").looked == ()
    assert site.got == []


@pytest.mark.usefixtures("quick")
def test_t46_a_name_leads_where_it_was_looked_up_and_to_nobody_else(
    site: Site, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = site.origin.rpartition(":")[2]
    named = f"http://www.rowan.example:{port}"
    publish(site, tmp_path, **{f'origins: "{site.origin}"': f'origins: "{named}"', "change: first": "change: small"})
    approve(settings, named)
    monkeypatch.setattr(http, "address", lambda service: "127.0.0.1")
    found = scan.scan("rowan", (f"{named}/bare",))
    assert [page.address for page in found.looked] == [f"{named}/bare"]
    assert site.reached(f"www.rowan.example:{port} /bare")


@pytest.mark.parametrize(
    "url", ["https://www.elsewhere.example/", "file:///etc/passwd", "javascript:alert(1)", "no", "@"]
)
def test_a_page_of_somebody_else_is_refused_by_name(site: Site, url: str) -> None:
    url = site.origin.replace("//", "//user:word@") if url == "@" else url
    with pytest.raises(Trouble) as caught:
        scan.scan("rowan", (url,))
    assert (caught.value.code, caught.value.where) == ("not-a-surface", url)


@pytest.mark.usefixtures("quick")
def test_a_page_that_is_down_or_elsewhere_is_not_answered(site: Site) -> None:
    found = walk(site, "/nowhere")
    assert {page.why for page in found.unanswered} == {"It answered 404."}
    assert found.looked == ()


def test_a_question_that_cannot_be_answered_is_a_page_that_was_not_seen(site: Site) -> None:
    force = editions.in_force("rowan")
    (job,) = scan_targets.of(force, (site.origin + "/deaf",), links=0, browser=scan.browser()).jobs
    ways = tuple(one for one in job.ways if one.kind in ("before", "no"))
    _, pages = scan._walked(msgspec.structs.replace(job, ways=ways), lambda words: None)
    assert [one.why for one in pages] == ["Its question could not be answered."]


def test_a_page_that_would_hold_back_whoever_typed_into_it_hides_no_page_behind_it(site: Site) -> None:
    force = editions.in_force("rowan")
    both = (site.origin + "/stay", site.origin + "/shop")
    (job,) = scan_targets.of(force, both, links=0, browser=scan.browser()).jobs
    ways = tuple(one for one in job.ways if one.kind == "typing")
    _, pages = scan._walked(msgspec.structs.replace(job, ways=ways), lambda words: None)
    assert [one.why for one in pages] == ["", ""]


def test_a_page_that_is_long_at_work_is_asked_its_question_all_the_same(site: Site) -> None:
    """As each page is on a busy machine: what is waited for is counted in its own turns, and in no seconds of ours."""
    force = editions.in_force("rowan")
    (job,) = scan_targets.of(force, (site.origin + "/laden",), links=0, browser=scan.browser()).jobs
    ways = tuple(one for one in job.ways if one.kind == "no")
    (walked,), pages = scan._walked(msgspec.structs.replace(job, ways=ways), lambda words: None)
    assert walked.asked and [one.why for one in pages] == [""]


def test_t36_a_page_that_opens_window_after_window_and_asks_and_loads_down_is_walked(site: Site) -> None:
    assert said(look(site, "/windows", "before")) == set()
    assert site.reached("/windows-more")


def test_t36_of_a_page_that_opens_window_after_window_the_further_ones_are_shut() -> None:
    """How soon depends on the machine; that they are, and which, does not."""
    from troth.prove import scan_browser

    walk, shut = scan_browser.Walk.__new__(scan_browser.Walk), list[int]()
    walk._windows = 0
    for number in range(1, 10):
        walk._opened(SimpleNamespace(close=functools.partial(shut.append, number)))
    assert shut == [7, 8, 9]


@pytest.mark.usefixtures("quick")
def test_a_page_that_keeps_the_browser_busy_ends(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "PATIENCE", 6)
    found = walk(site, "/busy")
    assert {page.why for page in found.unanswered} == {scan.STOPPED}


def test_without_the_browser_it_is_said_what_to_install(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Trouble) as caught:
        scan.scan("rowan")
    assert caught.value.code == "no-browser"
    assert "pip install 'troth[scan]'" in caught.value.help


def test_a_browser_that_does_not_start_is_told_and_nothing_is_clean(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan.shutil, "which", lambda name: "/nowhere/chromium")
    with pytest.raises(Trouble) as caught:
        scan.scan("rowan")
    assert caught.value.code == "no-browser"


@pytest.mark.parametrize(("user", "sandboxed"), [(1000, True), (0, False)])
def test_t46_pages_run_in_the_sandbox_of_the_browser_but_for_root(
    site: Site, monkeypatch: pytest.MonkeyPatch, user: int, sandboxed: bool
) -> None:
    """Playwright adds --no-sandbox by itself where nobody asks for the sandbox."""
    from troth.prove import scan_browser

    (job,) = scan_targets.of(editions.in_force("rowan"), (), links=0, browser="").jobs
    monkeypatch.setattr(scan_browser.os, "geteuid", lambda: user)
    how = scan_browser.launch(job)
    assert how["chromium_sandbox"] is sandboxed
    assert "--no-sandbox" not in how["args"]


@pytest.mark.parametrize("name", ["TROTH_MASTER_KEY", "DJANGO_KEY", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "API_TOKEN"])
def test_t45_the_browsers_process_is_told_no_secret_whatever_it_is_called(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "a secret of the operator")
    assert "a secret of the operator" not in scan._environment().values()
    assert scan._environment()["PATH"] == os.environ["PATH"]


def test_a_policy_without_a_page_has_nothing_to_walk_and_nothing_to_keep(larch: str) -> None:
    plan = editions.in_force(larch).plan
    mail = msgspec.structs.replace(plan.surfaces["website"], kind="mail", origins=())
    less = msgspec.structs.replace(plan, surfaces={"mail": mail})
    line = Line("always/pages match the register", "", "always/pages match the register")
    assert state_of(scan_proving.pages_match(Scene(larch, less, timezone.now()), line)) == "kept-empty"
    native = msgspec.structs.replace(plan.surfaces["website"], name="phone app", kind="app", origins=())
    more = msgspec.structs.replace(plan, surfaces={**plan.surfaces, "phone app": native})
    scan.keep(
        scan.Scan(
            client=larch, edition=1, plan=more.hash, at=timezone.now(), seconds=1.0, named=False,
            pages=(Page(surface="website", address="https://www.larch.example/"),), walks=(), findings=(), remarks=(),
        )
    )  # fmt: skip
    looked = scan_proving.pages_match(Scene(larch, more, timezone.now()), line)
    assert state_of(looked) == "not-proved"
    assert "phone app" in looked.unproved


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def house(site: Site, tmp_path: Path) -> dict[str, str]:
    """The same in a data folder of its own, for commands in processes of their own."""
    env = os.environ | {
        "TROTH_DATA": str(tmp_path / "house"),
        "TROTH_KEY_FILE": str(tmp_path / "house.key"),
        "TROTH_PLACES_FILE": str(tmp_path / "places.toml"),
        "TROTH_ORIGIN": site.origin,
    }
    assert troth(env, "publish", str(tmp_path / "rowan.yaml"), "--client", "rowan", "--new")[0] == 0
    return env


def started(env: dict[str, str], *words: str) -> subprocess.Popen[str]:
    run = [sys.executable, "-m", "troth.cli", *words, "--json"]
    return subprocess.Popen(run, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
    out, err = process.communicate(timeout=300)
    assert "Traceback" not in err, err
    return process.returncode, json.loads(out)


def troth(env: dict[str, str], *words: str) -> tuple[int, dict[str, Any]]:
    return ended(started(env, *words))


def test_two_looks_at_once_both_end_and_both_stand(site: Site, house: dict[str, str]) -> None:
    both = [started(house, "scan", "--client", "rowan", site.origin + path) for path in ("/sneaky", "/bare")]
    (first, found), (second, nothing) = [ended(one) for one in both]
    assert (first, found["ok"], {one["code"] for one in found["findings"]}) == (3, False, {"undeclared"})
    assert (second, nothing["ok"], nothing["findings"]) == (0, True, [])
    assert troth(house, "ledger", "verify")[0] == 0
    code, told = troth(house, "prove", "rowan")
    (promise,) = [one for one in told["reports"][0]["promises"] if one["promise"] == "always/pages match the register"]
    assert (code, promise["state"]) == (3, "broken")


def test_the_command_ends_with_one_where_a_page_is_down_and_with_two_for_wrong_use(
    site: Site, house: dict[str, str]
) -> None:
    code, told = troth(house, "scan", "--client", "rowan", site.origin + "/nowhere")
    assert (code, told["ok"], told["pages"][0]["why"]) == (1, False, "It answered 404.")
    code, told = troth(house, "scan", "--client", "birch")
    assert (code, told["trouble"]["code"]) == (1, "no-client")
    code, told = troth(house, "scan", "--client", "rowan", "--links", "900")
    assert (code, told["trouble"]["code"]) == (2, "wrong-use")
