"""What a passage is about, by its turns of phrase: what it denies, who does it, and which heading it stands below.

These are patterns of English, not of any author. All have bounds, so that no text makes them try every way (T42).
"""

from __future__ import annotations

import re
from typing import Final

NOT: Final = re.compile(
    r"\b(?:not(?! only| limited)|never|nor|neither|cannot|without|no (?:\w+ )?(?:data|information|details)|"
    r"nothing|nobody|no[ -]one|none|at no time|there (?:is|are) no|no (?:firm|company|third|computer|machine|software|"
    r"algorithm|(?:\w+ )?(?:cookies?|trackers?|pixels?|adverts?|advertising|advertisements))|"
    r"something we (?:leave|avoid))\b|n't\b",
    re.I,
)
MIGHT_DENY: Final = re.compile(  # without one of these nothing is denied, and no phrase need be tried
    r"\bn(?:o|ot|or|one|obody|othing|ever|either)\b|n't\b|without|cannot|anonym|human|person|one of us|somebody|only|"
    r"solely|exclusiv|leave|stays?\b|keep it|goes? no|except|unless|purposes specified|so (?:that )?(?:they|we|others)|"
    r"out of|always",
    re.I,
)
AFTER: Final = re.compile(
    r"(?: \w+){0,3} (?:never|not)\b.{0,20}\b(?:stor|kept|keep|reach|collect|held|shar|disclos|record|sold|seen|pass)",
    re.I,
)
TURN: Final = re.compile(
    r"[;.)]|\b(?:but|however|unless|except|although|though|as well as|so that|which may|if you|when you|only|"
    r"and (?:we|you|they|keeps|stores|uses|holds|sends|records|logs))\b",
    re.I,
)
IF: Final = re.compile(r"\b(?:if|whether|when|where|should|unless|absent) (?:\w+ ){0,5}?(?:\w+)?(?: ?not|n't)\b", re.I)
NUMBERS: Final = re.findall(r"\w+",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen"
)  # fmt: skip
TENS: Final = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
WORDED: Final = {word: number for number, word in enumerate(NUMBERS, 1)} | TENS
KINDS_OF_YEAR: Final = "tax|financial|full|calendar|further|complete|school|academic|more|whole|working"
_TEN: Final = "|".join(TENS)
_COUNT: Final = rf"\d{{1,3}}|(?:{_TEN})[ -](?:{'|'.join(NUMBERS[:9])})|{'|'.join(WORDED)}"
LENGTH: Final = re.compile(
    rf"\b({_COUNT})(?: \(\d{{1,3}}\))?[ -](?:(?:{KINDS_OF_YEAR}) )?(day|week|month|year)s?\b",
    re.I,
)
A_LENGTH: Final = re.compile(
    r"(?<!half )(?<!once )(?<!twice )\ba(?: further| single)? (day|week|month|year)\b(?= after| from| later|[,.;|]|$)|"
    r"\bafter a (day|week|month|year)\b",
    re.I,
)
AGE: Final = re.compile(
    r"(?:under|below|younger than|less than|at least|over|aged?|than)\b(?: \w+){0,5}? "
    rf"\(?(1\d|{'|'.join(NUMBERS[9:])})\b"
    r"|\b(?:over|under)-(1\d)s?\b|\b(?:teach|accept|take|admit)\w* (?:\w+ )?from (1\d)\b"
    rf"|\b(1\d|{'|'.join(NUMBERS[9:])}) (?:years )?(?:or|and) (?:over|older|above|up)"
    r"|\bbe (?:at least )?(1\d)\b|\b(1\d) ?\+|\b(?:from|minimum|lowest) (?:the )?age (?:of )?(1\d)\b", re.I,
)  # fmt: skip
CALLED: Final[dict[str, tuple[int, str]]] = {  # lengths of time that have names of their own
    "fortnight": (2, "week"), "half a year": (6, "month"), "twelvemonth": (12, "month"),
    "a year and a half": (18, "month"), "half a dozen years": (6, "year"), "a dozen years": (12, "year"),
    "a decade": (10, "year"), "a couple of weeks": (2, "week"), "a couple of months": (2, "month"),
    "a couple of years": (2, "year"), "the morning after": (1, "day"), "the next day": (1, "day"),
    "the day after": (1, "day"), "the following day": (1, "day"),
}  # fmt: skip
CALLED_SO: Final = re.compile(rf"\b(?:{'|'.join(CALLED)})\b", re.I)
EVERY: Final = re.compile(r"\b(?:every|each|once|twice|per|last|past|first|takes|up to) (?:in )?$", re.I)
NEAR: Final = 12
SOON: Final = re.compile(
    r"\b(?:respon[ds]|answer|repl(?:y|ies)|request|acknowledg|tell\b|told|notif|inform|let you know|hear from|"
    r"hear back|get back|in advance|beforehand|ahead|before (?:it|they)|confirm)",
    re.I,
)
PUT_BY: Final = re.compile(
    r"\b(?:keep|kept|retain|store|delet|destroy|erase|held|hold|wip|thrown|"
    r"drop|record(?:s|ed)? over|overwrit|bin|binned|cleared|gone|shred)",
    re.I,
)
WHAT_FIRST: Final = re.compile(r"[#\W\d]*(?:what|why)\b(?!.{0,20}\b(?:long|when)\b)", re.I)
SIGHT: Final = 160  # characters that a "not" reaches
POLICY: Final = re.compile(
    r"\b(?:chang|amend|updat|modif|revis)\w*\b.{0,80}\b(?:polic(?:y|ies)|notice|statement)\b"
    r"|\b(?:polic(?:y|ies)|notice|statement)\b.{0,80}\b(?:chang|amend|updat|modif|revis|archiv)\w*|"
    r"forms a part of|\b(?:new|updated|latest|current) version",
    re.I,
)  # fmt: skip
ASIDE: Final = re.compile(r"disclos|shar|whom|who (?:else|sees|gets)|secur|links?\b|other (?:web)?sites|complain", re.I)
INDIRECT: Final = re.compile(
    r"\bindirectly\b|\bfrom (?:\w+ ){0,3}(?:sources|third parties|others|other people)\b|\bother sources\b", re.I
)
GIVEN: Final = re.compile(r"\W*if\b|.{0,40}\byou (?:may |can |will )?(?:give|provide|share|send|submit)", re.I)
KEEPS: Final = re.compile(r"how long|retention|retain|keep|storage|erasure|\bstore\b", re.I)
LISTS: Final = re.compile(r",.*,|\|", re.S)  # a list of data with their periods, as in a table
ABROAD: Final = re.compile(
    r"outside|transfer|abroad|overseas|countr|international|\beea\b|border|united states|\bus\b|shield|clauses", re.I
)
PASSES: Final = re.compile(r"\b(?:shar|disclos|pass(?!word)|provid|transfer|send|sent|giv|hosted)\w*", re.I)
ASKS_US: Final = re.compile(  # whom to ask about the text itself, by which nothing is taken in
    r"\b(?:questions?|quer(?:y|ies)|concerns)\b.{0,80}\b(?:polic|notice|statement|privacy|practices)|"
    r"\b(?:questions?|quer(?:y|ies)|more (?:details|information)|further information)\b.{0,100}\b(?:please|can|"
    r"may|should)\b.{0,20}"
    r"\b(?:contact|ask|call|e-?mail|write)\b",
    re.I,
)
ENTITLED: Final = re.compile(r"\byou (?:also )?have (?:a|the|an) (?:\w+ )?rights?\b", re.I)
GROUND: Final = re.compile(r"\W*(?:\d{1,2}\W+)?(?:for|with|to (?:perform|comply|meet)|because|where)\b", re.I)
RIGHT: Final = re.compile(r"\W*(?:\d{1,2}\W*)?(?:the |your )?rights? (?:to|of|in)\b", re.I)
DEEDS: Final = frozenset({"complaint", "correspondence", "opinion", "purchase", "payment", "invoice", "answer"})
DEALS: Final = re.compile(
    r"\b(?:deal\w*|handl\w+|respond\w*|repl\w+|answer\w*|resolv\w+|investigat\w+|manag\w+|seek\w*|canvas\w*|"
    r"fulfil\w*|"
    r"complet(?:e|ing)|process(?:ing)?|tak(?:e|ing)|mak(?:e|ing)|deliver\w*|send\w*|issu\w+|"
    r"monitor\w*)\b[^.;|]{0,60}$",
    re.I,
)
PURPOSES: Final = re.compile(
    r"^(?!.*following (?:information|data|personal|categor|details)).*(?:\bpurposes?\b|\bus(?:e|ed|es|"
    r"ing)\b(?!.{0,20}following).{0,80}"
    r"\b(?:to|for|so|in order)\b)", re.I
)  # fmt: skip
BROWSERS: Final = re.compile(
    r"\b(?:most|all|some|your|modern) (?:web )?browsers? (?:\w+ ){0,2}(?:allow|accept|let|will|can|settings?|"
    r"provide|offer)|"
    r"\b(?:block|reject|refus|disabl|delet)\w* (?:\w+ ){0,3}cookies|^(?:A|The) (?:cookie|web beacon) (?:is|consists)",
    re.I,
)  # what everybody knows of cookies is no practice
SOMEBODY: Final = re.compile(  # who opens an account, so that it is no use of ours
    r"\b(?:by|when|if|you|who|parents?|users?|guardian|customers?|members?|they)\b(?: \w+){0,4} ?$", re.I
)
SHARES: Final = re.compile(r"\bshar|disclos|\bwho\b|recipient|third part|whom", re.I)
HAVE_ACCESS: Final = re.compile(
    r"\b(?:ha(?:s|ve|d)|permission to|allow\w*|gain|limit\w*|restrict\w*|unauthori[sz]ed|grant\w*|giv\w+|staff|only|"
    r"prevent\w*|against|who) "
    r"(?:\w+ ){0,3}$",
    re.I,
)  # of others, who are no subjects of the data
LEGAL: Final = frozenset({"authorities", "legal compliance", "legal obligation"})
CHOOSES: Final = re.compile(r"\brights?\b|opt-?out|your (?:choices?|controls?)\b|complain", re.I)
OTHERS: Final = re.compile(
    r"\b(?:these|those|other|third[- ]party|external|linked|such|their) (?:\w+ )?(?:web ?)?(?:sites?|"
    r"privacy (?:polic|noti))\w*"
    r"(?: \w+){0,6}? (?:may|will|can|have|has|use|collect|set|behave|are|is|do)\b"
    r"|\bresponsible for (?:the )?(?:\w+ ){0,4}(?:content|privacy|practices|polic)",
    re.I,
)  # other people's pages, of which the text only warns
FOREWORD: Final = re.compile(
    r"\b(?:polic(?:y|ies)|notice|statement|document|section)s? (?:also |below |will )?"
    r"(?:explains?|describes?|sets? out|tells? you|covers?|outlines?|applies|details|informs?|gives?|aims?)\b",
    re.I,
)  # what the text is about is not yet what it says
FROM_FOREWORD: Final = frozenset({"data", "use", "basis", "disclose", "transfers", "keep", "secure", "answer"})
OF_OTHERS: Final = frozenset({"data", "collect", "use", "basis", "disclose", "transfers", "keep", "cookies", "secure"})
SWITCHES: Final = frozenset({"object", "withdraw"})  # what can be done about a cookie
DOING: Final = re.compile(r"\W*(?:to )?\w+(?:ing|e)\b")
BRIEF: Final = 6  # words: an item of a list of recipients, which is no use of its own
MINOR: Final = frozenset({"supplier", "employee", "client", "trustee", "advertiser", "family"})
COLUMNS: Final[dict[str, re.Pattern[str]]] = {  # what stands above a column, and so what its cells are
    section: re.compile(above, re.I)
    for section, above in {
        "people": r"^(?:if|when) you\b|\bwhose\b|^people|^who(?: you are| is it)? about",
        "data": r"\b(?:we|they|it|you) (?:hold|keep|see|sees|need|collect|ask|get|gets|take|give|have|record)\b"
        r"(?!.*\blong\b)|^what(?: data| information| details)?$|\bdata\b(?!.*\b(?:kept|from|goes)\b)|"
        r"information|details",
        "use": r"^why\b|activit|^when\b|^what we (?:do|are doing)|because|purpose|what.{0,20}\bfor\b|^for what|"
        r"^(?:what )?(?:we )?use\b|so that|^in order",
        "basis": r"legal|lawful|\bbas[ie]s\b|grounds?\b|\breason|article",
        "keep": r"how long|kept|keep for|keep until|retention|let go|\bgone\b|until|delet|period|erased|\btime\b",
        "transfers": r"^where|countr|located|\bplace\b",
        "disclose": r"^who\b(?! you)|recipient|shared with|\bfirm\b|compan|supplier|processor|provider|goes to|"
        r"passed to|helper|partner|"
        r"^others?\b|third part|^with\b",
        "collect": r"come from|comes from|source|how we get|where we get",
    }.items()
}
SAID_IN: Final = {"cookies": re.compile(r"cookie", re.I)}
PLEASE: Final = re.compile(r"\bplease (?:do not|don't|never)\b", re.I)  # what others are asked not to do
SPEAKS_OF: Final[dict[str, tuple[re.Pattern[str], int]]] = {  # what tells a section, and in how many sentences at least
    section: (re.compile(told, re.I), least)
    for section, (told, least) in {
        "answer": (
            r"\bcop(?:y|ies)\b|look at|correct|wrong|amend|mistake|delet|eras|rid of|struck out|remov|wipe|gone|object|"
            r"protest|\bhold\b|freeze|pause|elsewhere|(?:take|pass) (?:it|them|that|your \w+)? ?(?:to|back)|withdraw|"
            r"charge|month|commissioner|\bico\b|complain|grievance|\bstop\b",
            3,
        ),
        "secure": (
            r"password|encrypt|\block|\bsafe\b|back-?up|\bcop(?:y|ies|ied)\b|breach|train|\bkeys?\b|stolen|\blost\b|"
            r"firewall|https|shred|alarm|cupboard|cabinet|log-?in",
            3,
        ),
        "never": (
            r"^\W*(?:and |nor |but )?(?:we |our \w+ )?(?:do not|don't|never|will not|won't|"
            r"no(?:body|thing)?\b|nor\b)",
            2,
        ),
    }.items()
}
MAY_ASK: Final = re.compile(
    r"\byou (?:may|can|could|are (?:welcome|free|entitled)|have the right)|\bask(?: us| that| for)?\b|\btell us\b|\?|"
    r"^\W*(?:see|get|have|fix|change|delete|stop|object|move|take|correct)\b",
    re.I,
)
OF_CELLS: Final = frozenset({"data", "use", "basis", "keep"})  # where a row has a cell for it, only that cell counts
TAKEN: Final = frozenset({"data", "collect"})
OPEN: Final = frozenset(
    {"answer", "secure", "edition", "cookies", "never"}
)  # below their headings every sentence counts
FOR_US: Final = re.compile(r"\b(?:if you|who) \w+ (?:for|with) us\b|\bwho work here\b", re.I)
TOPICS: Final[dict[str, str]] = {
    "data": r"collect|what .*(data|information)|information|data",
    "collect": r"collect|how .*(get|obtain)|sources?",
    "use": r"us(e|es|ing)\b|why|purpose|process",
    "basis": r"legal|lawful|basis|bases|why",
    "disclose": r"shar|disclos|who (else|sees)|third part|recipient|whom",
    "transfers": r"transfer|abroad|international|overseas|where",
    "keep": r"keep|retain|retention|how long|storage|stor",
    "cookies": r"cookie|beacon|analytics|track",
    "children": r"child|minor|young",
    "answer": r"right|access|correct|delet|choice|control|complain",
    "secure": r"secur|safe|protect",
    "edition": r"chang|updat|amend",
}
ASKED: Final[dict[str, re.Pattern[str]]] = {
    section: re.compile(asked, re.I)
    for section, asked in {
        "people": r"\bwho(?:m|se)?\b.{0,40}\b(?:for|about|covers?|applies|data|information)\b|"
        r"\b(?:polic(?:y|ies)|notice|statement|information|"
        r"data)\b.{0,40}\b(?:covers?|applies to|concerns?|is for|about|"
        r"relat\w+ to)\b|\bdata subjects|(?:kinds|categories|types|"
        r"groups) of (?:people|person|individual|data subject)",
        "data": r"^(?!.*\bhow\b).*(?:collect|process|hold|gather|keep|have|need|record|"
        r"stor)\w*\b.{0,60}(?:information|data|details)"
        r"|^(?!.*\bhow\b).*(?:information|data|details)\b.{0,40}\b(?:we|collect|includ)\w*|kinds? of|categor",
        "collect": r"^(?!.*following (?:information|data|personal|categor|types)).*(?:\bhow\b.{0,30}(?:collect|"
        r"get|obtain|receive)|where\b.{0,30}(?:from|get)|\bsources?\b"
        r"|(?:collect|obtain|gather|receiv|get)\w*\b.{0,60}\b(?:through|by|from(?! your (?:device|browser|phone))|"
        r"via|when|ways|means)\b)",
        "use": r"^(?!.*following (?:information|data|personal|categor|details)).*(?:\bus(?:e|ed|es|"
        r"ing)\b.{0,60}\b(?:to|for)\b|\bhow\b.{0,40}\bus(?:e|ed|es|ing)\b|purpose|\bwhy\b|"
        r"process\w*\b.{0,40}\b(?:to|for)\b)",
        "disclose": r"(?:shar|disclos|pass|provid|transfer|giv|send|sent|access)\w*\b.{0,80}\b(?:with|to|by)\b"
        r"|\bwho\b|recipients?|^(?!.*collect).*\bshar\w+|disclos\w+|third part",
        "answer": r"\brights?\b|you (?:can|may)\b|(?:can|may|able to|entitled to)\b.{0,20}(?:ask|request)|"
        r"at a glance",
    }.items()
}
WHOLE_PART: Final = (  # what stands before and after a part of an enumeration
    r"(?:(?<=, )|(?<=\band )|(?<=\bor )|(?<=\byour )|(?<=\btheir )|(?<=\bany )|(?<=: )|(?<=\bincluding )|"
    r"(?<=\bas )|(?<=\())",
    r"(?=,|;|\.|\)| \||$| and\b| or\b)",
)
ENUMERATES: Final[dict[str, re.Pattern[str]]] = {  # what a sentence says before it names several
    section: re.compile(named, re.I)
    for section, named in {
        "data": r"\b(?:we|they|it|you|form|which|that|must|to) (?:(?:may|"
        r"will|might|can|also|only|then|have|do|us|to|are|"
        r"asked|need) ){0,3}(?:collect|hold|ask(?:ed)? (?:you )?for|"
        r"record|keep|kept|need|require|store|process|take|get|"
        r"receiv|obtain|gather|note|provid|giv|captur|see\b)\w*|\bsuch as\b|\bcompris\w+|\bconsist\w*|\bnamely\b|"
        r"\b(?:data|information|details|records?)\b.{0,40}\binclud\w+",
    }.items()
}
ENUMERATED: Final = re.compile(
    r"\b(?:from|so that|in order|because|when|if|where|to (?!us\b|"
    r"the\b|our\b)\w+|with|by|unless|until|for (?!example\b)\w+|"
    r"we)\b|;",
    re.I,
)  # what an enumeration ends before
_VERBS: Final = re.findall(
    r"\w+",
    "offer facilitat deal answer respond provid improv develop "
    "analys analyz ensur help mak deliver assist tailor conduct "
    "carry monitor personalis personaliz communicat run protect prevent comply maintain fulfil administer enabl allow "
    "resolv investigat understand solicit enhanc perform organis "
    "organiz arrang evaluat customis customiz detect enforc "
    "defend establish seek",
)
DOES: Final = re.compile(  # an item that tells what is done, in which a noun is seldom a datum
    rf"\W*(?:\(?\w{{1,4}}[.)] )?(?:to |for |in order to |and )?(?:(?:{'|'.join(_VERBS)})(?:e|n?ing|ling)?|addressing|"
    r"marketing (?:to|our)|support(?:ing)? (?:you|our|the))\b(?! "
    r"(?:resolution|details|information|data|records?|notes?))",
    re.I,
)
THEIRS: Final = re.compile(
    r"\b(?:your|their|his|her|childs?|patients|pupils|such as|including)\b(?: [\w'-]+,?){0,3} ?$", re.I
)
MADE: Final = frozenset(
    {"correspondence", "complaint", "opinion", "content", "agreement", "payment", "purchase", "usage", "note"}
    | {"education", "work history", "answer"}
)
PRIVACY_LAW: Final = re.compile(
    r"(?:accordance|line|compl\w+|bound) (?:with|by) (?:\w+ ){0,4}(?:data protection|gdpr|privacy)", re.I
)
OF_CHOICES: Final = re.compile(
    r"cookies?\b.{0,40}\b(?:choice|said|accept|declin|banner|consent)|\b(?:banner|cookie bar)\b|said.{0,20}cookies",
    re.I,
)
MUST_PROVE: Final = re.compile(
    r"\b(?:may|might|must|will|need|have) (?:\w+ ){0,3}(?:ask|need|requir|proof|evidence)|\bask you\b|before we", re.I
)
GIVES: Final = re.compile(  # without one of these nobody gets anything
    r"\b(?:shar|disclos|pass(?!word|port)|releas|reveal|transmit|transfer|"
    r"suppl|recipient|publish|publicl?y?\b|visible|print|display|"
    r"refer(?!enc)|liais|communicat|notif|report|alert|consult|"
    r"instruct|engag|appoint|retain|contract|process|host|stor|"
    r"maintain|deliver|advertis|post(?:ed|s|ing)?\b|appear|shown?\b|"
    r"index)\w*|\b(?:provid|giv|made available|avail)\w*(?! (?:\w+ ){0,4}"
    r"us\b)|\b(?:sen[dt]|hand(?:ed|s|ing)?|sell|sold|tell|told|go|"
    r"goes|gets?|sees?|seen|use|used?|buy|buys|bought|helps?|does|do|"
    r"merg\w*|sale|acqui\w*|passed|lets?|pays?|who|whom|with|behalf|third part\w*|inform|contact|read|view)\b",
    re.I,
)
TAKES_IN: Final = re.compile(
    r"\bwe (?:\w+ ){0,2}(?:collect|obtain|record|ask for|need)\b|\byou (?:\w+ ){0,3}(?:fill|give|provide)\b", re.I
)
GIVES_ON: Final = re.compile(
    r"\b(?:shar|disclos|pass(?!word|port)|transfer|send|sent|"
    r"report|to (?:our|the|a|your)|with (?:our|the|a|your|third))",
    re.I,
)
OF_GROUP: Final = re.compile(
    r",? of (?:\w+[' ]*){0,3} ?(?:group|alliance|staff|team|public|family|household|companies|organisation)", re.I
)
TO_YOU: Final = re.compile(
    r"\b(?:sen[dt]|writ\w+|contact\w*|market\w*|tell\w*|e-?mail\w*|call\w*|"
    r"reach\w*|communicat\w*|inform\w*|text\w*) (?:to |with )?you\b|"
    r"\bmarketing\b|\bwe only do so\b|^\W*(?:please |you can )?(?:contact|write|e-?mail|ring|call)\b",
    re.I,
)
CHANGES: Final = re.compile(
    r"\b(?:chang|updat|amend|revis|version|modif|polic|notice\b|statement|this page|edition)", re.I
)
DONE: Final = re.compile(r"\b(?:was|were|have|has|last|been)\b|\d{4}", re.I)
MAY_BE: Final = re.compile(
    r"\b(?:may|might|will|can|could|reserve|from time|regular\w*|under|"
    r"[Ee]ach|[Ee]very|annual\w*|yearly|periodic\w*|[Ii]f we|[Aa]ny|[Ww]hen)\b"
)
DUTIES: Final = frozenset({"legal obligation", "legal obligations", "legal duty", "legal requirement"})
OUT_OF: Final = re.compile(r"\b(?:from|via|through|by) (?:a |an |any |the |other |selected |such )*$", re.I)
OF_OTHER: Final = re.compile(
    r"\b(?:chang\w*|updat\w*) (?:to )?(?:your|our) (?:\w+ )?(?:preferences?|"
    r"details|mind|products?|services?|records?|settings)|"
    r"\bcontact our clients",
    re.I,
)  # what changes is not the text
COMPLAINS: Final = re.compile(
    r"\byou (?:can|may|have|are|also)\b|unhappy|happy|\btell us|"
    r"contact|commissioner|\bico\b|right|let (?:you )?down|authority|"
    r"acknowledg|lodge|regulator",
    re.I,
)
YOUNG: Final = re.compile(r"\bchild|\bminors?\b|\bunder[- ](?:the age|\d\d|\w+teen)|\bage\b|\bparent|young", re.I)
TAUGHT: Final = re.compile(r"school|nurser|pupil|class|lesson|teach|learn|course|academy|club|our care|setting", re.I)
TERMS: Final = re.compile(r"performance of|carry out our|approved by|clauses|enter into", re.I)
DENYING: Final = re.compile(
    r"\b(?:not(?! limited| restricted| only| exhaust| be limited)|never|n't|won't)\b(?!.*includ)[^.:;]{0,40}:$", re.I
)  # "We will never:" leads into a list
SUPPRESSES: Final = re.compile(r"\b(?:do[- ]not[- ]\w+|suppression|opt-?out) lists?\b", re.I)
NOT_TO_BE: Final = re.compile(r"\bright\w*\b.*\bnot\b|\bnot to be\b", re.I)  # a right, and no promise
BREACH: Final = re.compile(
    r"breach|\blost\b|stolen|leak|\bwrong\b|\d\d hours|compromis|incident|hack|"
    r"expos|secur|\bsafe|protect|silence|get (?:in|out)|break|find out|hear from us",
    re.I,
)
LOCKED: Final = re.compile(r"\block|shred|cabinet", re.I)
SALE: Final = re.compile(
    r"\b(?:merg|acquisi|takeover|insolven|bankrupt|liquidat|reorgani[sz]|"
    r"(?:sale|sell|sold|buy|transfer|purchase)\w*\b.{0,40}\b(?:business|assets|company|undertaking))",
    re.I,
)
HEADED: Final[dict[str, re.Pattern[str]]] = {
    section: re.compile(asked, re.I)
    for section, asked in {
        "collect": r"where\b.*\bfrom|how\b.*\b(?:collect|get|obtain)|\bsources?\b",
        "use": r"^\W*(?:\d+\W+)?why\W*$|\bwhy we\b(?!.*collect)|what\b.*\bdo with\b",
        "disclose": r"^\W*(?:\d+\W+)?(?:others\b|helpers\b|(?:friends|partners|suppliers|folk|firms|companies|people) "
        r"(?:who|that|we))|helps? us\b|"
        r"lends? a hand|\bwho\b.*\b(?:else|see|get|share|give|pass|has|have)|shar(?:e|ing)|disclos|recipient|"
        r"hand\b|whom|\bwho.s in\b|in on it|^\W*(?:\d+\W+)?who else",
        "answer": r"\brights?\b|your (?:say|choices|position|control)|you(?: can|.re in charge| may|r turn)|can I|"
        r"ask(?:ed)? (?:us|of us|for)|entitled|\bmake (?:us|you) do\b|\bin (?:charge|control)\b|(?:have|get|"
        r"want) from us",
        "data": r"what\b.*\b(?:tells?|knows?|keep|hold|collect|have|gather|note|records?|take down|"
        r"learn)\b(?!.*\bwith it\b)",
        "secure": r"secur|\bsafe(?!guarding)|\block|\bkeys?\b|\bprotect(?!ion)|"
        r"look(?:ing)? after (?!you\b|our\b|animals)|care of (?:it|your|the)|guard(?!ian)",
        "edition": r"chang(?!e of purpose|es? (?:of|to) (?:your|the) )|edition|version|updat(?!e your)|amend|"
        r"revis|rewrit",
        "cookies": r"cookie",
        "never": r"\bnever\b|\b(?:we|us) (?:will|do|does|would|shall)(?: not|n't)\b|\bwe won't\b|promise",
    }.items()
}
FOR_THIS: Final = re.compile(
    r"\bwe (?!(?:\w+ )?(?:not|never|only)\b)(?:\w+ ){0,2}(?:use|need)\b (?!cookies|"
    r"analytics)(?!(?:\w+ ){0,6}(?:know|check|verify|make sure|"
    r"ensure|protect))"
    r"(?:[\w'’,-]+ ){1,8}to (?!you|us|the|our|your|be |know|comply|meet)\w+(?: \w+){0,4}|"
    r"^so (?:that )?we can \w+(?: \w+){0,3}",
    re.I,
)
NAMES: Final = re.compile(r"(?=.{1,200}$)[•·▪◦*–-]?\s*[A-Z\d][^.!?]*\.?$", re.S)
MAY: Final = re.compile(
    r"\byou (?:may|can|could|are (?:entitled|free)|have (?:the|a) right)\b(?! (?:be|need|not|receive|find|give|"
    r"provide|choose to|also provide))|\bask (?:us |them )?to\b|\bask for (?:a|your)\b|\btell us (?:to|not|that)\b|"
    r"\b(?:may|can) be (?:requested|sought|exercised|asked|made|revoked|declined|taken)\b",
    re.I,
)
SAYS: Final = re.compile(
    r"\b(?:we|you|they|it|this|these|which|must|should|is|are|was|were)\b", re.I
)  # a whole sentence
NEVER: Final = re.compile(r"(?!)")
BY_LAW: Final = re.compile(r"\blaws?$|required", re.I)
WHERE: Final = re.compile(r"\b(?:where|as|unless|when|otherwise|not|than)\W+(?:\w+ ){0,3}$|permitted $", re.I)
ASKED_WHO: Final = re.compile(
    r"right|request|exercis|access|acting|instruct|subject to|evidence|\bask", re.I
)  # how a person's identity is a matter of a right
OF_BROWSERS: Final = frozenset({"data", "collect", "use", "disclose", "cookies"})
OF_RIGHTS: Final = frozenset({"data", "collect", "keep", "secure"})
WHEN_ANSWERED: Final = re.compile(
    r"\b(?:we|our \w+)(?: have| has)? (?:answer|repl|respond)\w*|\bour (?:answer|reply|response)\b", re.I
)
"""A period that counts from our answer."""
WHEN_TAKEN: Final = re.compile(r"\b(?:collect|receiv|receipt|gave|give|given|submi|sent|record|visit|creat)\w*", re.I)
"""A period that counts from the day on which data came in, as any does that says nothing else."""
AGAIN: Final = re.compile(r"\b(?:last|latest|most recent(?:ly)?|accounts?)\b", re.I)
"""But the last of many visits, or the day on which an account came to be, is another day."""
