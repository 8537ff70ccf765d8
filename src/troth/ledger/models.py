"""The one chain. Rows are only added; the database itself refuses a change or a deletion."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """One thing that was done. Holds no personal value: counts, random references, one salted commitment."""

    number = models.BigIntegerField(primary_key=True)  # gapless, from 1
    at = models.CharField(max_length=32)  # UTC, ISO 8601: text, so that what is hashed is what is stored
    act = models.CharField(max_length=30)
    client = models.CharField(max_length=40, db_index=True)  # '' is the installation itself
    edition = models.PositiveIntegerField(default=0)
    place = models.CharField(max_length=120, default="")
    counts = models.TextField(default="{}")
    refs = models.TextField(default="{}")
    actor = models.CharField(max_length=64, default="")
    commitment = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    chain = models.CharField(max_length=64)
