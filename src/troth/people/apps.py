"""The room as Django knows it: it tells places and ledger which of its tables hold data and effects."""

from django.apps import AppConfig


class Room(AppConfig):
    name = "troth.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.ledger import entries
        from troth.people import own

        own.register()
        entries.effects("people", own.effects)
