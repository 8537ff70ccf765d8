"""The tree, the closed months, the checkpoints that were copied outside. Entries themselves stay as they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_entries_are_only_added")]
    operations = [
        migrations.CreateModel(
            name="Node",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hash", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="Segment",
            fields=[
                ("month", models.CharField(max_length=7, primary_key=True, serialize=False)),
                ("last", models.BigIntegerField(unique=True)),
                ("line", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("line", models.TextField()),
                ("outside", models.CharField(default="", max_length=20)),
            ],
        ),
    ]
