"""What is shown of drills: scenarios, plans, runs, and a run while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from console import Table, Voice
from failures import NOTHING, Text

if TYPE_CHECKING:
    from dr_drills.journal.event import Event
    from dr_drills.rehearsal.forecast import Foreseen
    from dr_drills.rehearsal.runs import Run
    from dr_drills.rehearsal.script import Script
    from dr_drills.scenarios.scenario import Scenario

RATES_S = 2.0
_WORDS: dict[str, Text] = {
    "run-began": Text("the run begins", "演练开始"),
    "gate": Text("health gate", "健康门禁"),
    "phase-began": Text("phase", "阶段"),
    "phase-ended": Text("phase over", "阶段结束"),
    "fault-intent": Text("injecting", "正在注入"),
    "fault-injected": Text("injected", "已注入"),
    "step-intent": Text("step", "步骤"),
    "step-done": Text("step done", "步骤完成"),
    "step-doubt": Text("step NOT proven", "步骤未证实"),
    "approval": Text("approved by a second person", "第二人已批准"),
    "heal-intent": Text("healing", "正在撤除"),
    "healed": Text("healed", "已撤除"),
    "measured": Text("measured", "已测量"),
    "run-ended": Text("the run is over", "演练结束"),
    "torn-tail": Text("a torn line was cut off the journal", "日志残缺的末行已截去"),
    "resumed": Text("the run goes on", "继续演练"),
}


class Timeline:
    """Prints a run's events as they come, and how the clients do, on stderr; `rates` are by client."""

    def __init__(self, voice: Voice, rates: Callable[[], Mapping[str, Any]]) -> None:
        self._voice, self._rates = voice, rates
        self._began = time.monotonic()
        self._over = Flag()

    def __enter__(self) -> Self:
        self._ticker = Thread(target=self._tick, daemon=True)
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._ticker.join()

    def tell(self, event: Event) -> None:
        word, about = _WORDS[event.kind], _about(event.data)
        self._note(Text(f"{word.en} {about}", f"{word.zh} {about}"))

    def _note(self, text: Text) -> None:
        at = f"{time.monotonic() - self._began:7.1f} s"
        self._voice.note(Text(f"{at}  {text.en}", f"{at}  {text.zh}"))

    def _tick(self) -> None:
        while not self._over.wait(RATES_S):
            rates = self._rates()
            if rates:
                told = "  ".join(f"{name} {_rate(rate)}" for name, rate in rates.items())
                self._note(Text(told, told))


def _rate(rate: Any) -> str:
    lag = "-" if rate.latency_s is None else f"{rate.latency_s * 1000:.0f}ms"
    return f"{rate.hz:.0f}/s {lag} +{rate.acknowledged} -{rate.failed}"


def _about(data: Mapping[str, Any]) -> str:
    """Return what an event is about, in names and numbers that need no translation."""
    aimed = data.get("target")
    parts = [data.get(name) for name in ("phase", "fault", "step", "run", "who")]
    if isinstance(aimed, Mapping) and "name" in aimed:
        parts += [aimed.get("kind"), aimed.get("name")]
    parts += [f"{data['seconds']:.1f} s" if isinstance(data.get("seconds"), float) else None]
    parts += [data.get("answer"), data.get("verdict"), data.get("trouble")]
    whole = data.get("whole")
    if isinstance(whole, Mapping):
        parts.append(f"RTO {whole.get('seconds')} s")
    ledger = data.get("ledger")
    if isinstance(ledger, Mapping):
        parts.append(f"lost {ledger.get('lost')}/{ledger.get('acknowledged')}")
    return " ".join(str(part) for part in parts if part not in {None, ""})


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
