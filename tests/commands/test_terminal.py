"""A run while it goes on, as the person at the terminal sees it."""

from __future__ import annotations

import io
import time

import pytest

from commands.plays import PlayTerminal
from commands.terminal import ConsoleTerminal
from console import Voice
from playbooks.board import PlayBoard
from playbooks.events import PlayBegan, TaskBegan
from stacks.rollout.progress import Board
from tests.commands.drill_play import Terminal

TICK_S = 0.01


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show a hundred times a second what people see every few."""
    for name in ("PLAIN_SECONDS", "LIVE_SECONDS"):
        monkeypatch.setattr(f"commands.terminal.{name}", TICK_S)


def shown(err: io.StringIO, words: str) -> bool:
    """Wait until words are on the terminal."""
    until = time.monotonic() + 10
    while words not in err.getvalue() and time.monotonic() < until:
        time.sleep(TICK_S)
    return words in err.getvalue()


def test_watch_without_a_terminal_is_a_line_for_each_site() -> None:
    """Now and then, and no more after the block."""
    err = io.StringIO()
    with ConsoleTerminal(Voice("en", err=err)).watch(Board({"anxi": (3, 1), "donghai": (2, 1)})):
        assert shown(err, "donghai: 0/2 done")
    told = err.getvalue()
    time.sleep(5 * TICK_S)

    assert "anxi: 0/3 done" in told
    assert "\x1b" not in told
    assert err.getvalue() == told


def test_watch_on_a_terminal_is_a_table_that_is_drawn_again() -> None:
    """In place, as the sites go on."""
    err = Terminal()
    board = Board({"anxi": (3, 1)})
    with ConsoleTerminal(Voice("en", err=err)).watch(board):
        assert shown(err, "0/1")
        board.stack_done("anxi")
        assert shown(err, "1/1")

    assert "\x1b[" in err.getvalue()


def test_watch_plays_without_a_terminal_tells_the_same_once() -> None:
    """A line when there is news, and none when there is not."""
    err = io.StringIO()
    board = PlayBoard([("Base", 1), ("Later", 1)], ["a"])
    with PlayTerminal(Voice("en", err=err)).watch_plays(board):
        board.hear(PlayBegan("Base"))
        assert shown(err, "Base: 1 hosts")
        time.sleep(5 * TICK_S)
        board.hear(TaskBegan("Install"))
        assert shown(err, "Install")

    assert err.getvalue().count("Base: 1 hosts") == 2
    assert "Later" not in err.getvalue()


def test_watch_plays_on_a_terminal_draws_every_play() -> None:
    """Also those that wait."""
    err = Terminal()
    with PlayTerminal(Voice("en", err=err)).watch_plays(PlayBoard([("Base", 1), ("Later", 1)], ["a"])):
        assert shown(err, "Later")
