"""The browser's own process: walks one surface in a real Chromium and tells what it saw, a line a walk.

It reads pages that anybody may have written, so it has no database, no key and no option of ours; it connects to the
origins it was given and to nothing else. Run as ``python -m troth.prove.scan_browser`` with a job on its input.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import json
import os
import sys
import time
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Dialog,
    Error,
    Frame,
    Locator,
    Request,
    Response,
    Route,
    WebSocketRoute,
    sync_playwright,
)

from troth.prove import scan_leaks
from troth.prove.scan_script import LEAVING, LINKS, NOTE, SCRIPT, STORES
from troth.prove.scan_seen import (
    CALLS,
    LONGEST,
    TYPES,
    Called,
    Job,
    Kept,
    Leak,
    Page,
    Stored,
    Told,
    Walked,
    Way,
    address_of,
    lasting,
    origin_of,
)

OPENS: Final = 20_000  # milliseconds in which a page must have come
QUIET: Final = 5_000  # milliseconds that are waited until a page calls nobody any more
TURNS: Final = 14  # more, for what a page does when all is quiet, and in which a tag that comes late must be there
TURN: Final = 50  # milliseconds of a turn, and as long as the page itself takes for one
WINDOWS: Final = 6  # of one walk, with its own
ARGS: Final = (
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-domain-reliability", "--no-first-run", "--no-proxy-server", "--no-pings",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--disable-features=DnsOverHttps,AsyncDns",
)  # fmt: skip
NOT_PAGES: Final = (".pdf", ".zip", ".gz", ".png", ".jpg", ".jpeg", ".svg", ".csv", ".json", ".xml", ".ics", ".mp4")
NOT_FOLLOWED: Final = ("logout", "log-out", "signout", "sign-out", "unsubscribe", "delete", "remove", "withdraw")
UNTYPED: Final = frozenset(
    {"hidden", "file", "checkbox", "radio", "submit", "button", "image", "reset", "range", "color"}
)
BOXES: Final = "input, textarea, [contenteditable=''], [contenteditable='true']"
PRESS: Final = "#troth section .three button"
CHOICE: Final = "troth_choice"
ENDED: Final[dict[str, Stored]] = {
    "cookie": "cookie",
    "local": "local",
    "session": "session",
    "database": "database",
    "cache": "cache",
}
UNANSWERED: Final = "Its question could not be answered."


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    with sync_playwright() as play:
        try:
            browser = play.chromium.launch(**launch(job))
        except Error as error:
            _tell(Told(lacks=_first_line(error)))
            return
        pages = [Page(surface=job.surface, address=url) for url in job.pages]
        more: list[str] = []
        for number, way in enumerate(job.ways):
            walk = Walk(browser, job, way, [*job.pages, *more])
            _tell(Told(walked=walk.walked()))
            if not number:
                more = walk.further
                pages += [Page(surface=job.surface, address=url) for url in more]
            pages = [one if one.why or not walk.failed.get(one.address) else _not_seen(one, walk) for one in pages]
        _tell(Told(pages=tuple(pages)))
        browser.close()


def _not_seen(one: Page, walk: Walk) -> Page:
    return msgspec.structs.replace(one, why=walk.failed[one.address])


def _tell(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


def launch(job: Job) -> dict[str, Any]:
    """How the browser starts. Playwright leaves Chromium's sandbox off unless it is told otherwise, and Chromium does
    not start in one as root."""
    return {
        "executable_path": job.browser or None,
        "chromium_sandbox": os.geteuid() != 0,
        "args": [*ARGS, _rules(job)],
    }


def _rules(job: Job) -> str:
    """Each name leads where we looked it up, and every other name leads nowhere."""
    known = [f"MAP {host}:{port} {f'[{at}]' if ':' in at else at}:{port}" for host, port, at in job.at]
    return "--host-resolver-rules=" + ", ".join([*known, "MAP * ~NOTFOUND"])


def _first_line(error: Error) -> str:
    lines = [line.strip() for line in error.message.splitlines() if line.strip()]
    return lines[0][:200] if lines else "no word why"


class Walk:
    """One visitor, in a browser that nobody used before."""

    def __init__(self, browser: Browser, job: Job, way: Way, pages: list[str]) -> None:
        self.job, self.way = job, way
        self.failed: dict[str, str] = {}
        self.further: list[str] = []
        self._typing = way.kind in ("typing", "typed")
        self._marks = scan_leaks.marks() if self._typing else None
        self._finder = scan_leaks.Finder(self._marks)
        self._kept: dict[tuple[Stored, str, str], Kept] = {}
        self._called: dict[tuple[str, str, bool, tuple[Leak, ...]], Called] = {}
        self._links: dict[tuple[str, tuple[Leak, ...]], Called] = {}
        self._lasts: dict[str, float | None] = {}
        self._requests: list[Request] = []
        self._responses: list[Response] = []
        self._notes: list[tuple[str, str, str]] = []
        self._pressed: frozenset[str] | None = None
        self._answers = self._windows = 0
        self._made_up = self._asked = False
        self._at = ""
        with contextlib.closing(self._visitor(browser)) as context:
            self._go(context, pages)

    def _visitor(self, browser: Browser) -> BrowserContext:
        signal = self.way.kind == "signal"
        context = browser.new_context(
            java_script_enabled=self.way.kind != "plain",
            service_workers="block",
            accept_downloads=False,
            ignore_https_errors=False,
            locale="en-GB",
            timezone_id="Europe/London",
            viewport={"width": 1280, "height": 900},
            extra_http_headers={"Sec-GPC": "1"} if signal else {},
        )
        context.set_default_timeout(5_000)
        context.expose_binding(NOTE, lambda source, *words: self._note(*words))
        context.add_init_script(SCRIPT.replace("__SIGNAL__", "true" if signal else "false"))
        context.route("**/*", self._let)
        context.route_web_socket("**/*", self._socket)
        context.on("request", lambda request: self._requests.append(request) if len(self._requests) < CALLS else None)
        context.on("page", self._opened)
        context.on("response", lambda response: self._responses.append(response))
        return context

    def _opened(self, page: Any) -> None:
        """A window beside the page: what it calls is noted, and a page that opens one after the other ends nobody."""
        self._windows += 1
        if self._windows > WINDOWS:
            with contextlib.suppress(Error):
                page.close()

    def _note(self, *words: Any) -> None:
        kind, name, more = (str(word) for word in words[:3])
        if len(self._notes) < CALLS:
            self._notes.append((kind, name, more))

    # --- what is let out ------------------------------------------------------------------------------------------

    def _let(self, route: Route) -> None:
        request = route.request
        if request.method == "POST" and request.url.partition("?")[0] in self.job.doors:
            self._door(route)
        elif origin_of(request.url) not in self.job.open or _sends(request):
            route.abort("blockedbyclient")
        else:
            route.continue_()

    def _socket(self, socket: WebSocketRoute) -> None:
        """One to elsewhere is opened to nobody: what the page would say there is heard here."""
        self._say(socket.url, "websocket", b"")
        if origin_of(socket.url) in self.job.open:
            socket.connect_to_server()
        else:
            socket.on_message(lambda said: self._say(socket.url, "websocket", said))

    def _say(self, url: str, kind: str, said: str | bytes) -> None:
        body = said.encode() if isinstance(said, str) else said
        self._call(url, kind, self._finder.leaks(url, "", body))

    def _door(self, route: Route) -> None:
        """What the door would answer; nothing is counted and no answer of a made-up visitor is written down."""
        told = route.request.post_data_json if route.request.post_data else {}
        reply: dict[str, str] = {}
        if isinstance(told, dict) and told.get("hello"):
            reply = {"ask": "a walk"}
        elif isinstance(told, dict) and isinstance(told.get("choice"), dict):
            yes = [str(key) for key in told["choice"].get("yes") or []]
            no = [str(key) for key in told["choice"].get("no") or []]
            self._made_up |= self._pressed is None or frozenset(yes) != self._pressed
            self._answers += 1
            reply = {"token": self._token(yes, no)}
        given = {
            "access-control-allow-origin": route.request.headers.get("origin", "*"),
            "access-control-allow-credentials": "true",
            "content-type": "application/json",
        }
        route.fulfill(status=200 if reply else 204, headers=given, body=json.dumps(reply) if reply else "")

    def _token(self, yes: list[str], no: list[str]) -> str:
        """Readable for the tag and signed by nobody: wherever it is shown to us it stands for nothing."""
        stops = dict(zip(self.job.questions, self.job.stops, strict=True))
        told = [
            self.job.client, "", [self.job.surface], yes, [stops.get(key, key) for key in no],
            self.way.kind == "signal", int(time.time()),
        ]  # fmt: skip
        return "walk." + base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")

    # --- walking --------------------------------------------------------------------------------------------------

    def _go(self, context: BrowserContext, pages: list[str]) -> None:
        page = context.new_page()
        page.on("dialog", _past)
        answers = self._answered()
        for number, url in enumerate(pages):
            if not self._open(page, url):
                continue
            if not self._asked and answers:
                self._asked = self._answer(page, context, answers, url)
                self._open(page, url)
            if self._typing:
                self._type(page)
            self._look(context, page)
            if not number and self.way is self.job.ways[0]:
                self.further = self._found(page, pages)
        with contextlib.suppress(Error):
            page.goto("about:blank")
        _turns(page)
        self._gather()

    def _answered(self) -> list[frozenset[str]]:
        """What is said in this walk, one answer after the other."""
        everything = frozenset(self.job.questions)
        if not everything or self.way.kind in ("before", "signal", "typing", "plain"):
            return []
        return [everything, frozenset()] if self.way.kind == "back" else [frozenset(self.way.yes)]

    def _open(self, page: Any, url: str) -> bool:
        self._at = address_of(url)
        goes = f"{url}{'&' if '?' in url else '?'}q={self._marks.address}" if self._marks else url
        try:
            try:
                response = page.goto(goes, wait_until="load", timeout=OPENS)
            except Error as error:
                if "Timeout" not in error.message:
                    raise
                response = page.goto(goes, wait_until="domcontentloaded", timeout=OPENS)
            why = _why(response, page.url, self.job.open)
        except Error as error:
            why = _said(error)
        if why:
            self.failed[url] = why
            self._gather()
            return False
        self._settle(page)
        return True

    def _settle(self, page: Any) -> None:
        with contextlib.suppress(Error):
            page.evaluate("() => window.scrollTo(0, document.documentElement.scrollHeight)")
        with contextlib.suppress(Error):
            page.wait_for_load_state("networkidle", timeout=QUIET)
        _turns(page)
        self._gather()

    def _answer(self, page: Any, context: BrowserContext, answers: list[frozenset[str]], url: str) -> bool:
        """False where the page puts no question. One that is put and cannot be answered is a page that was not seen."""
        if not _turns(page, until="!!(window.troth && window.troth.choices)"):
            return False
        try:
            for number, yes in enumerate(answers):
                self._say_so(page, context, yes, again=bool(number))
        except Error:
            self.failed[url] = UNANSWERED
            return False
        return True

    def _say_so(self, page: Any, context: BrowserContext, yes: frozenset[str], *, again: bool) -> None:
        """One answer, until the tag has it; what was done before is another walk's to tell."""
        self._gather()
        self._kept.clear()
        self._called.clear()
        self._pressed, before = yes, self._answers
        self._press(page, yes, again=again)
        for _ in range(200):
            if self._answers > before and any(one.get("name") == CHOICE for one in context.cookies()):
                self._settle(page)
                self._kept = {key: one for key, one in self._kept.items() if not one.ended}  # the answer ended these
                return
            _turn(page)
        raise Error(UNANSWERED)

    def _press(self, page: Any, yes: frozenset[str], *, again: bool) -> None:
        """The buttons that a visitor would press: both whole answers stand first, one question alone behind them."""
        questions = self.job.questions
        whole = not yes or yes == frozenset(questions)
        buttons: Locator = page.locator(PRESS)
        if again or not whole or not buttons.count():
            page.evaluate("() => window.troth.choices()")
        form = page.locator("#troth section form").count()
        if whole:
            buttons.nth((1 if form else 0) + bool(yes)).click()
            return
        for number, key in enumerate(questions):
            word = "true" if key in yes else "false"
            page.locator(f"#troth section input[name=q{number}][value={word}]").check(force=True)
        buttons.nth(0).click()

    def _type(self, page: Any) -> None:
        """A mark in every field of every form that can be seen, key by key, and nothing is sent."""
        for frame in page.frames:
            if frame is page.main_frame or origin_of(frame.url) in self.job.open:
                self._fill(frame)
        with contextlib.suppress(Error):
            page.evaluate(LEAVING)
        self._settle(page)

    def _fill(self, frame: Frame) -> None:
        boxes = frame.locator(BOXES)
        with contextlib.suppress(Error):
            for number in range(min(boxes.count(), TYPES)):
                with contextlib.suppress(Error):
                    self._fill_one(boxes.nth(number))

    def _fill_one(self, box: Locator) -> None:
        if self._marks is None or not box.count():  # what was typed before took it away
            return
        kind = (box.get_attribute("type") or "text").lower()
        if kind in UNTYPED or not box.is_visible() or not box.is_editable():
            return
        dated = {"date": "1990-01-31", "time": "12:34", "month": "1990-01", "week": "1990-W05"}
        words = {"email": self._marks.email, "number": self._marks.number, "tel": self._marks.number}
        if kind in dated or kind == "datetime-local":
            box.fill(dated.get(kind, "1990-01-31T12:34"))
        else:
            box.press_sequentially(words.get(kind, self._marks.word))
        box.dispatch_event("change")
        box.blur()

    def _found(self, page: Any, pages: list[str]) -> list[str]:
        """Pages that this one leads to, on the same origin; none that a look alone may change something at."""
        with contextlib.suppress(Error):
            links: list[str] = page.evaluate(LINKS)
            plain = [link.partition("#")[0] for link in links]
            mine = [link for link in plain if origin_of(link) == origin_of(page.url) and "?" not in link]
            known = {address_of(url) for url in pages} | {address_of(page.url)}
            return [link for link in dict.fromkeys(mine) if address_of(link) not in known and _is_page(link)][
                : self.job.links
            ]
        return []

    # --- looking --------------------------------------------------------------------------------------------------

    def _look(self, context: BrowserContext, page: Any) -> None:
        self._gather()
        for cookie in context.cookies():
            name, host = str(cookie.get("name")), str(cookie.get("domain")).lstrip(".").lower()
            left = float(cookie.get("expires", -1))
            lasts = [self._lasts[name]] if name in self._lasts else []
            ends = [*lasts, left - time.time() if left > 0 else None]
            known = [one for one in ends if one is not None]
            self._keep("cookie", name, host, max(known) if known else None, bool(cookie.get("secure")))
        if self.way.kind != "plain":
            for frame in page.frames:
                self._stores(frame)
        self._linked(page)

    def _stores(self, frame: Frame) -> None:
        host = urlsplit(frame.url).hostname or ""
        if not host:
            return
        with contextlib.suppress(Error):
            names: dict[Stored, list[str]] = frame.evaluate(STORES)
            for kind, found in names.items():
                for name in found[:200]:
                    self._keep(kind, name, host, None, True)

    def _keep(
        self, kind: Stored, name: str, host: str, seconds: float | None, secure: bool, ended: bool = False
    ) -> None:
        kept = Kept(kind=kind, name=_word(name), host=host, page=self._at, seconds=seconds, secure=secure, ended=ended)
        self._kept.setdefault((kind, kept.name, host), kept)

    def _linked(self, page: Any) -> None:
        if self._marks is None:
            return
        with contextlib.suppress(Error):
            for link in page.evaluate(LINKS):
                leaks = self._finder.leaks(link, "", None)
                if leaks and origin_of(link) and origin_of(link) not in self.job.open:
                    key = (origin_of(link), leaks)
                    self._links.setdefault(key, Called(origin=key[0], type="link", page=self._at, leaks=leaks))

    def _gather(self) -> None:
        """What came in since the last look, read while the pages are still there."""
        requests, self._requests = self._requests, []
        responses, self._responses = self._responses, []
        notes, self._notes = self._notes, []
        for request in requests:
            if origin_of(request.url):
                self._call(request.url, request.resource_type, self._leaks(request))
        for response in responses:
            with contextlib.suppress(Error):
                self._headers(response)
        for kind, name, more in notes:
            if kind == "cookie":
                self._last(name, more)
            elif kind == "ended" and more in ENDED:
                self._keep(ENDED[more], name, urlsplit(self._at).hostname or "", None, True, ended=True)
            elif kind == "worker":
                self._keep("worker", name, urlsplit(self._at).hostname or "", None, True)
            elif kind == "beacon":
                self._say(name, "beacon", more)

    def _leaks(self, request: Request) -> tuple[Leak, ...]:
        headers: dict[str, str] = dict(request.headers)
        if self._marks is not None and origin_of(request.url) in self.job.open:
            with contextlib.suppress(Error):
                headers = request.all_headers()
        told = "\n".join(value for name, value in headers.items() if name.lower() not in ("cookie", "user-agent"))
        body = None
        with contextlib.suppress(Error):
            body = request.post_data_buffer
        return self._finder.leaks(request.url, told, body)

    def _call(self, url: str, kind: str, leaks: tuple[Leak, ...]) -> None:
        origin = origin_of(url)
        cut = origin not in self.job.open
        old = self._called.get((origin, kind, cut, leaks))
        called = Called(origin=origin[:200], type=kind, page=self._at, cut=cut, leaks=leaks)
        self._called[origin, kind, cut, leaks] = (
            called if old is None else msgspec.structs.replace(old, times=old.times + 1)
        )

    def _headers(self, response: Response) -> None:
        for header in response.headers_array():
            if header["name"].lower() == "set-cookie":
                pair, _, more = header["value"].partition(";")
                self._last(pair.partition("=")[0].strip(), more)

    def _last(self, name: str, more: str) -> None:
        """For how long it was set. A browser cuts it to 400 days, and what was asked for would not be seen."""
        seconds = lasting(more, dt.datetime.now(dt.UTC))
        if seconds is not None and seconds <= 0:
            return  # it was taken away
        old = self._lasts.get(name, seconds)
        self._lasts[name] = seconds if old is None else old if seconds is None else max(old, seconds)

    def walked(self) -> Walked:
        return Walked(
            way=self.way,
            asked=self._asked,
            kept=tuple(self._kept.values()),
            called=tuple(self._called.values()),
            links=tuple(self._links.values()),
            made_up=self._made_up,
        )


def _turn(page: Any, asked: str = "false") -> bool:
    """What is asked of a page stands in line behind what it does itself: a busy machine slows both alike."""
    said = False
    with contextlib.suppress(Error):  # it goes to another page just now
        said = bool(page.evaluate(asked))
    page.wait_for_timeout(TURN)
    return said


def _turns(page: Any, until: str = "false") -> bool:
    return any(_turn(page, until) for _ in range(TURNS))


def _past(dialog: Dialog) -> None:
    """Past whatever a page asks: to stay where something was typed would be to see no page behind it."""
    with contextlib.suppress(Error):
        dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss()


def _sends(request: Request) -> bool:
    """A form that goes by itself: nothing is ever sent."""
    return request.is_navigation_request() and request.method != "GET"


def _word(name: str) -> str:
    """A name as it can be shown. A page made it up, so it may hold anything."""
    return "".join(one if one.isprintable() else "·" for one in name)[:LONGEST] or "(no name)"


def _is_page(link: str) -> bool:
    path = urlsplit(link).path.lower()
    return not path.endswith(NOT_PAGES) and not any(word in path for word in NOT_FOLLOWED)


def _why(response: Response | None, url: str, open: tuple[str, ...]) -> str:
    """Why what came is not the page; '' where it is."""
    if response is None:
        return "It gave no page."
    if origin_of(url) not in open:
        return f"It leads to {origin_of(url) or 'no address of the web'}, which is not open to this look."
    if response.status >= 400:
        return f"It answered {response.status}."
    return "" if response.status != 204 else "It gave no page."


REASONS: Final[tuple[tuple[str, str], ...]] = (
    ("Timeout", "It did not answer in 20 seconds."),
    ("ERR_NAME_NOT_RESOLVED", "It leads to a host that is not open to this look."),
    ("ERR_BLOCKED_BY_CLIENT", "It leads to a host that is not open to this look."),
    ("ERR_CONNECTION_REFUSED", "Nobody answered there."),
    ("ERR_CERT", "Its certificate is not valid."),
    ("Download", "It is a file and no page."),
)


def _said(error: Error) -> str:
    return next((said for word, said in REASONS if word in error.message), "It did not answer.")


if __name__ == "__main__":
    main()
