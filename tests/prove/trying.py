"""Try some breakers over one of the five policies, in a process of its own: ``trying POLICY KEEPER…``, as JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import django


def main(name: str, keepers: list[str]) -> None:
    django.setup()
    import msgspec
    from django.conf import settings
    from django.core.management import call_command

    from troth.parties import editions, tenancy
    from troth.people import identities
    from troth.places import master
    from troth.prove import breakers
    from troth.prove.keepers import KEEPERS

    Path(settings.DATA, "tmp").mkdir(parents=True)
    master.ensure()
    call_command("migrate", verbosity=0)
    tenancy.add(name)
    editions.publish(name, Path(__file__).parents[2] / "policies" / name, replaces=None, by="test")
    identities.make(name, {min(editions.in_force(name).plan.people)})
    for other in KEEPERS.keys() - set(keepers):
        del KEEPERS[other]  # here alone: the process that looks at the copy has them all
    print(msgspec.json.encode(sorted(breakers.try_all(name), key=lambda one: one.keeper)).decode())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
