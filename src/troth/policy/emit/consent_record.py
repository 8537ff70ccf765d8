"""One consent as a record, or as a receipt for the person who gave it: ISO/IEC TS 27560:2023, as JSON-LD in DPV 2.3.

Made of plain values: a plan, what was asked, and what was said to it when. Only a yes that opens something is consent
(Art 4(11)); an objection or an opt-out is none, and has no record here. What a policy does not know, as the address
of a recipient, is said to be not available and not made up.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from troth.policy import former
from troth.policy.emit.dpv import CONTEXT, Emitting, Node, iso_span, term
from troth.policy.plan import Plan, Purpose, Switch

PROFILES: Final = "https://w3id.org/dpv/schema/dpv-27560#"
LANGUAGE: Final = "en"
GIVEN: Final = "dpv:ConsentGiven"
RENEWED: Final = "dpv:RenewedConsentGiven"
REFUSED: Final = "dpv:ConsentRefused"
WITHDRAWN: Final = "dpv:ConsentWithdrawn"


class Event(NamedTuple):
    """One answer to one question: yes or no, when (aware), by what means, under which edition."""

    yes: bool
    at: dt.datetime
    how: str
    edition: int
    text_hash: str = ""  # sha-256 of the question as it was put
    entry: int = 0  # its number in the ledger


def record(plan: Plan, switch: Switch, events: Sequence[Event], *, subject: str, withdraw_at: str = "") -> Node:
    """The consent record. ``subject`` names the person in no other words than these; ``withdraw_at`` is an address.

    ``ValueError`` when nothing was said, or when the switch is none that consent opens.
    """
    return _Recording(former.today(plan), switch, events, subject, withdraw_at).record()


def receipt(
    plan: Plan, switch: Switch, events: Sequence[Event], *, subject: str, issued: dt.datetime, withdraw_at: str = ""
) -> Node:
    """The same record, handed to the person: with an identifier of its own, and the record's as its source."""
    of = record(plan, switch, events, subject=subject, withdraw_at=withdraw_at)
    number = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{of['dct:identifier']}/{issued.isoformat()}"))
    mine = {
        "@id": f"urn:uuid:{number}",
        "@type": "dpv:ConsentReceipt",
        "dct:conformsTo": _profile(plan, "receipt"),
        "dct:identifier": number,
        "dpv:hasIdentifier": number,
        "dct:issued": _time(issued),
        "dct:source": {"@id": of["@id"]},
    }
    return {**of, **mine}


def document(nodes: Sequence[Mapping[str, Any]]) -> Node:
    """Records or receipts as one JSON-LD object, its context inside."""
    return {"@context": CONTEXT, "@graph": list(nodes)}


def _profile(plan: Plan, kind: str) -> Node:
    """The schema version: that of the EU GDPR where its law is said to apply."""
    return {"@id": f"{PROFILES}{kind}{'-eu-gdpr' if 'eu' in plan.law else ''}"}


def _time(at: dt.datetime) -> Node:
    return {"@type": "xsd:dateTime", "@value": at.astimezone(dt.UTC).isoformat(timespec="seconds")}


class _Recording:
    def __init__(self, plan: Plan, switch: Switch, events: Sequence[Event], subject: str, withdraw_at: str) -> None:
        if not switch.opens or not events:
            raise ValueError("a consent record is of an answer to a question that a yes opens")
        self.plan, self.switch, self.subject = plan, switch, subject
        self.events = sorted(events, key=lambda one: (one.at, one.entry))
        self.emitting = Emitting(plan)
        self.use: Purpose = plan.purposes[switch.use]
        self.withdraw_at = withdraw_at or plan.notice_at or plan.who.email

    def record(self) -> Node:
        first = self.events[0]
        name = f"{self.emitting.base}/{self.switch.key}/{self.subject}/{first.entry or first.at.isoformat()}"
        number = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        return {
            "@id": f"urn:uuid:{number}",
            "@type": "dpv:ConsentRecord",
            "dct:conformsTo": _profile(self.plan, "record"),
            "dct:identifier": number,
            "dpv:hasIdentifier": number,
            "dct:created": _time(first.at),
            "dpv:hasDataSubject": {"@id": self._person(), "@type": "dpv:DataSubject", "dct:identifier": self.subject},
            "dpv:hasNotice": self._notice(),
            "dct:language": LANGUAGE,
            "dpv:hasProcess": self._process(),
            "dpv:hasEntity": [self._controller(), *(self._recipient(name) for name in self._told())],
            "dpv:hasConsentStatus": [self._event(at) for at in range(len(self.events))],
        }

    def _person(self) -> str:
        return f"urn:person:{self.subject}"

    def _told(self) -> list[str]:
        """Who gets the data: the one that was asked about, or all that the use has."""
        named = [self.switch.recipient] if self.switch.recipient else list(self.plan.recipients)
        return [name for name in named if name in self.plan.recipients and self.use.name in self._uses(name)]

    def _uses(self, name: str) -> frozenset[str]:
        return self.plan.recipients[name].purposes

    def _notice(self) -> Node:
        """The question itself, with the print of its words: what was shown when it was answered."""
        asked = next((one.text_hash for one in reversed(self.events) if one.text_hash), "")
        found: Node = {
            "@id": f"{self.emitting.base}#question/{self.switch.key}",
            "@type": "dpv:ConsentNotice",
            "dct:description": self.switch.words,
            "dct:language": LANGUAGE,
            "dct:isPartOf": {"@id": self.emitting.iri("notice")},
            "schema:url": self.plan.notice_at,
            "schema:version": str(self.events[-1].edition),
        }
        return found | ({"dct:identifier": f"sha256:{asked}"} if asked else {})

    def _process(self) -> Node:
        plan, emitting = self.plan, self.emitting
        fields = [plan.fields[name] for name in plan.fields if name in self.use.data]
        rules = dict.fromkeys(field.rule for field in fields if field.rule in plan.rules)
        places = [name for name, place in plan.places.items() if place.holds & self.use.data]
        recipients = [emitting.iri("recipient", name) for name in self._told()]
        return {
            **emitting.use(self.use),
            "dpv:hasPersonalData": [emitting.field(field) for field in fields],
            "dpv:hasDataController": {"@id": emitting.iri("who", plan.who.name)},
            "dpv:hasDataSubject": {"@id": self._person()},
            "dpv:hasJurisdiction": [term("loc:GB" if law == "uk" else "loc:EU") for law in plan.law],
            "dpv:hasStorageCondition": [
                *(emitting.place(name) for name in places),
                *(emitting.rule(plan.rules[name]) for name in rules),
            ],
            "dpv:hasRecipient": [{"@id": name} for name in recipients] or term("dpv:NotApplicable"),
            "dpv:hasConsentControl": {"@type": "dpv:WithdrawConsent", "dpv:isExercisedAt": self.withdraw_at},
        }

    def _controller(self) -> Node:
        who = self.plan.who
        return {
            **self.emitting.controller(),
            "dpv:hasIdentifier": self.emitting.iri("who", who.name),
            "schema:address": {"@type": "schema:PostalAddress", "schema:streetAddress": who.address},
            "schema:contactPoint": _contact(who.email, who.phone),
        }

    def _recipient(self, name: str) -> Node:
        """A recipient as far as a policy knows it; whoever wants to reach it asks us."""
        one = self.emitting.recipient(self.plan.recipients[name])
        return {
            **one,
            "dpv:hasIdentifier": one["@id"],
            "schema:address": {"@type": "schema:PostalAddress", "dpv:hasApplicability": term("dpv:NotAvailable")},
            "schema:contactPoint": _contact(self.plan.who.email, ""),
        }

    def _event(self, at: int) -> Node:
        one, before = self.events[at], self.events[:at]
        said = any(other.yes for other in before) and before[-1].yes
        state = (RENEWED if said else GIVEN) if one.yes else (WITHDRAWN if said else REFUSED)
        return {
            "@type": [state, "dpv:ExpressedConsent"] if one.yes else [state],
            "dpv:hasLegalBasis": self.emitting.basis(self.use),
            "dpv:isIndicatedAtTime": _time(one.at),
            "dpv:isIndicatedBy": {"@id": self._person()},
            "dpv:hasIndicationMethod": one.how,
            "dpv:hasDuration": self._lasts(one.yes),
            "dct:identifier": f"ledger entry {one.entry}" if one.entry else f"edition {one.edition}",
        }

    def _lasts(self, yes: bool) -> dict[str, Any]:
        """How long the answer holds: until it is asked again, or until the person says otherwise."""
        if yes and self.switch.again_after is not None:
            return {"@type": "dpv:TemporalDuration", "rdf:value": iso_span(self.switch.again_after)}
        until = "until the person takes it back" if yes else "until the person says yes"
        return {"@type": "dpv:UntilEventDuration", "dct:description": until}


def _contact(email: str, phone: str) -> Node:
    found: Node = {"@type": "schema:ContactPoint", "schema:email": email}
    return found | ({"schema:telephone": phone} if phone else {})
