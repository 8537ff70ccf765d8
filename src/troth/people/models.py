"""Whom the data is about, what they chose, and what stands over it. Only this room reads these tables.

Every table carries its client (the wall), every row that an act left carries the number of its ledger entry, and
ids are never used twice. What a person said or gave stands here sealed; what is in clear is opaque or a choice.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Person(models.Model):
    """One person as one client knows them. ``facts`` is what the gate reads: written with whatever changes it."""

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    kinds: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    created = models.DateTimeField()
    canary = models.BooleanField(default=False)
    underage = models.BooleanField(default=False)
    facts = models.BinaryField(default=b"")
    entry = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "id"], name="person_wall")]


class Identity(models.Model):
    """A key by which a person is known. Unverified, it joins nothing.

    ``blind``: HMAC under the client's index key of ``version``, one for each kind.
    """

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    field = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    rule = models.CharField(max_length=120)
    blind = models.BinaryField(max_length=32)
    version = models.SmallIntegerField(default=0)
    sealed = models.BinaryField()
    made = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)
    entry = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["client", "blind"], name="identity_blind"),
            models.Index(fields=["client", "person"], name="identity_person"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "person", "field", "blind"], name="identity_once")
        ]


class Terms(models.Model):
    """Under what a value was collected: one small row, held by reference by all values that share it."""

    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    edition = models.IntegerField()
    point = models.CharField(max_length=120)
    source = models.CharField(max_length=120)
    channel = models.CharField(max_length=20)
    opened: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    content = models.CharField(max_length=64, unique=True)  # sha-256 of the terms' own words: nobody's value


class Value(models.Model):
    """One datum. When it is due is worked out from ``born`` and the moments, never stored."""

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    field = models.CharField(max_length=120)
    terms = models.ForeignKey(Terms, on_delete=models.PROTECT)
    rule = models.CharField(max_length=120)
    born = models.DateTimeField()
    sealed = models.BinaryField()
    written_at = models.DateTimeField()
    entry = models.BigIntegerField(default=0)
    salt = models.BinaryField(max_length=16, null=True)  # opens its entry's commitment

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["client", "person", "field"], name="value_person"),
            models.Index(fields=["client", "rule", "born"], name="value_rule"),
        ]


class Moment(models.Model):
    """Something that happened and starts a clock: the contract ended, the letter was answered. What somebody told us
    has its entry; what the program notes by itself has none."""

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    moment = models.CharField(max_length=120)
    at = models.DateTimeField()
    entry = models.BigIntegerField(default=0)
    salt = models.BinaryField(max_length=16, null=True)  # opens its entry's commitment

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["client", "person", "moment"], name="moment_once")]


class Choice(models.Model):
    """What somebody said, once and as they said it. Rows are only added; the database itself refuses a change."""

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE)
    browser = models.BinaryField(default=b"", max_length=32)  # HMAC, as an index of the kind "browser"
    version = models.SmallIntegerField(default=0)  # of the client's index key: the browser cannot be marked anew
    key = models.CharField(max_length=64)
    stop = models.CharField(max_length=200)
    state = models.BooleanField()
    at = models.DateTimeField()
    edition = models.IntegerField()
    text_hash = models.CharField(max_length=64)  # sha-256 of the question as published: nobody's value
    how = models.CharField(max_length=40)
    entry = models.BigIntegerField()
    salt = models.BinaryField(max_length=16, null=True)  # opens its entry's commitment

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["client", "person", "id"], name="choice_person"),
            models.Index(fields=["client", "browser", "id"], name="choice_browser"),
        ]


class Standing(models.Model):
    """What stands over a person's data: a restriction (UK GDPR Art 18) or a hold (Art 17(3))."""

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    kind = models.CharField(max_length=12)  # restriction, hold
    name = models.CharField(max_length=120)  # a hold's name in the policy
    fields: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    ground = models.CharField(max_length=200)
    by = models.CharField(max_length=64)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    review = models.DateField(null=True)
    ended = models.DateTimeField(null=True)
    entry = models.BigIntegerField()
    end_entry = models.BigIntegerField(default=0)
    salt = models.BinaryField(max_length=16, null=True)  # opens its entry's commitment

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "person", "ended"], name="standing_person")]


class Suppression(models.Model):
    """Who must not be approached again, kept when all else is gone. ``blind`` is a mark under the list's own key.

    ``version``: of the client's index key from which that key comes. It stays, because the address is not here.
    """

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=80)
    blind = models.BinaryField(max_length=32)
    version = models.SmallIntegerField(default=0)
    stops: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    at = models.DateTimeField()
    entry = models.BigIntegerField()
    salt = models.BinaryField(max_length=16, null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["client", "blind"], name="suppression_once")]


class Trace(models.Model):
    """By what somebody is found again of whom something stayed after an erasure. ``blind`` is a mark under a key of its
    own, which comes from the client's index key of ``version``; the address is not here."""

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    blind = models.BinaryField(max_length=32)
    version = models.SmallIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "blind"], name="trace_blind")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["client", "person", "blind"], name="trace_once")]


class RefusalRow(models.Model):
    """An act the gate refused: what was asked and the codes of the reasons. No person, no value."""

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10)
    use = models.CharField(max_length=200)
    recipient = models.CharField(max_length=200)
    codes: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    persons = models.IntegerField()
    actor = models.CharField(max_length=64)
    entry = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "-id"], name="refusal_newest")]


class Look(models.Model):
    """That somebody of ours opened this person's data. Why, what and who is sealed under the person's key."""

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    at = models.DateTimeField()
    sealed = models.BinaryField()
    entry = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "person"], name="look_person")]


class Seen(models.Model):
    """One of the people whose data a member of staff opened on a day: a keyed mark of that day, so that they can be
    counted and not listed. It goes after a week."""

    id = models.BigAutoField(primary_key=True)
    client = models.ForeignKey("parties.Client", on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=16)
    day = models.DateField()
    mark = models.BinaryField(max_length=16)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["client", "actor", "day", "mark"], name="seen_once")]
