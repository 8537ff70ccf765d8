"""A page of a client's site in a real Chromium, with the tag in it; what the tag sends goes to a real door."""

from __future__ import annotations

import concurrent.futures
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, Route

from troth.collect import tag
from troth.parties import editions

if TYPE_CHECKING:
    from tests.collect.conftest import Asker

SITE = "https://www.rowan.example"
TROTH = "https://privacy.rowan.example/c/rowan"
SUPPLIER = "https://pathfinder.example"
HTML = """<!doctype html><html lang="en-GB"><title>Maps</title><meta name="viewport" content="width=device-width">
<script src="{home}/tag.js" defer></script>
<script type="text/plain" data-troth="_path" nonce="x">
document.cookie = "_path=1"; document.title = "followed"; new Image().src = "https://pathfinder.example/hit";</script>
<script type="text/plain" data-troth="_count" nonce="x">document.cookie = "_count=1";</script>
<h1>Maps of everywhere</h1><p><a href="{home}/choices/" data-troth-choices>Cookie choices</a></p>"""
OPEN = """const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (o) { return attach.call(this, {...o, mode: "open"}); };"""
SIGNAL = "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true});"
CSP = "default-src 'none'; script-src {t} 'nonce-x'; style-src {t}; connect-src {t}; img-src https://pathfinder.example"


class Site:
    """A site with the tag in it, and our own pages at ``home``. What the tag and its supplier send is written down."""

    def __init__(self, context: BrowserContext, asker: Asker, home: str = TROTH, html: str = HTML) -> None:
        self.context, self.asker, self.home, self.html = context, asker, home, html
        self.posts, self.sent, self.hits = list[dict[str, Any]](), list[dict[str, Any]](), list[str]()
        self.wrong: list[str] = []
        self.csp = CSP
        self.threads = concurrent.futures.ThreadPoolExecutor(1)
        self.page = self.another()
        self.serve()
        context.route("**/*", self.answer)

    def another(self) -> Page:
        """One more tab of the same browser."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        return page

    def run(self, act: Any, *args: Any) -> Any:
        """The driver has an event loop in this thread; what needs the database runs beside it."""
        return self.threads.submit(act, *args).result()

    def serve(self) -> None:
        """The tag of the edition that is in force now."""
        force = self.run(editions.in_force, "rowan")
        self.script = tag.script(force.plan, force.number, "website").body

    def answer(self, route: Route) -> None:
        url, request = route.request.url, route.request
        if url == f"{self.home}/tag.js":
            route.fulfill(body=self.script, content_type="text/javascript; charset=utf-8")
        elif url == f"{self.home}/tag.css":
            route.fulfill(body=tag.stylesheet().body, content_type="text/css; charset=utf-8")
        elif url == f"{self.home}/e":
            self.door(route, request)
        elif url.startswith(SUPPLIER):
            self.hits.append(url)
            route.fulfill(body=b"", content_type="image/gif")
        elif url.startswith(f"{self.home}/"):
            self.ours(route, request)
        elif url.startswith("https://www."):
            csp = self.csp.format(t="/".join(self.home.split("/")[:3]))
            body = self.html.format(home=self.home)
            route.fulfill(body=body, content_type="text/html", headers={"content-security-policy": csp})
        else:
            route.fulfill(status=404)

    def door(self, route: Route, request: Request) -> None:
        raw = request.post_data_buffer or b""
        told = json.loads(raw)
        self.posts.append(told)
        if told.get("events"):
            self.sent.append(told)
        given = {name: request.all_headers().get(name, "") for name in ("origin", "cookie", "sec-gpc")}
        headers = {name.replace("-", "_"): value for name, value in given.items()}
        reply = self.run(lambda: self.asker.post(raw, **headers))
        route.fulfill(status=reply.status, headers=reply.headers, body=reply.body)

    def ours(self, route: Route, request: Request) -> None:
        """A page of ours, as Django answers it, with the cookies that this browser carries there."""
        parts, given = urlsplit(request.url), request.all_headers()
        headers = {name: given[name] for name in ("cookie", "origin", "sec-gpc", "accept-language") if name in given}
        client = Client(HTTP_HOST=parts.netloc, headers=headers)
        form = dict(parse_qsl(request.post_data or "", keep_blank_values=True))
        reply = self.run(lambda: client.post(parts.path, form) if request.method == "POST" else client.get(parts.path))
        cookies = [morsel.OutputString() for morsel in reply.cookies.values()]
        route.fulfill(
            status=reply.status_code, body=reply.content, content_type=reply["Content-Type"],
            headers={"set-cookie": "\n".join(cookies)} if cookies else {},
        )  # fmt: skip

    def open(self, address: str = "/maps?who=ada") -> Page:
        self.page.goto(SITE + address, wait_until="networkidle")
        return self.page

    def followed(self) -> Page:
        """Somebody who said yes to everything, and is followed by the supplier."""
        page = self.open()
        press(page, "Accept all")
        until(page, "document.title === 'followed'")
        return page

    def choose(self, button: str) -> None:
        """Press a button of our own page of choices, which has no script."""
        self.page.goto(f"{self.home}/choices/")
        self.page.get_by_role("button", name=button).click()
        self.page.get_by_role("status").wait_for()


def publish(folder: Path, *changes: tuple[str, str]) -> None:
    """Another edition of rowan's policy."""
    text = (Path(__file__).parent / "policies" / "rowan.yaml").read_text()
    for old, new in (*changes, ("change: first", "change: small")):
        assert old in text
        text = text.replace(old, new)
    (folder / "rowan.yaml").write_text(text)
    editions.publish("rowan", folder / "rowan.yaml", replaces=editions.in_force("rowan").source_hash, by="")


def question(page: Page) -> Locator:
    return page.get_by_role("region", name="One supplier would like to set cookies")


def until(page: Page, holds: str) -> None:
    """Wait until an expression holds; the page's own policy forbids what the driver would evaluate for it."""
    for _ in range(200):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(25)
    raise AssertionError(holds)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    until(page, "document.cookie.includes('troth_choice')")


def kept(page: Page) -> list[str]:
    """What lies on the device for the site, whatever the forms of our own pages set beside it."""
    return sorted(one["name"] for one in page.context.cookies(SITE) if not one["name"].startswith("troth-"))


def visitor(chromium: Browser, script: str = OPEN) -> BrowserContext:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(8_000)
    context.add_init_script(script)
    return context
