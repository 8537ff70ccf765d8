"""When a mailbox alone is too little: an address that was last shown to be somebody's long ago may be another's today
(T23), and an address reaches only what was joined to it by proof (T21). Then another address of theirs, shown in the
same session, opens what the first alone does not, or a person of ours looks: UK GDPR Art 12(6)."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from troth.answer import identity, requests, telling


def ask(proved: identity.Proved) -> dict[str, Any]:
    """Nothing is shown. A request is opened, so that the clock runs and staff look, and every address is told."""
    client, persons = proved.client, proved.persons | {proved.person}
    with transaction.atomic():
        mine, said = requests.open_of(client, persons, "access"), {"from": proved.address}
        asked = mine[0] if mine else requests.open_request(client, proved.person, "access", detail=said)
    telling.tell(client, proved.person, "stepping")
    return {"asked": asked}


def shown(proved: identity.Proved) -> None:
    """A second address was shown: every address is told, and what staff were to look at is answered by the page."""
    telling.tell(proved.client, proved.person, "beside")
    for one in requests.open_of(proved.client, proved.persons, "access"):
        if "from" in requests.detail(proved.client, one.reference):
            requests.close(proved.client, one.reference, "You showed a second address, and saw your page")
            requests.forget(proved.client, one.reference)
