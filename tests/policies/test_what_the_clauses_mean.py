"""Who breaks a published sentence by changing its policy is refused, or changes a declaration that is pinned here."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from troth import policy
from troth.policy.plan import Plan, Span

POLICIES = Path(__file__).parents[2] / "policies"
BREAKS = [
    ("dianomi-0.3", "    basis: contract\n", "    basis: use of site\n", "unknown-word"),
    ("dianomi-1.10", "wishes]\n    staff: offers", "wishes, segment.code]\n    staff: offers", "never-broken"),
    ("dianomi-2.1", "for: let Larch Loans write to you", "for: give you the information you ask for", "never-broken"),
    (
        "dianomi-2.1",
        "  buyer of the business:\n",
        "  Rowan Research:\n    as: controller\n    for: learn how the website is used\n    data: visit.page\n"
        "    in: GB\n  buyer of the business:\n",
        "never-broken",
    ),
    ("dianomi-2.7", "    contract: hosting contract\n", "", "no-contract"),
    ("dianomi-2.9", "    for: guess which offers suit you\n", "    for: learn about you\n", "unknown-use"),
    ("dianomi-2.11", "data: account.wishes\n    in: GB", "data: account.email\n    in: GB", "never-broken"),
    ("dianomi-2.14", "  segment.*: 12 months\n", "", "no-end"),
    (
        "dianomi-2.15",
        "    for: let Larch Loans write to you\n    data: [account.name",
        "    for: let Larch Loans write to you\n    data: [segment.code, account.name",
        "never-broken",
    ),
    ("dianomi-3.3", "identifies: browser}", "identifies: browser, joins: account.email}", "never-broken"),
    (
        "dianomi-4.2",
        "advertising]\n    for: show our adverts elsewhere",
        "advertising]\n    for: learn how the website is used",
        "cookie-unasked",
    ),
    ("dianomi-4.3", "visit.ip, advert.seen]\n    in: IE", "visit.ip, account.fax]\n    in: IE", "never-broken"),
    ("dianomi-4.4", "    by: Adserve\n    does: [browser", "    by: Rowan\n    does: [browser", "unknown-recipient"),
    ("dianomi-4.7", "    contract: Adserve arrangement\n", "", "no-contract"),
    ("dianomi-8.2", '["letter.*", case.body]\n    by', '["letter.*", call.recording]\n    by', "never-broken"),
    ("dianomi-9.2", "  address: 10 Greycoat Place, London SW1P 1SB, United Kingdom\n", "", "missing-key"),
    (
        "dijuno-contact-2",
        "  address: Ground Floor, Capricorn House",
        "  # Ground Floor, Capricorn House",
        "missing-key",
    ),
    (
        "dijuno-roles-1",
        "    tell people: by the client\n    for: clients\n",
        "    tell people: by the client\n",
        "client-wall",
    ),
    ("dijuno-roles-5", ", find which client holds your data]", "]", "not-instructed"),
    ("dijuno-roles-9", "is: service\n    basis: instruction", "is: training\n    basis: instruction", "never-broken"),
    ("dijuno-roles-9", "lead.name, lead.email]\n    staff", "record.email]\n    staff", "client-wall"),
    (
        "dijuno-collect-5",
        'consent\n    ask: {words: "May we see',
        'contract\n    ask: {words: "May we see',
        "never-broken",
    ),
    ("dijuno-why-4", '"usage.*"\n    yields', '["usage.*", letter.body]\n    yields', "never-broken"),
    ("dijuno-why-6", "    why: Without these we cannot open an account for you\n", "", "no-why"),
    ("dijuno-why-9", "    case: crime\n", "", "no-case"),
    ("dijuno-why-11", "  call.number:", "  call.recording: voice recording\n  call.number:", "never-broken"),
    ("dijuno-sources-1", "    from: LinkedIn and Guild\n    public", "    public", "no-source"),
    ("dijuno-sources-1", "public: yes\n    tell people: 28 days", "public: yes\n    tell people: 60 days", "too-slow"),
    (
        "dijuno-sources-5",
        "[browser identification, session tracking]\n    for: follow a visit from page to page",
        "advertising\n    for: see which pages help",
        "cookie-unasked",
    ),
    ("dijuno-purposes-3", "    smallest group: 10\n", "", "no-floor"),
    ("dijuno-purposes-3", "    only as: statistics\n", "", "never-broken"),
    ("dijuno-share-1", "    as: processor\n    does: IT\n", "    as: controller\n", "never-broken"),
    ("dijuno-share-3", "    contract: agents contract\n", "", "no-contract"),
    (
        "dijuno-share-4",
        "    as: processor\n    does: service desk and technical support\n    for: [answer",
        "    as: group\n    for: [answer",
        "never-broken",
    ),
    ("dijuno-share-5", "    does: strategic advice\n", "", "no-does"),
    ("dijuno-share-6", "    law: the order or enactment named in each release\n", "", "no-law"),
    (
        "dijuno-legit-2",
        "[organisation.relation, account.permission]\n    in",
        "[organisation.relation, account.name]\n    in",
        "never-broken",
    ),
    ("dijuno-legit-4", "    balance: audit balance\n", "", "no-balance"),
    ("dijuno-basis-0", "    basis: contract\n", "", "missing-key"),
    ("dijuno-basis-c", "    law: Companies Act 2006 s386\n", "", "no-law"),
    ("dijuno-basis-d1", "    interest: to answer people who turn to us\n", "", "no-interest"),
    (
        "dijuno-basis-d2",
        "papers/usage.md, owner: Data Protection Officer, until: 2027",
        "papers/usage.md, owner: Data Protection Officer, until: 2020",
        "lapsed-paper",
    ),
    ("dijuno-transfer-1", "    in: IE\n", "", "missing-key"),
    ("dijuno-transfer-2", "    in: IE\n", "    in: IN\n", "wrong-mechanism"),
    ("dijuno-transfer-3", "    under: {mechanism: IDTA, paper: service desk safeguard}\n", "", "no-safeguard"),
    (
        "dijuno-marketing-1",
        'consent\n    ask: {words: "May we email you about our',
        'contract\n    ask: {words: "May we email you about our',
        "never-broken",
    ),
    ("dijuno-marketing-4", "  troth.suppressions: for ever, minimised\n", "", "rests-nowhere"),
    ("dijuno-security-3", "ticket.issue, usage.session]\n    within", "account.password]\n    within", "never-broken"),
    ("dijuno-security-6", "told of breach within: 72 hours", "told of breach within: 200 hours", "too-slow"),
    ("dijuno-retention-1", '  usage.*: "12 months after contract ends, unless agreed"\n', "", "no-end"),
    ("dijuno-complaints-2", "    law: Data Protection Act 2018 s164A\n", "", "no-law"),
    ("dijuno-complaints-3", "complaints within: 14 days", "complaints within: 40 days", "too-slow"),
    ("dijuno-complaints-4", "  regulator: ico\n", "", "missing-key"),
    ("clientdata-11", "      - bill the client by its visits\n", "", "not-instructed"),
    ("clientdata-18", "[enquiry.name, enquiry.email]", "[enquiry.name, message.email]", "never-broken"),
    (
        "clientdata-19",
        "is: accounts\n    basis: instruction",
        "is: personalisation\n    basis: instruction",
        "never-broken",
    ),
    ("clientdata-22", "    smallest group: 10\n", "", "no-floor"),
    ("clientdata-27", "is: succession", "is: business planning", "never-broken"),
    (
        "clientdata-28",
        "  successor of our business:\n",
        "  Rowan Partners:\n    as: controller\n    for: account for transactions\n    data: sale.item\n"
        "    in: GB\n  successor of our business:\n",
        "never-broken",
    ),
    (
        "clientdata-31",
        "{kind: ours, holds: everything, in: GB}",
        "{kind: ours, holds: everything, in: IE}",
        "never-broken",
    ),
    (
        "miomi-0.2",
        '"https://www.ads.example/stop"\n',
        '"https://www.ads.example/stop"\n    for money: yes\n',
        "never-broken",
    ),
    ("miomi-1.1a", "    why: Without these we cannot open a membership for you\n", "", "no-why"),
    ("miomi-1.2", "data: [account.username, profile.likes,", "data: [news.email, profile.likes,", "never-broken"),
    ("miomi-1.3b", '["complaint.*", post.text, account', '["complaint.*", letter.from, account', "never-broken"),
    ("miomi-1.4", '["complaint.*", post.text, account', '["complaint.*", message.to, account', "never-broken"),
    ("miomi-2.4", '"complaint.*", letter.body]', '"complaint.*", message.body]', "never-broken"),
    (
        "miomi-2.5c",
        "profile.likes, profile.town]\n    in: GB",
        "profile.likes, profile.age]\n    in: GB",
        "never-broken",
    ),
    ("miomi-3.0", "{is: IP address, as: truncated,", "{is: IP address, personal: no,", "unknown-key"),
    (
        "miomi-3.1g",
        "log.software: device description",
        "log.software: {is: device description, joins: visit.browser}",
        "never-broken",
    ),
    ("miomi-3.2f", 'of: visitor, may: "log.*"', 'of: visitor, may: ["log.*", visit.setting]', "never-broken"),
    ("miomi-3.3a", "may: count.pages}", "may: [count.pages, visit.browser]}", "never-broken"),
    (
        "miomi-3.4.3b",
        "advert.seen: advert seen",
        "advert.seen: {is: advert seen, joins: account.email}",
        "never-broken",
    ),
    ("miomi-3.4.5", "    smallest group: 10\n    on device: statistics\n", "    on device: statistics\n", "no-floor"),
    (
        "miomi-3.5b",
        "data: [visit.browser, visit.page]\n    in",
        "data: [visit.browser, news.email]\n    in",
        "never-broken",
    ),
    ("miomi-3.5d", "    contract: adverts arrangement\n", "", "no-contract"),
    ("miomi-4.1b", "    under: {mechanism: IDTA, paper: Miomi Inc safeguard}\n", "", "no-safeguard"),
    ("miomi-4.2b", "    contract: hosting contract\n", "", "no-contract"),
    ("miomi-4.3a", "    case: crime\n", "", "no-case"),
    ("miomi-4.3b", "    law: the order named in each release\n", "", "no-law"),
    ("miomi-4.4a", "space.content, post.text, news.email,", "space.content, letter.body, news.email,", "never-broken"),
    ("miomi-5.3a", "{erase: 24 hours}", "{erase: 3 months}", "too-slow"),
    ("miomi-5.6", "needs: [account.email, entry.answer]", "needs: [account.password, entry.answer]", "never-broken"),
    ("miomi-6.1", "account.password: password", "account.password: {is: password, as: clear}", "wrong-form"),
    (
        "omono-2.1a.2",
        "{is: region, label: the region you connect from}",
        "{is: place, label: the region you connect from}",
        "never-broken",
    ),
    (
        "omono-2.1c",
        'data: ["letter.*", case.body]\n    by',
        'data: ["letter.*", case.body, news.email]\n    by',
        "never-broken",
    ),
    (
        "omono-2.1d.2",
        "data: [usage.action, usage.duration]\n    yields",
        "data: [usage.action, usage.duration, message.details]\n    yields",
        "never-broken",
    ),
    ("omono-2.2", "    tell people: first message\n", "", "untold"),
    (
        "omono-3.2d",
        "    data: [account.name, account.address]\n",
        "    data: [account.name, account.address, purchase.item]\n",
        "never-broken",
    ),
    ("omono-3.2e", "is: accounts\n    basis: contract", "is: marketing\n    basis: contract", "marketing-contract"),
    ("omono-3.2f.1", "    by: {email: consent}\n", "    by: {email: not objected}\n", "no-permission"),
    ("omono-3.2g.1", "    only as: statistics\n", "", "never-broken"),
    ("omono-3.2g.2", "    smallest group: 20\n", "", "no-floor"),
    (
        "omono-3.4",
        "    for: open files that you keep in Dropbox\n    data: upload.file\n    in",
        "    for: write to you by post about our business\n    data: account.address\n    in",
        "never-broken",
    ),
    (
        "omono-4.1.2",
        "data: [letter.body, case.body]\n    in: GB",
        "data: [letter.body, usage.action]\n    in: GB",
        "never-broken",
    ),
    ("omono-4.1.3", "    contract: LogRocket contract\n", "", "no-contract"),
    ("omono-4.2c.2", "purchase.invoice: invoice", "purchase.invoice: credit record", "never-broken"),
    (
        "omono-4.2d",
        "data: [account.agreed, purchase.item]\n    in: GB",
        "data: [account.email]\n    in: GB",
        "never-broken",
    ),
    (
        "omono-5.1.1",
        'holds: ["visit.*", "log.*", "usage.*", "activity.*"], in: GB}',
        'holds: ["visit.*", "log.*", "usage.*", "activity.*"], in: US}',
        "never-broken",
    ),
    ("omono-5.1.3", "mechanism: IDTA, paper: LogRocket safeguard", "mechanism: derogation", "never-broken"),
    ("omono-5.2", "mechanism: IDTA, paper: LogRocket safeguard", "mechanism: IDTA", "no-paper"),
    ("omono-6.1", "  fault.*: 6 months\n", "", "no-end"),
    (
        "omono-6.3b",
        "    needs: [matter, approver]\n    review: 6 months\n",
        "    needs: [matter, approver]\n",
        "missing-key",
    ),
    ("omono-8.5", "  acknowledges complaints within: 14 days", "  acknowledges complaints within: 40 days", "too-slow"),
    (
        "omono-10.1.1",
        "    for: personalise our website for you\n    lasts: 12 months",
        "    for: run the website\n    lasts: 12 months",
        "cookie-unasked",
    ),
    (
        "omono-10.1.2",
        "browser identifier, identifies: browser}",
        "browser identifier, identifies: browser, joins: account.email}",
        "never-broken",
    ),
    (
        "omono-10.3a.1",
        "visit.browser, visit.region]\n    in: US",
        "visit.browser, account.email]\n    in: US",
        "never-broken",
    ),
    (
        "omono-10.3a.3",
        "[computer identification, asset optimisation]\n",
        "[computer identification, asset optimisation, content customisation]\n",
        "cookie-unasked",
    ),
    (
        "omono-10.3b.4",
        "does: error reporting\n    for: find",
        "does: [error reporting, activity tracking]\n    for: find",
        "cookie-unasked",
    ),
    (
        "omono-10.3b.5",
        '    data: "activity.*"\n    in: US',
        '    data: ["activity.*", message.body]\n    in: US',
        "never-broken",
    ),
    (
        "omono-10.3b.6",
        "does: user identification\n",
        "does: [user identification, session tracking]\n",
        "cookie-unasked",
    ),
]
"""(clause, words of the file, the words that would break its sentence, the problem that refuses them)"""

OLD_ENOUGH = "Please do not give us personal data unless you are at least 18 years old"
PINNED = [
    ("dianomi-1.6", "use/email you about other offers", "channels", (("email", "consent"),)),
    ("dianomi-1.7", "use/call you about other offers", "channels", (("phone", "consent"),)),
    ("dianomi-1.8", "disclose/Larch Loans", "purposes", {"let Larch Loans write to you"}),
    ("dianomi-1.8", "disclose/Beech Savings", "purposes", {"let Beech Savings write to you"}),
    ("dianomi-1.9", "use/guess which offers suit you", "basis", "consent"),
    ("dianomi-2.10", "use/obey the law", "within", "a case"),
    ("dianomi-2.11", "disclose/bidders for the business", "only_as", "masked"),
    ("dianomi-2.13", "disclose/Experian", "data", {"account.address"}),
    ("dianomi-3.2", "data/visit.browser", "form", "sealed"),
    ("dianomi-3.4", "cookies/dianomi_pages", "exempt", "statistics"),
    ("dianomi-3.5", "cookies/dianomi_session", "exempt", "necessary"),
    ("dianomi-3.6", "cookies/as_id", "exempt", ""),
    ("dianomi-3.9", "cookies/mail gif", "exempt", ""),
    ("dianomi-4.6", "cookies/clear gif", "uses", {"let Adserve compare websites"}),
    ("dianomi-7.2", "data/call.recording", "form", "sealed"),
    ("dijuno-welcome-1", "who", "trades_as", "dijuno"),
    ("dijuno-contact-1", "who", "officer", "Data Protection Officer"),
    ("dijuno-roles-8", "use/find which client holds your data", "within", "a case"),
    ("dijuno-roles-9", "use/run the client's records", "basis", "instruction"),
    ("dijuno-collect-5", "cookies/mail pixel", "exempt", ""),
    ("dijuno-collect-7", "people/registered user", "least_age", 18),
    ("dijuno-collect-7", "people/enquirer", "least_age", 18),
    ("dijuno-collect-9", "collect/enquiry", "warns", OLD_ENOUGH),
    ("dijuno-collect-9", "collect/account opening", "warns", OLD_ENOUGH),
    ("dijuno-collect-9", "collect/complaints", "warns", OLD_ENOUGH),
    ("dijuno-collect-9", "collect/web chat", "warns", OLD_ENOUGH),
    ("dijuno-why-4", "use/answer you", "within", "a case"),
    ("dijuno-why-9", "use/report fraud", "within", "a case"),
    ("dijuno-sources-2", "collect/Hunter and Lusha", "licence", "lists licence"),
    ("dijuno-sources-5", "cookies/pennine", "exempt", ""),
    ("dijuno-purposes-2", "use/provide the application to you", "only_while", "contract is live"),
    ("dijuno-purposes-4", "use/support and train you", "within", "a case"),
    (
        "dijuno-share-2",
        "disclose/our agent Pendle Agents",
        "purposes",
        {"look for companies that may want our service"},
    ),
    ("dijuno-share-6", "use/obey the law", "within", "a case"),
    ("dijuno-share-7", "use/protect others", "within", "a case"),
    ("dijuno-share-8", "use/sell the business", "within", "a case"),
    ("dijuno-legit-2", "disclose/bidders for the business", "only_as", "masked"),
    ("dijuno-legit-4", "use/audit how we work", "staff", {"auditor"}),
    ("dijuno-legit-5", "use/tell you what changes in this policy", "message_class", "change"),
    ("dijuno-basis-b", "use/support and train you", "only_while", "contract is live"),
    ("dijuno-marketing-1", "use/send you marketing emails", "channels", (("email", "consent"),)),
    ("dijuno-marketing-4", "keep/troth.suppressions", "text", "for ever, minimised"),
    ("dijuno-security-3", "data/account.password", "form", "hashed"),
    ("dijuno-retention-1", "keep/usage.*", "text", "12 months after contract ends, unless agreed"),
    ("dijuno-retention-2", "keep/usage.*", "unless_agreed", True),
    ("dijuno-retention-4", "keep/visit.*", "text", "24 months"),
    ("dijuno-retention-4", "cookies/pennine", "lasts", "12 months"),
    ("dijuno-retention-5", "keep/organisation.*", "text", "12 months after contract ends, unless agreed"),
    ("dijuno-retention-6", "keep/billing.*", "law", "Companies Act 2006 s388"),
    ("dijuno-retention-7", "keep/lead.*", "text", "5 years, refreshed every 3 months"),
    ("dijuno-complaints-2", "use/look into your complaint", "basis", "legal obligation"),
    ("dijuno-sources-1", "collect/LinkedIn and Guild", "licence", "network terms"),
    (
        "dijuno-sources-3",
        "keep/account.*",
        "text",
        "12 months after contract ends, 12 months after your employer removes you, unless agreed",
    ),
    ("dijuno-why-11", "keep/call.*", "text", "24 months after answered"),
    ("dijuno-legit-4", "staff/auditor", "at_most", Span(count=30, unit="days")),
    ("dijuno-transfer-1", "disclose/Mill Mail", "countries", ("IE",)),
    ("dijuno-transfer-1", "disclose/Erie Service Desk", "countries", ("US",)),
    ("dijuno-transfer-3", "disclose/Erie Service Desk", "mechanism", "IDTA"),
    ("dijuno-retention-4", "keep/visit.browser", "text", "12 months"),
    ("clientdata-05", "data/visit.ip", "form", "sealed"),
    ("clientdata-06", "data/visit.postcode", "form", "outward half"),
    ("clientdata-06", "data/sale.area", "form", "outward half"),
    ("clientdata-07", "data/visit.ip", "opened_by", {"key holder"}),
    ("clientdata-08", "staff/key holder", "two_needed", True),
    ("clientdata-08", "use/open an address on a lawful demand", "staff", {"key holder"}),
    ("clientdata-08", "use/keep the client's website safe", "staff", {"key holder"}),
    ("clientdata-10", "data/visit.page", "form", "no identifiers"),
    ("clientdata-10", "data/visit.time", "form", "hour"),
    ("clientdata-11", "use/bill the client by its visits", "yields", "statistics"),
    ("clientdata-16", "use/send you what you asked the client for", "basis", "instruction"),
    ("clientdata-20", "use/show you your account with the client", "only_while", "signed in"),
    ("clientdata-24", "cookies/site_session", "lasts", "until browser closes"),
    ("miomi-1.1a", "collect/registration", "needs", {"account.username", "account.email"}),
    ("miomi-1.1c", "data/profile.likes", "may_hold", "special category"),
    ("miomi-1.3c", "keep/letter.*", "text", "30 days after answered"),
    ("miomi-1.4", "keep/message.to", "text", "1 day after delivered"),
    ("miomi-2.5b", "use/suggest members to each other", "basis", "consent"),
    ("miomi-2.5b", "use/suggest members to each other", "assessment", "matching assessment"),
    ("miomi-2.7", "use/tell you of promotions", "channels", (("email", "consent"),)),
    ("miomi-3.0", "data/log.ip", "form", "truncated"),
    ("miomi-3.1b", "cookies/miomi_id", "exempt", ""),
    ("miomi-3.1b", "cookies/miomi_adverts", "exempt", ""),
    ("miomi-3.1b", "cookies/ads_id", "exempt", ""),
    ("miomi-3.1c", "cookies/miomi_session", "lasts", "until browser closes"),
    ("miomi-3.2b", "data/search.words", "may_hold", "special category"),
    ("miomi-3.2b", "data/search.words", "form", "no identifiers"),
    ("miomi-3.2d", "data/visit.page", "form", "no identifiers"),
    ("miomi-3.2d", "data/visit.click", "form", "no identifiers"),
    ("miomi-3.3a", "data/count.pages", "form", "counted"),
    ("miomi-3.3b", "cookies/mail beacon", "exempt", ""),
    ("miomi-3.4.3b", "use/limit how often you see an advert", "data", {"advert.seen"}),
    ("miomi-3.4.4", "use/measure our campaigns", "yields", "statistics"),
    ("miomi-3.4.5", "use/count users and pages", "yields", "statistics"),
    ("miomi-3.5c", "cookies/ads beacon", "exempt", ""),
    ("miomi-4.3a", "use/report a crime", "within", "a case"),
    ("miomi-4.3b", "use/obey an order", "within", "a case"),
    ("miomi-6.1", "data/account.password", "form", "hashed"),
    ("omono-1.1.2", "who", "company_number", "08447591"),
    ("omono-1.1.2", "who", "registered_in", "England and Wales"),
    ("omono-1.5", "who", "roles", ("controller",)),
    ("omono-2.1a.2", "data/visit.ip", "form", "truncated"),
    ("omono-2.1d.2", "data/message.body", "form", "sealed"),
    ("omono-2.2", "collect/details of others", "confirms", "The person knows that you give us these details"),
    ("omono-2.2", "collect/details of others", "tell_people", "first message"),
    ("omono-3.2a.2", "use/find and mend faults", "staff", {"service desk"}),
    ("omono-3.2a.3", "use/support and train you", "within", "a case"),
    ("omono-3.2c", "use/provide the system to you", "only_while", "contract is live"),
    ("omono-3.2f.1", "use/send you our newsletter", "channels", (("email", "consent"),)),
    ("omono-3.2f.1", "use/write to you by post about our business", "channels", (("post", "not objected"),)),
    ("omono-3.2j", "use/check that the terms of use are kept", "within", "a case"),
    ("omono-4.1.4", "disclose/our insurers", "contract", "insurance terms"),
    ("omono-4.1.4", "disclose/our solicitors", "contract", "solicitors terms"),
    ("omono-4.2a", "use/obey the law", "within", "a case"),
    ("omono-4.2b", "use/make and defend legal claims", "within", "a case"),
    ("omono-4.2c.2", "use/prevent fraud", "within", "a case"),
    ("omono-4.2d", "disclose/bidders for the business", "only_as", "masked"),
    ("omono-5.1.2", "disclose/Harbour Mail", "countries", ("IE",)),
    ("omono-6.3b", "holds/kept for legal proceedings", "needs", ("matter", "approver")),
    ("omono-8.1b.2", "use/check who is asking", "staff", {"privacy desk"}),
    ("omono-8.1b.2", "keep/proof.*", "text", "1 day after identity is settled"),
    ("omono-10.2.1", "cookies/omono_settings", "exempt", "appearance"),
    ("omono-10.3a.2", "cookies/intercom-id-website", "uses", {"chat with you on the website"}),
    ("omono-10.3a.3", "cookies/cf_custom", "exempt", ""),
    ("omono-10.3b.2", "cookies/intercom-id-system", "uses", {"chat with you in the system"}),
    ("omono-10.3b.4", "cookies/meteor activity", "uses", {"learn how the system is used"}),
    ("omono-10.3b.5", "cookies/logrocket", "uses", {"learn how the system is used"}),
]
"""(clause, what it rests on, which word of that declaration makes the sentence true, that word)"""
SECTIONS = {
    "data": "fields",
    "use": "purposes",
    "disclose": "recipients",
    "staff": "staff",
    "cookies": "cookies",
    "collect": "points",
    "keep": "rules",
    "people": "people",
    "holds": "holds",
}


def name_of(clause: str) -> str:
    return clause.partition("-")[0]


@cache
def text_of(name: str) -> str:
    return (POLICIES / name / "policy.yaml").read_text("utf-8")


@cache
def plan_of(name: str) -> Plan:
    plan = policy.load(POLICIES / name / "policy.yaml").plan
    assert plan is not None
    return plan


@pytest.mark.parametrize(("clause", "old", "new", "code"), BREAKS)
def test_a_policy_that_breaks_its_own_sentence_is_refused(clause, old, new, code):
    name = name_of(clause)
    assert old in text_of(name) and clause in plan_of(name).promises
    broken = text_of(name).replace(old, new, 1)
    compiled = policy.load(POLICIES / name / "policy.yaml", text=broken.encode())
    assert code in {one.code for one in compiled.problems if one.severity == "error"}


@pytest.mark.parametrize(("clause", "path", "word", "value"), PINNED)
def test_what_a_clause_rests_on_says_what_the_clause_says(clause, path, word, value):
    """No rule forbids these words to change; the sentence would then no longer be true."""
    plan = plan_of(name_of(clause))
    section, _, name = path.partition("/")
    declared: Any = getattr(plan, SECTIONS[section])[name] if name else getattr(plan, section)
    assert path in plan.promises[clause].rests_on
    assert getattr(declared, word) == value


def test_the_registration_that_is_spoken_of_is_declared_with_its_end():
    """The keeper of ``who`` looks for the number in the notice, and turns red when its year is over."""
    who = plan_of("dianomi").who
    assert plan_of("dianomi").promises["dianomi-0.8"].rests_on == ("who",)
    assert who.fee_number and who.fee_until


def test_omono_counts_its_providers_abroad_and_names_each():
    """“Six of our service providers are in the United States”: one more, and the sentence no longer counts right."""
    american = {f"disclose/{one.name}" for one in plan_of("omono").recipients.values() if "US" in one.countries}
    told = plan_of("omono").promises["omono-5.1.2"]
    assert len(american) == 6 and "six of our service providers" in told.instead
    assert american < set(told.rests_on)


@pytest.mark.parametrize("clause", ["omono-4.1.1", "omono-4.1.3", "omono-4.1.4"])
def test_every_processor_of_omono_stands_under_what_is_said_of_all_of_them(clause):
    plan = plan_of("omono")
    working = {one for one in plan.recipients.values() if one.role == "processor"}
    rests_on = set(plan.promises[clause].rests_on)
    assert {f"disclose/{one.name}" for one in working} <= rests_on
    assert clause == "omono-4.1.1" or {f"papers/{one.contract}" for one in working} <= rests_on


def test_every_cookie_of_omono_that_asks_stands_under_its_no():
    asks = {one.name for one in plan_of("omono").cookies.values() if not one.exempt}
    assert {f"cookies/{name}" for name in asks} <= set(plan_of("omono").promises["omono-10.2.2"].rests_on)


def test_nobody_gets_what_omono_knows_for_money_or_for_marketing():
    """omono-3.4: there is no such recipient, and whoever adds one must ask for a yes first."""
    plan = plan_of("omono")
    assert plan.nevers["pass you on for marketing without your yes"].fields >= plan.fields.keys() - {"troth.requests"}
    assert not any(one.for_money for one in plan.recipients.values())


@pytest.mark.parametrize(
    ("clause", "basis"),
    [
        ("dijuno-basis-a1", "consent"),
        ("dijuno-basis-b", "contract"),
        ("dijuno-basis-c", "legal obligation"),
        ("dijuno-basis-d1", "legitimate interests"),
    ],
)
def test_a_clause_about_a_basis_rests_on_every_use_that_has_it(clause, basis):
    plan = plan_of(name_of(clause))
    uses = {f"use/{use.name}" for use in plan.purposes.values() if use.basis == basis}
    assert uses and uses <= set(plan.promises[clause].rests_on)


def test_a_clause_about_interests_rests_on_every_paper_that_weighs_one():
    plan = plan_of("dijuno")
    weighed = {f"papers/{use.balance}" for use in plan.purposes.values() if use.balance}
    assert weighed and weighed <= set(plan.promises["dijuno-basis-d2"].rests_on)


def test_no_supplier_has_a_task_that_its_sentence_does_not_name():
    plan = plan_of("dijuno")
    one = plan.promises["dijuno-share-5"]
    suppliers = [recipient for recipient in plan.recipients.values() if recipient.role == "processor"]
    assert {f"disclose/{recipient.name}" for recipient in suppliers} <= set(one.rests_on)
    named = one.instead.replace("support", "technical support").replace(
        "marketing", "marketing and business development"
    )
    assert not [recipient.does for recipient in suppliers if recipient.does not in named]
