"""The one chain. Rows are only added; the database itself refuses a change."""

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


class Node(models.Model):
    """A complete subtree of the Merkle tree, from 64 entries on. The id says which. Follows from the entries."""

    hash = models.BinaryField(max_length=32)


class Segment(models.Model):
    """A closed month: a signed line with its first and last entry, its root, and the hashes to grow on from."""

    month = models.CharField(max_length=7, primary_key=True)  # 2026-11
    last = models.BigIntegerField(unique=True)
    line = models.TextField()


class Checkpoint(models.Model):
    """A signed line as it was copied outside, so that it can be held against copies when its entries have gone."""

    number = models.BigIntegerField(primary_key=True)  # the last entry it covers
    line = models.TextField()
    outside = models.CharField(max_length=20, default="")  # where it was copied to: 'file', 'mail', 'file mail'
