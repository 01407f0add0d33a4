"""The child that reads the archive while the screen is made."""

from __future__ import annotations

import os
import signal
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from msglog_tui import dates
from msglog_tui.cancel import Cancel
from msglog_tui.cli import head_start
from msglog_tui.errors import Cancelled, Refusal
from msglog_tui.reader import Reader
from msglog_tui.store.engine import Store
from msglog_tui.types import Order
from tests.archives import sample_store

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = dates.window(date(2026, 1, 1), date(2026, 11, 30), "Africa/Johannesburg")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_store(tmp_path_factory.mktemp("sample") / "archive.db").path


class Archive:
    """Opens a store, and counts how often this process did."""

    def __init__(self, path: Path, login: str = "thandi") -> None:
        self.path = path
        self.login = login
        self.opened = 0

    def __call__(self) -> tuple[Reader, str]:
        self.opened += 1
        reader = Reader.of(Store(str(self.path)), self.login)
        if reader.identity.user is None:
            raise Refusal(f"Nobody knows {self.login}.")
        return reader, "Africa/Johannesburg"


def child_of(reader: Reader) -> int:
    early: Any = reader
    return int(early._child)


def test_the_child_answers_as_the_archive_does(sample: Path) -> None:
    archive = Archive(sample)
    reader, zone = head_start.begin(archive)
    own, _ = Archive(sample)()
    assert zone == "Africa/Johannesburg"
    assert (reader.identity, reader.scope) == (own.identity, own.scope)
    found = reader.enterprises_reached(WINDOW, Order.DATE, Cancel())
    assert found == own.enterprises_reached(WINDOW, Order.DATE)
    overview = reader.overview(WINDOW, found[0][0].id, None, Cancel())
    assert overview == own.overview(WINDOW, found[0][0].id, None)
    assert archive.opened == 0
    # What cannot be asked over there opens the archive here, and ends the child.
    assert reader.customers_named("a", 5) == own.customers_named("a", 5)
    assert archive.opened == 1
    with pytest.raises(ChildProcessError):
        os.waitpid(child_of(reader), os.WNOHANG)
    assert reader.enterprises_reached(WINDOW, Order.DATE, Cancel()) == found


def test_a_refusal_there_is_one_here(sample: Path) -> None:
    with pytest.raises(Refusal, match=r"Nobody knows mallory\."):
        head_start.begin(Archive(sample, "mallory"))
    reader, _ = head_start.begin(Archive(sample))
    with pytest.raises(Refusal, match="not in the archive any more"):
        reader.overview(WINDOW, 4_711, None)
    assert reader.enterprises_reached(WINDOW, Order.DATE)


def test_a_child_that_was_killed_is_not_missed(sample: Path) -> None:
    archive = Archive(sample)
    reader, _ = head_start.begin(archive)
    os.kill(child_of(reader), signal.SIGKILL)
    assert reader.enterprises_reached(WINDOW, Order.DATE, Cancel())
    assert archive.opened == 1


def test_a_question_nobody_waits_for_any_more_ends_over_there(sample: Path) -> None:
    archive = Archive(sample)
    reader, _ = head_start.begin(archive)
    os.kill(child_of(reader), signal.SIGSTOP)  # as slow as can be
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        reader.enterprises_reached(WINDOW, Order.DATE, cancel)
    assert reader.enterprises_reached(WINDOW, Order.DATE, Cancel())
    assert archive.opened == 1
    with pytest.raises(ChildProcessError):
        os.waitpid(child_of(reader), os.WNOHANG)


@pytest.mark.parametrize("login", ["thandi", "own customer"])
def test_it_practises_what_the_first_screen_asks(
    sample: Path, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    reader = Reader.of_owner(Store(str(sample)), "x")
    if login == "own customer":
        reader = reader.inside(1, 1)
    asked = []
    for name in ("enterprises_reached", "overview"):
        question = getattr(Reader, name)

        def noted(self: Reader, *given: Any, name: str = name, question: Any = question) -> Any:
            asked.append((name, given[0]))
            return question(self, *given)

        monkeypatch.setattr(Reader, name, noted)
    head_start._practise(reader, "Asia/Kolkata")
    window = dates.window(*dates.month_to_date(dates.today("Asia/Kolkata")), "Asia/Kolkata")
    wanted = ["enterprises_reached", "overview"] if login == "thandi" else ["enterprises_reached"]
    assert asked == [(name, window) for name in wanted]
