"""No bare hash of a personal value anywhere: each column that may hold one says under which key it is made (T09).

A new column that looks like a hash turns this red until it is named here with its key, or with why it needs none.
"""

import re

from django.apps import apps

KEYED = {
    "people.Identity.blind": "index key of the client, a key a kind",
    "people.Choice.browser": "index key of the client, kind browser",
    "people.Suppression.blind": "key of the suppression list, of the client's index key",
    "people.Seen.mark": "follows from the master key, of one day",
    "people.Trace.blind": "key of what stayed after an erasure, of the client's index key",
    "ledger.Entry.previous": "ledger chain key",
    "ledger.Entry.chain": "ledger chain key",
    "ledger.Entry.commitment": "salted with 128 random bits, and the salt goes with what it commits to",
    "collect.Submission.digest": "submission key of the client",
    "collect.Submission.key": "named by the form, or drawn by us",
    "answer.LinkToken.salt": "drawn at random",
    "prove.Proof.signature": "signature key of the ledger",
    "prove.Scan.signature": "signature key of the ledger",
}
NOBODYS = {
    "parties.Edition.plan_hash": "of a published policy",
    "parties.Edition.source_hash": "of a published policy",
    "people.Terms.content": "of the terms of a policy",
    "people.Choice.text_hash": "of a question as published",
    "people.Choice.key": "of a question as published",
    "ledger.Node.hash": "of entries, which hold no value",
    "account.EmailConfirmation.key": "drawn at random",
}
RANDOM = {  # of at least 128 random bits: there is nothing to guess
    "parties.EntryLink.token_hash",
    "answer.LinkToken.hash",
    "answer.LinkToken.public",
    "answer.PersonSession.hash",
    "sessions.Session.session_key",
    "collect.LogImport.ref",
    "answer.Heard.once",
}
LIKE = re.compile(r"hash|blind|digest|mark|chain|commit|token|fingerprint|(^|_)key$")


WIDE = {("BinaryField", width) for width in (16, 20, 32)} | {("CharField", width) for width in (32, 40, 64)}


def suspects():
    """Columns that are named like a hash, or are as wide as one (16, 20 or 32 bytes, or that in hexadecimal)."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            kind, width = field.get_internal_type(), getattr(field, "max_length", None)
            named = bool(LIKE.search(field.name)) and kind in ("BinaryField", "CharField", "TextField")
            wide = (kind, width) in WIDE
            if named or wide:
                yield f"{model._meta.label}.{field.name}"


# As wide as a hash by chance: slugs, acts, opaque ids, salts. Each is vetted where it is written.
WORDS = re.compile(r"\.(client|by|actor|act|at|kind|how|salt|outcome|ground|second)$")


def test_t09_each_hash_column_names_its_key():
    unnamed = {name for name in suspects() if not WORDS.search(name)} - KEYED.keys() - NOBODYS.keys() - RANDOM
    assert unnamed == set(), "name the key of this column, or why it holds no personal value"


def test_t09_every_column_that_is_named_is_there():
    columns = {f"{model._meta.label}.{field.name}" for model in apps.get_models() for field in model._meta.local_fields}
    assert (KEYED.keys() | NOBODYS.keys() | RANDOM) - columns == set()
