"""The last entry about a request or a decision commits to what its row says; the salt that opens it stands there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("answer", "0007_longer_outcomes")]
    operations = [
        migrations.AddField("requestrow", "sworn", models.BigIntegerField(default=0)),
        migrations.AddField("requestrow", "salt", models.BinaryField(max_length=16, null=True)),
        migrations.AddField("decision", "sworn", models.BigIntegerField(default=0)),
        migrations.AddField("decision", "salt", models.BinaryField(max_length=16, null=True)),
    ]
