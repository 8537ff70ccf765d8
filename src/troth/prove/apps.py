"""The room as Django knows it."""

import importlib

from django.apps import AppConfig


class Room(AppConfig):
    name = "troth.prove"
    label = "prove"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.ledger import entries
        from troth.prove import report, scan

        entries.effects("prove", report.effects)
        entries.effects("scan", scan.effects)
        for probes in (
            *("probes", "refusing", "guarding", "telling", "lawful", "changing", "answering", "hearing"),
            "scan_proving",
        ):
            importlib.import_module(f"troth.prove.{probes}")  # its import registers the keepers
