"""Whether this troth may touch the tables of a data folder: not when a newer one made them."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from troth.policy.problems import Trouble


def refuse_newer() -> None:
    """An older troth over a newer one's tables would write, delete and vouch for what it does not know (T63)."""
    rooms = {
        app.label: Path(app.path) / "migrations" for app in apps.get_app_configs() if app.name.startswith("troth.")
    }
    applied = MigrationRecorder(connection).applied_migrations()
    newer = [one for app, one in applied if app in rooms and not (rooms[app] / f"{one}.py").exists()]
    if newer:
        raise Trouble(
            "data-newer",
            "The data folder was made ready by a newer troth than this one.",
            "Run the newer troth again, or put the folder back from a backup that is older than the upgrade.",
            where="TROTH_DATA",
        )
