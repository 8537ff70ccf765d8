from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="served",
            field=models.JSONField(default=dict),
        ),
    ]
