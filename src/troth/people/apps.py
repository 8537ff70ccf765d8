"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    name = "troth.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
