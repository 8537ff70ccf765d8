"""Jobs: what is still to be done. A payload holds ids, never a personal value."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Job(models.Model):
    kind = models.CharField(max_length=40)
    client = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    once = models.CharField(max_length=120, null=True, unique=True)
    due = models.DateTimeField(db_index=True)
    leased_until = models.DateTimeField(null=True)
    holder = models.BigIntegerField(null=True)  # the process that took it; see holding
    tries = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=60, default="")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "due"], name="job_kind_due")]
