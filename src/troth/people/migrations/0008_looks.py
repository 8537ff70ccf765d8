"""When somebody of ours opened a person's data, sealed under the person's key; and how many people somebody opened."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0007_trace")]
    operations = [
        migrations.CreateModel(
            "Look",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "client",
                    models.ForeignKey("parties.Client", on_delete=django.db.models.deletion.PROTECT, related_name="+"),
                ),
                ("person", models.ForeignKey("people.Person", on_delete=django.db.models.deletion.CASCADE)),
                ("at", models.DateTimeField()),
                ("sealed", models.BinaryField()),
                ("entry", models.BigIntegerField()),
            ],
            options={"indexes": [models.Index(fields=["client", "person"], name="look_person")]},
        ),
        migrations.CreateModel(
            "Seen",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "client",
                    models.ForeignKey("parties.Client", on_delete=django.db.models.deletion.PROTECT, related_name="+"),
                ),
                ("actor", models.CharField(max_length=16)),
                ("day", models.DateField()),
                ("mark", models.BinaryField(max_length=16)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["client", "actor", "day", "mark"], name="seen_once")]
            },
        ),
    ]
