from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """A sentence of how a request ended has the room of a sentence of a step."""

    dependencies = [("answer", "0006_heard_and_complaints")]

    operations = [
        migrations.AlterField("requestrow", "outcome", models.CharField(default="", max_length=60)),
    ]
