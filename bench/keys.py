"""Rotate the keys of many people: a new epoch key, and every person's key wrapped anew under it.

    python bench/keys.py                  100,000 people
    python bench/keys.py --people 10000

Prints one table. Goal: 100,000 people within 5 seconds. Exit status 1 when a key does not open afterwards.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RULE, SAMPLE = "account.*", 500


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as folder:
        os.environ |= {"TROTH_DATA": f"{folder}/data", "TROTH_KEY_FILE": f"{folder}/master.key"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "troth.web.settings"
        import django

        django.setup()
        return measure(args.people, Path(folder))


def measure(people: int, folder: Path) -> int:
    from troth.people import vault
    from troth.places import keyfile, master

    master.ensure()
    vault.ensure_keys()
    rows = [("make their keys, in one transaction", *timed(lambda: plant(people)))]
    sealed = {n: vault.seal("c", n, "f", n, RULE, b"value") for n in range(1, people + 1, max(1, people // SAMPLE))}
    rows.append(("rotate the epoch key: wrap all anew", *timed(vault.rotate)))
    rows.append(("rotate the master key", *timed(master.rotate)))
    opened = sum(vault.open("c", n, "f", n, one) == b"value" for n, one in sealed.items())
    vault.close()
    size = keyfile.path().stat().st_size / 1e6
    print(f"{people:,} people, one key each; keys.db {size:.1f} MB\n")
    print(f"{'':<40}{'seconds':>9}{'CPU':>9}{'a second':>12}")
    for name, seconds, cpu in rows:
        print(f"{name:<40}{seconds:>9.2f}{cpu:>9.2f}{people / seconds:>12,.0f}")
    print(f"\nvalues opened afterwards: {opened} of {len(sealed)}")
    return int(opened != len(sealed))


def timed(act: Callable[[], object]) -> tuple[float, float]:
    began, worked = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    act()
    now = resource.getrusage(resource.RUSAGE_SELF)
    cpu = now.ru_utime + now.ru_stime - worked.ru_utime - worked.ru_stime
    return time.perf_counter() - began, cpu


def plant(people: int) -> None:
    """As many keys as people: made as the vault makes them, but durable together and not one by one."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from troth.people import vault
    from troth.places import keyfile

    with keyfile.opened() as db, keyfile.writing(db):
        epoch, wrapped = db.execute("SELECT id, wrapped FROM epoch").fetchone()
        over = vault._epoch_key(db, epoch, wrapped)
        db.executemany(
            "INSERT INTO key(client, person, rule, epoch, wrapped) VALUES ('c', ?, ?, ?, ?)",
            (
                (n, RULE, epoch, keyfile.wrap(over, AESGCM.generate_key(256), vault._key_about("c", n)))
                for n in range(1, people + 1)
            ),
        )


if __name__ == "__main__":
    sys.exit(main())
