"""A consent as ISO/IEC TS 27560 records it: every field that the DPV's guide asks for, and published terms alone."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import RDF
from tests.policy.spoiling import compiled
from tests.policy.test_exports_dpv import known, spoken

from troth.policy.emit import consent_record
from troth.policy.emit.consent_record import Event

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # within rdflib
DPV, DCT = Namespace("https://w3id.org/dpv#"), Namespace("http://purl.org/dc/terms/")
SCHEMA, PROFILE = Namespace("https://schema.org/"), Namespace(consent_record.PROFILES)
DAY = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
YES = Event(True, DAY, "form", 1, "ab" * 32, 7)
NO = Event(False, DAY + dt.timedelta(days=40), "page", 1, "ab" * 32, 9)
PROFILES = {PROFILE[name] for name in ("record", "receipt", "record-eu-gdpr", "receipt-eu-gdpr")}
# The guide's table: fields that must be there, by what they are a part of.
RECORD = (DCT.conformsTo, DCT.identifier, DPV.hasIdentifier, DPV.hasDataSubject, DPV.hasNotice, DCT.language)
PROCESS = (
    DPV.hasPurpose,
    DPV.hasLegalBasis,
    DPV.hasPersonalData,
    DPV.hasDataController,
    DPV.hasStorageCondition,
    DPV.hasJurisdiction,
    DPV.hasRecipient,
    DPV.hasConsentControl,
)
ENTITY = (DPV.hasName, DPV.hasIdentifier, SCHEMA.contactPoint, SCHEMA.address)
EVENT = (DPV.hasLegalBasis, DPV.isIndicatedAtTime, DPV.hasDuration, DPV.isIndicatedBy)
STATES = {DPV[name] for name in ("ConsentGiven", "RenewedConsentGiven", "ConsentRefused", "ConsentWithdrawn")}
Node = URIRef | BNode


def missing(graph: Graph, root: Node) -> list[str]:
    """The validator: what a record or receipt lacks of the guide's table, by part and field."""
    parts = [("record", root, RECORD)]
    parts += [("process", one, PROCESS) for one in graph.objects(root, DPV.hasProcess)]
    parts += [("entity", one, ENTITY) for one in graph.objects(root, DPV.hasEntity)]
    parts += [("event", one, EVENT) for one in graph.objects(root, DPV.hasConsentStatus)]
    found = [f"{name}: {field}" for name, one, fields in parts for field in fields if graph.value(one, field) is None]
    found += [f"no {name}" for name in ("process", "entity", "event") if name not in {part for part, _, _ in parts}]
    if not set(graph.objects(root, DCT.conformsTo)) <= PROFILES:
        found.append("record: no known profile")
    for one in graph.objects(root, DPV.hasConsentStatus):
        if len(STATES & set(graph.objects(one, RDF.type))) != 1:
            found.append("event: no one state")
    for data in graph.objects(None, DPV.hasPersonalData):
        if isinstance(data, Literal):
            found.append("personal data: not a thing")
    return found


def switch(plan):
    return next(one for one in plan.switches.values() if one.use == "send you news of walks")


def made(*events, of=consent_record.record, swaps=(), **more):
    plan = compiled(*swaps)
    node = of(plan, switch(plan), events, subject="3f", **more)
    graph = Graph().parse(data=json.dumps(consent_record.document([node])), format="json-ld")
    return graph, URIRef(node["@id"])


def test_a_record_has_every_field_of_the_table_and_only_published_terms():
    graph, root = made(YES)
    assert missing(graph, root) == []
    assert (root, RDF.type, DPV.ConsentRecord) in graph and (root, DCT.conformsTo, PROFILE.record) in graph
    assert {iri for iri in spoken(graph) if not known(iri) and not iri.startswith(consent_record.PROFILES)} == set()


@pytest.mark.parametrize(
    "field", ["dpv:hasNotice", "dpv:hasProcess", "dpv:hasEntity", "dpv:hasConsentStatus", "dct:language"]
)
def test_the_validator_sees_what_is_missing(field):
    plan = compiled()
    node = consent_record.record(plan, switch(plan), [YES], subject="3f")
    del node[field]
    graph = Graph().parse(data=json.dumps(consent_record.document([node])), format="json-ld")
    assert missing(graph, URIRef(node["@id"])) != []


def test_a_receipt_is_the_record_with_a_number_of_its_own():
    graph, root = made(YES, of=consent_record.receipt, issued=DAY)
    _, record = made(YES)
    assert missing(graph, root) == [] and root != record
    assert (root, RDF.type, DPV.ConsentReceipt) in graph and (root, DCT.source, record) in graph
    assert (root, DCT.conformsTo, PROFILE.receipt) in graph


def test_eu_law_takes_the_profile_of_the_gdpr():
    both = (
        ("law: {of: uk,", "law: {of: [uk, eu],"),
        ("on device: statistics", "limit: the pages"),
        ("by: tag", "by: log"),
    )
    graph, root = made(YES, swaps=both)
    assert missing(graph, root) == [] and (root, DCT.conformsTo, PROFILE["record-eu-gdpr"]) in graph


@pytest.mark.parametrize(
    ("events", "states"),
    [
        ([YES], ["ConsentGiven"]),
        ([NO], ["ConsentRefused"]),
        ([YES, NO], ["ConsentGiven", "ConsentWithdrawn"]),
        ([NO, YES], ["ConsentGiven", "ConsentWithdrawn"]),
        ([YES, YES._replace(at=DAY + dt.timedelta(days=1), entry=8)], ["ConsentGiven", "RenewedConsentGiven"]),
    ],
)
def test_each_answer_is_an_event_in_the_order_of_time(events, states):
    plan = compiled()
    node = consent_record.record(plan, switch(plan), events, subject="3f")
    assert [one["@type"][0] for one in node["dpv:hasConsentStatus"]] == [f"dpv:{state}" for state in states]


def test_a_yes_lasts_until_it_is_asked_again():
    plan = compiled()
    node = consent_record.record(plan, switch(plan), [YES, NO], subject="3f")
    given, withdrawn = node["dpv:hasConsentStatus"]
    assert given["dpv:hasDuration"] == {"@type": "dpv:TemporalDuration", "rdf:value": "P24M"}
    assert withdrawn["dpv:hasDuration"]["@type"] == "dpv:UntilEventDuration"
    assert given["dpv:isIndicatedAtTime"]["@value"] == "2026-03-01T12:00:00+00:00"


def test_the_question_stands_there_as_it_was_put_with_its_print():
    graph, root = made(YES)
    notice = graph.value(root, DPV.hasNotice)
    assert str(graph.value(notice, DCT.description)) == "May we email you news of walks?"
    assert str(graph.value(notice, DCT.identifier)) == "sha256:" + "ab" * 32


def test_a_record_names_the_person_in_no_other_words_than_those_given():
    graph, root = made(YES)
    subject = graph.value(root, DPV.hasDataSubject)
    assert [str(one) for one in graph.objects(subject, DCT.identifier)] == ["3f"]


def test_an_objection_is_no_consent_and_has_no_record():
    plan = compiled()
    other = next(one for one in plan.switches.values() if not one.opens)
    with pytest.raises(ValueError, match="yes opens"):
        consent_record.record(plan, other, [NO], subject="3f")
    with pytest.raises(ValueError, match="yes opens"):
        consent_record.record(plan, switch(plan), [], subject="3f")
