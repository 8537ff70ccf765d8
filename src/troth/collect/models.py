"""What this room keeps in tables: what was submitted already, and what the ledger has taken up of the events."""

from __future__ import annotations

from django.db import models


class Submission(models.Model):
    """A form or an answer that came in, so that one sent twice is taken once. Holds no value of it."""

    client = models.CharField(max_length=64)
    key = models.CharField(max_length=80)
    digest = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="collect_submitted_once")]


class TakenUp(models.Model):
    """Batches of one event file that stand in the ledger; its entry and this row are one transaction."""

    client = models.CharField(max_length=64, db_index=True)
    file = models.CharField(max_length=120)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    counts = models.JSONField()
    entry = models.BigIntegerField()
    salt = models.BinaryField(max_length=16, null=True)  # opens its entry's commitment
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "file", "last"], name="collect_taken_up_once")]


class LogImport(models.Model):
    """What became of a log that the server imported for a command that waits. Holds counts and numbers of lines."""

    ref = models.CharField(max_length=32, unique=True)
    client = models.CharField(max_length=64, db_index=True)
    done = models.JSONField(default=dict)
    trouble = models.JSONField(default=dict)
    at = models.DateTimeField()
