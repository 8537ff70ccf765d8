"""What a hold keeps does not keep the key of what went: nobody reads that out of an older copy of the database."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import walker, work
from tests.keep.test_nothing_is_left import settle
from tests.scanner import opener

from troth.keep import erasure, holds, sweep
from troth.people import identities, standing, store

pytestmark = pytest.mark.django_db(transaction=True)
ADA = "ada@quill.example"


def firm(tmp_path: Path, **held: str) -> str:
    """Larch without its statute, and with a hold over each of these fields."""
    lines = (
        f"  {name}: {{data: {field}, needs: matter, review: 6 months, because: asked}}\n"
        for name, field in held.items()
    )
    text = LARCH.replace(LAW, "").replace("cookies: none", "holds:\n" + "".join(lines) + "cookies: none")
    return published("larch", text, tmp_path)


def opened(settings: Any, *folders: Path) -> set[str]:
    """What a thief of the data folder reads with the master key, out of it and out of old copies without keys."""
    return {value for _, _, value in everybody(settings, *folders)}


def everybody(settings: Any, *folders: Path) -> list[tuple[str, str, str]]:
    """The same, with whose it is and what."""
    master = bytes.fromhex(Path(settings.KEY_FILE).read_text().strip())
    return [one for one in opener.opened(master, "larch", *folders) if not one[1].startswith("troth.")]


def copy(data: Path, to: Path) -> Path:
    settle(data)
    return Path(shutil.copytree(data, to, ignore=shutil.ignore_patterns("keys.db*")))


def test_t06_an_address_on_hold_does_not_keep_the_key_of_what_was_erased(
    on_disk: Path, tmp_path: Path, settings: Any
) -> None:
    client = firm(tmp_path, address="booking.email")
    person = walker(client, ADA, "Ada Quill", letter="a red glove")
    holds.place(client, person, "address", by="a" * 16)
    old = copy(on_disk, tmp_path / "old")
    assert opened(settings, on_disk, old) >= {ADA, "Ada Quill", "a red glove"}
    erasure.erase(client, person, "E-2026-0001")
    work()
    assert opened(settings, on_disk, old) == {ADA}
    assert [one.value for one in identities.of(client, person)] == [ADA]


def test_t06_of_a_held_message_and_a_six_year_invoice_each_stays_under_its_own_rule_and_nothing_else_opens(
    on_disk: Path, tmp_path: Path, settings: Any
) -> None:
    law = LARCH.replace("  booking.*: ", "  booking.walk: 12 months\n  booking.*: ")
    court = "holds:\n  court: {data: letter.body, needs: matter, review: 6 months, because: asked}\ncookies: none"
    client = published("larch", law.replace("cookies: none", court), tmp_path)
    person, other = walker(client, ADA, "Ada Quill", letter="a red glove"), walker(client, "bo@quill.example", "Bo")
    holds.place(client, person, "court", by="a" * 16)
    old = copy(on_disk, tmp_path / "old")
    assert opened(settings, on_disk, old) >= {ADA, "Ada Quill", "Mendip ridge", "a red glove"}
    erasure.erase(client, person, "E-2026-0001")
    work()
    progress = erasure.progress(client, "E-2026-0001")
    assert progress is not None and progress.said == "overwritten"
    held = {one.what: one.why for one in progress.kept}
    assert [why for why in held.values() if "Companies Act 2006" in why] and [
        why for why in held.values() if "hold" in why
    ]
    mine = {field for who, field, _ in everybody(settings, on_disk, old) if who == str(person)}
    assert mine == {"booking.name", "booking.email", "letter.body"}, "the walk opens from no copy"
    assert "booking.walk" in {field for who, field, _ in everybody(settings, on_disk) if who == str(other)}
    holds.lift(client, person, "court", by="a" * 16)
    work()
    mine = {field for who, field, _ in everybody(settings, on_disk, old) if who == str(person)}
    assert mine == {"booking.name", "booking.email"}, "the hold and the statute are two keys"


def test_t06_a_hold_that_ends_takes_its_key_along_while_another_stands(
    on_disk: Path, tmp_path: Path, settings: Any
) -> None:
    client = firm(tmp_path, one="booking.walk", two="letter.body")
    person = walker(client, ADA, "Ada Quill", letter="a red glove")
    for name in ("one", "two"):
        holds.place(client, person, name, by="a" * 16)
    erasure.erase(client, person, "E-2026-0001")
    work()
    old = copy(on_disk, tmp_path / "old")
    assert opened(settings, on_disk, old) == {"Mendip ridge", "a red glove"}
    holds.lift(client, person, "one", by="a" * 16)
    work()
    assert opened(settings, on_disk, old) == {"a red glove"}


def over_but_held(tmp_path: Path) -> str:
    """Ada, all of whose data is over, and a hold stands over her address. Returns the client."""
    client = firm(tmp_path, address="booking.email")
    born = timezone.now() - dt.timedelta(days=900)
    person = walker(client, ADA, "Ada Quill", at=born)
    standing.happened(client, person, "walk is over", born)
    holds.place(client, person, "address", by="a" * 16)
    return client


def test_t06_what_a_sweep_took_is_not_read_by_the_key_of_what_a_hold_keeps(
    on_disk: Path, tmp_path: Path, settings: Any
) -> None:
    client = over_but_held(tmp_path)
    old = copy(on_disk, tmp_path / "old")
    assert sweep.sweep(client=client)[0].held == 1
    assert opened(settings, on_disk, old) == {ADA}


def until_the_rows_are_gone(real: Callable[..., Any]) -> Callable[..., Any]:
    """The machine stops at what comes after them."""

    def act(client: str, person: int, *words: Any) -> Any:
        return real(client, person, *words) if "booking.name" in store.fields_held(client, person) else 1 / 0

    return act


def test_t06_a_night_that_was_stopped_before_the_keys_went_leaves_none_of_them_to_what_a_hold_keeps(
    on_disk: Path, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = over_but_held(tmp_path)
    old = copy(on_disk, tmp_path / "old")
    with monkeypatch.context() as stopped:
        for act in ("keep_apart", "release"):
            stopped.setattr(store, act, until_the_rows_are_gone(getattr(store, act)))
        with pytest.raises(ZeroDivisionError):
            sweep.sweep(client=client)
    assert opened(settings, on_disk, old) > {ADA}
    assert sweep.sweep(client=client)[0].counts == {}
    assert opened(settings, on_disk, old) == {ADA}
