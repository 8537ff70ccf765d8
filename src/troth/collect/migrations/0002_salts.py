"""The salts that open the commitments of entries stand with the rows that the entries speak of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collect", "0001_initial")]
    operations = [migrations.AddField("takenup", "salt", models.BinaryField(max_length=16, null=True))]
