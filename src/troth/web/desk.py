"""The privacy desk: what is due, from whom, by when; what was turned away; what the sweeps take."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    return render(request, "web/today.html", {"section": "today"})


requests = sweeps = refused = today


def one(request: HttpRequest, client: str, reference: str) -> HttpResponse:
    return today(request)
