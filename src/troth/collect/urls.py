"""The addresses of this room, under a client's own; ``e`` is the door's and never reaches Django."""

from __future__ import annotations

from django.urls import path

from troth.collect import pages

app_name = "collect"
urlpatterns = [
    path("choices/", pages.choices, name="choices"),
    path("form/<str:point>/", pages.form, name="form"),
    path("tag.js", pages.script, name="tag"),
    path("tag.css", pages.stylesheet, name="stylesheet"),
]
