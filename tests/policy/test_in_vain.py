"""A place in which nobody is found, a name that is a word already, an address that leads nowhere, a key that does
nothing: one problem each, on its line. What the language leaves free stays accepted."""

from __future__ import annotations

import pytest
from tests.policy.spoiling import LARCH, problems, spoilt

Swap = tuple[str, str]
RUN = 'run the walk you booked: {is: service, basis: contract, of: walker, data: "booking.*", staff: guide'
OFFERS = "offers: send you news of walks"
RUN_LESS = 'data: "booking.*", staff', 'data: "booking.*", except: booking.email, staff'
SEE = "see which pages help: {is: statistics, basis: legitimate interests,"
ANSWERS = "of: [visitor, walker], data: letter.body, within: a case"
POST = "data: [booking.name, booking.email], in: GB, contract: mail contract"
MAILS = "Postal Mail Services: {as: processor, does: IT,"
OURS = "  ours: {kind: ours, holds: everything, in: GB}"
WEB = '  website: {kind: web, origins: "https://www.larch.example"}'
PEOPLE = "  visitor: Anyone who looks at our website"
NEVER = "to: anyone for money"
TABLES = "{{name: booking.name, email: booking.email, walk: booking.walk}}"
LAW = "law: {of: uk, nation: England and Wales, readers in: GB}"
EU = "law: {of: eu, nation: Ireland, readers in: IE}"
AUTHORITY = 'authority: {name: Datatilsynet, address: "1 Vej, Valby, Denmark", page: "https://authority.example/"}'
UNDER_EU = [("regulator: ico", "regulator: dpc"), (", on device: statistics", ""), ("by: tag", "by: log")]


def shop(tables: str, holds: str = '"booking.*"') -> Swap:
    """A database that the firm runs beside its own store."""
    return OURS, f"{OURS}\n  shop: {{kind: sql, holds: {holds}, in: GB, secret: shop, tables: {{{tables}}}}}"


LEAST = "at least 6 years by", "at least 6 years after walk is over by"
"""Of a row in a database nobody knows when it came: what the law asks is counted from a moment."""


def asked(swaps: list[Swap]) -> str:
    text = spoilt(*swaps)
    return text.replace(*LEAST) if "kind: sql" in text else text


def walks(by: str, columns: str = TABLES.format()) -> Swap:
    return shop(f"walks: {{person by: {by}, columns: {columns}}}")


def place(line: str) -> Swap:
    return OURS, f"{OURS}\n  {line}"


def surface(line: str) -> Swap:
    return WEB, f"{WEB}\n  {line}"


def cookie(said: str, kind: str = "cookie") -> Swap:
    return (
        "cookies: none",
        f"cookies:\n  _w: {{{said}, by: us, does: session identification, lasts: 1 year, kind: {kind}}}",
    )


def used(more: str) -> Swap:
    return RUN, f"{RUN}, {more}"


def posted(more: str) -> Swap:
    return POST, f"{POST}, {more}"


def named(old: str, new: str) -> list[Swap]:
    """A declaration under another name, and so is all that names it."""
    return [(old, new)] * LARCH.count(old)


IN_VAIN: list[tuple[list[Swap], str, str]] = [
    # places: who asks a database finds people and data in it
    ([place('shop: {kind: sql, holds: "booking.*", in: GB, secret: shop}')], "no-tables", "shop: {kind"),
    ([shop(f"walks: {{columns: {TABLES.format()}}}")], "no-person-by", "shop: {kind"),
    ([walks("email", "{name: booking.name, email: booking.email}")], "no-column", "shop: {kind"),
    ([shop(f"walks: {{person by: email, columns: {TABLES.format()}}}", "everything")], "no-column", "shop: {kind"),
    ([walks('"; drop table"')], "unknown-column", "drop table"),
    ([walks("emial")], "unknown-column", "emial"),
    ([walks("name")], "finds-nobody", "by: name"),
    ([walks("guests.email via guest")], "unknown-table", "guests.email"),
    ([walks("walks.mail via guest")], "unknown-column", "walks.mail"),
    ([place('cupboard: {kind: by hand, secret: cupboard, holds: "booking.*", in: GB}')], "said-in-vain", "cupboard"),
    ([(OURS, OURS.replace("ours, holds", "ours, secret: shop, holds"))], "said-in-vain", "secret: shop"),
    (
        [(OURS, OURS.replace("ours, holds", "ours, tables: {w: {person by: m, columns: {m: booking.email}}}, holds"))],
        "said-in-vain",
        "tables:",
    ),
    ([place("cupboard: {kind: by hand, holds: visit.ip, in: GB}")], "said-in-vain", "cupboard"),
    ([place('more: {kind: ours, holds: "booking.*", in: GB}')], "twin-place", "more:"),
    ([(OURS, OURS.replace("  ours: {kind: ours", "  store: {kind: by hand"))], "no-ours", "store:"),
    ([(OURS, OURS.replace("kind: ours", "kind: by hand"))], "reserved-name", "  ours:"),
    ([place('events: {kind: by hand, holds: "booking.*", in: GB}')], "reserved-name", "events:"),
    (
        [
            (OURS, '  ours: {kind: ours, holds: ["visit.*", "letter.*", troth.choices], in: GB}\n'
             '  cupboard: {kind: by hand, holds: "booking.*", in: GB}')
        ],
        "no-place",
        "  booking:",
    ),
    ([(POST, POST.replace("[booking.name, booking.email]", "in its places"))], "no-place-of-its", "in its places"),
    (
        [
            (f"{MAILS} ", "Postal Mail Services: {as: controller, "),
            (POST, POST.replace("[booking.name, booking.email]", "in its places")),
            ("May we email you", "May we and Postal Mail Services email you"),
        ],
        "star-disclosed",
        "in its places",
    ),
    ([("known from: desk", "known from: ours.walks.over")], "unknown-moment-source", "walks.over"),
    ([("known from: desk", "known from: ours")], "unknown-moment-source", "from: ours"),
    ([("known from: desk", "known from: shop.wlaks.over"), walks("email")], "unknown-moment-source", "wlaks"),
    ([("known from: desk", "known from: shop.walks."), walks("email")], "unknown-moment-source", "walks."),
    # a form asks for what only a yes lets in, and asks those of whom the use is
    ([("    offers: send you news of walks\n", ""), RUN_LESS], "form-unasked", "needs: [booking.name"),
    ([("collect:\n", f"collect:\n  wishes: {{by: form, at: website, of: visitor, {OFFERS}}}\n")],
     "offer-unasked", "wishes:"),
    # staff: where each role is told what it may, one answers
    ([("guide: Leads walks and answers letters", "guide: {means: Leads walks, may: [keeping, looks]}")],
     "nobody-answers", "guide: {means"),
    # names that are words of the language
    *[
        (named(old, name), "reserved-name", f"  {name}:")
        for old, names in (
            ("Postal Mail Services", ("us", "anyone", "ours", "public", "GB", "Larch Walks Ltd")),
            ("visitor", ("everyone", "us", "anyone")),
            ("answer you", ("marketing", "all marketing", "research")),
        )
        for name in names
    ],
    # addresses
    ([surface('shop: {kind: web, origins: "https://www.larch.example"}')], "twin-origin", "  shop:"),
    ([surface('shop: {kind: web, origins: "https://WWW.larch.example:443"}')], "twin-origin", "  shop:"),
    ([(WEB, WEB.replace("https://www.larch.example", "https://..."))], "bad-origin", "https://..."),
    ([(WEB, WEB.replace("larch.example", "larch.example:99999"))], "bad-origin", ":99999"),
    ([surface('line: {kind: phone, origins: "https://line.larch.example"}')], "said-in-vain", "line:"),
    *[
        ([("https://www.larch.example/privacy", address)], "bad-web-address", "notice:")
        for address in ("javascript:alert(1)", "/privacy", "file:///etc/passwd", "ftp://larch.example", "at our office")
    ],
    ([posted('policy: "javascript: alert(1)"')], "bad-web-address", "javascript"),
    ([posted("opt out: nowhere")], "bad-web-address", "nowhere"),
    ([posted('opt out: "data:text/html,a b"')], "bad-web-address", "data:text"),
    ([("who:\n", 'clients:\n  Ash: {contract: mail contract, policy: "zz"}\nwho:\n')], "bad-web-address", "Ash:"),
    ([("who:\n", 'clients:\n  Ash: {contract: mail contract, origins: "xx yy"}\nwho:\n')], "bad-origin", "Ash:"),
    ([("email: privacy@larch.example", 'email: "<script>@larch.example"')], "bad-address", "<script>"),
    ([("regulator: ico", "phone: call us maybe\n  regulator: ico")], "bad-address", "maybe"),
    ([surface("line: {kind: phone}"), cookie("at: line, for: see which pages help")], "no-browser", "_w"),
    ([surface("letters: {kind: post}"), cookie("at: letters, for: see which pages help")], "no-browser", "_w"),
    ([surface("mail: {kind: mail}"), cookie("at: mail, for: see which pages help")], "no-browser", "_w"),
    ([("regulator: ico", "regulator: dpc")], "wrong-regulator", "dpc"),
    ([(LAW, EU), *UNDER_EU[1:]], "wrong-regulator", "ico"),
    ([("regulator: ico", "regulator: cnil")], "wrong-regulator", "cnil"),
    ([("regulator: ico", f"regulator: other\n  {AUTHORITY}")], "wrong-regulator", "other"),
    ([(LAW, EU), ("regulator: ico", "regulator: other"), *UNDER_EU[1:]], "unnamed-regulator", "other"),
    ([(LAW, EU), ("regulator: ico", f"regulator: dpc\n  {AUTHORITY}"), *UNDER_EU[1:]], "said-in-vain", "authority"),
    ([(LAW, EU), ("regulator: ico", f"regulator: other\n  {AUTHORITY}".replace("https://", "")), *UNDER_EU[1:]],
     "bad-web-address", "authority"),
    ([(LAW, EU.replace("Ireland", "Narnia")), *UNDER_EU], "unknown-nation", "Narnia"),
    ([("{number: ZA000001, until: 2027-05-31}", "{}")], "empty-fee", "fee:"),
    ([("{number: ZA000001,", "{exempt: a charity, number: ZA000001,")], "empty-fee", "fee:"),
    # keys that do nothing
    ([used("interest: to be nice")], "said-in-vain", "to be nice"),
    ([used("balance: pages balance")], "said-in-vain", "run the walk"),
    ([used('law: "Companies Act 2006"')], "said-in-vain", "run the walk"),
    ([used("case: crime")], "said-in-vain", "case: crime"),
    ([(SEE, f"{SEE} law: the Sun,")], "said-in-vain", "the Sun"),
    ([used("instructed by: Ash on 2 May 2026")], "said-in-vain", "Ash on"),
    ([used("smallest group: 10")], "said-in-vain", "run the walk"),
    ([used("on device: necessary")], "said-in-vain", "run the walk"),
    ([(ANSWERS, f"except: booking.name, {ANSWERS}")], "said-in-vain", "except:"),
    ([used("except: letter.body")], "said-in-vain", "except:"),
    ([posted("except: booking.name")], "said-in-vain", "except:"),
    (
        [(MAILS, MAILS.replace("processor, does: IT", "authority, does: IT"))],
        "said-in-vain",
        "authority",
    ),
    ([("collect:\n", "collect:\n  empty: {by: form, at: website, of: visitor}\n")], "takes-nothing", "empty:"),
    ([("needs: [booking.name,", "needs: [booking.name, booking.name,")], "listed-twice", "needs:"),
    ([("    why:", "    may: booking.name\n    why:")], "listed-twice", "may: booking.name"),
    ([("offers: send you", "offers: [send you news of walks, send you news of walks]\n    warns: We send you")],
     "listed-twice", "offers:"),
    ([("data: [booking.name, booking.email]\n", "data: [booking.name, booking.name, booking.email]\n")],
     "listed-twice", "booking.name, booking.name"),
    ([("in: GB, contract", "in: [GB, GB], contract")], "listed-twice", "[GB, GB]"),
    ([posted("members: [Ash, Ash]")], "listed-twice", "[Ash, Ash]"),
    ([("readers in: GB", "readers in: [GB, GB]")], "listed-twice", "readers in"),
    ([("of: uk", "of: [uk, uk]")], "listed-twice", "of: [uk"),
    ([('privacy"}', 'privacy", languages: [en, en]}')], "listed-twice", "[en, en]"),
    ([used("by: [email, email]")], "listed-twice", "[email, email]"),
    ([("rests on: never/sell your address", "rests on: [never/sell your address, never/sell your address]")],
     "listed-twice", "rests on"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("swaps", "code", "line"), IN_VAIN, ids=[f"{code}-{at}" for at, (_, code, _) in enumerate(IN_VAIN)]
)
def test_what_does_nothing_is_one_problem_on_its_line(swaps, code, line):
    text = asked(swaps)
    found = problems(text=text)
    assert [one.code for one in found] == [code]
    assert line in text.splitlines()[found[0].line - 1]
    assert found[0].sentence and found[0].help


FREE: list[list[Swap]] = [
    [("guide: Leads walks and answers letters", "guide: {means: Leads walks, may: requests}")],
    [("guide: Leads walks and answers letters", "guide: Leads walks\n  auditor: {means: Checks us, may: proofs}")],
    # what is legal and means something
    [walks("email")],
    [shop("guests: {person by: email, columns: {name: booking.name, email: booking.email}}, "
          "walks: {person by: guests.id via guest, columns: {walk: booking.walk}}")],
    [place('cupboard: {kind: by hand, holds: "booking.*", in: GB}')],
    [place('events: {kind: events, holds: "visit.*", in: GB}')],
    [place('crm: {kind: http, secret: the shop of ours, holds: "booking.*", in: GB}')],
    [(POST, POST.replace("[booking.name, booking.email]", "in its places")),
     place('mail room: {kind: by hand, holds: [booking.name, booking.email], in: GB, by: Postal Mail Services}')],
    [surface('shop: {kind: web, origins: ["https://shop.larch.example", "http://localhost:8000"]}')],
    [surface("line: {kind: phone}")],
    [surface("shop: {kind: web}")],
    [posted("policy: the address that they gave us")],
    [posted("opt out: write to stop@post.example or call them")],
    [("https://www.larch.example/privacy", "https://www.lärche.example/datenschutz?of=us#top")],
    [("https://www.larch.example/privacy", "http://localhost:8000/privacy")],
    [("{number: ZA000001, until: 2027-05-31}", "{exempt: a charity}")],
    [("regulator: ico", "phone: +44 1225 000 001\n  regulator: ico")],
    [(LAW, EU), *UNDER_EU],
    [(LAW, EU.replace("Ireland", "IE")), *UNDER_EU],
    [(LAW, LAW.replace("of: uk", "of: [uk, eu]")), *UNDER_EU],
    [surface("mail: {kind: mail}"), cookie("at: mail, for: see which pages help", "pixel")],
    [used("except: booking.name")],
    [posted("members: [Ash, Birch]")],
    [posted("only as: masked")],
    [cookie("at: website, for: run the walk you booked"), used("on device: necessary")],
    named("answer you", "correspondence"),
    [("collect:\n", "collect:\n  wishes: {by: form, at: website, of: walker, offers: send you news of walks}\n")],
]  # fmt: skip


@pytest.mark.parametrize("swaps", FREE)
def test_what_means_something_stays_accepted(swaps):
    assert problems(text=asked(swaps)) == []


TWO = ("guests: {person by: email, columns: {name: booking.name, email: booking.email}}, "
       "walks: {person by: guests.email via guest, columns: {walk: booking.walk}}")  # fmt: skip
TAKEN = "  booking:\n    by: form", "  booking:\n    by: service"
OVER = "known from: desk", "known from: shop.walks.over"
NEVER_DUE: list[tuple[list[Swap], str]] = [
    # nobody knows when a row of a database was written, nor when it was needed last
    ([walks("email"), TAKEN, ("12 months after walk is over", "12 months")], "booking.name, booking.email"),
    ([walks("email"), TAKEN, LEAST[::-1]], "booking.name"),
    ([walks("email"), TAKEN, ("12 months after walk is over", "until last purpose ends")], "booking.name"),
    # a date in the rows of one table is none in those of another, and none in our own store
    ([shop(TWO), TAKEN, OVER], "booking.name, booking.email:"),
    ([walks("email"), OVER], "booking.name, booking.email, booking.walk:"),
]


def test_an_end_comes_to_what_is_retired_and_stands_in_a_database_too():
    old = "  booking.walk: purchase\n", "  booking.walk: purchase\n  shop.name: {is: name, retired: yes}\n"
    there = shop("guests: {person by: email, columns: {name: shop.name, email: booking.email}}",
                 '["shop.*", "booking.email"]')  # fmt: skip
    for period, codes in (("12 months", ["never-acts"]), ("12 months after walk is over", [])):
        keep = "  visit.*: ", f"  shop.name: {period}\n  visit.*: "
        assert [one.code for one in problems(text=asked([old, there, keep]))] == codes


@pytest.mark.parametrize(("swaps", "data"), NEVER_DUE)
def test_data_in_a_database_to_whose_rows_no_end_comes_is_told(swaps, data):
    text = spoilt(*(one for one in swaps if one != LEAST[::-1]))
    text = text if LEAST[::-1] in swaps else text.replace(*LEAST)
    found = problems(text=text)
    assert [one.code for one in found] == ["never-acts"]
    assert f"never comes to {data}" in found[0].sentence and "desk or api" in found[0].help


def test_data_in_a_database_ends_by_a_date_of_its_own_rows_or_by_what_is_told():
    for swaps in ([walks("email"), TAKEN, OVER], [walks("email"), TAKEN], [shop(TWO), TAKEN], [walks("email")]):
        assert problems(text=spoilt(*swaps).replace(*LEAST)) == []


def test_a_misspelt_key_of_a_table_is_told_once():
    for by, columns in (("preson by", "columns"), ("person by", "colmuns")):
        found = problems(text=asked([shop(f"walks: {{{by}: email, {columns}: {TABLES.format()}}}")]))
        assert [one.code for one in found] == ["unknown-key"]
