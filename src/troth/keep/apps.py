"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    name = "troth.keep"
    label = "keep"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.keep import handed, sweep, upkeep
        from troth.ledger import entries
        from troth.places import ours

        entries.effects("keep", sweep.effects)
        ours.register(handed.OWN)
        assert upkeep  # importing it is what registers its round
