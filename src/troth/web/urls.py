"""Every address. ``web.hosts`` says which of them exist under which host name."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from troth.web import desk, entering, mailbox, pages, statics

_client: list[URLPattern | URLResolver] = [
    path("", pages.sample, name="sample"),
    path("notice/", pages.notice, name="notice"),
    path("notice/<int:number>/", pages.edition, name="edition"),
    path("policy.yaml", pages.source, name="source"),
]
_desk: list[URLPattern | URLResolver] = [
    path("", desk.today, name="today"),
    path("enter/", entering.enter, name="enter"),
    path("enter/factor/", entering.factor, name="factor"),
    path("enter/<str:token>/", entering.link, name="link"),
    path("spare/", entering.spare, name="spare"),
    path("leave/", entering.leave, name="leave"),
    path("requests/", desk.requests, name="requests"),
    path("sweeps/", desk.sweeps, name="sweeps"),
    path("refused/", desk.refused, name="refused"),
    path("<slug:client>/requests/<str:reference>/", desk.one, name="request"),
]
_demo: list[URLPattern | URLResolver] = [
    path("mailbox/", mailbox.page, name="mailbox"),
    path("parts/", pages.parts, name="parts"),
]
_own = [
    path("", pages.front, name="front"),
    path(".well-known/gpc.json", pages.gpc, name="gpc"),
    path("static/<str:mark>/<path:name>", statics.serve, name="static"),
    path("c/<slug:client>/", include(_client)),
    path("desk/", include(_desk)),
    *(_demo if settings.DEMO else []),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("desk/promises/", include("troth.prove.urls")),
    path("", include((_own, "web"))),
    path("c/<slug:client>/", include("troth.collect.urls")),
    path("c/<slug:client>/", include("troth.answer.urls")),
]

handler400 = "troth.web.failing.bad"
handler403 = "troth.web.failing.forbidden"
handler404 = "troth.web.failing.missing"
handler500 = "troth.web.failing.broken"
