"""A policy as JSON-LD: an outside parser reads it, and every term of the vocabulary that it speaks is published."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from rdflib import Graph, Namespace, URIRef
from rdflib.namespace import RDF
from tests.policy.spoiling import FILE, compiled

from troth import cli
from troth.policy import words
from troth.policy.emit import dpv

ROOT = Path(__file__).parents[2]
DPV, PD = Namespace(words.DPV), Namespace(words.PD)
GDPR, LOC = Namespace("https://w3id.org/dpv/legal/eu/gdpr#"), Namespace("https://w3id.org/dpv/loc#")
DCT = Namespace("http://purl.org/dc/terms/")
TERMS = {
    line
    for line in (ROOT / "tests" / "cases" / "dpv" / "terms.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
}
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # within rdflib
POLICIES = [FILE, *sorted((ROOT / "policies").glob("*/policy.yaml"))]


def known(iri: str) -> bool:
    """In the published vocabulary."""
    return iri in TERMS


def parsed(plan) -> Graph:
    return Graph().parse(data=json.dumps(dpv.document(plan)), format="json-ld")


def spoken(graph: Graph) -> set[str]:
    said = {str(one) for triple in graph for one in triple if isinstance(one, URIRef)}
    return {iri for iri in said if iri.startswith("https://w3id.org/dpv")}


def test_every_term_of_our_words_is_published():
    said = {kind.iri for kind in words.KINDS.values()} | {word.iri for word in words.PURPOSES.values()}
    assert {iri for iri in said - {""} if not known(iri)} == set()


def test_every_country_that_the_language_accepts_is_a_published_place_and_is_spoken_as_that():
    assert {code for code in words.COUNTRIES if not known(LOC + code)} == set()
    post = "in: GB, contract: mail contract}"
    under = f"in: [{', '.join(words.COUNTRIES)}], under: {{mechanism: IDTA, paper: clauses}}, contract: mail contract}}"
    clauses = "  clauses: {kind: safeguard, file: papers/mail.pdf, owner: Ada, until: 2027-06-30}\n"
    graph = parsed(compiled((post, under), ("papers:\n", "papers:\n" + clauses)))
    spoken_of = {iri for iri in spoken(graph) if iri.startswith(LOC)}
    assert spoken_of == {LOC + code for code in words.COUNTRIES}


def test_every_term_that_an_export_can_speak_is_published():
    text = (ROOT / "src/troth/policy/emit/dpv.py").read_text("utf-8")
    said = {dpv.CONTEXT[prefix] + name for prefix, name in re.findall(r"\b(dpv|pd|eu-gdpr)[:_]([A-Za-z][\w-]*)", text)}
    assert {iri for iri in said if not known(iri)} == set()
    assert len(said) > 80


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.parent.name if file.stem == "policy" else file.stem)
def test_an_outside_parser_reads_it_and_knows_every_term(file, capsys):
    assert cli.main(["export", "dpv", str(file), "--json"]) == 0
    graph = Graph().parse(data=json.loads(capsys.readouterr().out)["files"][0]["text"], format="json-ld")
    assert {iri for iri in spoken(graph) if not known(iri)} == set()
    assert len(list(graph.subjects(RDF.type, DPV.PersonalDataProcess))) > 0


def test_a_use_says_its_purpose_data_basis_recipients_and_rights():
    graph, plan = parsed(compiled()), compiled()
    emitting = dpv.Emitting(plan)
    news = URIRef(emitting.iri("use", "send you news of walks"))
    purpose, basis = graph.value(news, DPV.hasPurpose), graph.value(news, DPV.hasLegalBasis)
    assert (purpose, RDF.type, DPV.DirectMarketing) in graph and (basis, RDF.type, DPV.Consent) in graph
    assert str(graph.value(basis, DCT.source)) == "UK GDPR Art 6(1)(a)"
    assert set(graph.objects(news, DPV.hasPersonalData)) == {
        URIRef(emitting.iri("data", "booking.email")),
        URIRef(emitting.iri("data", "booking.name")),
    }
    assert (URIRef(emitting.iri("data", "booking.email")), RDF.type, PD.EmailAddress) in graph
    assert list(graph.objects(news, DPV.hasDataProcessor)) == [
        URIRef(emitting.iri("recipient", "Postal Mail Services"))
    ]
    assert len(list(graph.objects(news, DPV.hasRight))) == len(plan.purposes["send you news of walks"].rights)


def test_uk_law_has_our_nodes_with_the_eus_term_as_broader_and_eu_law_its_own():
    both = (
        ("law: {of: uk,", "law: {of: [uk, eu],"),
        ("on device: statistics", "limit: the pages"),
        ("by: tag", "by: log"),
    )
    uk, eu = parsed(compiled()), parsed(compiled(*both))
    assert list(uk.subjects(RDF.type, GDPR["A6-1-a"])) == [] and GDPR["A6-1-a"] in set(uk.objects())
    assert len(list(eu.subjects(RDF.type, GDPR["A6-1-a"]))) == 1


def test_a_period_is_a_length_where_it_is_one_and_words_always():
    graph, plan = parsed(compiled()), compiled()
    page = URIRef(dpv.Emitting(plan).iri("keep", "visit.*"))
    length = graph.value(page, DPV.hasDuration)
    assert (length, RDF.type, DPV.TemporalDuration) in graph and str(graph.value(length, RDF.value)) == "P25M"
    letters = URIRef(dpv.Emitting(plan).iri("keep", "letter.*"))
    assert (graph.value(letters, DPV.hasDuration), RDF.type, DPV.UntilEventDuration) in graph
    assert str(graph.value(letters, DCT.description)) == "for 24 months after we answered"


def test_what_we_never_do_is_a_prohibition():
    graph = parsed(compiled())
    (never,) = graph.subjects(RDF.type, DPV.Prohibition)
    assert graph.value(never, DPV.hasProcessing) == DPV.Disclose


def test_a_kind_without_a_term_is_told_and_given_none(tmp_path, capsys):
    file = tmp_path / "policy.yaml"
    file.write_text(FILE.read_text("utf-8").replace("booking.walk: purchase", "booking.walk: licence"))
    assert cli.main(["export", "dpv", str(FILE)]) == 0
    assert capsys.readouterr().err == ""
    assert cli.main(["export", "dpv", str(file)]) == 0
    out, err = capsys.readouterr()
    (walk,) = [node for node in json.loads(out)["@graph"] if node.get("dct:identifier") == "booking.walk"]
    assert walk["@type"] == ["dpv:PersonalData"] and err == "not said: data/booking.walk: “licence” has no term\n"
