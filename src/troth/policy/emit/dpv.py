"""A whole policy as JSON-LD in the terms of the W3C Data Privacy Vocabulary 2.3.

Each use is a ``dpv:Process`` with its purpose, data, legal basis, recipients, periods and rights; the policy is the
process that has them. Where the vocabulary has no term, a node says it in words and carries no term that does not fit.
Its legal part knows the EU GDPR alone: a basis or a right under UK law is our node, with the EU's term as ``broader``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

from troth.policy import former, periods
from troth.policy.emit import naming
from troth.policy.plan import Field, Never, Plan, Point, Purpose, Recipient, Rule, Span
from troth.policy.words import BASES, KINDS, MECHANISMS, RIGHTS

CONTEXT: Final = {
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "loc": "https://w3id.org/dpv/loc#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "schema": "https://schema.org/",
}
BASIS_TERMS: Final = {
    "consent": ("dpv:Consent", "eu-gdpr:A6-1-a"),
    "contract": ("dpv:Contract", "eu-gdpr:A6-1-b"),
    "legitimate interests": ("dpv:LegitimateInterest", "eu-gdpr:A6-1-f"),
    "legal obligation": ("dpv:LegalObligation", "eu-gdpr:A6-1-c"),
    "recognised legitimate interests": ("dpv:LegitimateInterest", ""),  # UK GDPR Art 6(1)(ea): the EU has none
    "public task": ("dpv:PublicInterest", "eu-gdpr:A6-1-e"),
    "vital interests": ("dpv:VitalInterest", "eu-gdpr:A6-1-d"),
    "instruction": ("dpv:DataProcessingAgreement", ""),
}
RIGHT_TERMS: Final = {
    "access": "eu-gdpr:A15",
    "rectify": "eu-gdpr:A16",
    "erase": "eu-gdpr:A17",
    "restrict": "eu-gdpr:A18",
    "port": "eu-gdpr:A20",
    "object": "eu-gdpr:A21",
    "withdraw": "eu-gdpr:A7-3",
    "complain": "eu-gdpr:A77",
}
ROLE_TERMS: Final = {
    "processor": ("dpv:DataProcessor",),
    "controller": ("dpv:ThirdParty", "dpv:DataController"),
    "joint": ("dpv:JointDataControllers",),
    "group": ("dpv:ThirdParty",),
    "authority": ("dpv:Authority",),
    "purchaser": ("dpv:ThirdParty",),
    "public": ("dpv:Recipient",),
    "members": ("dpv:Recipient",),
}
FORM_TERMS: Final = {
    "sealed": "dpv:EncryptionAtRest",
    "hashed": "dpv:HashMessageAuthenticationCode",
    "truncated": "dpv:Deidentification",
    "outward half": "dpv:Deidentification",
    "hour": "dpv:Deidentification",
    "site only": "dpv:Deidentification",
    "no identifiers": "dpv:DataRedaction",
    "counted": "dpv:Deidentification",
}
WAY_TERMS: Final = {
    "given": ("dpv:DataSubjectDataSource", "dpv:Collect"),
    "observed": ("dpv:DataSubjectDataSource", "dpv:Observe"),
    "inferred": ("dpv:DataControllerDataSource", "dpv:Infer"),
    "obtained": ("dpv:ThirdPartyDataSource", "dpv:Obtain"),
    "supplied": ("dpv:ThirdPartyDataSource", "dpv:Obtain"),
}
VERB_TERMS: Final = {
    "collect": "dpv:Collect",
    "use": "dpv:Use",
    "disclose": "dpv:Disclose",
    "transfer": "dpv:Transfer",
    "join": "dpv:Combine",
}
PAPER_TERMS: Final = {
    "contract": "dpv:LegalAgreement",
    "balance": "dpv:LegitimateInterestAssessment",
    "safeguard": "dpv:SafeguardForDataTransfer",
    "licence": "dpv:LicenseAgreement",
    "assessment": "dpv:DPIA",
    "agreement": "dpv:DataProcessingAgreement",
}
Node = dict[str, Any]


def document(plan: Plan) -> Node:
    """The policy as one JSON-LD object with its context inside, so that nothing is fetched to read it."""
    return {"@context": CONTEXT, "@graph": Emitting(plan).graph()}


def iso_span(length: Span) -> str:
    """A length of time as ISO 8601 has it: 'P12M', 'PT2H'."""
    letter = {"hours": "H", "days": "D", "weeks": "W", "months": "M", "years": "Y"}[length.unit]
    return f"P{'T' * (letter == 'H')}{length.count}{letter}"


class Emitting:
    """Nodes of one plan. Their names are the policy's address with the kind and the name behind it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan = former.today(plan)
        self.base = (plan.notice_at if plan.notice_at.isascii() else "") or f"urn:policy:{plan.policy}"
        self.eu = "eu" in plan.law

    def graph(self) -> list[Node]:
        plan = self.plan
        return [
            self.policy(),
            self.controller(),
            *(self.use(use) for use in plan.purposes.values()),
            *(self.field(field) for field in plan.fields.values()),
            *(self.people(name) for name in plan.people),
            *(self.recipient(one) for one in plan.recipients.values()),
            *(self.rule(rule) for rule in plan.rules.values()),
            *(self.paper(name) for name in plan.papers),
            *(self.source(point) for point in plan.points.values()),
            *(self.place(name) for name in plan.places),
        ]

    # Names ----------------------------------------------------------------------------------------------------

    def iri(self, kind: str, name: str = "") -> str:
        return f"{self.base}#{kind}" + (f"/{quote(name, safe='')}" if name else "")

    def refs(self, kind: str, names: Iterable[str]) -> list[Node]:
        return [{"@id": self.iri(kind, name)} for name in names]

    def node(self, kind: str, name: str, terms: Iterable[str], **more: Any) -> Node:
        """A node with its name, terms and title; what is empty is not written."""
        found: Node = {"@id": self.iri(kind, name), "@type": list(dict.fromkeys(terms)), "dct:title": name or kind}
        found |= {key.replace("_", ":", 1): value for key, value in more.items() if value}
        return found

    # Nodes ----------------------------------------------------------------------------------------------------

    def policy(self) -> Node:
        plan = self.plan
        return self.node(
            "policy",
            "",
            ["dpv:Process"],
            dct_identifier=plan.policy,
            dct_issued={"@type": "xsd:date", "@value": plan.edition.date.isoformat()},
            dct_valid={"@type": "xsd:date", "@value": plan.edition.in_force.isoformat()},
            dpv_hasDataController=self.refs("who", [plan.who.name]) if "controller" in plan.who.roles else [],
            dpv_hasDataProcessor=self.refs("who", [plan.who.name]) if "processor" in plan.who.roles else [],
            dpv_hasJurisdiction=[term("loc:GB" if law == "uk" else "loc:EU") for law in plan.law],
            dpv_hasApplicableLaw=[self.law(law) for law in plan.law],
            dpv_hasNotice={"@id": self.iri("notice"), "@type": "dpv:PrivacyNotice", "schema:url": plan.notice_at},
            dpv_hasProcess=self.refs("use", plan.purposes),
            dpv_hasStorageCondition=[*self.refs("place", plan.places), self.erasure()],
            dpv_hasProhibition=[self.never(one) for one in plan.nevers.values()],
            dpv_hasTechnicalMeasure=[term(one) for one in self.technical()],
            dpv_hasOrganisationalMeasure=[term(one) for one in self.organisational()],
        )

    def law(self, name: str) -> Node:
        return self.node("law", {"uk": "UK GDPR", "eu": "EU GDPR"}.get(name, name), ["dpv:Law"])

    def controller(self) -> Node:
        who = self.plan.who
        officer = self.node("officer", who.officer, ["dpv:DataProtectionOfficer"], dpv_hasContact=who.officer_email)
        return self.node(
            "who",
            who.name,
            ["dpv:DataController" if role == "controller" else "dpv:DataProcessor" for role in who.roles],
            dpv_hasName=who.name,
            dpv_hasAddress=who.address,
            dpv_hasContact=[one for one in (who.email, who.phone) if one],
            dpv_hasDataProtectionOfficer=officer if who.officer and who.appointed is not False else None,
            dpv_hasRepresentative=[
                self.node("representative", one, ["dpv:Representative"]) for one in who.representatives
            ],
        )

    def use(self, use: Purpose) -> Node:
        plan = self.plan
        recipients = [name for name, one in plan.recipients.items() if use.name in one.purposes]
        processors = [name for name in recipients if plan.recipients[name].role == "processor"]
        points = [point for point in plan.points.values() if point.fields & use.data and point.of & use.of]
        return self.node(
            "use",
            use.name,
            ["dpv:PersonalDataProcess"],
            dpv_hasPurpose=self.purpose(use),
            dpv_hasLegalBasis=self.basis(use),
            dpv_hasJustification=self.node("interest", use.interest, ["dpv:Justification"]) if use.interest else None,
            dpv_hasAssessment=self.refs("paper", [use.balance] if use.balance else []),
            dpv_hasImpactAssessment=self.refs("paper", [use.assessment] if use.assessment else []),
            dpv_hasPersonalData=self.refs("data", (name for name in plan.fields if name in use.data)),
            dpv_hasDataSubject=self.refs("people", (name for name in plan.people if name in use.of)),
            dpv_hasDataProcessor=self.refs("recipient", processors),
            dpv_hasRecipient=self.refs("recipient", (name for name in recipients if name not in processors)),
            dpv_hasDataSource=self.refs("point", (point.name for point in points)),
            dpv_hasProcessing=[term(one) for one in self.operations(use, points, bool(recipients))],
            dpv_hasRight=[self.right(name) for name in RIGHTS if name in use.rights],
            dpv_hasContext=self.decision(use),
        )

    def purpose(self, use: Purpose) -> Node:
        terms = ["dpv:Purpose", *(f"dpv:{name}" for name in [use.dpv] if name)]
        return self.node(
            "purpose", use.name, terms, dct_description=f"{use.is_}, {use.limit}" if use.limit else use.is_
        )

    def basis(self, use: Purpose) -> Node:
        plain, european = BASIS_TERMS[use.basis]
        article = f"{BASES[use.basis].article}{f', {use.law}' if use.law else ''}"
        terms = [plain, *([european] if european and self.eu else [])]
        return self.node(
            "basis",
            use.name,
            terms,
            dct_source=article,
            skos_broader=term(european) if european and not self.eu else None,
        )

    def right(self, name: str) -> Node:
        word = RIGHTS[name]
        terms = ["dpv:DataSubjectRight", *([RIGHT_TERMS[name]] if self.eu else [])]
        broader = None if self.eu else term(RIGHT_TERMS[name])
        return self.node("right", word.label, terms, dct_source=word.article, skos_broader=broader)

    def decision(self, use: Purpose) -> Node | None:
        """What is decided by machine (Art 22), in the policy's own words."""
        return self.node("decision", use.decides, ["dpv:AutomatedDecisionMaking"]) if use.decides else None

    def operations(self, use: Purpose, points: list[Point], told: bool) -> list[str]:
        found = [WAY_TERMS[point.way][1] for point in points] + ["dpv:Use"]
        kept = any(self.plan.fields[name].form != "never stored" for name in use.data)
        found += ["dpv:Store"] * kept + ["dpv:Disclose"] * told + ["dpv:Aggregate"] * (use.yields == "statistics")
        found += ["dpv:Profiling"] * (use.is_ == "profiling for marketing")
        return list(dict.fromkeys(found))

    def field(self, field: Field) -> Node:
        terms = ["dpv:PersonalData", *filter(None, [data_term(field)])]
        terms += ["dpv:SpecialCategoryPersonalData"] * field.special
        measure = FORM_TERMS.get(field.form)
        found = self.node(
            "data",
            field.name,
            terms,
            dct_identifier=field.name,
            dpv_hasStorageCondition=self.refs("keep", [field.rule] if field.rule in self.plan.rules else []),
            dpv_hasTechnicalMeasure=term(measure) if measure else None,
        )
        return found | {"dct:title": naming.label(field)}

    def people(self, name: str) -> Node:
        return self.node("people", name, ["dpv:DataSubject"], dct_description=self.plan.people[name].means)

    def recipient(self, one: Recipient) -> Node:
        contract = self.refs("paper", [one.contract] if one.contract in self.plan.papers else [])
        return self.node(
            "recipient",
            one.name,
            ROLE_TERMS[one.role],
            dpv_hasName=one.name,
            dct_description=one.does,
            dpv_hasLocation=[term(f"loc:{code}") for code in one.countries],
            dpv_hasLegalMeasure=contract,
            dpv_hasOrganisationalMeasure=self.safeguard(one),
            dpv_hasPersonalData=self.refs("data", (name for name in self.plan.fields if name in one.data)),
        )

    def safeguard(self, one: Recipient) -> list[Node]:
        if not one.mechanism:
            return []
        word = MECHANISMS[one.mechanism]
        terms = ["dpv:SafeguardForDataTransfer"]
        paper = self.refs("paper", [one.mechanism_paper] if one.mechanism_paper in self.plan.papers else [])
        name = f"{one.name}: {one.mechanism}"
        return [
            self.node("safeguard", name, terms, dct_description=word.label, dct_source=word.law, dct_relation=paper)
        ]

    def rule(self, rule: Rule) -> Node:
        """A period: in days and months where it is one length of time, and always in words."""
        (only, *more) = rule.ends
        length: Node = {}
        if not more and rule.least is None and only.span is not None and only.after == "collected":
            length = self.node("length", rule.name, ["dpv:TemporalDuration"], rdf_value=iso_span(only.span))
        elif not more and only.shape == "for ever, minimised":
            length = self.node("length", rule.name, ["dpv:EndlessDuration"])
        else:
            length = self.node("length", rule.name, ["dpv:UntilEventDuration"])
        words = periods.say(rule)
        return self.node("keep", rule.name, ["dpv:StorageDuration"], dct_description=words, dpv_hasDuration=length)

    def paper(self, name: str) -> Node:
        paper = self.plan.papers[name]
        return self.node(
            "paper",
            name,
            [PAPER_TERMS.get(paper.kind, "dpv:Assessment")],
            dct_identifier=paper.file,
            dct_creator=paper.owner,
            dct_valid={"@type": "xsd:date", "@value": paper.until.isoformat()},
        )

    def source(self, point: Point) -> Node:
        terms = [WAY_TERMS[point.way][0], *(["dpv:PublicDataSource"] if point.public else [])]
        return self.node("point", point.name, terms, dct_description=naming.source(self.plan, point))

    def place(self, name: str) -> Node:
        place = self.plan.places[name]
        return self.node(
            "place",
            name,
            ["dpv:StorageLocation"],
            dpv_hasLocation=[term(f"loc:{code}") for code in place.countries],
            dpv_hasPersonalData=self.refs("data", (one for one in self.plan.fields if one in place.holds)),
            dpv_isImplementedByEntity=self.refs("recipient", [place.by] if place.by in self.plan.recipients else []),
        )

    def erasure(self) -> Node:
        return self.node("erasure", self.plan.erasure_reaches, ["dpv:StorageDeletion"])

    def never(self, one: Never) -> Node:
        return self.node(
            "never",
            one.name,
            ["dpv:Prohibition"],
            dct_description=one.sentence,
            dpv_hasProcessing=term(VERB_TERMS[one.verb]),
            dpv_hasPersonalData=self.refs("data", (name for name in self.plan.fields if name in one.fields)),
        )

    # Measures -------------------------------------------------------------------------------------------------

    def technical(self) -> list[str]:
        ours = {name: field for name, field in self.plan.fields.items() if self.plan.with_us(name)}
        found = {FORM_TERMS[field.form] for field in ours.values() if field.form in FORM_TERMS}
        sealed = self.plan.seals & ours.keys()
        found |= {"dpv:EncryptionAtRest", "dpv:CryptographicKeyManagement"} if sealed else set()
        found |= {"dpv:DataBackupProtocols"} if self.plan.backups else set()
        return sorted(found | {"dpv:AccessControlMethod", "dpv:DigitalSignatures"})

    def organisational(self) -> list[str]:
        plan = self.plan
        said = [
            (True, "dpv:DataSubjectRightsManagement"),
            (True, "dpv:RecordsOfActivities"),
            (True, "dpv:DataErasurePolicy"),
            (bool(plan.staff), "dpv:AuthorisationProcedure"),
            (any(one.opens for one in plan.switches.values()), "dpv:ConsentManagement"),
            (bool(plan.told_of_breach_within), "dpv:DataBreachNotification"),
            (bool(plan.drill), "dpv:DataRestorationPolicy"),
        ]
        return [one for holds, one in said if holds]


def term(name: str) -> Node:
    return {"@id": name}


def data_term(field: Field) -> str:
    """The term of a datum, 'pd:EmailAddress'; of our own records that of their kind; '' where there is none."""
    return field.dpv or (KINDS[field.kind].dpv if field.kind in KINDS else "")


def unsaid(plan: Plan) -> list[str]:
    """What the vocabulary has no term for. It is exported in words."""
    plan = former.today(plan)
    found = [f"data/{name}: “{field.kind}” has no term" for name, field in plan.fields.items() if not data_term(field)]
    return found + [f"use/{name}: “{use.is_}” has no term" for name, use in plan.purposes.items() if not use.dpv]
