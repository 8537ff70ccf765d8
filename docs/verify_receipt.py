"""Check a receipt without troth: that an entry of its ledger stands under a signed checkpoint, and what it opens to.

    python verify_receipt.py PROOF.json [--key HEX] [--checkpoint FILE]

PROOF.json is what the link on your receipt, or `troth ledger proof`, gives. Needs Python 3.10 and `cryptography`.
--key         the public key that the firm publishes; without it the key in the proof is believed
--checkpoint  lines that somebody kept elsewhere (the firm's auditor, you): same key, and same root at the same entry.
              One of another length says nothing here: ask the firm for a proof *under it* (ledger proof --under)
Exit 0: all holds. 1: something does not, and the line says what.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

COLUMNS = ("number", "at", "act", "client", "edition", "place", "counts", "refs", "actor", "commitment")


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def signed(line, key):
    """What a signed line says; the signature is over the text of its body, byte for byte."""
    outer = json.loads(line)
    Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(outer["signature"]), outer["body"].encode())
    return json.loads(outer["body"])


def root_of(proof):
    """From the entry up to the root, as RFC 9162 hashes: 0 before a leaf, 1 before a pair."""
    value = sha(b"\x00", proof["entry"].encode())
    for side, other in proof["path"]:
        pair = (bytes.fromhex(other), value) if side == "left" else (value, bytes.fromhex(other))
        value = sha(b"\x01", *pair)
    return value.hex()


def check(proof, root):
    """Raise ValueError, or return the lines to print."""
    said = dict(zip(COLUMNS, json.loads(proof["entry"]), strict=True))
    if said["number"] != proof["number"] or root_of(proof) != root:
        raise ValueError(f"entry {proof['number']} does not stand under the checkpoint")
    lines = [f"entry {said['number']}: {said['act']} at {said['at']}, {said['refs']} {said['counts']} {said['place']}"]
    if proof.get("salt"):
        opened = sha(bytes.fromhex(proof["salt"]), proof["details"].encode()).hex()
        if opened != said["commitment"]:
            raise ValueError(f"entry {proof['number']} commits to something else than the details given")
        lines.append(f"  it commits to: {proof['details']}")
    return lines


def kept(file, key, here):
    """Checkpoints kept elsewhere. One of the same entry must have the same root."""
    lines, same = [], False
    for text in filter(str.strip, Path(file).read_text().splitlines()):
        there = signed(text, key)
        if there["number"] == here["number"] and there["root"] != here["root"]:
            raise ValueError(f"two checkpoints of entry {here['number']} say different things")
        same |= there["number"] == here["number"]
        lines.append(f"kept elsewhere: a checkpoint of {there['at']} with {there['number']} entries")
    if not lines:
        raise ValueError("the file of checkpoints is empty: nothing was compared")
    return lines if same else [*lines, f"NOT COMPARED: none of them has {here['number']} entries; see --checkpoint"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--key", default="")
    parser.add_argument("--checkpoint")
    args = parser.parse_args()
    try:
        given = json.loads(Path(args.file).read_text())
        if args.key and args.key.strip().lower() != given["key"]:
            raise ValueError("the proof is signed with another key than the one that the firm publishes")
        key = bytes.fromhex(given["key"])
        here = signed(given["checkpoint"], key)
        lines = [line for proof in given["proofs"] for line in check(proof, here["root"])]
        if not lines:
            raise ValueError("the file proves no entry")
        lines += kept(args.checkpoint, key, here) if args.checkpoint else []
    except InvalidSignature:
        sys.exit("DOES NOT HOLD: a checkpoint is not signed with this key")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        sys.exit(f"DOES NOT HOLD: {error}")
    lines += [f"ledger of {here['number']} entries at {here['at']}, key {given['key']}", "HOLDS"]
    text = "\n".join(lines)
    print("".join(one if one == "\n" or one.isprintable() else "?" for one in text))


if __name__ == "__main__":
    main()
