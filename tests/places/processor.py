"""A processor behind HTTP, as another firm would write it from the page of the protocol: it shares no code with us."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Processor:
    """Holds people by address. ``bend`` may change an answer before (``body``) or after (``signed``) it is signed."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.people: dict[str, dict[str, str]] = {}
        self.unused: set[str] = set()  # whom they keep and do not use
        self.asked: list[dict[str, Any]] = []
        self.connections = 0
        self.bend: Callable[[dict[str, Any]], dict[str, Any]] = lambda said: said
        self.raw: Callable[[BaseHTTPRequestHandler, bytes], bool] = lambda handler, body: False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.answer(self, body)

            def do_GET(self) -> None:
                outer.asked.append({"do": "GET"})
                self.send_error(405)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def verify_request(self, *_: Any) -> bool:
                outer.connections += 1
                return True

            def handle_error(self, *_: Any) -> None:
                pass  # whoever asked went away

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Processor:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def sign(self, which: str, body: bytes) -> str:
        return hmac.new(self.key, f"{which}\n".encode() + body, hashlib.sha256).hexdigest()

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if self.raw(handler, body):
            return
        if handler.headers.get("Troth-Signature") != self.sign("question", body):
            handler.send_error(403)
            return
        asked = json.loads(body)
        self.asked.append(asked)
        said = self.bend({name: asked[name] for name in ("asking", "place", "nonce")} | self.act(asked))
        text = json.dumps(said).encode()
        self.send(handler, text, self.sign("answer", text))

    @staticmethod
    def send(handler: BaseHTTPRequestHandler, text: bytes, signature: str, status: int = 200) -> None:
        handler.send_response(status)
        handler.send_header("Troth-Signature", signature)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        names = [value for values in asked["whom"].values() for value in values]
        found = [(who, self.people[who]) for who in names if who in self.people]
        if not found:
            return {"state": "nothing held"}
        if asked["do"] == "erase":
            for _, values in found:
                for field in asked["fields"]:
                    values.pop(field, None)
            return {"state": "erased", "count": len(found)}
        if asked["do"] in ("restrict", "lift"):
            who = {name for name, _ in found}
            self.unused = self.unused | who if asked["do"] == "restrict" else self.unused - who
            return {"state": "restricted" if asked["do"] == "restrict" else "lifted"}
        if asked["do"] == "amend":
            field = asked["fields"][0]
            for _, values in found:
                if values.get(field) == asked["old"]:
                    values[field] = asked["new"]
            return {"state": "changed", "count": 1}
        items = [{"field": field, "value": value} for _, values in found for field, value in values.items()]
        return {"state": "found", "items": items}


def drip(handler: BaseHTTPRequestHandler, _body: bytes) -> bool:
    """One byte now and then, for ever: every single read is alive."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return True


def pour(handler: BaseHTTPRequestHandler, _body: bytes) -> bool:
    """As much as is taken, without a length and without an end."""
    try:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nTroth-Signature: x\r\n\r\n")
        while True:
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        return True
