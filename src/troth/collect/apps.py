"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    name = "troth.collect"
    label = "collect"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.collect import intake, logs, served  # noqa: F401  (logs registers the job it does for commands)
        from troth.collect.sealing import VaultSealer
        from troth.ledger import entries
        from troth.parties import editions
        from troth.places import events
        from troth.work import loop

        events.sealer(VaultSealer())
        entries.effects("events", intake.effects)
        editions.serves(served.hashes)
        loop.every(2.0)(intake.take_up)
        loop.every(3600.0)(intake.tidy)
