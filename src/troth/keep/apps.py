"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    name = "troth.keep"
    label = "keep"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.keep import chores, erasure, handed, left, recipients, stores, sweep, unused, upkeep
        from troth.ledger import entries
        from troth.parties import editions
        from troth.people import store
        from troth.places import ours

        entries.effects("keep", sweep.effects)
        ours.register(handed.OWN)
        editions.standing_data(stores.fields_in_events, in_files=True)
        ours.register(left.OWN)
        kinds = {"erasure": erasure, "telling": recipients, "handed": handed, "chore": chores}
        for kind, room in kinds.items():
            store.sealed_apart(kind, room.rules_in_use)
        assert upkeep and unused  # importing them is what registers their work
