"""What this room keeps: requests with their clock and how they came, what staff decided of them, links that prove an
address, short sessions. No value in clear."""

from __future__ import annotations

from django.db import models


class RequestRow(models.Model):
    """One right, asked for. The detail is sealed under the person's request key and goes when the letter has gone."""

    reference = models.CharField(max_length=24, unique=True)
    client = models.CharField(max_length=64)
    person = models.BigIntegerField()
    right = models.CharField(max_length=12)
    state = models.CharField(max_length=16, default="open")  # open, closed
    outcome = models.CharField(max_length=60, default="")  # one of our sentences
    opened = models.DateTimeField()
    due = models.DateTimeField()
    closed = models.DateTimeField(null=True)
    detail = models.BinaryField(null=True)
    letter = models.CharField(max_length=8, default="")  # '', wanted, sent
    waits = models.CharField(max_length=8, default="")  # '', or for what the clock rests: fee, proof, scope
    entry = models.BigIntegerField(default=0)
    sworn = models.BigIntegerField(default=0)  # the entry that commits to this row; the salt opens it
    salt = models.BinaryField(max_length=16, null=True)

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
    sworn = models.BigIntegerField(default=0)  # as of a request
    salt = models.BinaryField(max_length=16, null=True)

    class Meta:
        indexes = [models.Index(fields=["client", "reference"]), models.Index(fields=["client", "person"])]


class Heard(models.Model):
    """A request that came elsewhere than on the page: when, which way, and what was seen since. Who asked, for whom and
    what they wrote are sealed with the request."""

    client = models.CharField(max_length=64)
    reference = models.CharField(max_length=24, unique=True)
    way = models.CharField(max_length=10)  # of the closed list: post, email, …
    through = models.CharField(max_length=16, default="")  # '', or who asks for them: agent, parent, …
    came = models.DateField()  # the local day on which it arrived
    registered = models.DateTimeField()
    by = models.CharField(max_length=64)
    once = models.CharField(max_length=32, unique=True)  # of the form that registered it: pressed twice is once
    shown = models.DateTimeField(null=True)  # who they are
    may = models.DateTimeField(null=True)  # that they may act for another
    acknowledged = models.DateTimeField(null=True)
    made = models.DateTimeField(null=True)  # the answer was put together, and no place was silent


class Question(models.Model):
    """What was asked back, and the days: they move the clock (UK GDPR Art 12(6), 12A(2), 12A(5)). Its words are sealed
    with the request."""

    client = models.CharField(max_length=64)
    reference = models.CharField(max_length=24)
    what = models.CharField(max_length=10)  # identity, authority, scope
    asked = models.DateField()
    answered = models.DateField(null=True)
    by = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["client", "reference"])]


class Complaint(models.Model):
    """A complaint beside its request: by when it is acknowledged, when they last heard of us, and what came of it. What
    it says is sealed with the request: DPA 2018 s164A."""

    client = models.CharField(max_length=64)
    reference = models.CharField(max_length=24, unique=True)
    source = models.CharField(max_length=8)  # page, form, desk
    by_day = models.DateTimeField()  # until then it is acknowledged
    acknowledged = models.DateTimeField(null=True)
    heard = models.DateTimeField()  # when they last heard of us; at first, when it came
    outcome = models.CharField(max_length=16, default="")  # of the closed list
    told = models.DateTimeField(null=True)  # the outcome

    class Meta:
        indexes = [models.Index(fields=["client", "acknowledged"])]


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
