"""A page for every problem: what it means, why it matters, a line that has it, and the cure."""

from __future__ import annotations

from typing import Final, NamedTuple


class Page(NamedTuple):
    title: str
    why: str
    example: str
    cure: str

    def text(self, code: str) -> str:
        shown = "\n".join(f"    {line}" for line in self.example.splitlines())
        return f"{code}: {self.title}\n\n  {self.why}\n\n{shown}\n\n  {self.cure}"


_LISTED: Final = "A name that nobody declares promises nothing and opens nothing, so it is never passed over."
_READ: Final = "A policy is read as plain text. What a program might read otherwise than its author is refused."
_PERIOD: Final = "People must be told for how long, or how that is worked out (UK GDPR Art 13(2)(a))."
_PAPER: Final = "A declaration that rests on a paper is true only while the paper is."
_WORD: Final = "The law follows from these words, so there is a closed list of them: see docs/language.md."

PAGES: Final[dict[str, Page]] = {
    # --- reading
    "unreadable": Page(
        "A line that cannot be read",
        _READ,
        "says: Note: this",
        'Put the sentence in double quotes: says: "Note: this".',
    ),
    "not-text": Page("Not a text file", _READ, "(a picture, or a file saved as Latin-1)", "Save the file as UTF-8."),
    "untranslated": Page(
        "A sentence without its translation",
        "An edition is published in each language that it names, or not at all: who reads French must not be told half"
        " in English (UK GDPR Art 12(1)).",
        "notice:\n  languages: [en, fr]\n  in: {fr: {answer you: vous répondre}}",
        "Say under `notice: in:` what the quoted words are in that language, or take the language out.",
    ),
    "no-language": Page(
        "A language that this policy is not published in",
        "A notice is made in the languages that its policy carries, and in no other.",
        "troth notice policy.yaml --language fr",
        "Choose one of those that are listed, or add it under `notice`.",
    ),
    "no-reader": Page(
        "A reader that this policy does not speak of",
        "The part of a notice for one reader is made for a class of people or a surface of the policy.",
        "troth notice policy.yaml --for passenger",
        "Choose one of those that are listed.",
    ),
    "unknown-language": Page(
        "A language that troth has no sentences in",
        "What the notice says around your words comes from a table of its own for each language.",
        "notice: {languages: [en, tlh]}",
        "Choose a language that is there, or add its table beside the others.",
    ),
    "language-unsaid": Page(
        "Words in a language that the notice does not carry",
        "Nobody would ever read them.",
        "notice:\n  languages: [en]\n  in: {fr: {answer you: vous répondre}}",
        "Add the language to `languages`, or take its words out.",
    ),
    "hidden-character": Page(
        "A character that nobody can see",
        "It can make a line read otherwise than it looks.",
        "name: Larch<U+202E> Walks",
        "Remove it; type the line again if need be.",
    ),
    "too-big": Page(
        "Too big",
        "A policy is a text that people read; a file above 1 MB is something else.",
        "(1,200,000 bytes)",
        "Make it smaller.",
    ),
    "too-deep": Page(
        "Nested too deeply",
        "Nobody can follow more than a few levels, and a hostile file uses them to exhaust a program.",
        "{a: {b: {c: … }}}",
        "Flatten it: an entry of the language needs at most five levels.",
    ),
    "empty-file": Page(
        "An empty file", "An empty policy would allow nothing and tell nobody.", "", "Begin with: troth: 1"
    ),
    "second-document": Page("A second document", _READ, "---", "Keep one policy in one file, and take the dashes out."),
    "alias": Page(
        "An anchor or an alias",
        "What cannot be read aloud is not in the language.",
        "data: *everything",
        'Write it out, or use a star: data: "booking.*".',
    ),
    "tag": Page(
        "A tag",
        "Tags make other programs run code.",
        "name: !!python/name:os.system",
        "Remove the word that begins with “!”.",
    ),
    "merge": Page("A merge key", "What cannot be read aloud is not in the language.", "<<: *defaults", "Write it out."),
    "said-twice": Page(
        "Said twice",
        "Other programs keep the last and drop the first in silence.",
        "keep:\n  visit.*: 2 years\n  visit.*: 9 years",
        "Keep one of them.",
    ),
    "listed-twice": Page(
        "Twice in one list",
        "The second of two equal words says nothing, and may be where another was meant.",
        "data: [booking.name, booking.name]",
        "Keep one, or write the other that was meant.",
    ),
    "cut-sentence": Page(
        "A sentence cut in two",
        "A comma inside braces and a # end a sentence without quotes.",
        "{says: We will not, without consent, sell it}",
        "Put the whole sentence in double quotes.",
    ),
    "curly-quote": Page(
        "Quotes of a word processor",
        "They are letters to a program, so the sentence is not in quotes at all.",
        "says: “We never sell it”",
        "Use straight quotes.",
    ),
    "yaml-word": Page(
        "A word that means yes or no",
        "Other programs read it as true or false.",
        "people:\n  on: …",
        "Choose another name.",
    ),
    "bad-name": Page(
        "Not a name",
        "A name is said in notices, on pages and in the ledger.",
        'use:\n  "a/b: c": …',
        "Use letters, digits, spaces and ' & ( ) . + -; data in small words joined by dots.",
    ),
    "near-twins": Page(
        "Two names that differ only in capitals",
        "A reader takes them for one.",
        "people:\n  Visitor: …\n  visitor: …",
        "Rename one of the two.",
    ),
    "not-a-map": Page(
        "Entries expected",
        "Here stand keys and values, one under the other.",
        "who: Larch Walks",
        "Write {key: value, …}, or each on a line of its own.",
    ),
    "not-a-list": Page(
        "A list expected",
        "Several things stand here, each after a dash.",
        "history: long ago",
        "Write each on a line of its own, after a dash.",
    ),
    "not-one-value": Page(
        "One value expected",
        "Only a single word or sentence stands here.",
        "basis: [consent, contract]",
        "Keep one. Two bases are two uses.",
    ),
    "empty-value": Page(
        "Nothing is said", "Empty is not none: none is said out loud.", "cookies:", "Say it, or say none."
    ),
    "blank": Page(
        "Still to be said",
        "TBC marks what nobody has decided. A policy with a blank cannot be published.",
        "in: TBC",
        "Replace TBC. Meanwhile `troth check --draft` lists the blanks.",
    ),
    "unknown-section": Page(
        "No such section", _WORD, "uses:\n  …", "Look at the list of sections in docs/language.md."
    ),
    "missing-section": Page(
        "A section is missing",
        "It may be absent only where absence means less data, fewer people, less time.",
        "(no `keep:`)",
        "Add the section; say none where there is nothing.",
    ),
    "unknown-key": Page(
        "No such key",
        "An unknown key would be a promise that no program keeps.",
        "run it: {is: service, balnce: x}",
        "Mend the spelling, or take it out.",
    ),
    "missing-key": Page(
        "Something must be said",
        "A default may only narrow; here every default would widen.",
        "disclose:\n  Postal Mail: {as: processor}",
        "Add the key.",
    ),
    "language-version": Page(
        "Another version of the language", "This program reads version 1.", "troth: 2", "Write troth: 1."
    ),
    "unknown-word": Page("Not a word of the language", _WORD, "is: emial address", "Choose a word of the list."),
    "not-a-date": Page(
        "Not a date", "Days are counted from it.", "until: next spring", "Write year, month and day, as 2026-11-22."
    ),
    "not-a-number": Page("Not a number", "It is counted with.", "smallest group: ten", "Write digits only."),
    "not-yes-or-no": Page("Neither yes nor no", _READ, "public: perhaps", "Write yes or no."),
    "not-a-period": Page(
        "Not a period",
        _PERIOD,
        "visit.*: as long as necessary",
        "Say “2 years”, “12 months after contract ends”, “until answered”, “never stored”.",
    ),
    # --- names of other sections
    "misnamed": Page(
        "A declaration with a slip in its name",
        "What names it rightly leads nowhere. It was read by the name that was meant, and the rest of the file so.",
        "data: {acount.email: email address}",
        "Write the name as it is named elsewhere.",
    ),
    "unknown-data": Page(
        "Data that nobody declares", _LISTED, "data: [booking.emial]", "Mend the spelling, or declare it under `data`."
    ),
    "unknown-people": Page(
        "People whom nobody declares", _LISTED, "of: walkr", "Mend the spelling, or declare them under `people`."
    ),
    "unknown-staff": Page(
        "Staff whom nobody declares", _LISTED, "staff: gide", "Mend the spelling, or declare the role under `staff`."
    ),
    "nobody-answers": Page(
        "Nobody of the staff may answer",
        "Requests have a legal clock (UK GDPR Art 12(3)), and no role would open them.",
        "guide: {means: Leads walks, may: keeping}",
        "Give `requests` to a role, or leave `may` out of one that does it all.",
    ),
    "unknown-use": Page(
        "A use that nobody declares", _LISTED, "for: [run the wlak]", "Mend the spelling, or declare it under `use`."
    ),
    "unknown-recipient": Page(
        "A recipient that nobody declares",
        "People must be told who gets their data (UK GDPR Art 13(1)(e)).",
        "by: Gogle Analytics",
        "Declare it under `disclose`, or say us.",
    ),
    "unknown-surface": Page("A surface that nobody declares", _LISTED, "at: wbsite", "Declare it under `surfaces`."),
    "unknown-paper": Page(
        "A paper that nobody declares",
        _PAPER,
        "balance: pages blance",
        "Declare it under `papers`, with file, owner and expiry.",
    ),
    "unknown-country": Page(
        "No such country",
        "Groups such as EEA are not countries: people are told where their data goes.",
        "in: UK",
        "Use the two capitals of the country, as GB.",
    ),
    "unknown-nation": Page(
        "No such nation",
        "Public holidays, and so the clocks of requests, differ between the nations.",
        "nation: Britain",
        "Say England and Wales, Scotland or Northern Ireland.",
    ),
    "unknown-zone": Page(
        "No such time zone",
        "Days, months and the night are counted on the clocks of one place, by the name that the IANA gives it.",
        "time zone: Aukland",
        "Say region and city, as Pacific/Auckland.",
    ),
    "zone-unsaid": Page(
        "Days on the clocks of London",
        "A month, a working day and a night are those of one place. In the United Kingdom and the EEA they go without "
        "saying; elsewhere they are London's until the policy names a zone. It can be published so.",
        "law: {of: eu, nation: New Zealand}",
        "Add `time zone:` with region and city, as Pacific/Auckland.",
    ),
    "unknown-case": Page(
        "Not a recognised case",
        "Recognised legitimate interests are a closed list (UK GDPR Annex 1).",
        "case: convenience",
        "Choose one of the list, or weigh the interest with a balance.",
    ),
    "unknown-channel": Page(
        "No such channel",
        "Each channel has its own rule in PECR.",
        "by: {fax: consent}",
        "Choose a channel of the list.",
    ),
    "unknown-permission": Page(
        "Nothing that allows a message",
        "What lets a message go by a channel is a closed list (PECR reg 22): another word would allow nothing.",
        "by: {email: they will not mind}",
        "Choose one of the list, or name the channel alone where no message is marketing.",
    ),
    "part-of-itself": Page(
        "A use that is part of itself",
        "The notice lists a use under the one that it is part of; here it would stand nowhere.",
        "answer you: {part of: answer you, …}",
        "Name the use that is the whole, or take part of out.",
    ),
    "unknown-task": Page(
        "No such task",
        "It says in the notice what a processor does for you.",
        "does: stuff",
        "Choose a task of the list.",
    ),
    "unknown-right": Page(
        "No such right",
        "Only rights that the law gives can be answered sooner.",
        "sooner: {forget: 1 day}",
        "Choose one of the list, as erase.",
    ),
    "unknown-state": Page(
        "Nobody can tell whether that is so",
        "A condition that no program can look up would be open or shut by chance.",
        "only while: the sun shines",
        "Say contract is live, signed in, or within: a case.",
    ),
    "unknown-limit": Page(
        "A prohibition that matches nothing",
        "It would look like a promise and hold nothing back.",
        "never:\n  sell it: {disclose: booking.email, to: anyone for mony}",
        "Name a use, a recipient, a role, a country or “anyone”.",
    ),
    "unknown-guarantee": Page(
        "No such guarantee",
        "always/… names what troth does for every policy.",
        "rests on: always/be nice",
        "Choose one of the list in docs/language.md.",
    ),
    "unknown-moment-source": Page(
        "A moment from nowhere",
        "A moment that nobody reports never ends a clock.",
        "walk is over: {known from: the guide}",
        "Write page, desk, api, or place.table.column.",
    ),
    "wrong-paper": Page("A paper of another kind", _PAPER, "balance: mail contract", "Name a paper of the right kind."),
    "lapsed-paper": Page(
        "A paper that ran out",
        _PAPER,
        "mail contract: {until: 2020-01-01}",
        "Renew it and write the new date, or take out what rests on it.",
    ),
    "outside-file": Page(
        "A file outside the folder",
        "A policy reads nothing but its own folder, by names that are not hidden, and follows no link out of it.",
        "file: ../secrets",
        "Put the file itself inside the policy's folder, and write its path there.",
    ),
    "missing-paper": Page(
        "A paper that is not there",
        "What rests on a paper that nobody can show rests on nothing (UK GDPR Art 5(2)). A draft may miss it.",
        "pages balance: {file: papers/pages.md}",
        "Put the paper into the policy's folder under that name, or name the file that it is.",
    ),
    "unreadable-paper": Page(
        "A paper that cannot be read",
        "A paper is a plain file with something in it. Its hash stands in the edition: nobody exchanges it unseen.",
        "pages balance: {file: papers}",
        "Name a plain file that whoever runs troth may read.",
    ),
    "big-paper": Page(
        "A paper that is too large",
        "One paper has at most 10 MB, all papers of a policy 100 MB: a policy is checked while it is written.",
        "pages balance: {file: papers/a-film.mp4}",
        "Make it smaller, or split it.",
    ),
    "no-file": Page(
        "No such file",
        "There is nothing to read.",
        "troth check nothing.yaml",
        "Name a policy file, or a folder with policy.yaml.",
    ),
    "no-leave": Page(
        "A file that may not be read",
        "Who runs troth needs leave to read a policy, and to enter the folders on the way to it.",
        "troth check /home/ada/policy.yaml",
        "Give leave, as with chmod u+r (of a folder: u+rx), or run troth as the owner.",
    ),
    "no-policy": Page(
        "A text, and no policy file",
        "A policy is written in sections that a program can read. For a text of people there are other commands.",
        "troth check old-policy.txt",
        "Run troth check --law uk FILE to hold it against the law, or troth init --from-text FILE to draft a policy.",
    ),
    # --- stars
    "star-misplaced": Page(
        "A star in the wrong place",
        "A star stands only at the end, after a dot, so that everybody reads it alike.",
        "data: web*",
        "Write it as account.*",
    ),
    "star-empty": Page("A star that matches nothing", _LISTED, 'data: "acount.*"', "Name data that is declared."),
    "star-disclosed": Page(
        "A star for somebody who acts for itself",
        "A star grows with the file; whoever decides for itself gets exactly what people were told.",
        'Larch Partners: {as: controller, data: "contact.*"}',
        "List the data one by one.",
    ),
    # --- who, law
    "law-missing": Page(
        "Readers under another law",
        "Where you expect readers in the EU, EU law stands beside UK law, and the stricter wins.",
        "law: {of: uk, readers in: [GB, FR]}",
        "Add eu to `law/of`.",
    ),
    "lapsed-fee": Page(
        "The fee ran out",
        "Every controller pays the regulator yearly (SI 2018/480).",
        "fee: {number: ZA1, until: 2020-01-01}",
        "Pay it and write the new date.",
    ),
    "bad-address": Page(
        "Not an address", "People must be able to write to you.", "email: write to us", "Write an email address."
    ),
    "bad-web-address": Page(
        "Not an address on the web",
        "People are sent there, to read or to say no.",
        "policy: htps:/larch",
        "Write it whole, as https://www.larch.example/privacy, or say it in words.",
    ),
    "bad-host": Page(
        "Not a host",
        "Before a yes no request goes to these hosts; a name that is no host holds none back.",
        'hosts: "https://www.larch.example/pixel"',
        "Write the host alone, as www.larch.example",
    ),
    "reserved-name": Page(
        "A name that is a word of the language",
        "Elsewhere in the policy it would be read as that word: `by: us`, `of: everyone`, `to: anyone`.",
        "disclose:\n  anyone: {as: controller, …}",
        "Name who it is, or what it is for, as people would.",
    ),
    "twin-origin": Page(
        "One origin on two surfaces",
        "A browser tells origins apart by scheme, host and port, so what comes from there could be of either surface.",
        'website: {origins: "https://www.larch.example"}\nshop: {origins: "https://www.larch.example"}',
        "Give each an origin of its own, or make them one surface.",
    ),
    "no-browser": Page(
        "A cookie where no browser is",
        "A letter and a telephone store nothing on a device, and a mail loads pictures and nothing else.",
        "visitor_id: {at: telephone, …}",
        "Name a surface of kind web or app; in a mail only a pixel can be.",
    ),
    "wrong-regulator": Page(
        "A regulator of another law",
        "People are told whom to complain to, and that must be one who can act (UK GDPR Art 13(2)(d), 77).",
        "law: {of: uk, …}\nwho: {regulator: dpc, …}",
        "Name the regulator of the law that you stand under, or add that law to law/of.",
    ),
    "unnamed-regulator": Page(
        "An authority without a name",
        "People must be able to write to whom they can complain to (GDPR Art 13(2)(d), 77).",
        "who: {regulator: other, …}",
        "Say under authority its name, address and page, as it says them itself.",
    ),
    "empty-fee": Page(
        "A fee that says nothing",
        "Either it is paid, and has a number on the register, or there is a reason why none is due.",
        "fee: {}",
        "Write number, or exempt with the reason; leave fee out where neither is known.",
    ),
    "said-in-vain": Page(
        "A key that does nothing here",
        "Who reads it takes it for a promise, and no program keeps it: an interest under a contract weighs nothing, and"
        " what no star means cannot be taken off.",
        "run the walk: {basis: contract, interest: to be nice, …}",
        "Take it out, or change what it was meant to go with.",
    ),
    "takes-nothing": Page(
        "A point that takes nothing",
        "Data comes in at points of collect, each with what is needed or may come there, or with a question.",
        "booking: {by: form, at: website, of: walker}",
        "Add needs, may or offers, or take the point out.",
    ),
    "bad-origin": Page(
        "Not an origin",
        "A browser says where it stands as scheme and host; anything else never matches, and nothing is taken in.",
        "origins: www.larch.example/shop",
        "Write https://www.larch.example",
    ),
    "early-force": Page(
        "In force before it is published",
        "Nobody can be bound by what nobody could read.",
        "in force: 2026-01-01",
        "Choose the day of publication, or a later one.",
    ),
    "own-basis": Page(
        "A basis of ours in a processor's policy",
        "For a client, its instruction is the basis (UK GDPR Art 28(3)(a)).",
        "basis: consent",
        "Write basis: instruction, or say that you are a controller too.",
    ),
    "client-wall": Page(
        "The wall between ours and clients'",
        "Whoever uses a client's data for itself becomes its controller (UK GDPR Art 28(10)).",
        "improve our product: {data: record.entry}",
        "Declare two data and two uses.",
    ),
    "not-instructed": Page(
        "Instructed by a client, but on a basis of ours",
        "What a client instructs rests on its instruction (UK GDPR Art 28(3)(a)).",
        "clients: {Acme: {instructs: send our news}}",
        "Write basis: instruction there, or take it out here.",
    ),
    # --- data and collect
    "special-clear": Page(
        "The most protected data, stored as it came",
        "Data of the special categories and of crime, and what can turn out to hold it, is sealed unless you say"
        " otherwise; saying otherwise only takes protection away (UK GDPR Art 9, 10, 32(1)(a)).",
        "form.allergies: {is: health, as: clear}",
        "Take as: clear out. What is sealed may still be shown to whom you name.",
    ),
    "sealed-and-clear": Page(
        "Sealed and clear at once",
        "One of the two lines is not true, and nobody can know which you meant.",
        "data: {booking.walk: {is: purchase, as: clear}}\nsecure: {seals: booking.walk}",
        "Take one of the two out.",
    ),
    "sealed-in-vain": Page(
        "A seal on what is not stored",
        "What is hashed, cut short, counted, never stored, or kept by another database alone is not there for us to "
        "encrypt: the words promise nothing.",
        "data: {visit.ip: {is: IP address, as: truncated}}\nsecure: {seals: visit.ip}",
        "Take it out of seals, or say as: sealed at the datum.",
    ),
    "no-recorded": Page(
        "A voice recorded without a word",
        "People hear that they are recorded, and what for, before it begins (UK GDPR Art 13(1)).",
        "calls: {by: phone, at: telephone, of: caller, may: call.recording}",
        "Add recorded: and the sentence that they hear.",
    ),
    "password-asked": Page(
        "A password asked for like any other datum",
        "A password in a form, a letter or a call reaches people and places that only the way in to accounts may know"
        " (UK GDPR Art 32(1)). Nobody but the service that signs people in takes one.",
        "competition: {by: form, at: website, of: member, needs: account.password}",
        "Take it out, or let the accounts' own way in take it: by: service.",
    ),
    "wrong-form": Page(
        "Not a form for this kind",
        "Each kind can be stored only in ways that are true for it.",
        "account.password: {is: password, as: clear}",
        "Choose one of the list.",
    ),
    "wrong-identity": Page(
        "It identifies nobody",
        "Only some kinds find a person or a browser.",
        "booking.walk: {is: purchase, identifies: person}",
        "Take it out.",
    ),
    "free-text": Page(
        "Free text can hold anything",
        "People write of their health unasked; say whether that may stay (UK GDPR Art 9).",
        "letter.body: correspondence",
        "Add may hold: special category, or may hold: none if you look at each.",
    ),
    "no-why": Page(
        "Required without a reason",
        "People are told why it is needed and what happens otherwise (UK GDPR Art 13(2)(e)).",
        "needs: booking.name",
        "Add why:, the sentence that people read at the form.",
    ),
    "no-source": Page(
        "From nowhere", "People are told where you got their data (UK GDPR Art 14(2)(f)).", "by: import", "Add from:"
    ),
    "untold": Page(
        "Nobody is told",
        "People whose data you got elsewhere are told within a month (UK GDPR Art 14(3)).",
        "by: enrichment",
        "Add tell people: first message.",
    ),
    "no-licence": Page(
        "Bought without a licence",
        "Bought data may be used only as its seller may let you.",
        "by: enrichment",
        "Add licence: and the name of a paper.",
    ),
    "wrong-surface": Page(
        "It does not work there",
        "A tag needs a page, a form needs a screen.",
        "by: tag, at: telephone",
        "Name a surface of another kind.",
    ),
    "offer-unasked": Page(
        "An offer that asks nobody",
        "A form offers what waits for a yes, to people whose data that use is of.",
        "offers: run the walk",
        "Rest that use on consent, name these people in its of, or take the offer out.",
    ),
    "form-unasked": Page(
        "A form that does not ask",
        "What only a yes lets in is kept when the form has the question and it was answered with yes. Without the"
        " question whatever is typed there is dropped (UK GDPR Art 7(1)).",
        "subscription: {by: form, needs: news.email}",
        "Add offers: and the use that asks, as offers: send you news of walks.",
    ),
    "tag-unasked": Page(
        "Taken from a device without asking",
        "Reading somebody's device needs a yes or an exception (PECR reg 6).",
        "visit: {by: tag, may: visit.page}",
        "Rest its use on consent, or say on device: where an exception covers it.",
    ),
    # --- use
    "whose": Page(
        "Of whom?", "A default would take everybody.", "improve it: {data: [visit.page, usage.action]}", "Add of:"
    ),
    "not-of-them": Page(
        "Data that nobody takes of these people",
        "The use would wait for data that never comes, or the people are the wrong ones.",
        "of: visitor, data: booking.name",
        "Name the people whose data it is, or take the data out.",
    ),
    "no-ask": Page(
        "Consent without a question",
        "Consent is an answer to a question (UK GDPR Art 4(11), 7).",
        "basis: consent",
        "Add ask: {words: …}.",
    ),
    "no-interest": Page(
        "An interest that is not said",
        "People are told which interest (UK GDPR Art 13(1)(d)).",
        "basis: legitimate interests",
        "Add interest:, a sentence.",
    ),
    "no-balance": Page(
        "An interest that nobody weighed",
        "It is a basis only if the person's interests do not weigh more (UK GDPR Art 6(1)(f)).",
        "basis: legitimate interests",
        "Add balance: and the name of a paper.",
    ),
    "no-law": Page(
        "A duty without a law",
        "A legal obligation stands in a law (UK GDPR Art 6(3)).",
        "basis: legal obligation",
        "Add law:, enactment and section.",
    ),
    "no-case": Page(
        "A recognised interest without a case",
        "The cases are a closed list (UK GDPR Annex 1).",
        "basis: recognised legitimate interests",
        "Add case:",
    ),
    "wide-interest": Page(
        "Too wide to weigh",
        "Nobody can weigh “our business interests” against a person's.",
        "interest: our business interests",
        "Say what exactly you want to achieve, as “to see which pages help”.",
    ),
    "asked-in-vain": Page(
        "Asked, though a no would change nothing",
        "A question that is not meant misleads (UK GDPR Art 5(1)(a)).",
        "basis: contract, ask: {…}",
        "Take ask out, or rest it on consent.",
    ),
    "marketing-contract": Page(
        "Marketing on contract",
        "No contract needs marketing.",
        "is: marketing, basis: contract",
        "Rest it on consent or legitimate interests.",
    ),
    "marketing-basis": Page(
        "Marketing on a basis that never covers it",
        "Recognised interests and public tasks do not reach marketing.",
        "is: marketing, basis: public task",
        "Rest it on consent or legitimate interests.",
    ),
    "no-permission": Page(
        "Marketing without a permission",
        "Each channel asks for one (PECR reg 21, 22).",
        "is: marketing, by: email",
        "Write by: {email: consent}, or another permission of that channel.",
    ),
    "permission-basis": Page(
        "Consent for the channel but not for the use",
        "Who must ask for the message must rest on the answer.",
        "basis: legitimate interests, by: {email: consent}",
        "Make it a use of its own, with basis: consent.",
    ),
    "no-address": Page(
        "Nothing to reach people by",
        "A channel needs a datum of that kind.",
        "by: phone, data: booking.name",
        "Add the datum, or take the channel out.",
    ),
    "no-floor": Page(
        "Statistics of one",
        "A figure about very few people is about those people.",
        "yields: statistics",
        "Add smallest group: 10.",
    ),
    "not-statistics": Page(
        "The statistics exception without statistics",
        "It covers only what yields statistics (PECR Sch A1 para 5).",
        "on device: statistics",
        "Add yields: statistics, or ask first.",
    ),
    # --- disclose
    "outside-use": Page(
        "More than its uses need",
        "A recipient gets a datum only for a use that uses it (UK GDPR Art 5(1)(b)).",
        "Postal Mail: {for: run the walk, data: visit.page}",
        "Take it out, or name the use that needs it.",
    ),
    "recipient-unasked": Page(
        "A yes that somebody else would rely on, unnamed",
        "A yes is specific: who takes over what it opens, and answers for it, stands in the question, in each language"
        " in which it is asked (UK GDPR Art 4(11), 7(1)).",
        "Ad Co: {as: controller, for: send you news of walks, data: booking.email}",
        "Name it in the use's question, or give it nothing for that use.",
    ),
    "no-contract": Page(
        "No contract",
        "Whoever works for you, or with you, has one, and so has each client you work for (UK GDPR Art 26, 28(3)).",
        "as: processor",
        "Add contract: and the name of a paper.",
    ),
    "no-does": Page(
        "Nobody knows what it does", "People are told what a processor does for you.", "as: processor", "Add does:"
    ),
    "not-art-28": Page(
        "A contract that does not cover Article 28",
        "A processor's contract says eight things (UK GDPR Art 28(3)).",
        "mail contract: {kind: contract, …}",
        "Add covers: art 28 to the paper, once somebody has read it.",
    ),
    "no-safeguard": Page(
        "Abroad without a safeguard",
        "Data leaves the country only where the law lets it (UK GDPR Art 44A).",
        "in: US",
        "Say under: {mechanism: …, paper: …}.",
    ),
    "no-paper": Page(
        "A safeguard without its paper",
        "Clauses that nobody signed protect nobody.",
        "under: {mechanism: IDTA}",
        "Add paper:",
    ),
    "wrong-mechanism": Page(
        "A safeguard for another country",
        "Some safeguards reach only some countries.",
        "in: IN, under: {mechanism: UK-US data bridge}",
        "Choose another safeguard.",
    ),
    "open-class": Page(
        "“Our partners” is nobody",
        "Consent and objection need a name (UK GDPR Art 13(1)(e)).",
        "disclose:\n  our partners: …",
        "Name each of them, or list them under members.",
    ),
    # --- never, keep, moments
    "no-verb": Page(
        "Never what?",
        "A prohibition says one thing that never happens.",
        "never:\n  be bad: {to: anyone}",
        "Write one of collect, use, disclose, transfer, join.",
    ),
    "never-broken": Page(
        "A promise that your own file breaks",
        "A negative promise is held against every declaration.",
        "never: {sell it: {disclose: booking.email, to: anyone for money}}",
        "Remove one of the two: both cannot be true.",
    ),
    "no-end": Page(
        "No end", _PERIOD, "(call.record is in no line of keep)", "Add it to keep, for example call.record: 12 months."
    ),
    "idle-rule": Page(
        "A rule that decides nothing",
        "The exact name wins, then the longest star; here nothing is left for this one.",
        "visit.*: 2 years  (and a line for each visit.…)",
        "Remove it, or one of the exacter ones.",
    ),
    "lost-part": Page(
        "A part of a period that is lost",
        "Of two least times, two looks or two ends that are counted from one moment only one can hold, and nobody could"
        " tell which was meant.",
        'booking.*: "2 years, 3 years"',
        "Keep one of the two: the earliest of the ends is the limit, and the law's least is said once.",
    ),
    "never-acts": Page(
        "A clock that never runs out",
        "Nothing is answered, decided or closed for data that is only seen, and no browser keeps what a form sends:"
        " such data would stay for ever (UK GDPR Art 5(1)(e)). Of a row in somebody's database nobody knows when it"
        " came or was last needed, and a date in one table says nothing of another's rows. A use that stops after its"
        " data is gone stops nothing.",
        "visit.*: until answered",
        "Say a length of time, as 12 months, or a moment that comes to this data. In a database count from a date in"
        " the same table (joined: {known from: shop.customer.joined_on}), or from a moment that somebody tells.",
    ),
    "never-and-stored": Page(
        "Never stored, and stored",
        "One of the two is not true, and people are told both.",
        "data: {visit.page: pages seen}\nkeep: {visit.*: never stored}",
        "Say how long it is kept, or as: never stored under data.",
    ),
    "never-and-used": Page(
        "Never stored, and used later",
        "What is looked at and let go is there for a moment. Staff, a case, a message, a figure and a hold come later.",
        "see which pages help: {data: [visit.page, visit.ip], yields: statistics, …}",
        "Take it out, or say under data how it is stored.",
    ),
    "silent-moment": Page(
        "A moment that nobody reports",
        "Its clock would never start, and the data would stay for ever.",
        "booking.*: 12 months after walk ends",
        "Add it to moments with known from.",
    ),
    # --- coverage
    "not-collected": Page(
        "Declared, but nothing takes it in",
        "A declaration without a source is a promise about nothing.",
        "data: {lead.fax: fax number}",
        "Add it to a point of collect, or take it out; say retired: yes if older data of it still stands.",
    ),
    "not-retired": Page(
        "Retired, and still in use",
        "What is retired is neither taken in nor used: what stands of it only waits for the end of its period.",
        "data: {lead.fax: {is: fax number, retired: yes}}\nuse: {answer you: {data: lead.fax, …}}",
        "Take it out of points and uses, or take retired out.",
    ),
    "no-use": Page(
        "Collected for nothing",
        "What no use needs may not be collected (UK GDPR Art 5(1)(c)).",
        "may: lead.fax",
        "Remove it, or say what it is for.",
    ),
    "no-ours": Page(
        "No place of our own",
        "What forms, tags and mails bring, what people chose and what they asked for lives in troth's own store. Where"
        " that stands must be said like any other place.",
        "places: {cupboard: {kind: by hand, holds: everything, in: GB}}",
        "Add ours: {kind: ours, holds: …, in: GB}.",
    ),
    "twin-place": Page(
        "Our own store, twice",
        "There is one store and one store of events. Two entries of a kind would say two things of it.",
        "ours: {kind: ours, …}\nmore: {kind: ours, …}",
        "Make them one place.",
    ),
    "no-tables": Page(
        "A database without tables",
        "Nothing in it could be found, corrected or erased, and whoever asks would hear that nothing is held"
        " (UK GDPR Art 15).",
        "shop: {kind: sql, secret: shop, holds: shop.*, in: GB}",
        "Add tables, or write kind: by hand, and a hand looks there.",
    ),
    "no-person-by": Page(
        "A table in which nobody is found",
        "Nothing says whose row is whose.",
        "Customer: {columns: {Email: shop.email}}",
        "Add person by: Email, or another table's column: Customer.Email via CustomerId.",
    ),
    "no-column": Page(
        "Data that stands in no column",
        "The place is said to hold it, and no program would find, correct or erase it there.",
        "shop: {holds: [shop.email, shop.name], tables: {Customer: {person by: Email, columns: {Email: shop.email}}}}",
        "Add the column, or take the datum out of holds.",
    ),
    "unknown-column": Page(
        "No such column",
        "People are found by a value that they proved to be theirs, so the column that holds it is declared.",
        "Customer: {person by: Eamil, columns: {Email: shop.email}}",
        "Name one of the columns of that table, or add it there.",
    ),
    "unknown-table": Page(
        "No such table",
        "A row leads to its person by way of a table that is declared in the same place.",
        "Invoice: {person by: Client.Email via CustomerId, …}",
        "Declare that table, or name another.",
    ),
    "finds-nobody": Page(
        "A column that names nobody alone",
        "Who asks has proved an email address, a number of a customer and the like. A name or a town is shared by many,"
        " and nobody would ever be found by it.",
        "Customer: {person by: Name, columns: {Name: shop.name}}",
        "Name the column of a datum that identifies a person.",
    ),
    "no-place-of-its": Page(
        "In its places, of which it has none",
        "A recipient may get what stands in the places that it runs; this one runs none, so it would get nothing.",
        "Mill Hosting: {as: processor, data: in its places, …}",
        "Say by: Mill Hosting at a place, or name the data.",
    ),
    "no-place": Page(
        "Nobody says where it lives",
        "What is in no place cannot be found or erased.",
        "places: {shop: {holds: shop.name}}",
        "Add it to a place's holds.",
    ),
    # --- cookies, places, answer
    "cookie-unasked": Page(
        "A cookie that needs a yes",
        "Only what an exception covers may be set unasked (PECR reg 6).",
        "_ga: {does: activity tracking, for: run the site}",
        "Rest its use on consent, or take out what no exception covers.",
    ),
    "no-secret": Page(
        "No name in the operator's list",
        "Addresses and passwords stand in the operator's own list, never in a policy.",
        "shop: {kind: sql, …}",
        "Add secret: and the name of the entry.",
    ),
    "secret-said": Page(
        "A secret in the file",
        "A policy is public.",
        "secret: postgres://user:pass@host",
        "Write its name in the operator's list.",
    ),
    "not-held": Page(
        "A column of data that the place does not hold",
        "The two lines contradict each other.",
        "columns: {Fax: shop.fax}",
        "Add it to holds.",
    ),
    "place-beyond": Page(
        "It would hold more than it may have",
        "Who runs a place has what is in it.",
        "crm: {by: Larch CRM, holds: everything}",
        "Add that to the recipient's data, or take it out of the place.",
    ),
    "place-abroad": Page(
        "A place elsewhere than its keeper",
        "People are told where their data is.",
        "crm: {by: Larch CRM, in: US}",
        "Add the country to the recipient, with its safeguard.",
    ),
    "too-long": Page(
        "Longer than anybody plans for",
        "Backups, proofs, looks, questions and cookies come to an end that somebody lives to see"
        " (UK GDPR Art 5(1)(e)); a figure like this is a slip of the pen.",
        "backups: 200 years",
        "Choose ten years or less; for what nobody asked for, one year.",
    ),
    "far-date": Page(
        "A day too far away",
        "An edition stands under the law of its day, so not before 25 May 2018; and what holds for ever is looked at by"
        " nobody.",
        "mail contract: {until: 9999-12-31}",
        "Write the day of this edition, or the day on which somebody looks at it again.",
    ),
    "late-history": Page(
        "An earlier edition of a later day",
        "The history lists the editions before this one.",
        "edition: {date: 2026-11-22, history: [{date: 2027-01-01, because: …}]}",
        "Write the day of that earlier edition.",
    ),
    "no-such-age": Page(
        "No such age",
        "Below an age of 0 is nobody, and nobody is 500. Whom `children` turns away is taken in nowhere else.",
        "children: {least age: 0, control: we ask}",
        "Write an age, as 18, the same in both places.",
    ),
    "too-slow": Page(
        "Slower than the law",
        "A policy may promise sooner than the law, never later.",
        "acknowledges complaints within: 60 days",
        "Choose a shorter time.",
    ),
    # --- promises
    "rests-nowhere": Page(
        "A promise that rests on nothing",
        "Each promise is proved through what it rests on.",
        "rests on: keep/vist.*",
        "Name a declaration as section/name.",
    ),
    "no-because": Page(
        "Nobody says why the words changed",
        "What was published once is accounted for.",
        "instead: Access is free.",
        "Add because: and the law.",
    ),
    # --- commands
    "as-written": Page(
        "An old policy as it was written",
        "It quotes a text that lacks what the law asks for, so there is nothing that could be run.",
        "as written: yes",
        "Write the mended policy, or hold this one against the law: troth check --law uk FILE.",
    ),
    "no-such-law": Page(
        "A law that is not among the rules",
        "Only what is written down with its source and dates is held against a policy.",
        "troth check --law fr policy.yaml",
        "Choose uk or eu.",
    ),
    "law-of-another-time": Page(
        "A day on which another law held",
        "The rules begin with the General Data Protection Regulation; what held before is not among them.",
        "troth check --law uk --on 2017-01-01 policy.yaml",
        "Ask for 2018-05-25 or a later day.",
    ),
    "bad-date": Page(
        "Not a date", "Papers are looked at on a day.", "troth check --on tomorrow", "Write it as 2026-11-22."
    ),
    "wrong-use": Page(
        "A command that was written wrongly",
        "A word that a command does not know is never passed over.",
        "troth export dpv policy.yaml --role controller",
        "Run the command with --help.",
    ),
    "no-assessment": Page(
        "A high risk that nobody has assessed",
        "Profiles for marketing, special category data, decisions by machine and being followed across websites need "
        "an assessment of the risks to people before they begin (UK GDPR Art 35).",
        "guess what suits you: {is: profiling for marketing, basis: consent, …}",
        "Write the assessment, declare it under `papers` with owner and date, and name it as `assessment:`.",
    ),
    "bad-fides": Page(
        "Not a fideslang file",
        "A file of another tool is untrusted input: it is read as plain YAML, without tags and aliases.",
        "(a file without dataset:, system: or policy:)",
        "Give the YAML that the other tool reads itself.",
    ),
    "no-role": Page(
        "A record of a role that the policy does not have",
        "A controller and a processor keep different records (UK GDPR Art 30(1), (2)).",
        "troth export record policy.yaml --role processor",
        "Leave --role out, or name the role that `who/as` says.",
    ),
    "two-records": Page(
        "Two records in one CSV",
        "Who is both controller and processor keeps a record of each (UK GDPR Art 30), and a CSV is one sheet.",
        "troth export record policy.yaml --out record.csv",
        "Choose one with --role, or write a workbook: --out record.xlsx.",
    ),
    "bad-policy": Page(
        "A policy with problems",
        "Only a policy without problems can be shown, published or asked.",
        "troth notice policy.yaml",
        "Run `troth check` and mend what it shows.",
    ),
    "no-such-problem": Page(
        "No such problem",
        "Every problem has a name and a page.",
        "troth explain no-ned",
        "Run `troth explain` for all names.",
    ),
    # --- clocks
    "not-a-notice": Page(
        "Not a privacy policy",
        "Only what a text says can be drafted; a text that speaks of no data, no use and no recipient has nothing to"
        " give.",
        "troth init --from-text recipe.txt",
        "Name the file with your privacy policy, in English.",
    ),
    "bad-answers": Page(
        "Answers that cannot be used",
        "What is written into a policy is promised, so an answer that is not understood is never passed over.",
        'collect = ["everything"]',
        "See docs/init.md for what may be answered.",
    ),
    "file-there": Page(
        "A file that is there already",
        "A draft never takes the place of what somebody wrote.",
        "troth init --out policy.yaml",
        "Name another file, or add --force.",
    ),
    "no-schema": Page(
        "A database that cannot be read",
        "Kinds of data are proposed from the names in a schema; without it there is nothing to propose.",
        "troth init --from-database sqlite:///gone.sqlite",
        "See that the address is right and the database is up. The address itself is never shown.",
    ),
    "half-a-pair": Page(
        "A question without its answer, or an answer without its question",
        "A clock that stops must also start again.",
        "troth clock access --received 2026-09-03 --scope-asked 2026-09-07",
        "Give both days. For a question that is still open, try today as the day of the answer.",
    ),
    "no-clock": Page(
        "No such clock",
        "Not every law sets a time for everything: the 30 days of a complaint are UK law alone.",
        "troth clock complaint --law eu --received 2026-09-03",
        "See the right and --law again.",
    ),
    "no-extension": Page(
        "No extension",
        "Only a request of a person can be extended, by two months.",
        "troth clock complaint --received 2026-09-03 --extended",
        "Leave --extended out.",
    ),
    "no-holidays": Page(
        "Beyond the holiday data",
        "A working day cannot be told where the public holidays are not known, and troth does not guess.",
        "troth clock access --received 2040-01-01 --nation england",
        "Take a later release, or leave the nation out: the date then does not move.",
    ),
    "no-nation": Page(
        "On whose clocks?",
        "The hours of a breach are counted from a moment.",
        "troth clock breach --law eu --received 2026-11-20T17:30",
        "Add --nation, or the offset of the hour.",
    ),
    "no-pause": Page(
        "Hours do not stop",
        "The 72 hours of a breach run on, whatever is asked.",
        "troth clock breach --received 2026-11-20T17:30 --scope-asked 2026-11-21 --scope-answered 2026-11-22",
        "Leave the question out.",
    ),
    "no-such-hour": Page(
        "An hour that never was",
        "When the clocks go forward, an hour is left out.",
        "troth clock breach --received 2027-03-28T01:30",
        "See the time again, or add its offset.",
    ),
    "told-too-late": Page(
        "An extension told too late",
        "An extension counts only when the person is told of it, with reasons, within the first month (Art 12).",
        "troth clock erase --received 2026-09-03 --extension-told 2026-10-20",
        "Answer at once: what was due is due.",
    ),
    "wrong-order": Page(
        "Days in the wrong order",
        "A question follows the request, and an answer its question.",
        "troth clock access --received 2026-09-03 --scope-asked 2026-09-10 --scope-answered 2026-09-07",
        "See the days again.",
    ),
    "too-far": Page(
        "Beyond the calendar",
        "A due date beyond the year 9999 cannot be written.",
        "visit.*: 200 years",
        "Choose a shorter period.",
    ),
    "data-left-behind": Page(
        "Gone from the policy, while data of it stands",
        "What no policy declares, nobody could show, correct or end. Nothing is deleted by an edit of the file, either:"
        " a new name for a datum is another datum, and what stands under the old one is not moved.",
        "data: {booking.walk: purchase}   →   data: {booking.tour: purchase}",
        "Where it is called otherwise now, say so: booking.tour: {is: purchase, was: booking.walk}. Else leave the old"
        " datum in with retired: yes and its period under keep: nothing takes it in or uses it any more."
        " Take it out when nothing of it stands; a shorter period brings that day nearer."
        " What people read is its label.",
    ),
    "was-declared": Page(
        "What it was is something else",
        "A datum that is declared, or that became another one, is not what this one was.",
        "data: {booking.walk: purchase, booking.tour: {is: purchase, was: booking.walk}}",
        "Take the earlier name out of data: what stands under it is found under the new one.",
    ),
    "was-two": Page(
        "A rename that makes one of two",
        "Both stand in the edition in force, each with its uses and recipients. What people gave for the one may not"
        " come to serve the other (UK GDPR Art 5(1)(b)).",
        "booking.tour: {is: purchase, was: letter.body}",
        "Leave the other one in with retired: yes, or give what it becomes a name of its own.",
    ),
    "was-other": Page(
        "A rename that makes something else of it",
        "The law that a datum is under, its form and what it finds follow from its kind.",
        "booking.mail: {is: phone number, was: booking.email}",
        "Leave the earlier one in with retired: yes, and declare the new one as a datum of its own.",
    ),
    "was-reused": Page(
        "An earlier name of one datum for another",
        "A value keeps the name under which it came in. What people gave for the one would be used as the other (UK"
        " GDPR Art 5(1)(b)).",
        "booking.tour: {is: purchase, was: booking.walk}   →   booking.tour: purchase, booking.walk: preference",
        "Give the new one a name that no datum has had, and leave the earlier name with what it became.",
    ),
    "stale-publish": Page(
        "Another edition is in force than the one you meant to replace",
        "Two people who publish at once must not undo each other unseen. The mark of an edition covers its number, its"
        " words, papers and scripts.",
        "troth publish policy.yaml --client larch --replaces 3f9a…",
        "Look at what differs with --preview, and publish with the mark that it tells.",
    ),
    "no-folder": Page(
        "A policy without its papers",
        "Through a pipe nobody sees the papers that a policy rests on, and an edition says what stood in them"
        " (UK GDPR Art 5(2)).",
        "cat policy.yaml | troth publish /dev/stdin --client larch",
        "Publish the file from the folder in which its papers lie.",
    ),
}


def markdown() -> str:
    """The page ``docs/problems.md``: every problem in the order of its name."""
    said = [
        "# Problems",
        "What `troth check` can find in a policy, by name. `troth explain NAME` prints the same. Each says\n"
        "what is wrong, why it matters, a line that has it, and the cure. Names are stable.",
    ]
    for code, page in sorted(PAGES.items()):
        fence = "```" if page.example.startswith(("troth ", "(")) else "```yaml"
        said += [f"## `{code}`", f"**{page.title}.** {page.why}"]
        said += [f"{fence}\n{page.example}\n```"] if page.example else []
        said.append(page.cure)
    return "\n\n".join(said) + "\n"
