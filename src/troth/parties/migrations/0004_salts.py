from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0003_a_role_ends")]
    operations = [
        migrations.AddField(model_name=name, name="salt", field=models.BinaryField(max_length=16, null=True))
        for name in ("edition", "staffgrant")
    ]
