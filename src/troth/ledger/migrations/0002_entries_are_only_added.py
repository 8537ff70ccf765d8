"""The database itself refuses to change an entry: a slip of ours is stopped, an attacker is found by the chain.

Deleting is not refused: a closed segment goes when the ledger's own period is over; a hole is found by its number.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry "
            "BEGIN SELECT RAISE(ABORT, 'ledger entries are only added'); END",
            "DROP TRIGGER ledger_entry_no_update",
        )
    ]
