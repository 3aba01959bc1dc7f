"""The parts of docs/drills.md that are made from tables; `python -m tests.docs.drills` brings them up to date."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from dr_drills.faults.table import FAULTS
from dr_drills.planning.plan import TABLE
from dr_drills.planning.steps import Consent
from dr_drills.rehearsal.phases import PHASES
from dr_drills.scenarios.catalogue import named, names
from dr_drills.scenarios.scenario import Scenario
from tests.docs.plans import diagram, edges
from tests.house.sources import ROOT
from topology.values import duration

PAGE = ROOT / "docs" / "drills.md"
PART = re.compile(r"<!-- made: (\w+) -->\n.*?<!-- /made -->", re.DOTALL)
NOTICED = {"none": "no 无感", "tier": "within the RTO 在 RTO 内", "healed": "until healed 至故障撤除"}
LOST = {"none": "none 无", "tier": "counted 逐条清点"}


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    head = list(heads)
    lines = [head, ["---"] * len(head), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def scenarios() -> str:
    heads = (
        "scenario 场景",
        "what 内容",
        "name 须指定",
        "faults 故障",
        "recovery 恢复",
        "noticed 感知",
        "rows lost 丢失",
    )
    return table(heads, (_scenario(named(name)) for name in names()))


def _scenario(one: Scenario) -> tuple[str, ...]:
    faults = [f"{f.fault} {f.target}" + (f" after {duration(f.after)}" if f.after else "") for f in one.faults]
    plans = [str(course.plan) for course in (*one.recovery.courses, *one.recovery.afterwards)]
    return (
        f"`{one.scenario}`",
        f"{one.title.en} {one.title.zh}",
        " ".join(f"`--{need}`" for need in one.needs),
        ", ".join(faults) or "none 无",
        ", then ".join(plans) or "by itself 自行恢复",
        NOTICED[one.expect.outage],
        LOST[one.expect.rows],
    )


def phases() -> str:
    told = {True: "goes on in it 继续该阶段", False: "heals 直接撤除故障"}
    return table(
        ("phase 阶段", "what 内容", "a run that died in it 在此中断的演练"),
        ((f"`{row.id}`", f"{row.title.en} {row.title.zh}", told[row.resumes]) for row in PHASES),
    )


def faults() -> str:
    return table(
        ("fault 故障", "hits 对象", "what happens 含义", "healed 撤除"),
        (
            (
                f"`{row.id}`",
                ", ".join(row.kinds),
                f"{row.meaning.en} {row.meaning.zh}",
                f"{row.healing.en} {row.healing.zh}",
            )
            for row in FAULTS
        ),
    )


def plans() -> str:
    shown = table(
        ("plan 方案", "from 起", "to 止", "steps 步骤"),
        ((e.what, e.before, e.after, " → ".join(f"`{step}`" for step in e.steps)) for e in edges() if e.steps),
    )
    return f"```mermaid\n{diagram()}\n```\n\n{shown}"


def steps() -> str:
    rules = {rule.id: rule for rows in TABLE.values() for rule in rows}
    second = {Consent.SECOND_PERSON: "yes 是", Consent.START: ""}
    return table(
        ("step 步骤", "predicted 预计", "at most 限时", "second person 第二人", "why 原因"),
        (
            (
                f"`{r.id}`",
                f"{r.predicted_s:g} s",
                f"{r.timeout_s:g} s",
                second[r.consent],
                f"{r.reason.en} {r.reason.zh}",
            )
            for r in rules.values()
        ),
    )


PARTS: dict[str, Callable[[], str]] = {
    "scenarios": scenarios,
    "phases": phases,
    "faults": faults,
    "plans": plans,
    "steps": steps,
}


def refreshed(text: str) -> str:
    """Return the page with its made parts as the tables are now."""
    return PART.sub(lambda match: f"<!-- made: {match[1]} -->\n{PARTS[match[1]]()}\n<!-- /made -->", text)


if __name__ == "__main__":
    PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
