"""fideslang: what we export its own package accepts; what we import becomes a draft, and nothing is lost unseen."""

from __future__ import annotations

import random

import pytest
import yaml
from fideslang import models
from fideslang.default_taxonomy import DEFAULT_TAXONOMY
from tests.policy.spoiling import DAY, FILE, compiled

from troth import cli, policy
from troth.policy import fides_import, words
from troth.policy.emit import fides
from troth.policy.problems import Trouble

MODELS = {
    "organization": models.Organization,
    "data_subject": models.DataSubject,
    "dataset": models.Dataset,
    "system": models.System,
    "policy": models.Policy,
}
NEVER = ("never:\n", "never:\n  give away what you buy: {disclose: booking.walk}\n")
SHOP = b"""
dataset:
  - fides_key: shop_db
    name: Shop Database
    collections:
      - name: customers
        fields:
          - {name: id, data_categories: [user.unique_id]}
          - {name: email, data_categories: [user.contact.email], fides_meta: {identity: email, primary_key: True}}
          - {name: notes, data_categories: [user.content.private]}
          - {name: checksum, data_categories: [system.operations]}
          - name: address
            fields:
              - {name: city, data_categories: [user.contact.address.city]}
system:
  - fides_key: shop
    name: Shop
    system_type: Application
    egress: [{fides_key: unheard_of, type: system}]
    privacy_declarations:
      - name: Sell things
        data_categories: [user.contact]
        data_use: essential.service.payment_processing
        data_subjects: [customer]
        legal_basis_for_processing: Contract
        retention_period: 6 years
        features: [Receive devices]
  - fides_key: mailer
    name: Mailer
    system_type: Service
    responsibility: [Processor]
    privacy_declarations:
      - {name: Sell things, data_categories: [user.contact.email], data_use: essential, data_subjects: [customer]}
policy:
  - fides_key: p
    rules:
      - name: no ads
        data_categories: {matches: ANY, values: [user]}
        data_uses: {matches: ANY, values: [marketing]}
        data_subjects: {matches: ANY, values: [customer]}
"""


def read(text: str) -> dict:
    return yaml.safe_load(text)


# Export -------------------------------------------------------------------------------------------------------------


def test_every_key_that_we_speak_is_in_the_published_taxonomy():
    categories = {one.fides_key for one in DEFAULT_TAXONOMY.data_category}
    uses = {one.fides_key for one in DEFAULT_TAXONOMY.data_use}
    assert set(fides.CATEGORIES.values()) | {fides.WIDEST} <= categories
    assert set(fides.USES.values()) | {fides.SHARING} <= uses
    assert set(fides.USES) == set(words.PURPOSES) and set(fides.CATEGORIES) <= set(words.KINDS)


def test_their_own_package_accepts_an_export(capsys):
    assert cli.main(["export", "fides", str(FILE)]) == 0
    found = read(capsys.readouterr().out)
    made = [(kind, MODELS[kind].model_validate(one)) for kind, items in found.items() for one in items]
    assert {kind for kind, _ in made} == {"organization", "data_subject", "dataset", "system"}
    with pytest.raises(ValueError, match="fides_key"):
        models.System.model_validate({"name": "none"})


def test_a_never_without_limits_is_a_rule_and_one_with_limits_is_told_and_not_widened(capsys):
    plan = compiled(NEVER)
    (rule,) = fides.resources(plan)["policy"]
    assert models.Policy.model_validate(rule).rules[0].data_uses.values == [fides.SHARING]
    assert rule["name"] == "give away what you buy"
    assert "never/sell your address: never to disclose" in fides.unsaid(plan)


def test_what_fideslang_cannot_say_is_listed(capsys):
    assert cli.main(["export", "fides", str(FILE)]) == 0
    said = capsys.readouterr().err
    for what in (
        "moments",
        "promises",
        "keep/booking.*",
        "use/answer you: “correspondence” becomes",
        "use/answer you: its balance",
    ):
        assert f"not said: {what}" in said


def test_two_names_that_would_be_one_key_are_told():
    twin = ("people:\n", "people:\n  Walker.: Somebody else\n")
    assert not any("its key is that of" in line for line in fides.unsaid(compiled()))
    assert "people/walker: its key is that of “Walker.”" in fides.unsaid(compiled(twin))


# Import -------------------------------------------------------------------------------------------------------------


def test_there_and_back_keeps_what_fideslang_can_say():
    plan = compiled(NEVER)
    text, unsaid = fides_import.draft(fides.render(plan).encode())
    back, lost = read(text), fides.unsaid(plan)
    assert back["who"]["name"] == plan.who.name and back["who"]["email"] == plan.who.email
    assert back["people"] == {name: one.means for name, one in plan.people.items()}
    ours = {name: field for name, field in plan.fields.items() if not name.startswith("troth.")}
    assert set(back["data"]) == set(ours)
    for name, field in ours.items():
        assert back["data"][name]["is"] == field.kind or any(line.startswith(f"data/{name}: ") for line in lost)
        assert back["data"][name].get("identifies", "") == field.identifies
    assert set(back["use"]) == set(plan.purposes)
    for name, use in plan.purposes.items():
        entry = back["use"][name]
        assert set(entry["data"]) == use.data and set(entry["of"]) == use.of
        assert entry["basis"] == use.basis
        assert entry["is"] == use.is_ or f"use/{name}: “{use.is_}” becomes {fides.USES[use.is_]}" in lost
    mail = back["disclose"]["Postal Mail Services"]
    assert mail["as"] == "processor" and mail["does"] == "IT"
    assert set(mail["for"]) == plan.recipients["Postal Mail Services"].purposes
    assert set(mail["data"]) == plan.recipients["Postal Mail Services"].data
    assert back["never"] == {"give away what you buy": {"disclose": ["booking.walk"]}}
    assert back["keep"]["visit.page"] == "25 months"
    assert any("12 months after walk is over" in line for line in unsaid)
    assert set(back["places"]["ours"]["holds"]) == set(ours)


def test_a_draft_reads_as_a_policy_whose_only_faults_are_blanks():
    for content in (fides.render(compiled()).encode(), SHOP):
        found = policy.load("draft.yaml", text=fides_import.draft(content).text.encode(), on=DAY, draft=True)
        assert [one for one in found.problems if one.severity == "error"] == []
        assert {one.code for one in found.problems} == {"blank"} and found.plan is None


def test_a_file_of_somebody_else_becomes_a_draft_and_a_list():
    text, unsaid = fides_import.draft(SHOP)
    found = read(text)
    assert found["data"]["customers.email"] == {"is": "email address", "identifies": "person"}
    assert found["data"]["customers.address.city"] == {"is": "town"}
    assert found["use"]["Sell things"] == {
        "is": "payments",
        "basis": "contract",
        "data": ["customers.email", "customers.address.city"],
        "of": ["customer"],
    }
    assert found["keep"]["customers.email"] == "6 years" and found["keep"]["customers.*"] == "TBC"
    assert found["disclose"]["Mailer"]["data"] == ["customers.email"]
    assert found["places"]["Shop Database"]["kind"] == "TBC"
    told = "\n".join(unsaid)
    for what in ("customers.checksum", "features", "no ads", "unheard_of"):
        assert what in told


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"just words",
        b"dataset: [",
        b"a: &a [1]\ndataset: [*a]",
        b"other: 1",
        b"dataset: " + b"[" * 5000,
        b"x" * 1_000_001,
        b"dataset: [{name: x, collections: [{name: y, fields: [" + b"{name: z, fields: [" * 30 + b"]}" * 30 + b"]}]}]",
    ],
)
def test_what_is_no_fideslang_file_is_told_and_never_a_traceback(content):
    with pytest.raises(Trouble) as found:
        fides_import.draft(content)
    assert found.value.code == "bad-fides"


def test_two_uses_of_one_name_are_joined_or_kept_apart_and_never_lost():
    more = b"""
      - {name: Sell things, data_categories: [user.content], data_use: essential.service.payment_processing,
         data_subjects: [guest], legal_basis_for_processing: Contract}
      - {name: Sell things, data_categories: [user.unique_id], data_use: marketing, data_subjects: [customer],
         legal_basis_for_processing: Consent}
"""
    text, unsaid = fides_import.draft(SHOP.replace(b"        features: [Receive devices]\n", more.lstrip(b"\n")))
    uses = read(text)["use"]
    assert "customers.notes" in uses["Sell things"]["data"] and uses["Sell things"]["of"] == ["customer", "guest"]
    assert [one["basis"] for one in uses.values()] == ["contract", "consent"]
    assert "use/Sell things: two uses have that name" in unsaid


@pytest.mark.parametrize("seed", range(60))
def test_wrong_shapes_anywhere_never_end_in_a_traceback(seed):
    chance = random.Random(seed)
    content = yaml.safe_dump(spoilt(read(SHOP.decode()), chance)).encode()
    try:
        text = fides_import.draft(content).text
    except Trouble as trouble:
        assert trouble.code == "bad-fides"
    else:
        assert read(text)["troth"] == "1"


def spoilt(value, chance):
    if chance.random() < 0.08:
        return chance.choice([None, 1, "x", "yes", "é: - [", "TBC", [], {}, [1], ["a"], {"a": 1}, [[]], True])
    if isinstance(value, dict):
        return {key: spoilt(one, chance) for key, one in value.items()}
    return [spoilt(one, chance) for one in value] if isinstance(value, list) else value


def test_a_hostile_name_cannot_write_into_the_draft():
    content = SHOP.replace(b"Sell things", b'"x: y\\n  z: {basis: consent}"').replace(
        b"Shop Database", b'"!!python/object:os.system"'
    )
    found = policy.load("draft.yaml", text=fides_import.draft(content).text.encode(), on=DAY, draft=True)
    assert [one for one in found.problems if one.severity == "error"] == []
