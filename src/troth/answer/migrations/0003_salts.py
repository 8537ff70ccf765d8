"""The salts that open the commitments of entries stand with the rows that the entries speak of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("answer", "0002_link_for_one_identity")]
    operations = [migrations.AddField("requeststep", "salt", models.BinaryField(max_length=16, null=True))]
