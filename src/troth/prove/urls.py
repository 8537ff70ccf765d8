"""The desk's promise pages; the public page is under each client's address."""

from __future__ import annotations

from django.urls import path

from troth.prove import pages

app_name = "prove"
urlpatterns = [
    path("", pages.overview, name="overview"),
    path("<slug:client>/", pages.promises, name="promises"),
    path("<slug:client>/run/", pages.run, name="run"),
    path("<slug:client>/pages/", pages.walked, name="pages"),
    path("<slug:client>/promises.json", pages.as_json, name="json"),
]
