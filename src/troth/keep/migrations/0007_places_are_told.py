"""A place outside is told, too, that use of what it holds is restricted, and that this is over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keep", "0006_noticed")]
    operations = [migrations.AddField("telling", "place", models.CharField(default="", max_length=80))]
