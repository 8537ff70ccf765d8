"""The database itself refuses a change of what somebody said; an erasure or a sweep may still delete it."""

from django.db import migrations

TRIGGER = """
CREATE TRIGGER people_choice_only_added BEFORE UPDATE ON people_choice
BEGIN SELECT RAISE(ABORT, 'choices are only added'); END
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [migrations.RunSQL(TRIGGER, "DROP TRIGGER people_choice_only_added")]
