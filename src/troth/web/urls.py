"""Every address. ``web.hosts`` says which of them exist under which host name."""

from __future__ import annotations

import functools

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from troth.answer import urls as answer
from troth.collect import urls as collect
from troth.web import complaining, deciding, desk, entering, happening, hearing, holding, looks, mailbox, pages, statics

_client: list[URLPattern | URLResolver] = [
    path("", pages.sample, name="sample"),
    path("notice/", pages.notice, name="notice"),
    path("notice/<int:number>/", pages.edition, name="edition"),
    path("promises/", pages.promises, name="promises"),
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
    path("requests/register/", hearing.page, name="hear"),
    path("requests.csv", desk.requests_csv, name="requests-csv"),
    path("promises/<slug:client>/promises.csv", desk.promises_csv, name="promises-csv"),
    path("holds/", holding.page, name="holds"),
    path("moments/", happening.page, name="moments"),
    path("looks/", looks.page, name="looks"),
    path("looks.csv", looks.as_csv, name="looks-csv"),
    path("sweeps/", desk.sweeps, name="sweeps"),
    path("refused/", desk.refused, name="refused"),
    path("<slug:client>/requests/<str:reference>/", desk.one, name="request"),
    path("<slug:client>/requests/<str:reference>/decide/", deciding.page, name="decide"),
    path("<slug:client>/requests/<str:reference>/complaint/", complaining.page, name="complaint"),
    path("<slug:client>/requests/<str:reference>/heard/", hearing.one, name="heard"),
]
_demo: list[URLPattern | URLResolver] = [
    path("mailbox/", mailbox.page, name="mailbox"),
    path("parts/", pages.parts, name="parts"),
]
_everywhere: list[URLPattern | URLResolver] = [
    path(".well-known/gpc.json", pages.gpc, name="gpc"),
    path("favicon.ico", statics.icon, name="icon"),
    path("static/<str:mark>/<path:name>", statics.serve, name="static"),
]
_own = [
    path("", pages.front, name="front"),
    *_everywhere,
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


class Own:
    """The addresses of one client on its own host: the same pages, from the root. The long ones go on working."""

    handler400, handler403 = "troth.web.failing.bad", "troth.web.failing.forbidden"
    handler404, handler500 = "troth.web.failing.missing", "troth.web.failing.broken"

    def __init__(self, slug: str) -> None:
        here, long = {"client": slug}, "c/<slug:client>/"
        self.urlpatterns: list[URLPattern | URLResolver] = [
            path("", include((_everywhere, "web"), namespace="shared")),
            path("", include(([path("", include(_client), here)], "web"))),
            path("", include(([path("", include(collect.urlpatterns), here)], "collect"))),
            path("", include(([path("", include(answer.urlpatterns), here)], "answer"))),
            path(long, include((_client, "web"), namespace="long-web")),
            path(long, include("troth.collect.urls", namespace="long-collect")),
            path(long, include("troth.answer.urls", namespace="long-answer")),
        ]


@functools.cache
def own(slug: str) -> Own:
    return Own(slug)


handler400 = "troth.web.failing.bad"
handler403 = "troth.web.failing.forbidden"
handler404 = "troth.web.failing.missing"
handler500 = "troth.web.failing.broken"
