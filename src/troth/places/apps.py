"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    name = "troth.places"
    label = "places"
    default_auto_field = "django.db.models.BigAutoField"
