"""The room as Django knows it."""

from django.apps import AppConfig


class Room(AppConfig):
    name = "troth.answer"
    label = "answer"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.answer import changing, complaining, erase, identity, own, refusing, requests
        from troth.collect import intake
        from troth.keep import erasure, recipients, sweep
        from troth.ledger import entries
        from troth.parties import editions
        from troth.people import store
        from troth.places import ours

        if identity.confirm_address not in intake.confirmations:
            intake.confirmations.append(identity.confirm_address)
        if complaining.came_by_form not in intake.confirmations:
            intake.confirmations.append(complaining.came_by_form)
        erasure.when_done(erase.done)
        editions.after_publish(changing.published)
        recipients.restricting(requests.restricting)
        sweep.also("requests", own.tidy)
        sweep.also("changes", changing.nightly)
        ours.register(own.OWN)
        store.sealed_apart("request", requests.rules_in_use)
        store.sealed_apart("decision", refusing.rules_in_use)
        entries.effects("answer", own.effects)
