"""The database itself refuses to change or delete an entry: a slip of ours is stopped, an attacker is found."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER ledger_entry_no_{verb.lower()} BEFORE {verb} ON ledger_entry "
            "BEGIN SELECT RAISE(ABORT, 'ledger entries are only added'); END",
            f"DROP TRIGGER ledger_entry_no_{verb.lower()}",
        )
        for verb in ("UPDATE", "DELETE")
    ]
