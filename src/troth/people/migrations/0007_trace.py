"""By what somebody is found again of whom something stayed after an erasure."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0006_suppressions_are_committed_to")]
    operations = [
        migrations.CreateModel(
            "Trace",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "client",
                    models.ForeignKey("parties.Client", on_delete=django.db.models.deletion.PROTECT, related_name="+"),
                ),
                ("person", models.ForeignKey("people.Person", on_delete=django.db.models.deletion.CASCADE)),
                ("blind", models.BinaryField(max_length=32)),
                ("version", models.SmallIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["client", "blind"], name="trace_blind")],
                "constraints": [models.UniqueConstraint(fields=["client", "person", "blind"], name="trace_once")],
            },
        )
    ]
