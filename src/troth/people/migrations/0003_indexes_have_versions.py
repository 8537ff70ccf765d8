"""A row says with which version of its client's index key it was found; what stands already was made with version 0.

The columns are added in place: a table that is written anew would lose its triggers, and with them that choices are
only added. What stands is noted beside the keys first, so that a killed upgrade is simply done again.
"""

from typing import Any

from django.db import migrations, models

TABLES = ("people_identity", "people_choice", "people_suppression")
ADD = "ALTER TABLE {0} ADD COLUMN version smallint NOT NULL DEFAULT 0"
DROP = "ALTER TABLE {0} DROP COLUMN version"


def note_what_stands(apps: Any, schema_editor: Any) -> None:
    from troth.people import vault

    clients = set()
    for name in ("Identity", "Choice", "Suppression"):
        clients |= set(apps.get_model("people", name).objects.values_list("client_id", flat=True).distinct())
    for client in sorted(clients):
        vault.stands_under_the_first_edition(client)


class Migration(migrations.Migration):
    dependencies = [("people", "0002_choices_are_only_added")]
    operations = [
        migrations.RunPython(note_what_stands, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(ADD.format(table), DROP.format(table)) for table in TABLES
            ],
            state_operations=[
                migrations.AddField(name, "version", models.SmallIntegerField(default=0))
                for name in ("identity", "choice", "suppression")
            ],
        ),
    ]
