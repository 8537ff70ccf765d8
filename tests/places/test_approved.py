"""Only what the operator listed is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from troth.places import approved
from troth.policy.problems import Trouble


def test_t45_a_secret_is_looked_up_under_its_own_client(settings: Any, tmp_path: Path) -> None:
    settings.PLACES_FILE = tmp_path / "places.toml"
    settings.PLACES_FILE.write_text('[omono]\nshop = "sqlite:////srv/shop.sqlite"\n')
    assert approved.address("omono", "shop") == "sqlite:////srv/shop.sqlite"
    with pytest.raises(Trouble) as refused:
        approved.address("miomi", "shop")
    assert refused.value.code == "place-not-approved"


def test_no_list_approves_nothing_and_a_broken_list_says_so(settings: Any, tmp_path: Path) -> None:
    settings.PLACES_FILE = tmp_path / "places.toml"
    with pytest.raises(Trouble):
        approved.address("omono", "shop")
    settings.PLACES_FILE.write_text("[omono")
    with pytest.raises(Trouble) as broken:
        approved.address("omono", "shop")
    assert broken.value.code == "places-unreadable"
