"""Where the runs of a cloud lie, which of them are not over, and how one is begun or taken up again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from dr_drills.journal.elsewhere import NOWHERE, Elsewhere
from dr_drills.journal.event import Event, canonical
from dr_drills.journal.file import Journal, read_events
from dr_drills.journal.local import JOURNAL
from dr_drills.planning.plan import TABLE
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


def plan_digest(script: Script, steps: Sequence[Mapping[str, Any]], topology_sha256: str) -> str:
    """Return the SHA-256 of what is to be done, in hexadecimal; it changes with the topology, world and tables.

    `steps` are documents of what is foreseen; how long they took in past runs does not count.
    """
    rows = [{name: value for name, value in step.items() if name != "predicted_s"} for step in steps]
    document = {"script": script.document(), "steps": rows, "topology_sha256": topology_sha256}
    return sha256(canonical(document)).hexdigest()


def refuse_stale(run: Run, topology_sha256: str, plan: str = "") -> None:
    """Raise GateRefused when what a run was to do is not what it would do now, or not the `plan` that was named."""
    facts = run.events[0].data
    steps = facts.get("steps") or []
    rules = {rule.id: (rule.timeout_s, str(rule.consent)) for rows in TABLE.values() for rule in rows}
    rows = (
        (facts.get("topology_sha256") != topology_sha256, _TOPOLOGY_CHANGED),
        (bool(plan) and facts.get("plan_sha256") != plan, _OTHER_PLAN),
        (facts.get("plan_sha256") != plan_digest(script_of(run), steps, topology_sha256), _PLAN_CHANGED),
        (any(rules.get(one["rule"]) != (one["timeout_s"], one["consent"]) for one in steps), _TABLES_CHANGED),
    )
    for stale, why in rows:
        if stale:
            raise GateRefused(
                Text(f"the plan is stale: {why.en}", f"计划已过期：{why.zh}"),
                where=run.name,
                fix=Text("undo its faults: govcloud drill heal", "请撤除故障：govcloud drill heal"),
            )


_TOPOLOGY_CHANGED = Text("the topology has changed since the run began", "演练开始后拓扑已变化")
_OTHER_PLAN = Text("the run has another plan than the one that was named", "该演练的计划与指定的不同")
_PLAN_CHANGED = Text("its journal does not say what its digest is of", "日志内容与计划摘要不符")
_TABLES_CHANGED = Text("the rules have changed since the run began", "演练开始后规则已变化")


def begin(folder: Path, name: str, facts: Mapping[str, Any], elsewhere: Elsewhere = NOWHERE) -> Journal:
    return Journal.begin(folder / name, name, facts, elsewhere=elsewhere)


def _read(folder: Path) -> Run:
    try:
        return Run(folder.name, folder, read_events(folder))
    except GovcloudError as error:
        return Run(folder.name, folder, (), error)
