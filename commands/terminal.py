"""The person at the terminal: sees the plan, answers the question, watches the run."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING

from commands.durations import span
from commands.tables import confirm_tables
from console import Table, Voice
from failures import GateRefused, Text

if TYPE_CHECKING:
    from stacks.rollout.plan import PlanReport
    from stacks.rollout.progress import Board, Tally

PLAIN_SECONDS = 5.0
LIVE_SECONDS = 0.25
_COLUMNS = (
    Text("site", "数据中心"),
    Text("done", "完成"),
    Text("running", "进行中"),
    Text("failed", "失败"),
    Text("per second", "每秒"),
    Text("time left", "剩余时间"),
    Text("stacks", "栈"),
)


class ConsoleTerminal:
    """Implements stacks.rollout.terminal.Terminal over a Voice."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def note(self, text: Text) -> None:
        self._voice.note(text)

    def show(self, plan: PlanReport) -> None:
        self.tell(confirm_tables(plan))

    def tell(self, tables: Iterable[Table]) -> None:
        """Show tables with the progress; what was asked for is told at the end."""
        for table in tables:
            self._voice.table(table, self._voice.err)

    def confirm(self, question: Text, expect: str) -> bool:
        if not sys.stdin.isatty():
            what = Text(
                "this needs a confirmation and there is no terminal to ask at", "需要确认，但没有可供询问的终端"
            )
            raise GateRefused(what, fix=Text("look at the plan, then add --yes", "请核对计划后加上 --yes"))
        return self._voice.ask(question, expect=expect)

    def watch(self, board: Board) -> AbstractContextManager[None]:
        """Show the board until the block ends, its lines by site."""
        started = time.monotonic()

        def lines() -> Iterator[Text]:
            for site, tally in board.snapshot().items():
                yield _line(site, tally, time.monotonic() - started)

        return self._showing(lambda: board_table(board.snapshot(), time.monotonic() - started), lines)

    @contextmanager
    def _showing(self, table: Callable[[], Table], lines: Callable[[], Iterable[Text]]) -> Iterator[None]:
        """Show until the block ends: a live table on a terminal, else plain lines now and then."""
        ended = Event()
        live = self._voice.err.isatty()
        show = partial(self._live, table, ended) if live else partial(self._plain, lines, ended)
        watcher = Thread(target=show, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()

    def _plain(self, lines: Callable[[], Iterable[Text]], ended: Event) -> None:
        while not ended.wait(PLAIN_SECONDS):
            for line in lines():
                self._voice.note(line)

    def _live(self, table: Callable[[], Table], ended: Event) -> None:
        from rich.live import Live

        with Live(console=self._voice.rich(self._voice.err), auto_refresh=False, transient=True) as live:
            while not ended.wait(LIVE_SECONDS):
                live.update(self._voice.drawn(table()), refresh=True)


def terminal(voice: Voice) -> ConsoleTerminal:
    """Return the terminal that govcloud was started at."""
    return ConsoleTerminal(voice)


def board_table(tallies: dict[str, Tally], seconds: float) -> Table:
    """Return the board as a table after so many seconds."""
    return Table(_COLUMNS, tuple(_row(site, tally, seconds) for site, tally in tallies.items()))


def _row(site: str, tally: Tally, seconds: float) -> tuple[str, ...]:
    # What a replacement takes along is not known before: the total may grow.
    total = f"/{max(tally.total, tally.done + tally.failed)}" if tally.total else ""
    left = tally.time_left(seconds)
    return (
        site,
        f"{tally.done}{total}",
        str(tally.running),
        str(tally.failed),
        f"{tally.rate(seconds):.1f}",
        "-" if left is None else span(left),
        f"{tally.stacks}/{tally.all_stacks}",
    )


def _line(site: str, tally: Tally, seconds: float) -> Text:
    _, done, running, failed, rate, left, stacks = _row(site, tally, seconds)
    return Text(
        f"{site}: {done} done, {running} running, {failed} failed, {rate}/s, {left} left, stacks {stacks}",
        f"{site}：完成 {done}，进行中 {running}，失败 {failed}，每秒 {rate}，剩余 {left}，栈 {stacks}",
    )
