"""The room as Django knows it: it tells places, ledger and parties what its tables hold."""

from django.apps import AppConfig


class Room(AppConfig):
    name = "troth.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.ledger import entries
        from troth.parties import editions
        from troth.people import own, store

        own.register()
        editions.standing_data(store.fields_standing)
        entries.effects("people", own.effects)
