"""Shows plays and hosts while they are configured, and what became of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from commands.durations import span
from commands.terminal import ConsoleTerminal
from console import Cell, Table, Voice
from failures import Text

if TYPE_CHECKING:
    from playbooks.board import PlayBoard, PlayTally
    from playbooks.report import ConfigureReport

_PLAYS = (
    Text("play", "步骤"),
    Text("hosts", "主机"),
    Text("state", "状态"),
    Text("tasks ok", "正常任务"),
    Text("changed", "变更"),
    Text("failed hosts", "失败主机"),
    Text("now", "当前"),
)
_HOSTS = (Text("host", "主机"), Text("site", "数据中心"), Text("result", "结果"), Text("changed", "变更"))
_STATES = {
    "waiting": Text("waiting", "等待"),
    "running": Text("running", "进行中"),
    "done": Text("done", "完成"),
}
_VERDICTS = {
    "configured": Text("configured", "已配置"),
    "unchanged": Text("unchanged", "未变更"),
    "failed": Text("failed", "失败"),
    "not tried": Text("not tried", "未执行"),
}
LONGEST_TASK = 48


class PlayTerminal(ConsoleTerminal):
    """Implements playbooks.configure.Terminal over a Voice."""

    def watch_plays(self, board: PlayBoard) -> AbstractContextManager[None]:
        """Show the board until the block ends, a line only when there is news."""
        began, told = time.monotonic(), ""

        def news() -> Iterator[Text]:
            nonlocal told
            for play in board.plays():
                line = _line(play)
                if play.state == "running" and line.en != told:
                    told, seconds = line.en, span(time.monotonic() - began)
                    yield Text(f"{seconds} {line.en}", f"{seconds} {line.zh}")

        return self._showing(lambda: plays_table(board.plays()), news)


def play_terminal(voice: Voice) -> PlayTerminal:
    """Return the terminal of a command that configures."""
    return PlayTerminal(voice)


def plays_table(plays: tuple[PlayTally, ...]) -> Table:
    """Return one row per play."""
    return Table(_PLAYS, tuple(_play_row(play) for play in plays))


def configure_tables(report: ConfigureReport) -> Iterator[Table]:
    """Yield the plays, then every host that was not left alone, then how long it took."""
    yield plays_table(report.plays)
    told = tuple(
        (end.host, end.site, _VERDICTS[end.verdict], str(end.changed or "-"))
        for end in report.hosts
        if end.verdict != "unchanged"
    )
    yield Table(_HOSTS, told)
    counts = tuple(str(sum(end.verdict == verdict for end in report.hosts) or "-") for verdict in _VERDICTS)
    heads = (*_VERDICTS.values(), Text("tasks changed", "变更任务"))
    yield Table(heads, ((*counts, str(report.changed or "-")),) if report.hosts else (), title=_headline(report))


def _headline(report: ConfigureReport) -> Text:
    took = span(report.seconds)
    if all(end.verdict == "unchanged" for end in report.hosts):
        return Text(f"hosts: nothing to configure ({took})", f"主机：无需配置({took})")
    word = Text("configured", "已配置") if report.exit_code == 0 else Text("not complete", "未全部完成")
    return Text(f"hosts: {word.en} ({took})", f"主机：{word.zh}({took})")


def _play_row(play: PlayTally) -> tuple[Cell, ...]:
    return (
        play.name,
        str(play.hosts),
        _STATES[play.state],
        str(play.ok or "-"),
        str(play.changed or "-"),
        ", ".join(play.failed) or "-",
        play.now[:LONGEST_TASK],
    )


def _line(play: PlayTally) -> Text:
    failed = ", ".join(play.failed) or "0"
    return Text(
        f"{play.name}: {play.hosts} hosts, {play.ok} ok, {play.changed} changed, failed {failed}: {play.now}",
        f"{play.name}：主机 {play.hosts}，正常 {play.ok}，变更 {play.changed}，失败 {failed}：{play.now}",
    )
