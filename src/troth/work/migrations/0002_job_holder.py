from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("work", "0001_initial")]
    operations = [migrations.AddField("job", "holder", models.BigIntegerField(null=True))]
