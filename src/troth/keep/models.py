"""An erasure is a row, and each place it must reach is a row: whatever stops half-way is taken up again."""

from __future__ import annotations

from django.db import models


class Erasure(models.Model):
    client = models.CharField(max_length=64)
    person = models.BigIntegerField()
    persons: models.JSONField[list[int], list[int]] = models.JSONField(default=list)
    reference = models.CharField(max_length=24)  # of the request, or of whoever asked
    step = models.CharField(max_length=12, default="places")  # places, keys, again, overwrite, done
    subject = models.BinaryField(null=True)  # sealed: whom to ask outside places for, until all have answered
    kept = models.BinaryField(default=b"[]")  # what stays and why; holds no value
    opened = models.DateTimeField()
    begins = models.DateTimeField(null=True)  # not before this: until then it can be taken back
    finished = models.DateTimeField(null=True)
    entry = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["client", "person"])]


class Task(models.Model):
    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="tasks")
    place = models.CharField(max_length=80)
    state = models.CharField(max_length=16, default="waiting")  # waiting, sent, not answered, answered
    receipt = models.BinaryField(default=b"")
    answered = models.DateTimeField(null=True)
    again = models.BooleanField(default=False)  # asked a second time, and held nothing but what stays
    by = models.CharField(max_length=64, default="")  # who did it by hand: an opaque reference
    evidence = models.BinaryField(null=True)  # sealed: how that is known


class Telling(models.Model):
    """One recipient that is to be told of one erasure, correction or restriction (UK GDPR Art 19); or one place outside
    that is to keep something and not use it (Art 18)."""

    client = models.CharField(max_length=64)
    reference = models.CharField(max_length=24)
    why = models.CharField(max_length=8)  # erase, rectify, restrict, lifted
    recipient = models.CharField(max_length=120)
    place = models.CharField(max_length=80, default="")  # a place outside that is told itself, and no recipient
    labels = models.CharField(max_length=400)  # the kinds of data they had; holds no value
    state = models.CharField(max_length=16, default="not told yet")  # and as ``recipients.State`` has it
    whom = models.BinaryField(null=True)  # sealed under a key of its own, until they know
    evidence = models.BinaryField(null=True)  # sealed: how it is known that they were told
    by = models.CharField(max_length=64, default="")
    opened = models.DateTimeField()
    next = models.DateTimeField(null=True)  # when it is tried again, or asked of a hand; none: told, or not so yet
    at = models.DateTimeField(null=True)
    entry = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["client", "reference"])]


class Agreement(models.Model):
    """Since when a hold stops an erasure on one person's word, and who agreed to that since."""

    client = models.CharField(max_length=64)
    standing = models.BigIntegerField(unique=True)  # the hold
    by = models.CharField(max_length=64, default="")  # who agreed: an opaque reference; '': nobody yet
    at = models.DateTimeField()
    entry = models.BigIntegerField(default=0)


class Handed(models.Model):
    """What somebody found of a person in a place that is looked after by hand; an empty list is an answer, too."""

    client = models.CharField(max_length=64)
    place = models.CharField(max_length=80)
    person = models.BigIntegerField()
    found = models.BinaryField(null=True)  # sealed under a key of its own
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    until = models.DateTimeField()
    entry = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["client", "person"])]


class Chore(models.Model):
    """What is due in a place that no sweep reaches: a hand forgets it there, and says so."""

    client = models.CharField(max_length=64)
    place = models.CharField(max_length=80)
    month = models.CharField(max_length=7)  # as 2026-11
    opened = models.DateTimeField()
    done = models.DateTimeField(null=True)
    by = models.CharField(max_length=64, default="")
    evidence = models.BinaryField(null=True)  # sealed
    entry = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "place", "month"], name="one_chore_a_month")]


class Sweep(models.Model):
    """One sweep, so that the next knows how far the clock has moved."""

    client = models.CharField(max_length=64)
    at = models.DateTimeField()
    counts: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(default=dict)
    stopped = models.CharField(max_length=24, default="")  # '', clock, share
    entry = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["client", "at"])]
