"""The closed words of the language: every kind, purpose, basis, form and role that a policy may speak of.

A policy says ``is: email address`` and the law follows from the word: whether it is special (Art 9), secret, fit to
find a person by, free text, and what a message may be sent to. Nothing of that can be declared away, so that a policy
that calls an IP address "anonymous" cannot be written (Recital 26, Breyer C-582/14).

Terms are those of the W3C Data Privacy Vocabulary 2.3; where it has none, the term is empty and we do not invent one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

DPV: Final = "https://w3id.org/dpv#"
PD: Final = "https://w3id.org/dpv/pd#"


# ---------------------------------------------------------------------------------------------------------- forms


class Form(NamedTuple):
    name: str
    says: str  # finishes "We store it …"


FORMS: Final[dict[str, Form]] = {
    form.name: form
    for form in (
        Form("clear", "as it came"),
        Form("sealed", "encrypted under a key of your own"),
        Form("hashed", "only as a keyed fingerprint that cannot be turned back"),
        Form("truncated", "cut short, so that it points to a network and not to you"),
        Form("outward half", "only as the first half of the postcode"),
        Form("hour", "only to the hour"),
        Form("site only", "only as the name of the site"),
        Form("no identifiers", "without what tends to name somebody"),
        Form("counted", "only as a count"),
        Form("never stored", "not at all: it is looked at and let go"),
    )
}


# ---------------------------------------------------------------------------------------------------------- kinds


class Kind(NamedTuple):
    """A plain word for a kind of data. ``form`` is taken when a policy says none; ``forms`` are all it may say."""

    name: str
    dpv: str
    label: str
    form: str
    forms: frozenset[str]
    identifies: frozenset[str]
    personal: bool
    special: bool
    secret: bool
    free_text: bool
    portable: bool
    channel: str  # what a message can be sent to: email, post, phone, ''

    @property
    def iri(self) -> str:
        return self.dpv.replace("pd:", PD) if self.dpv else ""


_PLAIN: Final = frozenset({"clear", "sealed", "never stored"})
_TEXT: Final = _PLAIN | {"no identifiers"}
_KEYED: Final = _PLAIN | {"hashed"}
_WEB: Final = _PLAIN | {"no identifiers", "site only", "counted"}
_FORMS_OF: Final[dict[str, frozenset[str]]] = {
    "IP address": _KEYED | {"truncated"},
    "postcode": _PLAIN | {"outward half"},
    "time": _PLAIN | {"hour"},
    "place": _PLAIN | {"truncated"},
    "referrer": _WEB,
    "pages seen": _WEB,
    "link clicked": _WEB,
    "advert seen": _WEB,
    "search words": _TEXT | {"counted"},
    "message opened": _PLAIN | {"counted", "hour"},
    "usage": _WEB,
    "number of visits": _PLAIN | {"counted"},
    "password": frozenset({"hashed", "never stored"}),
    "card number": frozenset({"never stored"}),
    "identity proof": frozenset({"sealed", "never stored"}),
    "suppression": frozenset({"hashed"}),
    "browser identifier": frozenset({"sealed", "hashed", "never stored"}),
}
_FINDS: Final[dict[str, frozenset[str]]] = {
    "email address": frozenset({"person"}),
    "work email address": frozenset({"person"}),
    "phone number": frozenset({"person"}),
    "username": frozenset({"person"}),
    "account id": frozenset({"person"}),
    "customer number": frozenset({"person"}),
    "social profile": frozenset({"person"}),
    "postal address": frozenset({"household"}),
    "browser identifier": frozenset({"browser"}),
}
_CHANNEL_OF: Final = {
    "email address": "email",
    "work email address": "email",
    "phone number": "phone",
    "postal address": "post",
}


def _kind(name: str, dpv: str = "", form: str = "clear", *marks: str) -> Kind:
    text = "free text" in marks
    return Kind(
        name=name,
        dpv=f"pd:{dpv}" if dpv else "",
        label=name,
        form=form,
        forms=_FORMS_OF.get(name, _TEXT if text else _PLAIN),
        identifies=_FINDS.get(name, frozenset()),
        personal=True,
        special="special" in marks,
        secret="secret" in marks,
        free_text=text,
        portable=not {"ours", "secret"} & set(marks),  # what we worked out ourselves is not provided: Art 20(1)
        channel=_CHANNEL_OF.get(name, ""),
    )


KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        # who someone is, and where to reach them
        _kind("name", "Name", "sealed"),
        _kind("first name", "Name", "sealed"),
        _kind("last name", "Name", "sealed"),
        _kind("email address", "EmailAddress", "sealed"),
        _kind("work email address", "EmailAddressWork", "sealed"),
        _kind("phone number", "TelephoneNumber", "sealed"),
        _kind("fax number", "TelephoneNumber", "sealed"),
        _kind("postal address", "PhysicalAddress", "sealed"),
        _kind("town", "City"),
        _kind("region", "Region"),
        _kind("country", "Country"),
        _kind("postcode", "PostalCode", "outward half"),
        _kind("social profile", "SocialMedia", "sealed"),
        _kind("picture", "Picture", "sealed"),
        # accounts
        _kind("username", "Username"),
        _kind("account id", "Identifier"),
        _kind("customer number", "Identifier"),
        _kind("password", "Password", "hashed", "secret"),
        _kind("sign-ins", "AuthenticationHistory", "clear", "ours"),
        _kind("account state", "", "clear", "ours"),
        # a device and what it does
        _kind("IP address", "IPAddress", "truncated"),
        _kind("browser identifier", "UID", "sealed"),
        _kind("device description", "UserAgent"),
        _kind("operating system", "DeviceOperatingSystem"),
        _kind("screen size", "DeviceBased"),
        _kind("language", "Language"),
        _kind("place", "Location", "truncated"),
        _kind("time", "", "hour"),
        _kind("duration", "ServiceConsumptionBehaviour"),
        _kind("pages seen", "BrowsingBehaviour"),
        _kind("link clicked", "LinkClicked"),
        _kind("referrer", "BrowsingReferral", "site only"),
        _kind("search words", "BrowsingBehaviour", "no identifiers"),
        _kind("advert seen", "BrowsingBehaviour"),
        _kind("message opened", "Behavioural", "clear"),
        _kind("number of visits", "BrowsingBehaviour", "counted"),
        _kind("error report", "DeviceSoftware"),
        _kind("usage", "ServiceConsumptionBehaviour"),
        # what someone writes and says
        _kind("correspondence", "Communication", "sealed", "free text"),
        _kind("private message", "Communication", "sealed", "free text"),
        _kind("correspondence details", "CommunicationsMetadata"),
        _kind("complaint", "Communication", "sealed", "free text"),
        _kind("call record", "CallLog"),
        _kind("voice recording", "VoiceCommunicationRecording", "sealed", "free text"),
        _kind("content", "", "clear", "free text"),
        _kind("file", "PersonalDocuments", "sealed", "free text"),
        _kind("answer", "", "clear", "free text"),
        _kind("note", "", "sealed", "free text", "ours"),
        _kind("anything", "", "sealed", "free text"),
        # what someone is like
        _kind("age", "AgeExact"),
        _kind("age range", "AgeRange"),
        _kind("birth date", "BirthDate", "sealed"),
        _kind("gender", "Gender"),
        _kind("likes", "Like"),
        _kind("dislikes", "Dislike"),
        _kind("interest", "Interest"),
        _kind("preference", "Preference"),
        _kind("opinion", "Opinion", "clear", "free text"),
        _kind("interest profile", "IndividualProfile", "clear", "ours"),
        _kind("demographic segment", "GroupProfile", "clear", "ours"),
        _kind("marital status", "MaritalStatus"),
        _kind("nationality", "Nationality"),
        _kind("family", "Family"),
        # work
        _kind("job title", "Job"),
        _kind("company", "Professional"),
        _kind("work history", "WorkHistory", "sealed"),
        _kind("education", "Education"),
        _kind("relation to us"),
        # money
        _kind("purchase", "Purchase"),
        _kind("invoice", "Transaction"),
        _kind("payment", "Transaction"),
        _kind("bank account", "BankAccount", "sealed"),
        _kind("card number", "PaymentCardNumber", "never stored", "secret"),
        _kind("financial", "Financial", "sealed"),
        _kind("income", "Income", "sealed"),
        _kind("credit record", "CreditRecord", "sealed"),
        # what stands between us and a person
        _kind("choice", "PrivacyPreference", "clear"),
        _kind("suppression", "PrivacyPreference", "hashed", "ours"),
        _kind("agreement"),
        _kind("licence"),
        _kind("identity proof", "OfficialID", "sealed", "secret"),
        # special categories and crime: UK GDPR Art 9 and 10; named one by one, never by a star
        _kind("health", "Health", "sealed", "special"),
        _kind("religion", "Religion", "sealed", "special"),
        _kind("philosophical belief", "PhilosophicalBelief", "sealed", "special"),
        _kind("political opinion", "PoliticalOpinion", "sealed", "special"),
        _kind("union membership", "TradeUnionMembership", "sealed", "special"),
        _kind("ethnic origin", "EthnicOrigin", "sealed", "special"),
        _kind("sex life", "Sexual", "sealed", "special"),
        _kind("genetic data", "Genetic", "sealed", "special"),
        _kind("biometric data", "Biometric", "sealed", "special"),
        _kind("crime", "Criminal", "sealed", "special"),
    )
}
BUILT_IN: Final[dict[str, tuple[str, str]]] = {
    "troth.choices": ("choice", "what you chose, and when"),
    "troth.suppressions": ("suppression", "that we must not write to you"),
    "troth.requests": ("correspondence details", "what you asked of us under your rights"),
    "troth.sessions": ("usage", "that you are signed in"),
    "troth.accounts": ("account id", "an account of our staff"),
    "troth.looks": ("usage", "when our staff looked at your data, and why"),
    "troth.sendings": ("correspondence details", "what we sent you"),
}
"""Data that troth itself keeps of people, with its kind and what it says: a policy says under `keep` for how long."""
DESK: Final[dict[str, str]] = {
    "requests": "what people ask: it opens their data for a case, decides and answers",
    "keeping": "holds, moments and sweeps: what stays, and what a hand must forget",
    "proofs": "what is promised and whether it is kept, and what was turned away",
    "looks": "who of the staff looked at whose case, and when",
    "publish": "publishing an edition in one's own name",
}
"""What a role of staff may open at the desk and by command."""
MAY_HOLD: Final = ("none", "special category", "children", "criminal")
IDENTIFIES: Final = ("person", "browser", "household")


# ------------------------------------------------------------------------------------------------------- purposes


class PurposeWord(NamedTuple):
    """What a use is called. The message class follows: advertising inside a service message is another use."""

    name: str
    dpv: str
    message_class: str = ""  # service, change, decision, marketing; '' sends nothing of its own
    marketing: bool = False
    through_restriction: bool = False  # goes on while a person's data is restricted: UK GDPR Art 18(2)
    statistics: bool = False
    special_notice: bool = False  # marked apart in a notice: Art 21(4)

    @property
    def iri(self) -> str:
        return DPV + self.dpv if self.dpv else ""


PURPOSES: Final[dict[str, PurposeWord]] = {
    word.name: word
    for word in (
        PurposeWord("service", "ServiceProvision", "service"),
        PurposeWord("support", "CustomerCare", "service"),
        PurposeWord("accounts", "AccountManagement", "service"),
        PurposeWord("payments", "PaymentManagement", "service"),
        PurposeWord("delivery", "DeliveryOfGoods", "service"),
        PurposeWord("service notice", "CommunicationManagement", "change"),
        PurposeWord("correspondence", "CommunicationForCustomerCare", "service"),
        PurposeWord("decision", "", "decision"),
        PurposeWord("personalisation", "ServicePersonalisation"),
        PurposeWord("matching", "ProvidePersonalisedRecommendations", "service"),
        PurposeWord("publication", ""),
        PurposeWord("competitions", "", "service"),
        PurposeWord("statistics", "ServiceUsageAnalytics", statistics=True),
        PurposeWord("quality", "ImproveExistingProductsAndServices"),
        PurposeWord("training", ""),
        PurposeWord("research", "ResearchAndDevelopment", statistics=True),
        PurposeWord("marketing", "DirectMarketing", "marketing", marketing=True, special_notice=True),
        PurposeWord("third party marketing", "DirectMarketing", "marketing", marketing=True, special_notice=True),
        PurposeWord("advertising", "Advertising", marketing=True, special_notice=True),
        PurposeWord("profiling for marketing", "PersonalisedAdvertising", marketing=True, special_notice=True),
        PurposeWord("prospecting", "DirectMarketing", "marketing", marketing=True, special_notice=True),
        PurposeWord("enrichment", "ImproveInternalCRMProcesses"),
        PurposeWord("security", "EnforceSecurity", "service"),
        PurposeWord("fraud prevention", "FraudPreventionAndDetection"),
        PurposeWord("compliance with terms", "MisusePreventionAndDetection"),
        PurposeWord("audit", "OrganisationComplianceManagement"),
        PurposeWord("business planning", "OrganisationGovernance", statistics=True),
        PurposeWord("recruitment", "PersonnelHiring", "decision"),
        PurposeWord("supplier relations", "VendorManagement", "service"),
        PurposeWord("legal claims", "DisputeManagement", through_restriction=True),
        PurposeWord("legal compliance", "LegalCompliance", "service", through_restriction=True),
        PurposeWord("protection of others", "", through_restriction=True),
        PurposeWord("succession", "OrganisationGovernance"),
        PurposeWord("suppression", "RightsFulfilment", through_restriction=True),
        PurposeWord("rights", "RightsFulfilment", "service", through_restriction=True),
        PurposeWord("archive", "RecordManagement", through_restriction=True),
    )
}


# ---------------------------------------------------------------------------------------------------------- bases


class BasisWord(NamedTuple):
    """A lawful basis, the evidence a policy must show for it, and the rights that follow from it."""

    name: str
    article: str
    needs: tuple[str, ...]
    rights: frozenset[str]


_ALWAYS: Final = frozenset({"access", "rectify", "restrict", "complain"})
BASES: Final[dict[str, BasisWord]] = {
    basis.name: basis
    for basis in (
        BasisWord("consent", "UK GDPR Art 6(1)(a)", ("ask",), _ALWAYS | {"erase", "port", "withdraw"}),
        BasisWord("contract", "UK GDPR Art 6(1)(b)", (), _ALWAYS | {"erase", "port"}),
        BasisWord(
            "legitimate interests", "UK GDPR Art 6(1)(f)", ("interest", "balance"), _ALWAYS | {"erase", "object"}
        ),
        BasisWord("legal obligation", "UK GDPR Art 6(1)(c)", ("law",), _ALWAYS),
        BasisWord("recognised legitimate interests", "UK GDPR Art 6(1)(ea)", ("case",), _ALWAYS | {"erase", "object"}),
        BasisWord("public task", "UK GDPR Art 6(1)(e)", ("law",), _ALWAYS | {"object"}),
        BasisWord("vital interests", "UK GDPR Art 6(1)(d)", (), _ALWAYS | {"erase"}),
        BasisWord("instruction", "UK GDPR Art 28(3)(a)", (), frozenset()),
    )
}
CASES: Final = ("crime", "safeguarding", "emergency", "national security", "public body asks")
YIELDS: Final = ("rows", "pseudonyms", "statistics")
ON_DEVICE: Final = ("necessary", "communication", "statistics", "appearance")


class RightWord(NamedTuple):
    name: str
    article: str
    label: str


RIGHTS: Final[dict[str, RightWord]] = {
    right.name: right
    for right in (
        RightWord("access", "UK GDPR Art 15", "see your data"),
        RightWord("rectify", "UK GDPR Art 16", "have it put right"),
        RightWord("erase", "UK GDPR Art 17", "have it erased"),
        RightWord("restrict", "UK GDPR Art 18", "have its use stopped while we look into something"),
        RightWord("object", "UK GDPR Art 21", "object to its use"),
        RightWord("port", "UK GDPR Art 20", "take it with you in a file"),
        RightWord("withdraw", "UK GDPR Art 7(3)", "take back a yes"),
        RightWord("complain", "DPA 2018 s164A", "complain to us and to the regulator"),
    )
}


# ------------------------------------------------------------------------------------------ collecting and places


class ByWord(NamedTuple):
    """A way that data comes in. ``way`` decides Art 13 or 14, and what is portable (Art 20)."""

    name: str
    way: str  # given, observed, inferred, obtained; what a client hands us is supplied
    on_device: bool = False  # reads or stores on somebody's device: PECR reg 6
    surfaces: frozenset[str] = frozenset()  # kinds of surface where it works; empty: needs none


BY: Final[dict[str, ByWord]] = {
    by.name: by
    for by in (
        ByWord("form", "given", surfaces=frozenset({"web", "app", "desk", "api"})),
        ByWord("tag", "observed", on_device=True, surfaces=frozenset({"web", "app"})),
        ByWord("pixel", "observed", on_device=True, surfaces=frozenset({"web", "app", "mail"})),
        ByWord("log", "observed", surfaces=frozenset({"web", "app", "api", "mail"})),
        ByWord("mail", "given"),
        ByWord("post", "given"),
        ByWord("phone", "given"),
        ByWord("chat", "given", surfaces=frozenset({"web", "app"})),
        ByWord("meeting", "given"),
        ByWord("service", "observed"),
        ByWord("import", "obtained"),
        ByWord("enrichment", "obtained"),
        ByWord("inference", "inferred"),
        ByWord("staff", "given"),
    )
}
SURFACE_KINDS: Final[dict[str, str]] = {
    "web": "a website",
    "app": "an application that people sign in to",
    "mail": "e-mail",
    "post": "letters on paper",
    "phone": "telephone",
    "desk": "our own desk",
    "api": "an interface for programs",
}
ASKED_BY: Final = ("page", "form", "email", "message", "phone", "post", "in person")
"""The ways on which people can ask: a request counts whichever it takes (UK GDPR Art 12(2))."""
HOLD_NEEDS: Final = ("matter", "order", "approver")
SPOKEN: Final = ("troth", "opendsr")
PLACE_KINDS: Final[dict[str, str]] = {
    "ours": "our own store",
    "events": "our own store of events",
    "sql": "a database",
    "http": "a service that answers over the web",
    "files": "a folder of files",
    "by hand": "a place that people look after",
}
REACHES: Final = ("hidden", "deleted", "overwritten", "key destroyed", "backups")  # each goes further than the last


# --------------------------------------------------------------------------------------------- telling other people


class RoleWord(NamedTuple):
    """What a recipient is to us. Whoever acts for itself gets its data named one by one, never by a star."""

    name: str
    label: str
    for_itself: bool
    needs: tuple[str, ...]  # keys the entry must have
    law: str


ROLES: Final[dict[str, RoleWord]] = {
    role.name: role
    for role in (
        RoleWord("processor", "works for us", False, ("does", "contract"), "UK GDPR Art 28(3)"),
        RoleWord("controller", "decides for itself", True, (), "UK GDPR Art 13(1)(e)"),
        RoleWord("joint", "decides together with us", True, ("contract",), "UK GDPR Art 26"),
        RoleWord("group", "a company of our group", True, ("contract",), "UK GDPR Art 13(1)(e)"),
        RoleWord("authority", "a court or an authority", True, (), "DPA 2018 Sch 2 para 2"),
        RoleWord("purchaser", "a buyer of the business", True, (), "UK GDPR Art 13(1)(e)"),
        RoleWord("public", "everyone who looks", True, (), "UK GDPR Art 13(1)(e)"),
        RoleWord("members", "other members", True, (), "UK GDPR Art 13(1)(e)"),
    )
}
TASKS: Final = (
    "IT",
    "hosting",
    "mail",
    "website and content",
    "statistics",
    "session replay",
    "error reporting",
    "service desk and technical support",
    "delivery",
    "payments",
    "finance and accountancy",
    "marketing and business development",
    "advertising",
    "enrichment",
    "HR",
    "strategic advice",
    "legal advice",
    "insurance",
    "fraud prevention",
    "security",
    "telephony",
    "storage",
)


class ChannelWord(NamedTuple):
    """A way to reach a person; for marketing each channel has the permissions that PECR and the GDPR allow on it."""

    name: str
    label: str
    permissions: frozenset[str]


class PermissionWord(NamedTuple):
    name: str
    opens: bool  # True: shut until a yes; False: open until a no
    label: str
    law: str


PERMISSIONS: Final[dict[str, PermissionWord]] = {
    permission.name: permission
    for permission in (
        PermissionWord("consent", True, "only if you said yes", "PECR reg 22(2)"),
        PermissionWord("soft opt-in", False, "because you bought from us and did not say no", "PECR reg 22(3)"),
        PermissionWord("corporate subscribers only", False, "only to companies", "PECR reg 22(1)"),
        PermissionWord("screened", False, "only after looking at the lists of those who do not wish it", "PECR reg 21"),
        PermissionWord("not objected", False, "unless you said no", "UK GDPR Art 21(2)"),
    )
}
_ELECTRONIC: Final = frozenset({"consent", "soft opt-in", "corporate subscribers only"})
CHANNELS: Final[dict[str, ChannelWord]] = {
    channel.name: channel
    for channel in (
        ChannelWord("email", "e-mail", _ELECTRONIC),
        ChannelWord("sms", "text message", _ELECTRONIC),
        ChannelWord("message", "a message in the service", _ELECTRONIC),
        ChannelWord("phone", "telephone", frozenset({"consent", "screened"})),
        ChannelWord("post", "post", frozenset({"consent", "not objected"})),
        ChannelWord("page", "a page shown to you", frozenset({"consent", "not objected"})),
    )
}
CHANNEL_KINDS: Final[dict[str, str]] = {"email": "email", "sms": "phone", "phone": "phone", "post": "post"}


class MechanismWord(NamedTuple):
    """What lets data leave the country. ``for_`` limits it to some countries; ``paper``: a safeguard to show."""

    name: str
    label: str
    paper: bool
    for_: frozenset[str]
    law: str


MECHANISMS: Final[dict[str, MechanismWord]] = {
    mechanism.name: mechanism
    for mechanism in (
        MechanismWord("adequacy", "the law there is held to protect it as well", False, frozenset(), "UK GDPR Art 45A"),
        MechanismWord("UK-US data bridge", "the UK-US data bridge", True, frozenset({"US"}), "SI 2023/1028"),
        MechanismWord("IDTA", "the international data transfer agreement", True, frozenset(), "UK GDPR Art 46"),
        MechanismWord("addendum", "the UK addendum to the EU clauses", True, frozenset(), "UK GDPR Art 46"),
        MechanismWord("standard clauses", "the EU standard clauses", True, frozenset(), "EU GDPR Art 46(2)(c)"),
        MechanismWord("binding corporate rules", "binding rules of the group", True, frozenset(), "UK GDPR Art 47"),
        MechanismWord("derogation", "an exception for this one case", False, frozenset(), "UK GDPR Art 49"),
    )
}
UNGUARDED: Final = ("derogation",)
"""Mechanisms that let data leave and protect nothing there."""


# -------------------------------------------------------------------------------------------------------- cookies


class CookieFunction(NamedTuple):
    """What a cookie does, and under which exceptions of PECR Schedule A1 it can do that without being asked for.

    A cookie is exempt only under a class that all its functions and all its uses share; one that no class covers
    (advertising, or following somebody from visit to visit) makes the whole cookie ask.
    """

    name: str
    exempt: frozenset[str]


_NEEDED: Final = frozenset({"necessary"})
_COUNTED: Final = frozenset({"necessary", "statistics"})
_ASK: Final[frozenset[str]] = frozenset()
COOKIE_FUNCTIONS: Final[dict[str, CookieFunction]] = {
    function.name: function
    for function in (
        CookieFunction("user identification", _NEEDED),
        CookieFunction("session identification", _COUNTED | {"communication"}),
        CookieFunction("browser identification", _COUNTED),
        CookieFunction("computer identification", _NEEDED),
        CookieFunction("session tracking", frozenset({"statistics"})),
        CookieFunction("activity tracking", frozenset({"statistics"})),
        CookieFunction("measurement", frozenset({"statistics"})),
        CookieFunction("content storage", _NEEDED),
        CookieFunction("content customisation", frozenset({"appearance"})),
        CookieFunction("preferences", frozenset({"necessary", "appearance"})),
        CookieFunction("choice storage", _NEEDED),
        CookieFunction("asset optimisation", frozenset({"necessary", "communication"})),
        CookieFunction("load balancing", frozenset({"necessary", "communication"})),
        CookieFunction("error reporting", _NEEDED),
        CookieFunction("security", _NEEDED),
        CookieFunction("frequency capping", _ASK),
        CookieFunction("advertising", _ASK),
        CookieFunction("message opening", _ASK),
    )
}
COOKIE_KINDS: Final = ("cookie", "storage", "script", "pixel")


# ---------------------------------------------------------------------------------------------- papers and the law

PAPER_KINDS: Final[dict[str, str]] = {
    "contract": "a contract",
    "balance": "a test that weighs our interest against yours",
    "safeguard": "a safeguard for data that leaves the country",
    "licence": "a licence to use the data",
    "assessment": "an assessment of the risks to people",
    "attestation": "a statement by the person who answers for it",
    "agreement": "an agreement with a client",
}
CHANGES: Final = ("first", "small", "substantial")
LAWS: Final = ("uk", "eu")
NATIONS: Final = ("England and Wales", "Scotland", "Northern Ireland")


class Regulator(NamedTuple):
    name: str
    address: str
    phone: str
    url: str


REGULATORS: Final[dict[str, Regulator]] = {
    # DPA 2018 s114A moves the functions to the Information Commission; both names are right until that day (s119(2)).
    "ico": Regulator(
        "Information Commissioner's Office",
        "Wycliffe House, Water Lane, Wilmslow, Cheshire SK9 5AF",
        "0303 123 1113",
        "https://ico.org.uk/make-a-complaint/",
    ),
    "dpc": Regulator(
        "Data Protection Commission",
        "6 Pembroke Row, Dublin 2, D02 X963, Ireland",
        "+353 1 765 0100",
        "https://www.dataprotection.ie/",
    ),
    "cnil": Regulator(
        "Commission nationale de l’informatique et des libertés",
        "3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07, France",
        "+33 1 53 73 22 22",
        "https://www.cnil.fr/",
    ),
}
OTHER: Final = "other"  # an authority of the Union whose particulars the policy says itself


def regulator(key: str, said: tuple[str, ...] = ()) -> Regulator | None:
    """Whom people can complain to; ``said``: its particulars, where a policy has them. None: a word of another day."""
    return Regulator(*said) if said else REGULATORS.get(key)


class Country(NamedTuple):
    code: str
    name: str
    eea: bool
    adequate: bool  # for data that leaves the United Kingdom: DPA 2018 Sch 21 and later regulations
    adequate_eu: bool  # for data that leaves the EEA: decisions of the Commission, as ``law/facts-eu.toml`` has them


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EEA: Final = _codes("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK")
_ADEQUATE: Final = _EEA | _codes("AD AR CA CH FO GB GG GI IL IM JE JP KR NZ UY")
_ADEQUATE_EU: Final = _EEA | _codes("AD AR BR CA CH FO GB GG IL IM JE JP KR NZ UY")
_NAMES: Final = """
AD Andorra; AE United Arab Emirates; AF Afghanistan; AG Antigua and Barbuda; AI Anguilla; AL Albania; AM Armenia; AO
Angola; AQ Antarctica; AR Argentina; AS American Samoa; AT Austria; AU Australia; AW Aruba; AX Åland Islands; AZ
Azerbaijan; BA Bosnia and Herzegovina; BB Barbados; BD Bangladesh; BE Belgium; BF Burkina Faso; BG Bulgaria; BH
Bahrain; BI Burundi; BJ Benin; BL Saint Barthelemy; BM Bermuda; BN Brunei; BO Bolivia; BQ Bonaire, Sint Eustatius and
Saba; BR Brazil; BS Bahamas; BT Bhutan; BV Bouvet Island; BW Botswana; BY Belarus; BZ Belize; CA Canada; CC Cocos
Islands; CD Democratic Republic of the Congo; CF Central African Republic; CG Congo; CH Switzerland; CI Côte d'Ivoire;
CK Cook Islands; CL Chile; CM Cameroon; CN China; CO Colombia; CR Costa Rica; CU Cuba; CV Cape Verde; CW Curaçao; CX
Christmas Island; CY Cyprus; CZ Czechia; DE Germany; DJ Djibouti; DK Denmark; DM Dominica; DO Dominican Republic; DZ
Algeria; EC Ecuador; EE Estonia; EG Egypt; EH Western Sahara; ER Eritrea; ES Spain; ET Ethiopia; FI Finland; FJ Fiji;
FK Falkland Islands; FM Micronesia; FO Faroe Islands; FR France; GA Gabon; GB United Kingdom; GD Grenada; GE Georgia;
GF French Guiana; GG Guernsey; GH Ghana; GI Gibraltar; GL Greenland; GM Gambia; GN Guinea; GP Guadeloupe; GQ
Equatorial Guinea; GR Greece; GS South Georgia and the South Sandwich Islands; GT Guatemala; GU Guam; GW
Guinea-Bissau; GY Guyana; HK Hong Kong; HM Heard Island and McDonald Islands; HN Honduras; HR Croatia; HT Haiti; HU
Hungary; ID Indonesia; IE Ireland; IL Israel; IM Isle of Man; IN India; IO British Indian Ocean Territory; IQ Iraq; IR
Iran; IS Iceland; IT Italy; JE Jersey; JM Jamaica; JO Jordan; JP Japan; KE Kenya; KG Kyrgyzstan; KH Cambodia; KI
Kiribati; KM Comoros; KN Saint Kitts and Nevis; KP North Korea; KR South Korea; KW Kuwait; KY Cayman Islands; KZ
Kazakhstan; LA Laos; LB Lebanon; LC Saint Lucia; LI Liechtenstein; LK Sri Lanka; LR Liberia; LS Lesotho; LT Lithuania;
LU Luxembourg; LV Latvia; LY Libya; MA Morocco; MC Monaco; MD Moldova; ME Montenegro; MF Saint Martin; MG Madagascar;
MH Marshall Islands; MK North Macedonia; ML Mali; MM Myanmar; MN Mongolia; MO Macau; MP Northern Mariana Islands; MQ
Martinique; MR Mauritania; MS Montserrat; MT Malta; MU Mauritius; MV Maldives; MW Malawi; MX Mexico; MY Malaysia; MZ
Mozambique; NA Namibia; NC New Caledonia; NE Niger; NF Norfolk Island; NG Nigeria; NI Nicaragua; NL Netherlands; NO
Norway; NP Nepal; NR Nauru; NU Niue; NZ New Zealand; OM Oman; PA Panama; PE Peru; PF French Polynesia; PG Papua New
Guinea; PH Philippines; PK Pakistan; PL Poland; PM Saint Pierre and Miquelon; PN Pitcairn; PR Puerto Rico; PS
Palestine; PT Portugal; PW Palau; PY Paraguay; QA Qatar; RE Réunion; RO Romania; RS Serbia; RU Russia; RW Rwanda; SA
Saudi Arabia; SB Solomon Islands; SC Seychelles; SD Sudan; SE Sweden; SG Singapore; SH Saint Helena; SI Slovenia; SJ
Svalbard and Jan Mayen; SK Slovakia; SL Sierra Leone; SM San Marino; SN Senegal; SO Somalia; SR Suriname; SS South
Sudan; ST Sao Tome and Principe; SV El Salvador; SX Sint Maarten; SY Syria; SZ Eswatini; TC Turks and Caicos Islands;
TD Chad; TF French Southern Territories; TG Togo; TH Thailand; TJ Tajikistan; TK Tokelau; TL East Timor; TM
Turkmenistan; TN Tunisia; TO Tonga; TR Turkey; TT Trinidad and Tobago; TV Tuvalu; TW Taiwan; TZ Tanzania; UA Ukraine;
UG Uganda; UM United States minor outlying islands; US United States; UY Uruguay; UZ Uzbekistan; VA Vatican City; VC
Saint Vincent; VE Venezuela; VG British Virgin Islands; VI United States Virgin Islands; VN Vietnam; VU Vanuatu; WF
Wallis and Futuna; WS Samoa; YE Yemen; YT Mayotte; ZA South Africa; ZM Zambia; ZW Zimbabwe;
"""


def _countries() -> dict[str, Country]:
    pairs = (entry.strip().split(" ", 1) for entry in _NAMES.replace("\n", " ").split(";") if entry.strip())
    return {code: Country(code, name, code in _EEA, code in _ADEQUATE, code in _ADEQUATE_EU) for code, name in pairs}


COUNTRIES: Final[dict[str, Country]] = _countries()


def adequate(country: Country, laws: Collection[str]) -> bool:
    """Whether data may go there without more, by each law that a policy stands under: UK GDPR Art 45A, GDPR Art 45."""
    by = {"uk": country.adequate, "eu": country.adequate_eu}
    return all(by[law] for law in laws if law in by) if {*laws} & by.keys() else country.adequate
