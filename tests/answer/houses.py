"""Policies in force and a database in a file, for the tests that look at a whole way or at the disk."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from troth.parties import editions, tenancy
from troth.people import vault

LARCH = (Path(__file__).parents[1] / "policies" / "larch.yaml").read_text()
LAW = ', at least 6 years by \\"Companies Act 2006 s388\\"'


def published(name: str, text: str, folder: Path) -> str:
    """A policy like Larch's with something else in it, put in force."""
    path = folder / f"{name}.yaml"
    path.write_text(text.replace("policy: larch", f"policy: {name}"))
    papers = Path(__file__).parents[1] / "policies" / "papers"
    if papers.exists() and not (folder / "papers").exists():
        (folder / "papers").symlink_to(papers)
    editions.forget_cache()
    tenancy.add(name)
    editions.publish(name, path, replaces=None, by="tests")
    return name


def living(name: str, zone: str, folder: Path, text: str = LARCH.replace(LAW, "")) -> str:
    """A policy whose days are those of another place than London."""
    assert "nation: England and Wales," in text
    law = f"nation: England and Wales, time zone: {zone},"
    return published(name, text.replace("nation: England and Wales,", law), folder)


@pytest.fixture
def plain(on_disk: Path, tmp_path: Path) -> str:
    """No statute keeps anything."""
    assert LAW in LARCH
    return published("plain", LARCH.replace(LAW, ""), tmp_path)


@pytest.fixture
def held(on_disk: Path, tmp_path: Path) -> str:
    """Letters can be put on hold."""
    hold = "holds:\n  a court case: {data: letter.*, needs: matter, review: 6 months, because: A court asked}\n"
    return published("held", LARCH.replace(LAW, "").replace("cookies: none", hold + "cookies: none"), tmp_path)


@pytest.fixture(scope="session")
def empty_database(django_db_setup: None) -> Path:
    """A database with every table and no row, made once and copied for each test."""
    return Path(settings.DATABASES["default"]["TEST"]["NAME"]).with_name("empty.db")


@contextlib.contextmanager
def standing_in(path: Path) -> Iterator[None]:
    before = connections["default"]
    connections["default"] = type(before)({**before.settings_dict, "NAME": str(path)}, "default")
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = before


@pytest.fixture
def on_disk(data_folder: Path, transactional_db: None, empty_database: Path) -> Iterator[Path]:
    """The database in a file of the data folder, as in life: a trace can only be looked for where it can stand."""
    shutil.copy(empty_database, data_folder / "troth.db")
    with standing_in(data_folder / "troth.db"):
        yield data_folder
        vault.close()


@pytest.fixture
def walks(on_disk: Path, tmp_path: Path) -> str:
    """Larch as it is: a statute keeps the bookings."""
    return published("larch", LARCH, tmp_path)


SHOP = """  shop:
    kind: sql
    holds: shop.*
    in: GB
    secret: shop
    tables:
      Customer: {person by: Email, columns: {Email: shop.email, FirstName: shop.name, LastName: shop.name}}
      Invoice: {person by: Customer.CustomerId via CustomerId, columns: {Total: shop.total}}
"""


@pytest.fixture
def shop(on_disk: Path, tmp_path: Path, settings: Any) -> Path:
    """Larch with a shop: a copy of Chinook, approved by the operator. The path of its file."""
    data = (
        "  shop.name: name\n  shop.email: {is: email address, identifies: person}\n  shop.total: purchase\n"
        "  troth.choices: choice\n"
    )
    point = "  till: {by: service, of: walker, may: shop.*}\n  letters:"
    kept = "  shop.name: 12 months after walk is over\n  shop.email: 12 months after walk is over\n"
    least = 'at least 6 years after walk is over by \\"Companies Act 2006 s388\\"'
    kept += f'  shop.total: "12 months after walk is over, {least}"\n  letter.*:'
    text = LARCH.replace("  troth.choices: choice\n", data).replace("  letters:", point, 1)
    text = text.replace("  letter.*:", kept).replace('data: "booking.*", staff', 'data: ["booking.*", "shop.*"], staff')
    text = text.replace("papers:\n", SHOP + "papers:\n", 1)
    file = Path(shutil.copy(Path(__file__).parents[2] / "samples" / "chinook.sqlite", tmp_path / "shop.sqlite"))
    settings.PLACES_FILE.write_text(f'[larch]\nshop = "sqlite:///{file}"\n')
    published("larch", text, tmp_path)
    return file


@pytest.fixture
def patient(on_disk: Path, tmp_path: Path) -> str:
    """A policy that gives seven days to take an erasure back."""
    return published("patient", LARCH.replace(LAW, "").replace("undo: none", "undo: 7 days"), tmp_path)
