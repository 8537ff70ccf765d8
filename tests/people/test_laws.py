"""Laws of every history: what is erased is not found, what is another’s is not reached, nothing lies in clear."""

import os
import string

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.people import making

from troth import gate
from troth.people import choices, identities, own, standing, store, vault
from troth.places.kinds import Subject
from troth.places.opening import Pass

SOAK = int(os.environ.get("TROTH_SOAK", "1"))
laws = settings(
    max_examples=12 * SOAK,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
texts = st.text(min_size=1, max_size=60).filter(lambda text: "\x00" not in text and text.strip())
addresses = st.text(string.ascii_letters + string.digits, min_size=8, max_size=20).map(
    lambda name: f"{name}@quill.example"
)


def alone(person):
    return Subject(person=person, persons=frozenset({person}))


@laws
@given(name=texts, walk=texts, email=addresses)
def test_what_is_written_is_read_back_letter_by_letter(larch, name, walk, email):
    person = making.walker(larch, email=email, **{"booking.name": name, "booking.walk": walk})
    held = {one.field: one.value for one in making.values_of(larch, person)}
    assert held == {"booking.name": name, "booking.walk": walk, "booking.email": email}
    assert person in identities.find_any(larch, email.upper())


@laws
@given(emails=st.lists(addresses, min_size=1, max_size=4, unique_by=str.casefold))
def test_after_an_erasure_find_is_empty_and_the_others_are_whole(larch, emails):
    people = {making.walker(larch, email=email, at=making.LONG_AGO): email for email in emails}
    first = next(iter(people))
    standing.happened(larch, first, "walk is over", making.LONG_AGO)
    own.erase_identities(larch, alone(first))
    own.erase_values(larch, alone(first))
    store.release(larch, first)
    assert own.find_values(larch, alone(first)) == own.find_identities(larch, alone(first)) == []
    assert first not in identities.find_any(larch, people[first])
    assert vault.rules_of(larch, first) == set()
    for person in list(people)[1:]:
        assert len(making.values_of(larch, person)) == len(making.BOOKED)
    assert store.without_key(larch) == []


@laws
@given(said=st.lists(st.booleans(), max_size=8))
def test_the_last_word_decides_and_the_row_of_facts_agrees(larch, said):
    person = identities.make(larch, {"walker"})
    for state in said:
        making.say(larch, person, state)
        act = making.act("use", making.NEWS, ["booking.email"], channel="email")
        assert isinstance(gate.ask(act, client=larch, persons=[person]), Pass) == state
    assert [one.state for one in choices.of(larch, person)] == said
    assert standing.stale(larch) == []


@laws
@given(steps=st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.booleans()), max_size=12))
def test_no_history_joins_two_persons_but_by_what_both_proved(larch, birch, steps):
    clients = (larch, birch)
    people = {(client, n): identities.make(client, {"walker"}) for client in clients for n in range(4)}
    tag = making.mark()
    proved = {key: set() for key in people}
    for which, n, verified in steps:
        key = (clients[which], n)
        address = f"{tag}{n % 2}@quill.example"
        identities.attach(key[0], people[key], "booking.email", address, verified=verified)
        if verified:
            proved[key].add(address)
    for key, person in people.items():
        mine = {people[other] for other in people if other[0] == key[0] and proved[other] & proved[key]}
        assert identities.reach(key[0], person) == mine | {person}


@laws
@given(walk=st.sampled_from(["ridge", "coast", "fell"]))
def test_t01_a_planted_value_lies_in_clear_in_no_file(larch, data_folder, walk):
    planted = [making.mark() for _ in range(3)]
    email = f"{planted[0]}@quill.example"
    person = making.walker(larch, email=email, **{"booking.name": planted[1], "booking.walk": f"{walk} {planted[2]}"})
    making.say(larch, person, True)
    value = making.values_of(larch, person, ["booking.name"])[0]
    store.correct(making.right(larch, person, "rectify", ["booking.name"]), larch, person, value.id, planted[2])
    assert lying_in_clear(data_folder, planted) == []


def lying_in_clear(folder, planted):
    """Marks found in the files of the data folder or in what the database would write to one."""
    from django.db import connection

    connection.ensure_connection()
    stored = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    stored += b"\n".join(line.encode() for line in connection.connection.iterdump())
    return [mark for mark in planted if mark.encode() in stored or mark.encode().hex().encode() in stored.lower()]
