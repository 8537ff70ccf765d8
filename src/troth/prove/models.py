"""One row for each proof that was run and each look at pages: what was found, signed by this installation."""

from __future__ import annotations

from django.db import models


class Proof(models.Model):
    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_index=True)
    edition = models.PositiveIntegerField()
    report = models.BinaryField()  # msgspec JSON of troth.prove.report.Report
    signature = models.BinaryField()
    entry = models.PositiveBigIntegerField()  # number of its ledger entry
    salt = models.BinaryField(max_length=16, null=True)  # opens its entry's commitment

    class Meta:
        indexes = [models.Index(fields=["client", "-at"], name="proof_latest")]


class Scan(models.Model):
    """One look at a client's pages in a real browser. Nothing in it is of a person."""

    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    edition = models.PositiveIntegerField()
    named = models.BooleanField()  # somebody chose the pages
    report = models.BinaryField()  # msgspec JSON of troth.prove.scan.Scan
    signature = models.BinaryField()
    entry = models.PositiveBigIntegerField()  # number of its ledger entry
    salt = models.BinaryField(max_length=16)  # opens its entry's commitment

    class Meta:
        indexes = [models.Index(fields=["client", "-at"], name="scan_latest")]
