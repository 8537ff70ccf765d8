"""The entry about a suppression commits to what its row says; the salt that opens it stands there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0005_moments_are_told")]
    operations = [migrations.AddField("suppression", "salt", models.BinaryField(max_length=16, null=True))]
