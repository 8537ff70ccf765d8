"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    name = "troth.keep"
    label = "keep"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.keep import sweep, upkeep
        from troth.ledger import entries

        entries.effects("keep", sweep.effects)
        assert upkeep  # importing it is what registers its round
