"""The salts that open the commitments of entries stand with the rows that the entries speak of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0003_indexes_have_versions")]
    operations = [
        migrations.AddField(name, "salt", models.BinaryField(max_length=16, null=True))
        for name in ("value", "choice", "standing")
    ]
