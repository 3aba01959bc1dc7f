"""What is shown of drills: scenarios, plans, and the runs there were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from console import Table
from failures import NOTHING, Text
from topology.values import duration

if TYPE_CHECKING:
    from dr_drills.rehearsal.forecast import Foreseen
    from dr_drills.rehearsal.runs import Run
    from dr_drills.rehearsal.script import Script
    from dr_drills.scenarios.scenario import Scenario
    from topology.model import Drill


def scenario_table(scenarios: Iterable[Scenario]) -> Table:
    """Return one row per scenario."""
    heads = (
        Text("scenario", "场景"),
        Text("what", "内容"),
        Text("needs", "需要"),
        Text("recovery", "恢复方式"),
        Text("clients notice", "客户端感知"),
    )
    rows = tuple(
        (
            one.scenario,
            Text(one.title.en, one.title.zh),
            " ".join(f"--{need}" for need in one.needs),
            one.recovery.by,
            Text("no", "否") if one.expect.outage == "none" else Text("within the tier's RTO", "在等级 RTO 内"),
        )
        for one in scenarios
    )
    return Table(heads, rows)


def drill_table(drills: Mapping[str, Drill]) -> Table:
    """Return one row per drill of a topology."""
    heads = (
        Text("drill", "演练"),
        Text("scenario", "场景"),
        Text("of", "对象"),
        Text("level", "级别"),
        Text("when", "时间"),
        Text("for at most", "时长上限"),
    )
    rows = tuple(
        (
            name,
            one.scenario,
            " ".join(part for part in (one.site, one.carrier, one.service) if part),
            one.level,
            one.schedule or Text("by hand", "手动"),
            duration(one.window),
        )
        for name, one in drills.items()
    )
    return Table(heads, rows, title=Text("\nThe drills of this topology", "\n本拓扑的演练"))


def timeline_table(steps: Sequence[Foreseen], script: Script) -> Table:
    """Return when each phase is expected, in seconds from the first fault."""
    from dr_drills.rehearsal.forecast import timeline
    from dr_drills.rehearsal.phases import TITLES

    heads = (Text("from", "起"), Text("takes", "历时"), Text("phase", "阶段"), Text("what", "内容"))
    rows = tuple((f"{at:.1f} s", f"{s:.1f} s", TITLES[phase], what) for phase, at, s, what in timeline(steps, script))
    return Table(heads, rows)


def foreseen_table(steps: Sequence[Foreseen]) -> Table:
    """Return why each step is done, what it may take, and which would be refused."""
    heads = (
        Text("step", "步骤"),
        Text("predicted", "预计"),
        Text("budget", "限时"),
        Text("second person", "第二人"),
        Text("refused", "条件不成立"),
        Text("why", "原因"),
    )
    rows = tuple(
        (
            f"{one.service}/{one.step.id}",
            f"{one.predicted_s:.1f} s",
            f"{one.step.rule.timeout_s:.0f} s",
            Text("yes", "是") if one.needs_second_person else NOTHING,
            str(one.refused) if one.refused else "",
            one.step.rule.reason,
        )
        for one in steps
    )
    return Table(heads, rows)


def run_rows(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """Return the runs for a document."""
    return [
        {
            "run": run.name,
            "began": run.events[0].at if run.events else None,
            "open": run.is_open,
            "verdict": _verdict(run),
            "folder": str(run.folder),
        }
        for run in runs
    ]


def run_table(runs: Iterable[Run]) -> Table:
    """Return the runs for a reader."""
    heads = (Text("run", "演练"), Text("began", "开始"), Text("verdict", "结论"), Text("open", "未结束"))
    rows = tuple(
        (row["run"], row["began"] or "?", row["verdict"] or "-", Text("yes", "是") if row["open"] else NOTHING)
        for row in run_rows(runs)
    )
    return Table(heads, rows)


def _verdict(run: Run) -> str | None:
    found = [event for event in run.events if event.kind == "run-ended"]
    return str(found[-1].data.get("verdict")) if found else None
