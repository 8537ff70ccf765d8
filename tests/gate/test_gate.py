"""The gate: every act asked, every answer written down, a pass only when nobody it is about is refused."""

import json

import pytest
from tests.people import making

from troth import gate
from troth.ledger.models import Entry
from troth.people import standing
from troth.places.opening import Pass
from troth.policy.deciding import Facts, Refusal


def codes(answer):
    assert isinstance(answer, Refusal)
    return {reason.code for reason in answer.reasons}


def ask_news(client, person, **more):
    act = making.act("use", making.NEWS, ["booking.email"], channel="email")
    return gate.ask(act, client=client, persons=[person], **more)


def test_what_is_declared_gets_a_pass_for_exactly_its_fields_and_persons(larch):
    person = making.walker(larch)
    answer = gate.ask(making.act("use", making.WALK, ["booking.walk"]), client=larch, persons=[person])
    assert isinstance(answer, Pass)
    assert (answer.fields, answer.persons, answer.client) == ({"booking.walk"}, {person}, larch)


def test_what_needs_a_yes_is_refused_until_it_was_said_and_again_once_it_is_withdrawn(larch):
    person = making.walker(larch)
    assert codes(ask_news(larch, person)) == {"no-consent"}
    making.say(larch, person, True)
    assert isinstance(ask_news(larch, person), Pass)
    making.say(larch, person, False)
    assert codes(ask_news(larch, person)) >= {"no-consent"}


def test_one_who_said_no_refuses_the_act_for_all(larch):
    ada, bob = making.walker(larch), making.walker(larch, email="bob@quill.example")
    making.say(larch, ada, True)
    act = making.act("use", making.NEWS, ["booking.email"], channel="email")
    assert codes(gate.ask(act, client=larch, persons=[ada, bob])) == {"no-consent"}


def test_restricted_data_is_not_used(larch):
    person = making.walker(larch)
    standing.restrict(larch, person, ground="accuracy contested")
    act = making.act("use", making.WALK, ["booking.walk"])
    assert codes(gate.ask(act, client=larch, persons=[person])) == {"restricted"}


def renewed_in_ledger():
    return json.loads(Entry.objects.filter(act="asked").order_by("-number")[0].counts).get("renewed")


@pytest.mark.parametrize("how", ["form letters", "banner", "person's page", "page"])
def test_t34_restricted_data_is_not_used_on_a_yes_of_before_or_of_somebody_who_did_not_show_who_they_are(larch, how):
    person = making.walker(larch)
    making.say(larch, person, True, how=standing.ANEW)
    standing.restrict(larch, person, ground="objection")
    assert codes(ask_news(larch, person)) == {"restricted"}
    making.say(larch, person, True, how=how)
    assert codes(ask_news(larch, person)) == {"restricted"}


def test_a_yes_after_the_restriction_opens_its_use_alone_until_it_is_taken_back_or_use_is_restricted_again(larch):
    """UK GDPR Art 18(2); and the ledger says that it was so."""
    person = making.walker(larch)
    standing.restrict(larch, person, ground="objection")
    making.say(larch, person, True, how=standing.ANEW)
    assert isinstance(ask_news(larch, person), Pass) and renewed_in_ledger() == 1
    walk = making.act("use", making.WALK, ["booking.walk"])
    assert codes(gate.ask(walk, client=larch, persons=[person])) == {"restricted"}
    assert standing.stale(larch) == []
    standing.restrict(larch, person, ground="asked for by the person")
    assert codes(ask_news(larch, person)) == {"restricted"}
    making.say(larch, person, True, how=standing.ANEW)
    assert isinstance(ask_news(larch, person), Pass)
    making.say(larch, person, False)
    assert codes(ask_news(larch, person)) >= {"no-consent", "restricted"}
    standing.unrestrict(larch, person)
    making.say(larch, person, True)
    assert isinstance(ask_news(larch, person), Pass) and renewed_in_ledger() is None


def test_t34_a_yes_of_somebody_else_brings_back_no_new_yes_that_was_taken_back(larch):
    person = making.walker(larch)
    standing.restrict(larch, person, ground="objection")
    making.say(larch, person, True, how=standing.ANEW)
    making.say(larch, person, False)
    making.say(larch, person, True, how="form letters")
    assert codes(ask_news(larch, person)) == {"restricted"}
    making.say(larch, person, True, how=standing.ANEW)
    assert isinstance(ask_news(larch, person), Pass) and standing.stale(larch) == []


def test_what_is_contested_is_used_on_no_yes_whatever(larch):
    person = making.walker(larch)
    standing.restrict(larch, person, ground=standing.CONTESTED, fields={"booking.name"})
    making.say(larch, person, True, how=standing.ANEW)
    assert isinstance(ask_news(larch, person), Pass), "their address is not what they contest"
    standing.restrict(larch, person, ground=standing.CONTESTED, fields={"booking.email"})
    making.say(larch, person, True, how=standing.ANEW)
    assert codes(ask_news(larch, person)) == {"restricted"}


def test_where_nobody_wrote_down_what_is_contested_no_yes_opens_anything(larch):
    person = making.walker(larch)
    standing.restrict(larch, person, ground=standing.CONTESTED)
    making.say(larch, person, True, how=standing.ANEW)
    assert codes(ask_news(larch, person)) == {"restricted"}


def test_no_caller_says_for_somebody_that_their_yes_is_new(larch):
    person = making.walker(larch)
    making.say(larch, person, True)
    standing.restrict(larch, person, ground="objection")
    yes = standing.facts(larch, person).yes
    assert codes(ask_news(larch, person, facts=Facts(yes=yes, renewed=yes))) == {"restricted"}


def test_a_no_to_all_marketing_stops_what_was_said_yes_to(larch):
    person = making.walker(larch)
    making.say(larch, person, True)
    making.stop(larch, person, "all marketing")
    assert codes(ask_news(larch, person)) == {"objected"}


def test_a_yes_to_one_question_after_a_no_to_all_marketing_counts_for_that_one(larch):
    person = making.walker(larch)
    making.stop(larch, person, "all marketing")
    making.say(larch, person, True)
    assert isinstance(ask_news(larch, person), Pass)
    assert standing.facts(larch, person).no == frozenset()
    making.say(larch, person, False)
    assert codes(ask_news(larch, person)) == {"no-consent"}


def test_a_right_needs_a_proved_identity(larch):
    person = making.walker(larch)
    act = making.act("answer", "erase", ["booking.walk"])
    assert codes(gate.ask(act, client=larch, persons=[person])) == {"not-proved"}
    assert isinstance(gate.ask(act, client=larch, persons=[person], facts=Facts(proved=True)), Pass)


def test_facts_from_the_caller_lift_nothing_that_stands(larch):
    person = making.walker(larch)
    making.say(larch, person, True)
    given = Facts(yes=standing.facts(larch, person).yes, kinds=frozenset({"walker"}))
    making.say(larch, person, False)
    assert codes(ask_news(larch, person, facts=given)) == {"no-consent"}
    making.say(larch, person, True)
    standing.restrict(larch, person, ground="x")
    assert codes(ask_news(larch, person, facts=given)) == {"restricted"}


def test_a_refusal_is_listed_with_reasons_and_without_names_a_stranger_sent(larch):
    person = making.walker(larch)
    gate.ask(making.act("use", "sell it to eve@quill.example", ["booking.email"]), client=larch, persons=[person])
    ask_news(larch, person)
    newest, older = gate.refusals(larch)
    assert newest.refused.use == making.NEWS
    assert newest.reasons == (gate.WORDS["no-consent"],)
    assert (older.refused.use, older.refused.codes) == ("", ("no-purpose",))


def test_must_raises_the_refusal_in_words(larch):
    person = making.walker(larch)
    with pytest.raises(gate.Refused) as refused:
        gate.must(making.act("use", making.NEWS, ["booking.email"]), client=larch, persons=[person])
    assert "Nobody said yes" in refused.value.sentence
    assert refused.value.exit == 3


def test_every_reason_the_decider_gives_has_words_for_the_desk():
    import re
    from pathlib import Path

    from troth.policy import deciding

    source = Path(deciding.__file__).read_text()
    given = set(re.findall(r"(?:Reason|no)\(\s*\"([a-z-]+)\"", source))
    assert given
    assert given <= gate.WORDS.keys()


@pytest.mark.parametrize("asked", [("answer", "zqada"), ("zqada", making.NEWS), ("keep", "zqada")])
def test_t16_the_refused_view_keeps_no_name_that_a_stranger_sent_for_a_right_or_a_kind(larch, asked):
    gate.ask(making.act(*asked, ["booking.email"]), client=larch, persons=[10**9])
    assert gate.refusals(larch)
    assert "zqada" not in repr(gate.refusals(larch))
