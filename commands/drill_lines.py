"""What happens in a drill, each event on one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from failures import NOTHING, Text

if TYPE_CHECKING:
    from dr_drills.journal.event import Event

VERDICTS: dict[str, Text] = {
    "pass": Text("pass", "通过"),
    "fail": Text("FAIL", "未通过"),
    "unknown": Text("UNKNOWN", "无法判定"),
}
NEVER = Text("did not come back", "没有恢复")
NOT_MEASURED = Text("not measured", "未测得")


def line_of(event: Event) -> Text:
    """Return an event as people read it; one that has no words of its own here has those of the report."""
    told = _LINES.get(event.kind)
    return told(event.data) if told else _other(event)


def seconds_of(outage: Mapping[str, Any] | None) -> Text:
    """Return an outage as `27.7 s (27.6 to 27.7)`, or that it did not end or was not noticed."""
    if not outage or not outage.get("attempts"):
        return NOT_MEASURED
    seconds = outage.get("seconds")
    if seconds is None:
        return NEVER
    if not outage.get("failed") and not seconds:
        return Text(f"none ({outage['attempts']} attempts)", f"无感({outage['attempts']} 次尝试)")
    low, high = outage["low_s"], outage["high_s"]
    told = Text(f"{seconds:.1f} s ({low:.1f} to {high:.1f})", f"{seconds:.1f} 秒({low:.1f} 至 {high:.1f})")
    if outage.get("held", True):
        return told
    return Text(f"{told.en}, not seen to stay", f"{told.zh}，未能确认持续稳定")


def lost_of(ledger: Mapping[str, Any] | None) -> Text:
    """Return how many acknowledged rows are gone."""
    if not ledger:
        return NOT_MEASURED
    lost, told = ledger["lost"], ledger["acknowledged"]
    return Text(f"{lost} of {told}", f"{lost}(共 {told} 条)")


def _other(event: Event) -> Text:
    from dr_drills.report.words import KINDS

    word = KINDS.get(event.kind, Text(event.kind, event.kind))
    told = "; ".join(f"{name} {value}" for name, value in event.data.items() if isinstance(value, str | int | float))
    return Text(f"{word.en}: {told}", f"{word.zh}：{told}") if told else word


def _began(data: Mapping[str, Any]) -> Text:
    return Text(f"the run begins: {data['run']}", f"演练开始：{data['run']}")


def _gate(data: Mapping[str, Any]) -> Text:
    found, reason = "; ".join(data.get("remarks") or ()), data.get("reason")
    if found:
        return Text(f"not well: {found}", f"状态异常：{found}")
    if reason:
        en, zh = ("agreed", "通过") if data.get("passed") else ("NOT agreed", "未通过")
        return Text(f"{en}: {reason['en']}", f"{zh}：{reason['zh']}")
    return Text("all is well", "一切正常")


def _phase(data: Mapping[str, Any]) -> Text:
    from dr_drills.rehearsal.phases import TITLES

    title = TITLES[data["phase"]]
    return Text(f"== {title.en}", f"== {title.zh}")


def _phase_over(data: Mapping[str, Any]) -> Text:
    from dr_drills.rehearsal.phases import TITLES

    title, verdict, seconds = TITLES[data["phase"]], VERDICTS[data["verdict"]], data["seconds"]
    return Text(f"-- {title.en}: {verdict.en}, {seconds:.1f} s", f"-- {title.zh}：{verdict.zh}，{seconds:.1f} 秒")


def _aimed(data: Mapping[str, Any]) -> Text:
    from dr_drills.report.words import TARGETS

    kind, name = data["target"]["kind"], data["target"]["name"]
    word = TARGETS[kind]
    return Text(f"{data['fault']} {word.en} {name}", f"{data['fault']} {word.zh} {name}")


def _faulty(en: str, zh: str) -> Callable[[Mapping[str, Any]], Text]:
    def told(data: Mapping[str, Any]) -> Text:
        aimed, took = _aimed(data), data.get("seconds")
        more = Text(f" ({took:.1f} s)", f"({took:.1f} 秒)") if isinstance(took, float) else NOTHING
        return Text(f"{en}: {aimed.en}{more.en}", f"{zh}：{aimed.zh}{more.zh}")

    return told


def _healed(data: Mapping[str, Any]) -> Text:
    aimed = _aimed(data)
    if data.get("ok"):
        return Text(f"healed: {aimed.en}", f"故障已撤除：{aimed.zh}")
    trouble = data.get("trouble", "")
    return Text(f"NOT HEALED: {aimed.en}: {trouble}", f"未能撤除：{aimed.zh}：{trouble}")


def _step(data: Mapping[str, Any]) -> Text:
    due, limit = data["predicted_s"], data["budget_s"]
    return Text(
        f"step {data['step']}: about {due:.0f} s, at most {limit:.0f} s",
        f"步骤 {data['step']}：预计 {due:.0f} 秒，限时 {limit:.0f} 秒",
    )


def _step_over(data: Mapping[str, Any]) -> Text:
    step, took = data["step"], data["seconds"]
    return Text(f"step {step}: done, {took:.1f} s", f"步骤 {step}：完成，{took:.1f} 秒")


def _step_doubt(data: Mapping[str, Any]) -> Text:
    detail = data.get("detail") or {}
    took = data["seconds"]
    return Text(
        f"step {data['step']}: NOT PROVEN, {took:.1f} s: {detail.get('en', '')}",
        f"步骤 {data['step']}：未证实，{took:.1f} 秒：{detail.get('zh', '')}",
    )


def _approval(data: Mapping[str, Any]) -> Text:
    return Text(f"approved by {data.get('who', '?')}", f"批准人：{data.get('who', '?')}")


def _measured(data: Mapping[str, Any]) -> Text:
    rto, lost = seconds_of(data.get("whole")), lost_of(data.get("ledger"))
    return Text(f"RTO {rto.en}; rows lost: {lost.en}", f"RTO {rto.zh}；丢失记录：{lost.zh}")


def _over(data: Mapping[str, Any]) -> Text:
    verdict = VERDICTS[data["verdict"]]
    return Text(f"the run is over: {verdict.en}", f"演练结束：{verdict.zh}")


_LINES: dict[str, Callable[[Mapping[str, Any]], Text]] = {
    "run-began": _began,
    "gate": _gate,
    "phase-began": _phase,
    "phase-ended": _phase_over,
    "fault-intent": _faulty("injecting", "正在注入故障"),
    "fault-injected": _faulty("in force", "故障已注入"),
    "step-intent": _step,
    "step-done": _step_over,
    "step-doubt": _step_doubt,
    "approval": _approval,
    "heal-intent": _faulty("healing", "正在撤除故障"),
    "healed": _healed,
    "measured": _measured,
    "run-ended": _over,
    "torn-tail": lambda _: Text("a torn line was cut off the journal", "日志残缺的末行已截去"),
    "resumed": lambda _: Text("the run goes on", "继续演练"),
}
