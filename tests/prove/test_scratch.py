"""The scratch copy in which a keeper is broken: what the data folder holds, and not what it keeps free."""

from __future__ import annotations

import pytest
from django.conf import settings

from troth.keep import disk
from troth.prove import breakers

pytestmark = pytest.mark.django_db(transaction=True)


def test_t37_a_scratch_copy_takes_no_room_for_a_reserve_of_its_own(data_folder) -> None:
    (settings.DATA / "reserve").write_bytes(b"\0" * 1000)
    (settings.DATA / "note").write_bytes(b"kept")
    assert disk.reserve().held == 1000
    with breakers.scratch() as folder:
        copied = {one.name for one in folder.iterdir()}
        assert "note" in copied and "reserve" not in copied
