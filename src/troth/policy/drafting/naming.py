"""Who somebody is: the firm behind a text, how it is reached, and the firms it names."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from troth.policy import words
from troth.policy.drafting import cues
from troth.policy.drafting.finding import Practice, _headed, _listed, _means, _practice, _words, denied, lexicon
from troth.policy.drafting.passages import Sentence
from troth.policy.drafting.texts import Prose

_ROLES: Final = frozenset({"controller", "processor"})
ALONE: Final = 60  # characters of a line that holds little else
LONGEST: Final = 5_000  # characters of a passage in which names are looked for
SEVERAL: Final = 5  # sentences that say the same of who somebody is
_END: Final = (
    r"(?:Limited|Ltd|LIMITED|LTD|LLP|LLC|PLC|plc|CIC|CIO|Inc|Corp|GmbH|BV|AG|Trust|Charity|Foundation|"
    r"Association|Society|University|School|Academy|"
    r"College|Surgery|Clinic|Practice|Hospice|Council|Partnership|Club|Group|Company|Co-operative|"
    r"Choir|Orchestra|Band|Union|Federation|Institute|Studio|Garage|Nursery|Farm|Brewery|Bakery|Salon|Gym|Gallery|"
    r"Bookshop|Shop|Store|Hall|Church|Centre|Theatre|Museum|Library|Hotel|Committee|Care|DAC|Solicitors|Accountants|"
    r"Opticians|Pharmacy|Vets|Lettings|Services|Consulting|Hospice|Housing|Festival|Cafe|Café|Brothers)"
)
_ENDS: Final = frozenset({"Limited", "Ltd", "LLP", "PLC", "plc", "Inc", "GmbH", "BV"})
_FIRM: Final = re.compile(rf"\b((?:[A-Z][\w&'’.-]{{0,30}} (?:(?:of|and|the|for|&) )?){{1,5}}{_END})\b")
_CALLED: Final = re.compile(
    r"\b(?:At )?((?:[A-Z&][\w&'’.-]{0,30} ){0,4}[A-Z][\w&'’.-]{0,30})(?=, we\b)|"
    r"\b((?:[A-Z][\w&'’.-]{0,30} ){1,5})(?:\([\"“‘']?(?:we|us|our|the)\b|"
    r"(?:is|are|we are) committed|collects? |(?:is|are) (?:the|a|your|registered) ?(?:data )?(?:controller|as a))"
)
_OTHER: Final = re.compile(  # what stands before a firm that is somebody else
    r"(?<!operated )(?<!owned )(?<!run )(?<!managed )(?<!provided to you )\b(?:[Uu]se|by|with|through|via|"
    r"provider|called|such as|including) (?:the )?$"
)
_WHOSE: Final = re.compile(r",? (?:whose|who|which)\b")  # what follows a firm that works for us
_ACTS: Final = re.compile(
    r"\b((?:[A-Z][\w&'’.-]{1,30} ){2,5}|[A-Z][\w&'’.-]{2,30} )"
    r"(?:respects|takes|values|operates|knows|understands|cares|provides|runs|holds|hold|needs|will|uses|asks|"
    r"keeps|is an?|are an?|sells|makes|offers)\b"
)
_TITLED: Final = re.compile(
    r"(?:privacy|data protection|cookie)s? (?:policy|notice|statement)(?: of| for|:| –| -|"
    r",) ((?:[A-Z][\w&'’.-]{0,30} ?){1,5})"
    r"|^(?:# )?((?:[A-Z][\w&'’.-]{0,30} ){1,5}?)(?:–|-|:|\|)? ?(?:(?i:privacy|data protection) (?i:policy|"
    r"notice|statement))"
)
_SHORTENED: Final = re.compile(r"\b((?:[A-Z][\w&'’.-]{0,30} ){1,5})\([\"“‘']?[A-Z]{2,6}\b")
_LOWER: Final = re.compile(r"\b(?!not|but|being|are|is)([a-z]\w{2,20} (?:ltd|limited))\b")
_WE_ARE: Final = re.compile(
    r"\b(?:[Ww]e are|[Ww]e['’]re|I am|I['’]m|[Mm]y name is|trading as|[Oo]perated by|"
    r"(?:[Ss]ite|[Pp]age|[Ss]hop|[Ss]ervice|[Bb]usiness|"
    r"[Cc]lub|[Ss]urgery|[Nn]otice|[Pp]olicy) (?:is|are) (?:run|owned) by) ((?:[A-Z][\w&'’-]{0,30} ?){1,5})"
)
_MAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_PHONE: Final = re.compile(r"(?<![\w.])(?:\+\d{2,3}|\(?0)[\d ()-]{8,15}\d(?!\w)")
_BESIDE: Final = re.compile(r"[·•|]|\b(?:tel|phone|call|contact)", re.I)
_POSTCODE: Final = re.compile(
    r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|(?<=, )[A-Z]{2} \d{5}\b|\b[A-Z]\d[\dW] [A-Z\d]{4}\b|"
    r"(?<=, )(?:[A-Z]{1,2}-)?\d{4,5} [A-Z][a-zà-ÿ]{2,}\b"
)  # of the United Kingdom, the United States, Ireland; of the continent with its town
_HOUSED: Final = re.compile(  # an address without a postcode, as many are in Ireland
    r"\b(?i:our|its|whose) (?:registered |head |main )?office is (?:at )?"
    r"(\d+[\w/]* [A-Z][^.;:()]{6,100}?)(?=[.;:(]|$| and )"
)
_BEGINS: Final = re.compile(
    r"(?::| at| is| to us at| to us| write to| to:?| office:?| address:?|(?<!\bCo)(?<!\bSt)\.|;"
    r"|\b(?:Ltd|Limited|LLP|plc|CIC|GmbH|AG|DAC),)\s", re.I
)  # fmt: skip
_IS: Final = re.compile(
    r"controller|\b(?:we|our|runs|operates|provides|offers|makes)\b|\([\"“]|registered|\b(?:is|are) (?:a|an|"
    r"the)\b|operated|on behalf|"
    r"this (?:notice|policy)|"
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    re.I,
)
_SPEAKS: Final = re.compile(
    r"\b(?:[Ww]e|[Oo]ur|us|[Yy]ou|your|I|is|are|was|am|which|that|who|whose|please|if|working)\b"
)
_REGISTER: Final = re.compile(
    r"\b(?:registered|registration|company|charity|partnership|number|trading|Ltd|Limited|LLP|plc|CIC)\b|\bt/a\b|\d{6}",
    re.I,
)
_REALMS: Final = ("England and Wales", "England", "Wales", "Scotland", "Northern Ireland", "Ireland")
_BETWEEN: Final = ("of", "the", "on", "upon", "and", "le", "la", "de", "du", "der", "den")  # words of an address
_NAMED: Final = re.compile(rf"[^\Wa-z_]|(?:{'|'.join(_BETWEEN)}|&)$")
_NUMBER: Final = re.compile(
    r"\b((?:company|registration|registered|charity)[\w ]{0,30}?(?:number|no\.?)s?:? ?(?:is )?|charity |"
    r"under number |registered (?:company|charity):? |"
    r"(?:limited|ltd|llp|cic|plc|england|wales|scotland|"
    r"ireland),? \((?:company )?|\(?(?:company |charity )?(?:number|no\.?):? )([A-Z]{0,2}\d{6,8})\b",
    re.I,
)
_CITIES: Final = {
    "Dublin": "Ireland", "Frankfurt": "Germany", "Berlin": "Germany", "Munich": "Germany", "Amsterdam": "Netherlands",
    "Paris": "France", "Stockholm": "Sweden", "Helsinki": "Finland", "Madrid": "Spain", "Milan": "Italy",
    "Zurich": "Switzerland", "Vienna": "Austria", "Copenhagen": "Denmark", "Oslo": "Norway", "Warsaw": "Poland",
    "Brussels": "Belgium", "Sydney": "Australia", "Toronto": "Canada", "Mumbai": "India", "Tokyo": "Japan",
}  # fmt: skip
COUNTRIES: Final = {
    **{country.name: code for code, country in words.COUNTRIES.items() if code not in ("GB", "US")},
    "the Netherlands": "NL", "the Philippines": "PH", "South Korea": "KR", "Czech Republic": "CZ",
}  # fmt: skip
_COUNTRY: Final = re.compile(
    r"(?:\b(?:in|to|from|of|for|and|or|the|both|leaves?|through|within) |, |\(|\| |^(?:[•*–-] )?)("
    + "|".join(sorted(map(re.escape, [*{**COUNTRIES, **_CITIES}]), key=len, reverse=True))
    + r")(?=[ ,.;:)|]|$)(?! Street| Road| House| Lane)"
)
_LAW_OF: Final = re.compile(r"\b(?:laws? of|courts?|registered in|incorporated in|regulations|citizens?)\b", re.I)
_BIDS: Final = frozenset({"Tell", "Ask", "Write", "Ring", "Call", "Contact", "Email", "Speak", "Phone", "See", "Visit"})
PLAIN: Final = frozenset(
    re.findall(
        r"\w+",
        "apple square sage ghost meta zoom slack fathom acuity wix amazon "
        "stripe sentry heroku wise workable indeed snowflake gong ups dext awin",
    )
)  # names of firms that are words, too
COMMON: Final = frozenset(
    re.findall(
        r"[\w-]+",
        "nobody everybody everyone anyone anybody somebody someone nothing everything something most many both none "
        "another other others sometimes once after before until while since although because during under over between "
        "without small big old new only just also now then there here their his her its parking marketing access "
        "consent information data details tax law post mail email phone paper card money work today tomorrow monday "
        "tuesday wednesday thursday friday saturday sunday birdsong security support payment delivery hosting storage "
        "yes no not never always perhaps maybe if when where whoever whatever which who what whom whose software "
        "computer server app website internet browser cookie analytics admin office reception headquarters school "
        "parent child teacher driver member visitor customer client patient tenant donor staff team management",
    )
)
_URL: Final = re.compile(r"\bhttps?://[\w.-]{3,80}|\bwww\.[\w.-]{3,80}", re.I)
_OURS: Final = re.compile(
    r"\b(?:our|this) (?:web ?)?(?:site|page)|web ?site(?: address)?(?: is|:| at|,)|operate|published (?:at|on)|"
    r"\bvisit(?:ing|"
    r"ors to)? (?:us|our|www|http)",
    re.I,
)
_USED: Final = re.compile(
    r"(?:\b[Ww]e (?:also |may |currently )?(?:use|work with|rely on|partner with)|(?:provided|supplied|sent|"
    r"delivered|maintained|printed|collected) by|hosted (?:by|"
    r"with|on)|(?:held|stored|kept|run|built|handled|managed|performed|done) (?:\w+ )?(?:by|with|on|in)|"
    r"\b(?:uses|runs)|powered by|e\.g\.|(?:software|system|platform|app|provider|tool|supplier)s?,?(?: called|"
    r" named| is)?|"
    r"processed by|through|such as|for example|called|including|in an app|(?:share|pass|send|sent|give|"
    r"disclose|provide|transfer)\w* .{0,40}(?:with|to)|via) "
    r"((?:[A-Z][A-Za-z0-9&.-]{1,20} ?(?:& )?){1,4}"
    r"(?:(?:, | and |and |, and )(?:[A-Z][A-Za-z0-9&.-]{1,20} ?){1,4}){0,5})"
)  # fmt: skip
_LISTED: Final = re.compile(r"(?:^|[•*-] )((?:[A-Z][\w&.-]{1,20} ?){1,4}) ?(?:\((?:3rd|third)|[–-] )")
_NAME: Final = r"[A-Z][\w&'’.-]{1,24}(?: (?:& )?[A-Z][\w&.-]{1,24}){0,3}"
_DEEDS: Final = (
    "(?:runs|hosts|keeps|sends|carries|prints|handles|supplies|collects|takes|looks|does|do|stores|holds|provides|"
    "processes|makes|delivers|posts|manages|helps|checks|packs|shreds|answers|builds|cleans|works|backs|counts|mends|"
    "maintains|gets|sees|moves|writes|operates|serves|watches|lends|insures|pays)"
)
_DOING: Final = re.compile(  # "Postmark sends our mail", "Fenprint Ltd in Wisbech prints the paper"
    rf"(?:^|[•*–-] |[.;:,] |\band |\bor |\bthat )(?:[Tt]he )?({_NAME})"
    rf"(?=,? (?:(?:in|of|from|at) [A-Z]\w{{1,20}}(?: [A-Z]\w{{1,20}})?,? )?(?:who |which )?{_DEEDS}\b)"
)
_THROUGH: Final = re.compile(
    rf"\b(?:through|via|using|by way of|thanks to|(?:made|built|written|provided|supplied|printed|hosted|run|"
    rf"insured|owned) (?:by|on|with)|"
    rf"(?:hosted|runs?|sits?|lives?|stored|kept|held) on) ({_NAME})(?=[ ,.;:)|]|$)"
)
_DONE_BY: Final = re.compile(
    rf"\b(?:looked after|recorded|handled|managed|stored|held|kept|minded|maintained|printed|packed|delivered|served|"
    rf"processed|backed up|shredded|translated|designed|cleaned|posted) by ({_NAME})(?=[ ,.;:)|]|$)"
)
_HANDED: Final = re.compile(
    r"\b(?:hand|handed|pass|passed|sent|send|goes?|give|given|"
    r"sold|transferred|over|supplied|reported) (?:\w+ ){0,4}(?:to|into)"
    rf" (?:the )?({_NAME})(?=[ ,.;:)|]|$)|\b(?:by|with) ({_NAME})(?=[ ,.;:)|]|$)"
)
_APPOSED: Final = re.compile(  # "our insurers, Aviva", "Larkin Moss LLP, our bookkeepers"
    rf"\b[Oo]ur (?:\w+ ){{0,3}}(?!in |at |of |to |by |on |and |or |for |from |with )"
    rf"[a-z]+,? (?:is |are )?({_NAME})(?=[,.;)]| \(|$| in )"
    rf"|(?:^|[•*–-] |[;:,] |\band )({_NAME})(?=, (?:our|who|which) |"
    rf", (?:an?|the) \w+ (?:firm|company|agency|charity|broker))"
    rf"|\b[a-z]+, ({_NAME})(?=, (?:is|are|who|which|and|may|can|will|ha[sd]|have|gets?|sees?)\b)"
)
_OURSELVES: Final = re.compile(r"(?<=\w) ?\((?:company|partnership|registered|charity|no\b)", re.I)
_ITEM: Final = re.compile(rf"[•*–-] (?:[Tt]he )?({_NAME})(?=,| \(| –| -|:| [a-z])")
_IN_CELL: Final = re.compile(rf"({_NAME})(?=$|,| \(| in | and | –| -|\.)")
_LAWS: Final = re.compile(r"\b(?:Regulations?|Act|Directive|Data|Personal|Privacy|Commissioner|Notice|Policy)\b")
_NO_FIRM: Final = frozenset(
    re.findall(
        r"[\w-]+",
        "States Council Addendum Netherlands Ireland France Germany India Canada Australia Dublin London "
        "CCTV DNA PDF FAQ API SDK MAC URL ID CV HR IT VAT NI DPO EULA PIN SMS USA US However Therefore Where Unless "
        "I At Each Every Clients Customers Candidates Patients Parents Pupils Staff Data Client Use How What "
        "Why Who When Where "
        "CCPA PECR DPA LLP CCTV Adult Adults Enhancing Wi-Fi WiFi Recipients Recipient Sub-processor "
        "We Our Your You The This These If When Cookies Cookie Website Site Privacy Policy Information "
        "Personal Data Gift Aid UK EU EEA GDPR ICO IP Article Companies Act HMRC European United Kingdom "
        "Economic Area Commissioner Office January February March April May June July August September "
        "October November December Some Any All It They NHS Services Service Members Member Users Agreement "
        "GP DBS England Wales Scotland Department Education Health Protection Terms Conditions In For As "
        "Beacons Log File Third Party Parties Our Google-Analytics Please To By With At",
    )
)


def who(text: Prose, parts: list[Sentence]) -> list[Practice]:
    """Who speaks: name, address, how to reach them, and what the text says they are."""
    name = _name(parts)
    found = [*_first(parts, "name", name), *_address(text, parts, name)]
    for word, pattern in (("email", _MAIL), ("phone", _PHONE)):
        found += _mentions(parts, word, pattern) or _alone(text, word, pattern)
    found += _numbers(parts)
    for entry in _words("who"):
        said = [(part, hit) for part in parts for hit in [entry.pattern.search(part.text)] if hit and not part.heading]
        if entry.word in _ROLES:
            said = [
                (part, hit)
                for part, hit in said
                if not denied(part.text, hit.start(), hit.end()) and not cues.NOT.search(hit.group())
            ]
        found += [_practice("who", entry.word, part, 0.8, phrase=hit.group()) for part, hit in said[:SEVERAL]]
    found += _mentions([part for part in parts if _OURS.search(part.text)], "website", _URL)
    return found


def _name(parts: list[Sentence]) -> str:
    """The firm named most often; the first of those named as often."""
    counted: Counter[str] = Counter()
    for pattern in (_FIRM, _CALLED, _WE_ARE, _TITLED, _LOWER, _SHORTENED, _ACTS):
        for one in parts:
            named = [(match[match.lastindex or 1], match.start(match.lastindex or 1))
                     for match in pattern.finditer(one.quote[:LONGEST])]  # fmt: skip
            said = [
                name
                for name, at in named
                if not _OTHER.search(one.quote, max(0, at - ALONE), at) and not _WHOSE.match(one.quote, at + len(name))
            ]
            counted.update(name.strip(" .,").removeprefix("At ").removeprefix("The ") for name in said)
        counted = Counter({name: many for name, many in counted.items()
                           if not set(name.split()[:1]) & _NO_FIRM and not _LAWS.search(name)})  # fmt: skip
        if counted:
            return max(counted, key=lambda name: counted[name])
    return ""


def _first(parts: list[Sentence], word: str, value: str) -> Iterator[Practice]:
    """The first that names them, and before it the first that says who they are."""
    said = [one for one in parts if value and value in one.quote]
    told = [one for one in said if not one.heading and _IS.search(one.quote)]
    for one in dict.fromkeys([*told[:4], *said[:1]]):
        yield _practice("who", word, one, 0.8, value)


def _mentions(parts: list[Sentence], word: str, pattern: re.Pattern[str]) -> list[Practice]:
    """The first that stands where people are asked to write, else the first of all."""
    said = [(one, match.group()) for one in parts for match in [pattern.search(one.quote)] if match]
    said = [(one, value) for one, value in said if "ico.org" not in value and "archive.org" not in value]
    asked = [(one, value) for one, value in said if _means("reaching us", one.led)]
    return [_practice("who", word, one, 0.8, value.rstrip(".")) for one, value in (asked or said)[:1]]


def _alone(text: Prose, word: str, pattern: re.Pattern[str]) -> list[Practice]:
    """A number that stands on a line of its own is no sentence, but it is said."""
    for number, line in enumerate(text.text.split("\n")):
        value = pattern.search(line)
        if value is not None and len(line) < ALONE:
            one = Sentence(line, "", "", " ".join(line.split()), text.lines[number])
            return [_practice("who", word, one, 0.6, value.group())]
    for number, line in enumerate(text.text.split("\n")):
        value = pattern.search(line)
        if value is not None and _BESIDE.search(line):  # "… · 01603 555 010 · …", between marks that end a sentence
            one = Sentence(line, "", "", " ".join(line.split()), text.lines[number])
            return [_practice("who", word, one, 0.6, value.group())]
    return []


def _address(text: Prose, parts: list[Sentence], name: str) -> list[Practice]:
    """What stands before a postcode, back to where the address begins; a postcode alone on its line has lines above."""
    lines = text.text.split("\n")
    for one in parts:
        code = _POSTCODE.search(one.quote)
        if code is None or re.search("commissioner|representative", one.quote[: code.start()], re.I):
            continue
        before = one.quote[max(0, code.start() - 160) : code.start()]
        begins = [match.end() for match in _BEGINS.finditer(before)]
        said = before[begins[-1] if begins else 0 :].rpartition(f"{name}, ")[2].strip(" ,")
        said = re.sub(r"^(?:(?:at|is|to|us|now|in|from)\s+)+", "", said)
        if len(place := _place(said)) >= 8 or _SPEAKS.search(said):
            said = place
        elif len(said) < 8 and not begins and one.line in text.lines:
            number = text.lines.index(one.line)
            above = [line.strip(" ,•") for line in lines[max(0, number - 4) : number] if line.strip()]
            said = ", ".join(line for line in [*above, said] if 0 < len(line) < 60 and not line.endswith("."))
        return [_practice("who", "address", one, 0.7, " ".join(f"{said} {code.group()}".split()).strip(" ,"))]
    for one in parts:
        if (housed := _HOUSED.search(one.quote)) and not re.search("commissioner|representative", one.quote, re.I):
            return [_practice("who", "address", one, 0.7, housed[1])]
    return []


def _place(said: str) -> str:
    """The address at the end of some words, without the sentence and the register that stand before it: parts between
    commas whose words are names or numbers, from the last one back."""
    kept: list[str] = []
    for part in reversed([part for part in said.split(",") if part.strip()]):
        written = part.split()
        plain = next((at for at in range(len(written), 0, -1) if not _NAMED.match(written[at - 1])), 0)
        while plain < len(written) and written[plain] in _BETWEEN:
            plain += 1
        place = " ".join(written[plain:])
        if not place or _REGISTER.search(place) or (kept and place.strip("()").replace("&", "and") in _REALMS):
            break
        kept.append(place)
        if plain:
            break
    return ", ".join(reversed(kept))


def _numbers(parts: list[Sentence]) -> list[Practice]:
    for one in parts:
        found = _NUMBER.search(one.quote)
        if found is not None:
            return [_practice("who", "number", one, 0.8, found[2])]
    return []


# ---------------------------------------------------------------------------------------------------- named recipients


@functools.cache
def _known() -> re.Pattern[str]:
    names = sorted(lexicon()["companies"], key=len, reverse=True)
    return re.compile(r"(?<!\w)(" + "|".join(re.escape(name) for name in names) + r")(?=s?(?!\w))", re.I)


def companies(parts: list[Sentence]) -> list[Practice]:
    """Every firm that a text says it gives data to, by name: those we know of, and names where a name is expected."""
    spelt = {name.lower(): name for name in lexicon()["companies"]}
    found: dict[str, Practice] = {}
    again: list[Practice] = []
    own = _name(parts).lower()
    for one in parts:
        named = (
            [] if one.heading and len(one.text.split()) > 3 else [spelt[name.lower()] for name in _mentioned(one.text)]
        )
        for name in dict.fromkeys(named):
            found.setdefault(name, _practice("disclose", name, one, 0.9, name))
            again.append(_practice("disclose", name, one, 0.8, name))
        if not one.heading and (
            one.columns
            or _headed("disclose", one)
            or _THROUGH.search(one.text)
            or _USING.search(one.text)
            or _means("about sharing", f"{one.topic} {one.led}")
        ):
            given = _GIVEN_TO.findall(one.text) if _TO_WHOM.search(one.head or one.topic) else []
            shared = _headed("disclose", one) or cues.GIVES_ON.search(one.led) or _USING.search(one.text)
            guessed = _guessed(one.text) if shared or one.columns else []
            for name in map(_cleaned, [*guessed, *given, *_by_grammar(one)]):
                new = name and name.lower() not in own and not any(_same(name, known) for known in found)
                if new and not _is_role(name):
                    found[name] = _practice("disclose", name, one, 0.5, name)
    first = {(one.word, one.quote): one for one in found.values()}
    return [
        *first.values(),
        *({(one.word, one.quote): one for one in again if (one.word, one.quote) not in first}).values(),
    ]


def _mentioned(text: str) -> list[str]:
    """The firms we know of that a text names, but not those from which it has something."""
    return [
        hit[1]
        for hit in _known().finditer(text)
        if (hit[1].lower() not in PLAIN or (hit[1][0].isupper() and not _AFTER_NAME.search(text, 0, hit.start())))
        and _HAD_FROM.search(text, max(0, hit.start() - ALONE), hit.start()) is None
    ]


_AFTER_NAME: Final = re.compile(r"[a-z] [A-Z][a-z]+ $")  # "Red Lion Square"
_HAD_FROM: Final = re.compile(r"(?:information|data|details|records?|what we have)\b[^.;]{0,40}\bfrom (?:\w+ ){0,4}$")
_USING: Final = re.compile(r"\b[Ww]e (?:also )?(?:use|work with|rely on)\b|\bcalled [A-Z]|\bservers?\b")
_TO_WHOM: Final = re.compile(
    r"how we (?:share|disclose)|\bwho\b(?! (?:we are|is|are) )|whom|recipients?|^\W*(?:\d+\W+)?shar(?:e|ing)|"
    r"shar\w+\b.{0,50}\bwith|disclos|(?:hand|pass|give|send)\w*\b.{0,30}\b(?:to|on)\b|processors|"
    r"suppliers|providers|partners|third part", re.I,
)  # fmt: skip
_GIVEN_TO: Final = re.compile(
    r"(?:^(?:[•*–-] |\([a-z]{1,3}\) )?|\b[Tt]o |\b[Tt]he |, |: |\band |\bor |\b[Ww]ith )"
    r"((?:[A-Z][\w&.-]{1,20} ){1,4}[A-Z][\w&.-]{1,20}(?= ?[,(:–|]| - |\.|$| and | or | when | for | who | which )"
    r"|[A-Z][a-zA-Z]{2,20}(?= ?[(:–|]|,| - |\.|$))"
)


def _by_grammar(one: Sentence) -> list[str]:
    """Names of firms nobody has heard of, by where they stand: who does something, through whom, or in whose cell."""
    if one.columns:
        who = [cell for column, cell in one.cells() if cues.COLUMNS["disclose"].search(column)]
        return [found[1] for cell in who for found in [_IN_CELL.match(cell)] if found]
    about = f"{one.topic} {one.head} {one.text}"
    done = _DONE_BY.findall(one.text)
    shared = (_headed("disclose", one) or _means("about sharing", about)) and not _means("reaching us", one.text)
    item = _ITEM.match(one.text) if _headed("disclose", one) and one.text[:1] in "•*-–" else None
    doing = [
        *([item[1]] if item else []),
        *_DOING.findall(one.text),
        *map("".join, [*_HANDED.findall(one.text), *_APPOSED.findall(one.text)]),
    ]
    named = [name.strip("'’ ") for name in [*_THROUGH.findall(one.text), *done, *(doing if shared else [])]]
    return [
        name for name in named if not (_is_role(name) or _OURSELVES.search(one.text, one.text.find(name) + len(name)))
    ]


def _is_role(name: str) -> bool:
    """Whether a capital stands only because a sentence begins: somebody or something that every notice speaks of."""
    sections = ("people", "disclose", "data", "surfaces", "who")
    if name.split()[0] in _BIDS:
        return True
    return any(entry.pattern.fullmatch(name) for section in sections for entry in _words(section)) or (
        " " not in name and (name.lower() in COMMON or any(e.pattern.fullmatch(name) for e in _listed("disclose")))
    )


def countries(parts: list[Sentence]) -> list[Practice]:
    """Every country but ours that a text says data goes to, by its name."""
    found: dict[tuple[str, str], Practice] = {}
    for one in parts:
        spoken = f"{one.topic} {one.columns} {one.led}"
        if (
            one.heading
            or _LAW_OF.search(one.text)
            or not (_means("about abroad", spoken) or _means("about sharing", spoken))
        ):
            continue
        for said in dict.fromkeys(_COUNTRY.findall(one.text)):
            word = _CITIES.get(said, said).removeprefix("the ")
            if not denied(one.text, one.text.find(said), one.text.find(said) + len(said)):
                found.setdefault((word, one.quote), _practice("transfers", word, one, 0.7, phrase=said))
    return list(found.values())


def code_of(word: str) -> str:
    """The code of the country a word of `transfers` names, '' where it names none."""
    return "US" if word == "united states" else COUNTRIES.get(word, COUNTRIES.get(f"the {word}", ""))


def _same(one: str, other: str) -> bool:
    one, other = one.lower(), other.lower()
    return one in other or other in one


def _guessed(text: str) -> list[str]:
    said = [*_LISTED.findall(text), *_USED.findall(text)]
    return [name for names in said for name in re.split(r",? and |, |and (?=[A-Z])", names)]


def _cleaned(name: str) -> str:
    words = name.strip(" .,").split()
    while words and words[0] in _NO_FIRM:
        words = words[1:]
    listed = words and words[-1] in _ENDS
    common = len(words) == 1 and words[0].lower() in COMMON
    plain = not words or common or (set(words) & _NO_FIRM and not listed) or (len(words) == 1 and len(words[0]) < 4)
    return "" if plain else " ".join(words)
