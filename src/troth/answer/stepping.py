"""When a mailbox alone is too little: an address that was last shown to be somebody's long ago may be another's today
(T23). Then a person of ours looks, or another address that they showed since opens the page: UK GDPR Art 12(6)."""

from __future__ import annotations

from typing import Any

from troth.answer import identity, requests, telling


def ask(proved: identity.Proved) -> dict[str, Any]:
    """Nothing is shown. A request is opened, so that the clock runs and staff look, and every address is told."""
    client, persons = proved.client, proved.persons | {proved.person}
    mine = [one for one in requests.of_persons(client, persons) if one.right == "access" and one.state == "open"]
    asked = mine[0] if mine else requests.open_request(client, proved.person, "access", detail={"from": proved.address})
    telling.tell(client, proved.person, "stepping")
    return {"asked": asked}
