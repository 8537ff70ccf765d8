"""What this room keeps: requests with their clock, what staff decided of them, links that prove an address, short
sessions. No value in clear."""

from __future__ import annotations

from django.db import models


class RequestRow(models.Model):
    """One right, asked for. The detail is sealed under the person's request key and goes when the letter has gone."""

    reference = models.CharField(max_length=24, unique=True)
    client = models.CharField(max_length=64)
    person = models.BigIntegerField()
    right = models.CharField(max_length=12)
    state = models.CharField(max_length=16, default="open")  # open, closed
    outcome = models.CharField(max_length=40, default="")
    opened = models.DateTimeField()
    due = models.DateTimeField()
    closed = models.DateTimeField(null=True)
    detail = models.BinaryField(null=True)
    letter = models.CharField(max_length=8, default="")  # '', wanted, sent
    waits = models.CharField(max_length=8, default="")  # '', fee: then the clock rests, and it lapses when due
    entry = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["client", "person"]), models.Index(fields=["client", "state", "due"])]


class RequestStep(models.Model):
    request = models.ForeignKey(RequestRow, models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    what = models.CharField(max_length=60)
    entry = models.BigIntegerField(default=0)
    salt = models.BinaryField(max_length=16, null=True)  # opens its entry's commitment


class Decision(models.Model):
    """One decision of staff to refuse, charge for, put off or leave something out: UK GDPR Art 12(4), (5), 12A(3)."""

    client = models.CharField(max_length=64)
    reference = models.CharField(max_length=24)  # of the request
    person = models.BigIntegerField()
    kind = models.CharField(max_length=8)  # refuse, withhold, fee, extend
    ground = models.CharField(max_length=40)  # of the closed list
    fields: models.JSONField[list[str], list[str]] = models.JSONField(default=list)  # what is left out
    pence = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, default="waits")  # waits, dropped, decided, told, paid, ended
    by = models.CharField(max_length=64)
    second = models.CharField(max_length=64, default="")  # who agreed, or did not
    reasons = models.BinaryField(null=True)  # sealed, with the evidence of how they were told or paid
    opened = models.DateTimeField()
    told = models.DateTimeField(null=True)
    paid = models.DateTimeField(null=True)
    entry = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["client", "reference"]), models.Index(fields=["client", "person"])]


class LinkToken(models.Model):
    """A link and a code for one address. The link is derived, never stored; the address is sealed for this process."""

    public = models.CharField(max_length=32, unique=True)  # names the row in the code form; opens nothing
    salt = models.BinaryField()
    hash = models.BinaryField(unique=True)
    purpose = models.CharField(max_length=8)  # see, erase, undo, confirm, change, beside
    client = models.CharField(max_length=64)
    address = models.BinaryField(null=True)
    person = models.BigIntegerField(null=True)
    identity = models.BigIntegerField(null=True)  # the number of the identity that it is for, of a person we know
    reference = models.CharField(max_length=24, default="")
    created = models.DateTimeField()
    expires = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used = models.BooleanField(default=False)


class PersonSession(models.Model):
    hash = models.BinaryField(unique=True)
    client = models.CharField(max_length=64)
    person = models.BigIntegerField()
    persons: models.JSONField[list[int], list[int]] = models.JSONField(default=list)
    half = models.BinaryField(default=b"")  # keyed: the old address that began it, which opens nothing alone
    expires = models.DateTimeField()
