"""Where the runs of a cloud lie, which of them are not over, and how one is begun or taken up again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from dr_drills.journal.event import Event, canonical
from dr_drills.journal.file import JOURNAL, Journal, read_events
from dr_drills.rehearsal.past import is_over, open_faults
from dr_drills.rehearsal.script import Script
from failures import GateRefused, GovcloudError, InputInvalid, Text, WrongUsage
from stacks.rollout.home import Home
from stacks.rollout.locks import hold

FOLDER = "drills"
LOCK = "lock"


@dataclass(frozen=True)
class Run:
    """A run as its folder tells of it; `damage` is why its journal cannot be read."""

    name: str
    folder: Path
    events: tuple[Event, ...]
    damage: GovcloudError | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether it is not over, or has left a fault that may be in force."""
        return self.damage is not None or not is_over(self.events) or bool(open_faults(self.events))


def drills_folder(home: Home) -> Path:
    return home.folder / FOLDER


def new_name(scenario: str, now: datetime | None = None) -> str:
    """Return the name of a run that begins now."""
    return f"{scenario}-{(now or datetime.now(UTC)):%Y%m%dT%H%M%SZ}"


def runs(folder: Path) -> tuple[Run, ...]:
    """Return all runs, the oldest first."""
    found = (_read(path.parent) for path in folder.glob(f"*/{JOURNAL}"))
    return tuple(sorted(found, key=lambda run: run.events[0].at if run.events else ""))


def find(folder: Path, name: str) -> Run:
    """Return a run by its name, or the newest that is not over when the name is empty; WrongUsage for none."""
    there = runs(folder)
    if name:
        found = next((run for run in there if run.name == name), None)
    else:
        found = next((run for run in reversed(there) if run.is_open), None)
    if found is None:
        what = Text(f"no run is called {name}", f"没有名为 {name} 的演练") if name else _NONE_OPEN
        names = ", ".join(run.name for run in there[-5:]) or "-"
        raise WrongUsage(what, where=str(folder), fix=Text(f"the newest are: {names}", f"最近的演练：{names}"))
    return found


_NONE_OPEN = Text("every run is over and has healed its faults", "所有演练均已结束且故障已撤除")


@contextmanager
def alone(folder: Path, command: str) -> Iterator[None]:
    """Be the only drill of a cloud for the length of the block; GateRefused names who else is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with hold(folder / LOCK, command):
        yield


def refuse_open(folder: Path) -> None:
    """Raise GateRefused when a run died and nobody has taken it up."""
    left = [run.name for run in runs(folder) if run.is_open]
    if left:
        raise GateRefused(
            Text(f"a drill is not over: {left[-1]}", f"有演练尚未结束：{left[-1]}"),
            where=str(folder / left[-1]),
            fix=Text(
                f"govcloud drill heal TOPOLOGY {left[-1]} (or drill resume)",
                f"govcloud drill heal 拓扑文件 {left[-1]}(或 drill resume)",
            ),
        )


def script_of(run: Run) -> Script:
    """Return what a run was to do; InputInvalid when its journal does not say."""
    if run.damage:
        raise run.damage
    try:
        return Script.parse(run.events[0].data["script"])
    except (IndexError, KeyError, ValueError, TypeError) as error:
        raise InputInvalid(
            Text("the journal does not say what was to be done", "日志中没有演练内容"), where=str(run.folder / JOURNAL)
        ) from error


def plan_digest(script: Script, steps: Sequence[str]) -> str:
    """Return the SHA-256 of what is to be done, in hexadecimal; it changes with the topology, world and tables."""
    return sha256(canonical({"script": script.document(), "steps": list(steps)})).hexdigest()


def begin(folder: Path, name: str, facts: Mapping[str, Any]) -> Journal:
    return Journal.begin(folder / name, name, facts)


def _read(folder: Path) -> Run:
    try:
        return Run(folder.name, folder, read_events(folder))
    except GovcloudError as error:
        return Run(folder.name, folder, (), error)
