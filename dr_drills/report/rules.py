"""The rules of a verdict, as rows: what must hold of a run, and what its record says about that."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dr_drills.approvals.statement import Statement
from dr_drills.clients.attempts import Attempt
from dr_drills.detection.witnesses import AGREEING
from dr_drills.journal.event import JSON, EventKind
from dr_drills.journal.verify import Finding
from dr_drills.report.lanes import SILENCE_S, by_client, longest_silence
from dr_drills.report.record import Record
from dr_drills.verdicts import Verdict
from failures import Text

RESOLUTION_S, RESOLUTION_SHARE = 0.5, 0.02
"""A coarser measurement than this, or than this share of the promise, says too little of an outage."""
SECOND_PERSON = "second-person"
FAST, BY_PERSON = "release-lease", "by-person"


@dataclass(frozen=True)
class Case:
    """What is judged: the record of a run, what speaks against its journal, and the clients' attempts."""

    record: Record
    findings: Sequence[Finding] = ()
    attempts: Sequence[Attempt] = field(default=())

    @property
    def expect(self) -> Mapping[str, JSON]:
        return self.record.facts.get("expect") or {}

    @property
    def whole(self) -> Mapping[str, JSON]:
        return self.record.measured.get("whole") or {}

    @property
    def ledger(self) -> Mapping[str, JSON]:
        return self.record.measured.get("ledger") or {}


class Said(NamedTuple):
    verdict: Verdict
    message: Text


@dataclass(frozen=True)
class VerdictRule:
    """`judge` is pure; what it cannot know it calls unknown."""

    id: str
    reason: Text
    judge: Callable[[Case], Said]


def judged(case: Case, *, ended: bool = True) -> tuple[Verdict, list[dict[str, Any]]]:
    """Return the verdict and {rule, verdict, reason, en, zh} of each rule: a failure fails, an unknown is no pass.

    With `ended` False the run is judged as it stands, before the event that ends it can be written.
    """
    rows = [(rule, rule.judge(case)) for rule in RULES if ended or rule.judge is not _came_to_its_end]
    verdicts = {said.verdict for _, said in rows}
    verdict = next((v for v in (Verdict.FAIL, Verdict.UNKNOWN) if v in verdicts), Verdict.PASS)
    return verdict, [
        {"rule": rule.id, "verdict": str(said.verdict), "reason": rule.reason._asdict(), **said.message._asdict()}
        for rule, said in rows
    ]


def _said(verdict: Verdict, en: str, zh: str) -> Said:
    return Said(verdict, Text(en, zh))


def _passed(en: str, zh: str) -> Said:
    return _said(Verdict.PASS, en, zh)


def _failed(en: str, zh: str) -> Said:
    return _said(Verdict.FAIL, en, zh)


def _unknown(en: str, zh: str) -> Said:
    return _said(Verdict.UNKNOWN, en, zh)


def _within_rto(case: Case) -> Said:
    whole, limit = case.whole, case.expect.get("rto_s")
    if not whole or whole.get("attempts") == 0:
        return _unknown("no outage was measured", "没有测得中断时间")
    if case.expect.get("outage") == "none":
        return _unnoticed(whole)
    if limit is None:
        return _unknown("the run names no limit for the outage", "演练未给出中断时间上限")
    return _compared(whole, case.record.measured.get("early") or (), float(limit))


def _compared(whole: Mapping[str, JSON], early: Sequence[Mapping[str, JSON]], limit: float) -> Said:
    if whole.get("seconds") is None:
        return _failed("the service did not come back while it was watched", "观测期内服务未恢复")
    if not whole.get("held"):
        return _unknown("it came back but was not seen to stay", "服务恢复后未能确认其持续稳定")
    later = [span for span in whole.get("spans") or () if float(span["began_s"]) > float(whole["back_s"])]
    outages = [(float(whole["low_s"]), float(whole["high_s"])), *map(_by_itself, (*early, *later))]
    low, high = (max(bounds) for bounds in zip(*outages, strict=True))
    en, zh = f"{low:.2f} to {high:.2f} s, at most {limit:g} s", f"{low:.2f} 至 {high:.2f} 秒，上限 {limit:g} 秒"
    if len(outages) > 1:
        en, zh = f"{en}, the longest of {len(outages)}", f"{zh}，{len(outages)} 次中断中最长的一次"
    if low <= limit < high:
        return _unknown(f"{en}: too close to tell", f"{zh}：过于接近，无法判定")
    return _passed(en, zh) if high <= limit else _failed(en, zh)


def _by_itself(span: Mapping[str, JSON]) -> tuple[float, float]:
    """Return the bounds of an interruption before or after the outage that is looked for: from its own begin."""
    began, back = float(span["began_s"]), span["back_s"]
    return (math.inf, math.inf) if back is None else (float(span["low_s"]) - began, float(back) - began)


def _unnoticed(whole: Mapping[str, JSON]) -> Said:
    failed, tried = int(whole.get("failed") or 0), int(whole.get("attempts") or 0)
    if failed or whole.get("seconds") is None:
        return _failed(
            f"nobody was to notice, but {failed} of {tried} attempts failed",
            f"应当无感，但 {tried} 次尝试中有 {failed} 次失败",
        )
    return _passed(f"none of {tried} attempts failed", f"{tried} 次尝试无一失败")


def _within_rpo(case: Case) -> Said:
    lost, told, limit = case.ledger.get("lost"), case.ledger.get("acknowledged"), case.expect.get("rpo_rows")
    if lost is None or not told:
        return _unknown("no acknowledged row was counted", "没有统计到已确认的记录")
    en, zh = f"{lost} of {told} acknowledged rows lost", f"{told} 条已确认记录中丢失 {lost} 条"
    if limit is None:
        return _lost_lately(case, en, zh) if lost else _passed(en, zh)
    en, zh = f"{en}, at most {limit}", f"{zh}，上限 {limit} 条"
    return _passed(en, zh) if lost <= limit else _failed(en, zh)


def _lost_lately(case: Case, en: str, zh: str) -> Said:
    """Judge by how long before the last fault the oldest lost row was acknowledged, as an RPO in seconds allows.

    A copy that the drill itself cut off before could not have had what was written from then on.
    """
    limit, since = case.expect.get("rpo_s"), case.ledger.get("lost_since_s")
    faults = [event.clock_s for event in case.record.of(EventKind.FAULT_INTENT)]
    if limit is None or since is None or not faults:
        return _unknown(f"{en}; how old they were is not known", f"{zh}；其时间无法得知")
    oldest, cut_before = max(0.0, faults[-1] - float(since)), faults[-1] - faults[0]
    en = f"{en}, the oldest {oldest:.2f} s before the last fault, at most {limit:g} s"
    zh = f"{zh}，最早一条在最后一次故障前 {oldest:.2f} 秒，上限 {limit:g} 秒"
    if cut_before:
        en = f"{en} and the {cut_before:.2f} s for which the drill had cut before"
        zh = f"{zh}，另加演练事先切断的 {cut_before:.2f} 秒"
    return _passed(en, zh) if oldest <= limit + cut_before else _failed(en, zh)


def _all_healed(case: Case) -> Said:
    left = [row for row in case.record.faults if row["healed"] is not True]
    if not left:
        count = len(case.record.faults)
        return _passed(f"{count} of {count} faults healed", f"{count} 个故障已全部恢复")
    names = ", ".join(f"{row['fault']} {row['target']['name']}" for row in left)
    return _failed(f"not healed, or not written down: {names}", f"未恢复或未记录恢复：{names}")


def _fine_enough(case: Case) -> Said:
    found, limit = case.whole.get("resolution_s"), case.expect.get("rto_s") or 0.0
    if found is None:
        return _unknown("the resolution is not known", "测量分辨率未知")
    most = max(RESOLUTION_S, RESOLUTION_SHARE * float(limit))
    en, zh = f"{found:.2f} s, at most {most:g} s", f"{found:.2f} 秒，上限 {most:g} 秒"
    return _passed(en, zh) if found <= most else _unknown(en, zh)


def _always_watched(case: Case) -> Said:
    """From each client's first attempt, or the fault if that came earlier, until the service had held."""
    zero, tried = case.record.began_clock_s, by_client(case.attempts)
    held = next((row["ended_t"] for row in reversed(case.record.phases) if row["phase"] == "hold"), None)
    if not tried or held is None:
        return _unknown("the clients' attempts are not there to be looked at", "没有可供核对的客户端尝试记录")
    fault = zero + (held if case.record.fault_t is None else case.record.fault_t)
    worst = {name: longest_silence(of, min(of[0].began_s, fault), zero + held) for name, of in tried.items()}
    measured = {str(row.get("client")) for row in case.record.measured.get("outages") or ()}
    quiet = [f"{name} {seconds:.1f} s" for name, seconds in worst.items() if seconds > SILENCE_S]
    quiet += sorted(measured - set(tried))
    if quiet:
        names = ", ".join(quiet)
        return _unknown(f"silent for more than {SILENCE_S:g} s: {names}", f"静默超过 {SILENCE_S:g} 秒：{names}")
    most = max(worst.values())
    return _passed(
        f"{len(tried)} clients, never silent for more than {most:.2f} s",
        f"{len(tried)} 个客户端，最长静默 {most:.2f} 秒",
    )


def _chain(case: Case) -> Said:
    wrong = next((f for f in case.findings if f.verdict is Verdict.FAIL), None) or next(iter(case.findings), None)
    if wrong:
        return Said(wrong.verdict, wrong.message)
    count = len(case.record.events)
    return _passed(f"{count} events, each continues the one before it", f"共 {count} 个事件，逐条相承")


def _one_side(case: Case) -> Said:
    watcher = case.record.measured.get("watcher") or {}
    dual, samples = watcher.get("dual_acknowledging"), watcher.get("samples")
    if dual is None or not samples:
        return _unknown("nobody watched for two acknowledging sides", "未监测是否有两侧同时确认写入")
    if dual:
        return _failed(
            f"two sides acknowledged writes in {dual} of {samples} samples",
            f"{samples} 次采样中有 {dual} 次两侧同时确认写入",
        )
    return _passed(f"never two sides, {samples} samples", f"{samples} 次采样，从未两侧同时确认写入")


def _came_to_its_end(case: Case) -> Said:
    ended = case.record.ended
    if ended is None:
        return _unknown("the run has not ended", "演练尚未结束")
    claimed = str(ended.data.get("verdict", ""))
    why: Mapping[str, JSON] = next(iter(ended.data.get("reasons") or ()), {})
    if claimed == Verdict.PASS:
        return _passed("to its last phase", "已执行到最后阶段")
    verdict = Verdict.FAIL if claimed == Verdict.FAIL else Verdict.UNKNOWN
    return _said(verdict, f"ended as {claimed}: {why.get('en', '')}", f"以“{claimed}”结束：{why.get('zh', '')}")


def _steps_done(case: Case) -> Said:
    """A planned step that was never begun was not needed: plans are made again from the world that is seen."""
    begun = [row for row in case.record.steps if row["began_t"] is not None]
    for verdict, answers in ((Verdict.FAIL, {"no"}), (Verdict.UNKNOWN, {"unknown", None})):
        left = ", ".join(f"{row['rule']} {row['target']}" for row in begun if row["answer"] in answers)
        if left:
            return _said(verdict, f"not proven done: {left}", f"未证实完成：{left}")
    idle = len(case.record.steps) - len(begun)
    return _passed(
        f"{len(begun)} steps proven done, {idle} more were planned and not needed",
        f"{len(begun)} 个步骤已证实完成，另有 {idle} 个计划步骤无需执行",
    )


def _agreed(case: Case) -> Said:
    """A name alone is no approval: a checked key must have signed this plan before the first such step was begun."""
    facts = case.record.facts
    needed = [row for row in case.record.steps if row["consent"] == SECOND_PERSON and row["began_t"] is not None]
    if not needed:
        return _passed("no step that needs a second person was begun", "未执行需要第二人批准的步骤")
    if any(row.get("plan_sha256") != facts.get("plan_sha256") for row in case.record.approvals):
        return _failed("an approval is of another plan", "批准对应的是另一份计划")
    begun_t = min(row["began_t"] for row in needed)
    others = [
        row
        for row in case.record.approvals
        if row["who"] and facts.get("operator") not in {row["who"], *(row.get("names") or ())} and row["t"] <= begun_t
    ]
    if not others:
        return _failed("nobody but the operator approved before it was done", "执行之前除操作员外无人批准")
    signed = [row for row in others if row.get("key") and row.get("signature") and _says(row)]
    names = ", ".join(f"{row['who']} ({row['key']})" for row in signed)
    if signed:
        return _passed(f"signed by {names}", f"已由 {names} 签名批准")
    return _failed("an approval is a name without a signature", "批准只有姓名而无签名")


def _says(approval: Mapping[str, JSON]) -> bool:
    """Tell whether what was signed is what the event says."""
    try:
        said = Statement.parse(str(approval.get("statement")))
    except ValueError:
        return False
    return (said.who, said.plan_sha256) == (approval["who"], approval.get("plan_sha256"))


def _decided(case: Case) -> Said:
    """A fast failover needs two observers at different places who missed the site, or a person who said so."""
    handed = [row for row in case.record.steps if row["rule"] == FAST and row["began_t"] is not None]
    if not handed:
        return _passed("no fast failover was begun", "未执行快速切换")
    first_t = min(row["began_t"] for row in handed)
    told = [row for row in case.record.decisions if row["passed"] and row["t"] <= first_t]
    people = [row for row in told if row["rule"] == BY_PERSON]
    places = {str(o["where"]) for row in told for o in row["observers"] if o.get("sees") == "no"}
    seeing = {str(o["where"]) for row in told for o in row["observers"] if o.get("sees") == "yes"}
    if len(places) >= AGREEING and not seeing:
        seconds, names = told[-1]["seconds"], ", ".join(sorted(places))
        return _passed(
            f"missed from {names}, {seconds:.2f} s after the fault", f"{names} 均看不到，故障后 {seconds:.2f} 秒"
        )
    if people:
        return _passed(f"decided by {people[-1]['who']}", f"由 {people[-1]['who']} 决定")
    return _failed("it was begun before two observers agreed", "在两处观察点一致之前即已执行")


def _nothing_unexpected(case: Case) -> Said:
    found = case.ledger.get("unexpected")
    if found is None:
        return _unknown("refused rows were not looked for", "未查找被拒绝的记录")
    en, zh = f"{found} refused rows are there", f"发现 {found} 条被拒绝却存在的记录"
    return _failed(en, zh) if found else _passed("no refused row is there", "没有被拒绝却存在的记录")


RULES: tuple[VerdictRule, ...] = (
    VerdictRule(
        "R01",
        Text("The outage is within what the tier promises (RTO).", "中断时间在等级承诺之内（RTO）。"),
        _within_rto,
    ),
    VerdictRule(
        "R02", Text("Lost rows are within what is promised (RPO).", "丢失记录在承诺之内（RPO）。"), _within_rpo
    ),
    VerdictRule("R03", Text("Every fault was healed.", "所有故障均已恢复。"), _all_healed),
    VerdictRule("R04", Text("The measurement is fine enough.", "测量分辨率足够。"), _fine_enough),
    VerdictRule("R05", Text("The clients tried all the time.", "客户端持续尝试，没有静默。"), _always_watched),
    VerdictRule("R06", Text("The journal is whole and unchanged.", "日志完整且未被改动。"), _chain),
    VerdictRule("R07", Text("Never did two sides acknowledge writes.", "从未有两侧同时确认写入。"), _one_side),
    VerdictRule("R08", Text("The run came to its end.", "演练执行到结束。"), _came_to_its_end),
    VerdictRule("R09", Text("Every step was proven done.", "每个步骤均被证实完成。"), _steps_done),
    VerdictRule(
        "R10", Text("A second person agreed where rows may be lost.", "可能丢失数据时须有第二人批准。"), _agreed
    ),
    VerdictRule("R11", Text("What was refused is not there.", "被拒绝的写入没有出现。"), _nothing_unexpected),
    VerdictRule(
        "R12",
        Text("Two observers at different places decided a fast failover.", "快速切换由两处观察点一致判定。"),
        _decided,
    ),
)
