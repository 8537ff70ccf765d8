from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0002_what_is_served"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="staffgrant", name="grant_once"),
        migrations.AddField(
            model_name="staffgrant",
            name="ended",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="staffgrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended", None)), fields=("staff", "client", "role"), name="grant_stands_once"
            ),
        ),
    ]
