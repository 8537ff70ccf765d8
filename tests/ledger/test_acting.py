"""What somebody caused: read off the entries for the desk."""

import pytest
from tests.ledger.filling import fill, sql, unguard

from troth.ledger import acting

pytestmark = pytest.mark.django_db
WHO = "00000000000000a1"


@pytest.mark.parametrize("place", [1, 3, 5])
def test_an_entry_whose_time_somebody_wrote_over_hides_no_other_and_stops_no_page(data_folder, place):
    fill(5, actor=WHO)
    unguard()
    sql("UPDATE ledger_entry SET at='soon' WHERE number=%s", place)
    others = [number for number in range(1, 6) if number != place]
    assert [one.number for one in acting.by("larch", [WHO], 10)] == others[::-1]
