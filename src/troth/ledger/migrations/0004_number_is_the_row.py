"""An entry's number is the number of its row: nothing but a whole number fits, and one index less is written."""

from django.db import migrations

TABLE = """CREATE TABLE ledger_entry_new (
  number integer NOT NULL PRIMARY KEY, at varchar(32) NOT NULL, act varchar(30) NOT NULL,
  client varchar(40) NOT NULL, edition integer unsigned NOT NULL CHECK (edition >= 0), place varchar(120) NOT NULL,
  counts text NOT NULL, refs text NOT NULL, actor varchar(64) NOT NULL, commitment varchar(64) NOT NULL,
  previous varchar(64) NOT NULL, chain varchar(64) NOT NULL)"""
COLUMNS = "number, at, act, client, edition, place, counts, refs, actor, commitment, previous, chain"
ONLY_ADDED = """CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry
  BEGIN SELECT RAISE(ABORT, 'ledger entries are only added'); END"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_tree_months_checkpoints")]
    operations = [
        migrations.RunSQL(
            [
                TABLE,
                f"INSERT INTO ledger_entry_new ({COLUMNS}) SELECT {COLUMNS} FROM ledger_entry ORDER BY number",
                "DROP TABLE ledger_entry",
                "ALTER TABLE ledger_entry_new RENAME TO ledger_entry",
                "CREATE INDEX ledger_entry_client ON ledger_entry (client)",
                ONLY_ADDED,
            ],
            migrations.RunSQL.noop,
        )
    ]
