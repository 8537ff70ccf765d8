"""Whether troth may touch the tables of a data folder: not when a newer one made them, nor before they are made."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from troth.policy.problems import Trouble


def refuse_newer() -> None:
    """An older troth over a newer one's tables would write, delete and vouch for what it does not know (T63)."""
    if _applied() - _known():
        raise Trouble(
            "data-newer",
            "The data folder was made ready by a newer troth than this one.",
            "Run the newer troth again, or put the folder back from a backup that is older than the upgrade.",
            where="TROTH_DATA",
        )


def refuse_older() -> None:
    """A command over tables that are not made yet would stop in the middle of what it does."""
    if _known() - _applied():
        raise Trouble(
            "tables-old",
            "The database of the data folder is not ready: tables are to be made or changed.",
            "Start `troth serve` once, which does it; then run the command again.",
            where="TROTH_DATA",
        )


def _applied() -> set[tuple[str, str]]:
    rooms = {app for app, _ in _known()}
    return {one for one in MigrationRecorder(connection).applied_migrations() if one[0] in rooms}


def _known() -> set[tuple[str, str]]:
    ours = (app for app in apps.get_app_configs() if app.name.startswith("troth."))
    return {
        (app.label, file.stem)
        for app in ours
        for file in (Path(app.path) / "migrations").glob("*.py")
        if file.stem != "__init__"
    }
