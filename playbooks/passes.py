"""Runs all plays over hosts, goes on with the others where one failed, and remembers each host that is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from typing import Any

from failures import OutsideFailed, Text
from playbooks.advice import bounded
from playbooks.board import PlayBoard
from playbooks.events import Event, HostTask, Outcome, RunEnded
from playbooks.order import Play
from playbooks.runner import Run, run_plays

HOME = Path(__file__).resolve().parent
LAST = HOME / "configured.yml"
LAST_TASK = "Every play that concerns this host is done"
"""A host gets to this task only when nothing before has failed on it: the proof that it is configured."""
Execute = Callable[[Run, Path, Callable[[Event], None], Flag], RunEnded]


@dataclass
class Passes:
    """One run of everything. `remember` is told each host that is done; `folder` is the cloud's runtime folder."""

    plays: Sequence[Play]
    inventory: dict[str, Any]
    secrets: dict[str, Any]
    folder: Path
    board: PlayBoard
    remember: Callable[[str], None]
    execute: Execute = run_plays
    done: set[str] = field(default_factory=set)

    def run(self, hosts: Sequence[str], stop: Flag) -> None:
        """Run every play on `hosts`.

        Ansible gives up the whole run where every host of a play has failed: then the plays behind it run for the hosts
        that have not. Raises OutsideFailed when Ansible cannot even begin.
        """
        files = list(dict.fromkeys(play.file for play in self.plays))
        left = list(hosts)
        while left and not stop.is_set():
            before = self.board.position
            ended = self.execute(Run((*files, LAST), self.inventory, self.secrets, left), self.folder, self._hear, stop)
            if self.board.position == before and not self.done:
                raise _never_began(ended)
            files = self._behind(files)
            tallies = self.board.hosts()
            left = [host for host in left if host not in self.done and not tallies[host].failed]
            if not files:
                break
        self.board.end()

    def _behind(self, files: Sequence[Path]) -> list[Path]:
        """Return the files behind the one whose play began last."""
        reached = self.plays[self.board.position].file
        return list(files[files.index(reached) + 1 :])

    def _hear(self, event: Event) -> None:
        if isinstance(event, HostTask) and event.task == LAST_TASK:
            if event.outcome is Outcome.OK:
                self.done.add(event.host)
                self.remember(event.host)
            return
        self.board.hear(event)


def _never_began(ended: RunEnded) -> OutsideFailed:
    reason = bounded(ended.text, ()) or f"{ended.status}, code {ended.code}"
    return OutsideFailed(
        Text(f"Ansible did not begin: {reason}", f"Ansible 未能开始：{reason}"),
        fix=Text("run it again with --debug and report what it prints", "请加 --debug 重新执行并反馈输出内容"),
    )
