"""Static files of every room, named by their content so that a browser may keep them for a year. No collecting step:
they are few and small, and are read once."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

OURS: Final = re.compile(r"(web|collect|answer|prove)/[a-z0-9-]+\.[a-z0-9]+")


_known: dict[str, tuple[bytes, str]] = {}  # what is there, and never what somebody asked for


def _read(name: str) -> tuple[bytes, str] | None:
    if name not in _known:
        found = finders.find(name) if OURS.fullmatch(name) else None  # nothing of the framework's own is served
        if not isinstance(found, str):
            return None
        body = Path(found).read_bytes()
        _known[name] = body, hashlib.sha256(body).hexdigest()[:16]
    return _known[name]


class Hashed(StaticFilesStorage):
    def url(self, name: str | None, force: bool = False) -> str:
        read = _read(name or "")
        return f"/static/{read[1]}/{name}" if read else f"/static/missing/{name}"


@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    """For browsers that ask for it by its old name, whatever a page says."""
    read = _read("web/favicon.ico")
    response = HttpResponse(read[0] if read else b"", content_type="image/x-icon")
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
def serve(request: HttpRequest, mark: str, name: str) -> HttpResponse:
    read = _read(name)
    if read is None or read[1] != mark:
        raise Http404("There is no such file.")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = HttpResponse(read[0], content_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
