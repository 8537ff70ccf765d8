"""Looks at a client's pages, each a signed row."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial"), ("prove", "0002_salts")]

    operations = [
        migrations.CreateModel(
            name="Scan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("edition", models.PositiveIntegerField()),
                ("named", models.BooleanField()),
                ("report", models.BinaryField()),
                ("signature", models.BinaryField()),
                ("entry", models.PositiveBigIntegerField()),
                ("salt", models.BinaryField(max_length=16)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.client"
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["client", "-at"], name="scan_latest")]},
        ),
    ]
