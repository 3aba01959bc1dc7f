"""Reports as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from commands.durations import span
from console import Cell, Table
from failures import Text

if TYPE_CHECKING:
    from stacks.rollout.drift import DriftReport
    from stacks.rollout.plan import Loss, PlanReport
    from stacks.rollout.report import RunReport
    from stacks.rollout.states import StatesReport
    from stacks.rollout.status import SiteStatus, StatusReport

_SITE = Text("site", "数据中心")
_STACK = Text("stack", "栈")
_OPS = ("create", "update", "replace", "delete")
_OP_HEADS = (Text("create", "新建"), Text("change", "修改"), Text("replace", "替换"), Text("destroy", "销毁"))
_STANDINGS = {
    "unchanged": Text("unchanged", "未变更"),
    "new": Text("new", "新增"),
    "changed": Text("changed", "已变更"),
    "unfinished": Text("unfinished", "未完成"),
    "gone": Text("removed from the topology", "已从拓扑移除"),
}
NOTHING_TO_CHANGE = Text("nothing to change", "没有需要变更的内容")


def plan_tables(report: PlanReport) -> Iterator[Table]:
    """Yield the numbers per site, the stacks that change, everything that would be destroyed."""
    yield Table(
        (_SITE, *_OP_HEADS, Text("stacks to change", "待变更栈"), Text("unchanged", "未变更")),
        tuple(_plan_sites(report)),
    )
    changing = [stack for stack in report.stacks if stack.acts or stack.moves]
    yield Table(
        (_STACK, Text("standing", "状态"), *_OP_HEADS),
        tuple((stack.stack, _STANDINGS[stack.standing], *_numbers(stack.counts)) for stack in changing),
    )
    yield losses_table(report)


def losses_table(report: PlanReport) -> Table:
    """Return everything that would be destroyed or replaced, with the option that each needs.

    A stack that goes as a whole is one row, which names what holds data in it.
    """
    heads = (_STACK, Text("destroys", "将销毁"), Text("how", "方式"), Text("needs", "需要"))
    return Table(heads, tuple(_loss_rows(report)))


def _loss_rows(report: PlanReport) -> Iterator[tuple[Cell, ...]]:
    whole = {stack.stack for stack in report.stacks if stack.standing == "gone"}
    for stack in report.stacks:
        lost = [loss for loss in report.losses if loss.stack == stack.stack]
        if stack.stack not in whole:
            yield from ((loss.stack, _named(loss), str(loss.change.op), loss.ask) for loss in lost)
        elif lost:
            yield (
                stack.stack,
                _all_of(lost),
                Text("all of it", "整个栈"),
                next((loss.ask for loss in lost if loss.ask), ""),
            )


def _named(loss: Loss) -> str:
    parts = loss.change.urn.split("::")
    return f"{parts[-2].rpartition(':')[2]} {parts[-1]}"


def _all_of(lost: list[Loss]) -> Text:
    holding = [_named(loss) for loss in lost if loss.holds_data]
    others = len(lost) - len(holding)
    names = ", ".join(holding)
    return Text(f"{names}; {others} others", f"{names}；另有 {others} 项") if others else Text(names, names)


def confirm_tables(report: PlanReport) -> Iterator[Table]:
    """Yield what a person must see before saying yes."""
    yield next(plan_tables(report))
    yield losses_table(report)


def _plan_sites(report: PlanReport) -> Iterator[tuple[Cell, ...]]:
    for site in dict.fromkeys([*report.sites, *(stack.site for stack in report.stacks)]):
        acting = sum(1 for stack in report.stacks if stack.site == site and (stack.acts or stack.moves))
        held = sum(1 for stack in report.stacks if stack.site == site) - acting
        yield (site, *_numbers(report.counts(site)), str(acting), str(held))


def _numbers(counts: Counter[Any]) -> tuple[str, ...]:
    made = counts["create"] + counts["adopt"] + counts["import"]
    return tuple(str(n or "-") for n in (made, *(counts[op] for op in _OPS[1:])))


def run_tables(report: RunReport) -> Iterator[Table]:
    """Yield one row per site: what was done, and how long all of it took."""
    rows = []
    for name in report.all_sites:
        total = report.site(name)
        stacks = (str(total.done), str(total.unchanged), str(total.failed or "-"), str(total.skipped or "-"))
        rows.append((name, *stacks, *_numbers(total.ops), str(total.requests)))
    heads = (
        _SITE,
        Text("stacks done", "完成栈"),
        Text("unchanged", "未变更"),
        Text("failed", "失败"),
        Text("not tried", "未执行"),
        *_OP_HEADS,
        Text("API calls", "API 调用"),
    )
    yield Table(heads, tuple(rows), title=_headline(report))


def _headline(report: RunReport) -> Text:
    took = span(report.seconds)
    if not report.ended:
        return Text(f"{report.cloud}: nothing to change ({took})", f"{report.cloud}：没有需要变更的内容({took})")
    word = Text("done", "完成") if report.exit_code == 0 else Text("not complete", "未全部完成")
    return Text(f"{report.cloud}: {word.en} ({took})", f"{report.cloud}：{word.zh}({took})")


def status_tables(report: StatusReport) -> Iterator[Table]:
    """Yield one row per site; `?` is what could not be learned."""
    heads = (
        _SITE,
        Text("role", "角色"),
        Text("API", "API"),
        Text("services", "服务"),
        Text("stacks deployed", "已部署栈"),
        Text("changed", "已变更"),
        Text("never", "未部署"),
        Text("failed", "未完成"),
        Text("removed", "待移除"),
        Text("departments", "部门"),
        Text("servers active/all", "服务器 运行/总数"),
        Text("last deploy", "最近部署"),
    )
    yield Table(heads, tuple(_status_row(site) for site in report.sites), title=Text(report.cloud, report.cloud))


def _status_row(site: SiteStatus) -> tuple[Cell, ...]:
    seen = site.seen
    count: Counter[Any] = site.stacks
    answering = sum(1 for well in seen.services.values() if well)
    return (
        site.site,
        site.role,
        Text("unknown", "未知") if site.trouble else Text("answers", "应答"),
        f"{answering}/{len(seen.services)}" if seen.services else "?",
        *(str(count[kind] or "-") for kind in _STATUS_ORDER),
        f"{_known(seen.projects)}/{site.departments}",
        f"{_known(seen.active)}/{_known(seen.servers)}",
        site.deployed or Text("never", "从未"),
    )


_STATUS_ORDER = ("unchanged", "changed", "new", "unfinished", "gone")


def _known(number: int | None) -> str:
    return "?" if number is None else str(number)


_DRIFTS = {
    "changed": Text("changed by hand", "被手工修改"),
    "missing": Text("missing", "缺失"),
    "extra": Text("made by hand", "手工新增"),
    "undeployed": Text("not deployed", "尚未部署"),
}
_WORDS = {
    "unknown": Text("unknown", "未知"),
    "drift": Text("differs", "有差异"),
    "as declared": Text("as declared", "与拓扑一致"),
}


def drift_tables(report: DriftReport) -> Iterator[Table]:
    """Yield every difference, then one word per site."""
    heads = (_SITE, Text("how", "差异"), Text("what", "对象"), Text("detail", "详情"))
    yield Table(heads, tuple((row.site, _DRIFTS[row.kind], row.what, row.detail) for row in report.rows))
    words = report.document()["sites"]
    yield Table((_SITE, Text("world", "现网")), tuple((site, _WORDS[word]) for site, word in words.items()))


def stack_tables(report: StatesReport) -> Iterator[Table]:
    """Yield one row per stack."""
    heads = (
        _STACK,
        Text("engine", "引擎"),
        Text("last result", "最近结果"),
        Text("resources", "资源"),
        Text("when", "时间"),
    )
    rows = tuple((r.stack, r.engine, r.result, _known(r.resources), r.at or "-") for r in report.rows)
    yield Table(heads, rows)


def verify_tables(report: StatesReport) -> Iterator[Table]:
    """Yield every problem, then how many stacks are well."""
    problems = tuple((row.stack, problem) for row in report.rows for problem in row.problems)
    yield Table((_STACK, Text("problem", "问题")), problems)
    well = sum(1 for row in report.rows if not row.problems)
    yield Table((Text("stacks", "栈"), Text("well", "完好")), ((str(len(report.rows)), str(well)),))
