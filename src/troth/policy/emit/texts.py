"""Every sentence that an emitter writes of its own, in one table a language, so that a language is one more table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

EN: Final[dict[str, str]] = {
    "and": "and",
    "glance": "At a glance",
    "glance.what": "What we hold",
    "glance.why": "Why",
    "glance.who": "Who else gets it",
    "glance.who.says": "{count}, listed below.",
    "glance.who.asked": "{count}, listed below. {asked} only if you say yes.",
    "glance.who.none": "Nobody.",
    "glance.long": "How long",
    "glance.choices": "Your choices",
    "glance.choices.says": "You can {rights}. It is free, and we answer within one month.",
    "glance.choices.client": "Ask the organisation whose website you used. If you ask us, we pass it on.",
    "glance.nothing": "Nothing else: what is not on this page is not taken in.",
    "who": "Who we are",
    "who.controller": "{name} decides why and how the data on this page is used. In law we are its controller.",
    "who.processor": (
        "{name} works for its clients. A client decides why and how data is used, and we do only what it instructs. "
        "In law we are a processor, and the client is the controller."
    ),
    "who.both": (
        "{name} decides about the data that it takes in for itself (in law: controller). For its clients it does only "
        "what they instruct (in law: processor); each such use is marked below."
    ),
    "who.name": "Name",
    "who.trades": "Trades as",
    "who.address": "Address",
    "who.email": "Email",
    "who.phone": "Telephone",
    "who.officer": "Privacy questions to",
    "who.company": "Company",
    "who.company.says": "{number}, registered in {where}",
    "who.fee": "Registration with the regulator",
    "people": "Whom this is about",
    "flow": "Where it comes from, where it goes",
    "flow.lead": "Solid lines always run. Dashed lines run only if you say yes.",
    "flow.table": "The same as a table",
    "flow.from": "From",
    "flow.held": "Held by",
    "flow.to": "Goes to",
    "flow.name": "What or who",
    "flow.side": "Part of the way",
    "flow.note": "Data, or country",
    "flow.nobody": "nobody else",
    "flow.asked": "only if you say yes",
    "flow.always": "always",
    "collect": "What we collect, and where it comes from",
    "collect.troth": "What you chose and asked",
    "collect.data": "Data",
    "collect.form": "How it is stored",
    "collect.from": "Where from",
    "collect.needs": "Needed: {data}. {why}.",
    "collect.warns": "Before you do this: {warns}.",
    "collect.given": "you, by {by}",
    "collect.observed": "what happens when you use {by}",
    "collect.inferred": "what we work out ourselves",
    "collect.obtained": "{source}",
    "collect.supplied": "one of our clients",
    "collect.us": "our own records",
    "use": "Why we use it, and on what basis",
    "use.says": "We use {data} to {use}.",
    "use.client": "For a client, and only as it instructs, we use {data} to {use}.",
    "basis.consent": "Basis: your consent. We ask: “{words}” Until you say yes we do not; you can take a yes back.",
    "basis.contract": "Basis: our contract with you, or steps you ask for before one.",
    "basis.legitimate interests": "Basis: our legitimate interest, {interest}. You can object.",
    "basis.legal obligation": "Basis: the law asks it of us ({law}).",
    "basis.recognised legitimate interests": "Basis: a recognised legitimate interest ({case}). You can object.",
    "basis.public task": "Basis: a public task ({law}). You can object.",
    "basis.vital interests": "Basis: somebody's life or health.",
    "basis.instruction": "Basis: the client's instruction; its own notice gives the basis in law.",
    "use.statistics": "What comes out are statistics. A group smaller than {count} is not shown.",
    "use.marketing": "You can stop this at any time, and we then stop for good.",
    "use.without": "If you do not agree, {without}.",
    "use.decides": "A decision may be made by this: {decides}. You can ask for a person to decide.",
    "share": "Who gets it",
    "share.none": "We give it to nobody else.",
    "share.name": "Who",
    "share.why": "What for",
    "share.data": "Data",
    "share.where": "Where",
    "share.safe": "What protects it there",
    "share.home": "the law here",
    "share.money": "We are paid for this.",
    "never": "What we never do",
    "keep": "How long we keep it",
    "keep.data": "Data",
    "keep.long": "How long",
    "keep.holds": "Sometimes we must keep data longer. Then we say so, and look at it again.",
    "keep.hold": "{because}: looked at again every {review}.",
    "cookies": "Cookies and other tools",
    "cookies.none": "We set no cookies and read nothing else on your device.",
    "cookies.lead": "What is marked “after a yes” does not load until you said yes. A no changes nothing else.",
    "cookies.name": "Name",
    "cookies.by": "Set by",
    "cookies.does": "What it does",
    "cookies.for": "What for",
    "cookies.lasts": "Lasts",
    "cookies.when": "When",
    "cookies.us": "us",
    "cookies.asked": "after a yes",
    "cookies.necessary": "always: the service you ask for needs it",
    "cookies.communication": "always: a page cannot be sent without it",
    "cookies.statistics": "unless you say no: it only counts",
    "cookies.appearance": "unless you say no: it only remembers how you like the page",
    "rights": "Your rights",
    "rights.how": (
        "To use a right, write to {email} or to our address, or use your page on this website. No form of words is "
        "needed. It is free. We first make sure that it is you, and answer within one month."
    ),
    "rights.longer": "If a request is hard we may take up to two months more, and tell you why within the first month.",
    "rights.client": "For what we hold for a client, the client answers. Ask it or us: we pass on what you ask.",
    "right.access": "See your data: you get a copy of what we hold about you, and where it came from.",
    "right.rectify": "Have it put right: we correct what is wrong and complete what is missing.",
    "right.erase": "Have it erased: we erase what no law and no open claim makes us keep.",
    "right.restrict": "Ask us to keep it but not use it, while something is looked into.",
    "right.object": "Object: tell us to stop a use. To marketing, your no is always the last word.",
    "right.port": "Take it with you: what you gave us, as a file that other programs read.",
    "right.withdraw": "Take back a yes, as easily as you gave it. What was done before stays lawful.",
    "right.complain": "Complain, to us and to the regulator.",
    "right.basis": "This goes for: {uses}.",
    "right.everything": "This goes for everything on this page.",
    "complaints": "Complaints",
    "complaints.us": (
        "Tell us first if you like: write to {email}. We acknowledge a complaint within 30 days, look into it without "
        "delay and tell you what came of it."
    ),
    "complaints.regulator": "You can complain to the regulator at any time, and go to court.",
    "complaints.name": "Regulator",
    "complaints.page": "Website",
    "secure": "How we keep it safe",
    "secure.seals": "We encrypt {data} under a key of your own.",
    "secure.reach.hidden": "When we erase, the data can no longer be found.",
    "secure.reach.deleted": "When we erase, the data is deleted.",
    "secure.reach.overwritten": "When we erase, the data is deleted and overwritten.",
    "secure.reach.key destroyed": "When we erase, we delete the data and destroy the key that could open it.",
    "secure.reach.backups": "When we erase, the data goes from our backups too.",
    "secure.staff": "Only these people open data, and only for what is listed above: {staff}.",
    "secure.limits": "No system is perfectly safe. If a breach puts you at high risk, we tell you without delay.",
    "children": "Children",
    "changes": "Changes to this notice",
    "changes.date": "This edition is of {date}. {because}.",
    "changes.says": "A new use or a new recipient never reaches back to data taken in under an older edition.",
    "changes.past": "{date}: {because}",
    # the question that a website asks
    "ask.heading.0": "Nothing here needs your yes",
    "ask.heading.ours": "We would like to set cookies",
    "ask.heading.1": "One supplier would like to set cookies",
    "ask.heading": "{count} suppliers would like to set cookies",
    "ask.supplier": "{name}, to {uses}",
    "ask.same": "The site works the same if you refuse.",
    "ask.refuse": "Refuse all",
    "ask.accept": "Accept all",
    "ask.choose": "Choose",
    "ask.details": "What each one sets, and for how long",
    "number.1": "One",
    "number.2": "Two",
    "number.3": "Three",
    "number.4": "Four",
    "number.5": "Five",
    "number.6": "Six",
    "number.7": "Seven",
    "number.8": "Eight",
    "number.9": "Nine",
    "number.10": "Ten",
}
TEXTS: Final[dict[str, dict[str, str]]] = {"en": EN}


def say(key: str, language: str = "en", **words: str) -> str:
    return TEXTS[language][key].format(**words)


def number(count: int, language: str = "en") -> str:
    return TEXTS[language].get(f"number.{count}", str(count))


def among(words: Iterable[str], language: str = "en") -> str:
    """'a', 'a and b', 'a, b and c'; with semicolons where one of them has a comma of its own."""
    said = list(dict.fromkeys(words))
    if len(said) < 2:
        return "".join(said)
    comma = "; " if any("," in word for word in said) else ", "
    return f"{comma.join(said[:-1])} {TEXTS[language]['and']} {said[-1]}"
