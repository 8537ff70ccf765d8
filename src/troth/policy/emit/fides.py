"""A policy in fideslang 3.1: its places as datasets, itself and its recipients as systems, some nevers as policies.

fideslang has fewer words than we have, and none for periods that run, cookies, most nevers or promises. What it cannot
say is listed by ``unsaid``; where it has only a wider word, that is listed too, so that nothing is lost unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import yaml

from troth.policy import former
from troth.policy.emit import abroad
from troth.policy.plan import Field, Never, Plan, Purpose, Recipient
from troth.policy.words import KINDS

Data = dict[str, Any]
CATEGORIES: Final[dict[str, str]] = {
    # The first kind of a category is what reading it back gives.
    "name": "user.name",
    "first name": "user.name.first",
    "last name": "user.name.last",
    "email address": "user.contact.email",
    "work email address": "user.contact.email",
    "phone number": "user.contact.phone_number",
    "fax number": "user.contact.fax_number",
    "postal address": "user.contact.address",
    "town": "user.contact.address.city",
    "region": "user.contact.address.state",
    "country": "user.contact.address.country",
    "postcode": "user.contact.address.postal_code",
    "social profile": "user.social",
    "picture": "user.content.self_image",
    "username": "user.account.username",
    "account id": "user.unique_id",
    "customer number": "user.unique_id",
    "password": "user.authorization.password",
    "sign-ins": "user.authorization",
    "account state": "user.account",
    "IP address": "user.device.ip_address",
    "browser identifier": "user.device.cookie_id",
    "device description": "user.device",
    "operating system": "user.device",
    "screen size": "user.device",
    "language": "user.demographic.language",
    "place": "user.location",
    "usage": "user.behavior",
    "time": "user.behavior",
    "duration": "user.behavior",
    "pages seen": "user.behavior.browsing_history",
    "link clicked": "user.behavior.browsing_history",
    "referrer": "user.behavior.browsing_history",
    "search words": "user.behavior.search_history",
    "advert seen": "user.behavior.media_consumption",
    "message opened": "user.behavior",
    "number of visits": "user.behavior",
    "error report": "user.telemetry",
    "correspondence": "user.content.private",
    "private message": "user.content.private",
    "complaint": "user.content.private",
    "content": "user.content.public",
    "file": "user.content",
    "voice recording": "user.biometric.voice",
    "age range": "user.demographic.age_range",
    "birth date": "user.demographic.date_of_birth",
    "gender": "user.demographic.gender",
    "interest profile": "user.demographic.profile",
    "demographic segment": "user.demographic",
    "marital status": "user.demographic.marital_status",
    "job title": "user.job_title",
    "company": "user.contact.organization",
    "work history": "user.workplace",
    "purchase": "user.behavior.purchase_history",
    "payment": "user.payment",
    "invoice": "user.payment",
    "bank account": "user.financial.bank_account",
    "card number": "user.financial.credit_card",
    "financial": "user.financial",
    "income": "user.financial",
    "credit record": "user.financial",
    "choice": "user.privacy_preferences",
    "suppression": "user.privacy_preferences",
    "preference": "user.account.settings",
    "identity proof": "user.government_id",
    "health": "user.health_and_medical",
    "religion": "user.demographic.religious_belief",
    "philosophical belief": "user.demographic.religious_belief",
    "political opinion": "user.demographic.political_opinion",
    "ethnic origin": "user.demographic.race_ethnicity",
    "sex life": "user.demographic.sexual_orientation",
    "genetic data": "user.health_and_medical.genetic",
    "biometric data": "user.biometric",
    "crime": "user.criminal_history",
}
WIDEST: Final = "user"
USES: Final[dict[str, str]] = {
    "service": "essential.service",
    "support": "essential.service.operations.support",
    "accounts": "essential.service.authentication",
    "payments": "essential.service.payment_processing",
    "delivery": "essential.service",
    "service notice": "essential.service.notifications",
    "correspondence": "essential.service.operations.support",
    "decision": "essential.service",
    "personalisation": "personalize",
    "matching": "personalize.content",
    "publication": "functional.service",
    "competitions": "marketing",
    "statistics": "analytics",
    "quality": "functional.service.improve",
    "training": "essential.service.operations.improve",
    "research": "analytics.reporting",
    "marketing": "marketing.communications",
    "third party marketing": "marketing.communications",
    "advertising": "marketing.advertising",
    "profiling for marketing": "marketing.advertising.profiling",
    "prospecting": "sales",
    "enrichment": "collect",
    "security": "essential.service.security",
    "fraud prevention": "essential.fraud_detection",
    "compliance with terms": "essential.service.security",
    "audit": "operations",
    "business planning": "operations",
    "recruitment": "employment.recruitment",
    "supplier relations": "finance",
    "legal claims": "essential.legal_obligation",
    "legal compliance": "essential.legal_obligation",
    "protection of others": "third_party_sharing.legal_obligation",
    "succession": "third_party_sharing",
    "suppression": "functional.storage.privacy_preferences",
    "rights": "essential.legal_obligation",
    "archive": "functional.storage",
}
BASES: Final = {
    "consent": "Consent",
    "contract": "Contract",
    "legal obligation": "Legal obligations",
    "vital interests": "Vital interests",
    "public task": "Public interest",
    "legitimate interests": "Legitimate interests",
    "recognised legitimate interests": "Legitimate interests",
}
IDENTITIES: Final = {"email address": "email", "work email address": "email", "phone number": "phone_number"}
SHARING: Final = "third_party_sharing"
SECTIONS: Final = {
    "moments": "when periods begin",
    "holds": "what stops an erasure",
    "staff": "who may use data by hand",
    "cookies": "cookies (fideslang 3.1.0 gave them up)",
    "switches": "what people are asked, in which words",
    "points": "where data comes in",
    "surfaces": "where people meet us",
    "promises": "promises and what they rest on",
}


def slug(name: str) -> str:
    """A name as a fides key: small letters, digits and underlines."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "unnamed"


def back(table: dict[str, str], value: str) -> str:
    """The word of ours that reading a key back gives: the first that has it, or '' when none has."""
    return next((ours for ours, theirs in table.items() if theirs == value), "")


def category(kind: str) -> str:
    return CATEGORIES.get(kind, WIDEST)


def resources(plan: Plan) -> Data:
    """All resources by kind, each a list of plain maps, as a fides file has them."""
    plan = former.today(plan)
    return {
        "organization": [_organization(plan)],
        "data_subject": [_subject(plan, name) for name in plan.people],
        "dataset": [_dataset(plan, name) for name in plan.places if plan.places[name].holds],
        "system": [_ours(plan), *(_theirs(plan, one) for one in plan.recipients.values())],
        "policy": [_policy(plan, one) for one in plan.nevers.values() if _sayable(one)],
    }


def render(plan: Plan) -> str:
    """The same as one YAML file."""
    found = {kind: items for kind, items in resources(plan).items() if items}
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=110)


def unsaid(plan: Plan) -> list[str]:
    """What fideslang has no words for, and where it has only a wider one."""
    plan = former.today(plan)
    found = [f"{section}: {what}" for section, what in SECTIONS.items() if getattr(plan, section)]
    found += _doubles("use", plan.purposes) + _doubles("disclose", plan.recipients)
    found += _doubles("people", plan.people) + _doubles("places", plan.places)
    found += [
        f"data/{name}: “{field.kind}” becomes {category(field.kind)}"
        for name, field in plan.fields.items()
        if back(CATEGORIES, category(field.kind)) != field.kind
    ]
    found += [f"data/{name}: stored “{field.form}”" for name, field in plan.fields.items() if _formed(field)]
    for name, use in plan.purposes.items():
        if back(USES, USES[use.is_]) != use.is_:
            found.append(f"use/{name}: “{use.is_}” becomes {USES[use.is_]}")
        if back(BASES, BASES.get(use.basis, "")) != use.basis:
            found.append(f"use/{name}: the basis “{use.basis}”")
        said = (("interest", use.interest), ("balance", use.balance), ("law", use.law), ("limit", use.limit))
        found += [f"use/{name}: its {key}" for key, value in said if value]
    for name, one in plan.recipients.items():
        if one.role not in ("processor", "controller", "joint"):
            found.append(f"disclose/{name}: the role “{one.role}” becomes Controller")
        found += [f"disclose/{name}: its countries"] if one.countries else []
    found += [f"keep/{name}: a period of data; fideslang has a text for each use" for name in plan.rules]
    return found + [f"never/{name}: never to {one.verb}" for name, one in plan.nevers.items() if not _sayable(one)]


def _doubles(section: str, names: Iterable[str]) -> list[str]:
    """Names that are one fides key: read back, they would be one."""
    seen: dict[str, str] = {}
    pairs = [(name, seen.setdefault(slug(name), name)) for name in names]
    return [f"{section}/{name}: its key is that of “{first}”" for name, first in pairs if name != first]


def _formed(field: Field) -> bool:
    return field.kind in KINDS and field.form != KINDS[field.kind].form


def _organization(plan: Plan) -> Data:
    who = plan.who
    contact = {"name": who.name, "address": who.address, "email": who.email, "phone": who.phone}
    officer = {"name": who.officer, "address": "", "email": who.officer_email, "phone": ""}
    found: Data = {"fides_key": slug(plan.policy), "name": who.name, "controller": contact}
    appointed = who.officer and who.appointed is not False
    return found | ({"data_protection_officer": officer} if appointed else {})


def _subject(plan: Plan, name: str) -> Data:
    return {"fides_key": slug(name), "name": name, "description": plan.people[name].means}


# Datasets -----------------------------------------------------------------------------------------------------------


def _dataset(plan: Plan, name: str) -> Data:
    place = plan.places[name]
    groups: dict[str, list[Field]] = {}
    for field in plan.fields.values():
        if field.name in place.holds:
            groups.setdefault(field.name.split(".")[0], []).append(field)
    return {
        "fides_key": slug(name),
        "organization_fides_key": slug(plan.policy),
        "name": name,
        "collections": [{"name": group, "fields": _fields(plan, fields, 1)} for group, fields in groups.items()],
    }


def _fields(plan: Plan, fields: list[Field], depth: int) -> list[Data]:
    """Fields by the next part of their names: a name with more parts is a field within a field."""
    found: dict[str, Data] = {}
    for field in fields:
        parts = field.name.split(".")
        one = found.setdefault(parts[depth], {"name": parts[depth]})
        if len(parts) == depth + 1:
            one |= _said(plan, field)
        else:
            deeper = [other for other in fields if other.name.split(".")[: depth + 1] == parts[: depth + 1]]
            one["fields"] = _fields(plan, [other for other in deeper if other.name.count(".") > depth], depth + 1)
    return list(found.values())


def _said(plan: Plan, field: Field) -> Data:
    uses = [slug(name) for name, use in plan.purposes.items() if field.name in use.data]
    said: Data = {"description": field.label or field.kind, "data_categories": [category(field.kind)]}
    said |= {"data_purposes": uses} if uses else {}
    if field.identifies == "person" and field.kind in IDENTITIES:
        said["fides_meta"] = {"identity": IDENTITIES[field.kind]}
    return said


# Systems ------------------------------------------------------------------------------------------------------------


def _ours(plan: Plan) -> Data:
    roles = [role.capitalize() for role in plan.who.roles]
    return {
        "fides_key": slug(plan.policy),
        "organization_fides_key": slug(plan.policy),
        "name": plan.who.name,
        "system_type": "Policy",
        "responsibility": roles,
        "egress": [{"fides_key": slug(name), "type": "system"} for name in plan.recipients],
        "privacy_declarations": [_declaration(plan, use) for use in plan.purposes.values()],
    }


def _theirs(plan: Plan, one: Recipient) -> Data:
    uses = [use for name, use in plan.purposes.items() if name in one.purposes]
    found: Data = {
        "fides_key": slug(one.name),
        "organization_fides_key": slug(plan.policy),
        "name": one.name,
        "description": one.does,
        "system_type": "Third Party",
        "legal_name": one.name,
        "responsibility": ["Processor" if one.role == "processor" else "Controller"],
        "ingress": [{"fides_key": slug(plan.policy), "type": "system"}],
        "does_international_transfers": bool(abroad.codes(plan, one.countries)),
        "legal_basis_for_transfers": [one.mechanism] if one.mechanism else [],
        "privacy_declarations": [_declaration(plan, use, one) for use in uses],
    }
    paper = plan.papers.get(one.contract)
    found |= {"dpa_location": paper.file} if paper else {}
    return found | ({"joint_controller_info": one.contract} if one.role == "joint" else {})


def _declaration(plan: Plan, use: Purpose, to: Recipient | None = None) -> Data:
    """A use as one declaration; for a recipient only with the data that it gets."""
    names = [name for name in plan.fields if name in use.data and (to is None or name in to.data)]
    told = [one for one in plan.recipients.values() if use.name in one.purposes]
    found: Data = {
        "name": use.name,
        "data_categories": _keys(category(plan.fields[name].kind) for name in names),
        "data_use": USES[use.is_],
        "data_subjects": [slug(name) for name in plan.people if name in use.of],
        "processes_special_category_data": any(plan.fields[name].special for name in names),
    }
    if to is None and told:
        found |= {"data_shared_with_third_parties": True, "third_parties": ", ".join(one.name for one in told)}
    if to is None:
        holding = [slug(name) for name, place in plan.places.items() if place.holds & use.data]
        found |= {"dataset_references": holding} if holding else {}
    found |= {"legal_basis_for_processing": BASES[use.basis]} if use.basis in BASES else {}
    paper = plan.papers.get(use.assessment)
    found |= {"impact_assessment_location": paper.file} if paper else {}
    periods = list(dict.fromkeys(plan.rules[rule].text for name in names if (rule := plan.fields[name].rule)))
    return found | ({"retention_period": "; ".join(periods)} if periods else {})


def _keys(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names)) or [WIDEST]


# Policies -----------------------------------------------------------------------------------------------------------


def _sayable(one: Never) -> bool:
    """A rule of fideslang is on all sharing: a never with limits would be more than was promised."""
    return one.verb == "disclose" and bool(one.fields) and not one.limits


def _policy(plan: Plan, one: Never) -> Data:
    kinds = (plan.fields[name].kind for name in plan.fields if name in one.fields)
    rule = {
        "name": one.name,
        "data_categories": {"matches": "ANY", "values": _keys(category(kind) for kind in kinds)},
        "data_uses": {"matches": "ANY", "values": [SHARING]},
        "data_subjects": {"matches": "ANY", "values": [slug(name) for name in plan.people]},
    }
    return {"fides_key": slug(one.name), "name": one.name, "description": one.sentence, "rules": [rule]}
