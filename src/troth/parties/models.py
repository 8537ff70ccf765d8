"""Clients, the editions of their policies, and the staff who may act for them."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class Client(models.Model):
    """One wall: a policy, its people, keys and files."""

    slug = models.SlugField(primary_key=True, max_length=40)
    host = models.CharField(max_length=200, blank=True, default="")
    created = models.DateTimeField()


class Edition(models.Model):
    """One dated version of a policy as published. Rows are only added: editions stay readable."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    date = models.DateField()
    plan = models.BinaryField()
    plan_hash = models.CharField(max_length=64)
    source_hash = models.CharField(max_length=64)
    text = models.BinaryField()
    change = models.CharField(max_length=20)
    because = models.CharField(max_length=500)
    published_at = models.DateTimeField()
    entry = models.PositiveBigIntegerField(default=0)
    served = models.JSONField(default=dict)  # SHA-256 of each script that is served under it, by its name
    salt = models.BinaryField(max_length=16, null=True)  # opens its entry's commitment

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["client", "number"], name="edition_once")]


def _ref() -> str:
    return secrets.token_hex(8)


class StaffManager(BaseUserManager["Staff"]):
    def create_user(self, email: str) -> Staff:
        """Staff have no password: they come in by a link and a second factor."""
        member = self.model(email=self.normalize_email(email).lower())
        member.set_unusable_password()
        member.save(using=self._db)
        return member


class Staff(AbstractBaseUser, PermissionsMixin):
    """Somebody who works at the desk. ``ref`` is how the ledger knows them: it says nothing about who they are."""

    email = models.EmailField(unique=True)
    ref = models.CharField(max_length=16, unique=True, default=_ref)
    is_active = models.BooleanField(default=True)
    is_staff = False
    created = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects: ClassVar[StaffManager] = StaffManager()


class StaffGrant(models.Model):
    """A role of one member of staff at one client: need to know. One that was taken back stays as what was."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="grants")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=80)
    since = models.DateTimeField(auto_now_add=True)
    ended = models.DateTimeField(null=True)
    entry = models.PositiveBigIntegerField(default=0)
    salt = models.BinaryField(max_length=16, null=True)  # opens its entry's commitment

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["staff", "client", "role"], condition=models.Q(ended=None), name="grant_stands_once"
            )
        ]


class EntryLink(models.Model):
    """A one-time link by which a member of staff comes in for the first time. Only its hash is kept."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    token_hash = models.BinaryField(max_length=32, unique=True)
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True)
