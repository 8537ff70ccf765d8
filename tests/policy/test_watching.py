"""check --watch: one look at once, one more for each change, and a quiet end."""

from __future__ import annotations

import pytest
from tests.policy.spoiling import LARCH

from troth import cli
from troth.policy import watching


def watched(path, *steps):
    """How often it was looked while ``steps`` were done, one at each wait; then Ctrl-C."""
    looks: list[str] = []
    todo = iter(steps)

    def wait(_: float) -> None:
        step = next(todo, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    assert watching.watch([str(path)], lambda: looks.append(path.read_text() if path.is_file() else ""), wait=wait) == 0
    return looks


def test_it_looks_at_once_and_again_after_each_change_only(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("one")
    found = watched(file, lambda: None, lambda: file.write_text("two, longer"), lambda: None)
    assert found == ["one", "two, longer"]


def test_a_file_that_goes_and_comes_back_is_seen_to(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("one")
    assert watched(file, file.unlink, lambda: file.write_text("back")) == ["one", "", "back"]


def test_a_paper_that_is_put_beside_it_is_seen_to(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("one")
    assert len(watched(file, lambda: (tmp_path / "papers" / "new.md").write_text("weighed"), lambda: None)) == 2


def test_a_folder_stands_for_its_policy(tmp_path):
    (tmp_path / "policy.yaml").write_text("one")
    found = watched(tmp_path, lambda: (tmp_path / "policy.yaml").write_text("longer"))
    assert len(found) == 2


def test_the_command_tells_each_time_and_ends_quietly(tmp_path, capsys, monkeypatch):
    file = tmp_path / "policy.yaml"
    file.write_text(LARCH)
    broken = LARCH.replace("booking.email, booking.walk", "booking.emaill, booking.walk")  # longer, so that it is seen
    steps = iter([lambda: file.write_text(broken)])

    def wait(_: float) -> None:
        step = next(steps, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    monkeypatch.setattr(watching.watch, "__kwdefaults__", {"wait": wait})
    assert cli.main(["check", "--watch", str(file)]) == 0
    out, err = capsys.readouterr()
    told = [line for line in out.splitlines() if line.startswith("error unknown-data ")]
    assert out.count("larch holds") == 1 and len(told) == 1 and err == ""


@pytest.mark.parametrize("law", ["uk", "eu"])
def test_the_law_can_be_watched_too(tmp_path, law, capsys, monkeypatch):
    file = tmp_path / "policy.yaml"
    file.write_text(LARCH)

    def wait(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watching.watch, "__kwdefaults__", {"wait": wait})
    assert cli.main(["check", "--watch", "--law", law, "--on", "2026-11-22", str(file)]) == 0
    assert f"({law}, 2026-11-22)" in capsys.readouterr().out
