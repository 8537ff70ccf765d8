"""A moment that somebody told has its ledger entry, and the salt that opens it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0004_salts")]
    operations = [
        migrations.AddField("moment", "entry", models.BigIntegerField(default=0)),
        migrations.AddField("moment", "salt", models.BinaryField(max_length=16, null=True)),
    ]
