"""Builds a cloud: plan, gate, confirm, ledger, run, report."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event

from failures import GateRefused, Interrupted, Text
from stacks.engine.events import Op
from stacks.rollout.act import Building
from stacks.rollout.desk import Desk
from stacks.rollout.locks import hold
from stacks.rollout.plan import PlanReport, Standing, refusal
from stacks.rollout.preview import Tools, make_plan, stage_of
from stacks.rollout.progress import Board
from stacks.rollout.report import RunReport
from stacks.rollout.run import Ended, Job, Verdict, run_jobs
from stacks.rollout.stop import asking, stoppable
from stacks.rollout.toolbox import tools_of
from stacks.rollout.wishes import Wishes
from stacks.rollout.works import Works, open_works
from topology import ledger
from topology.load import read

MakeTools = Callable[[Works, Wishes, Desk], Tools]
COUNTED = (Op.CREATE, Op.IMPORT, Op.UPDATE, Op.REPLACE, Op.DELETE)
_WORDS = {
    Op.CREATE: Text("create", "新建"),
    Op.IMPORT: Text("import", "导入"),
    Op.UPDATE: Text("change", "修改"),
    Op.REPLACE: Text("replace", "替换"),
    Op.DELETE: Text("destroy", "销毁"),
}


def preview(source: Path, wishes: Wishes, desk: Desk, make: MakeTools = tools_of) -> PlanReport:
    """Return what `deploy` would do; changes nothing."""
    works = open_works(source, os.environ, wishes.sites)
    works.home.make()
    with hold(works.home.lock, "govcloud plan"), stoppable(desk.note) as stop:
        report = make_plan(works, wishes, make(works, wishes, desk), stop)
        refuse_stopped(stop)
        return report


def deploy(source: Path, wishes: Wishes, desk: Desk, make: MakeTools = tools_of) -> RunReport:
    """Build everything that changed and return what was done.

    Raises:
        TopologyInvalid: the topology has errors.
        GateRefused: another command is at work; something that holds data would be lost and was not named; nobody
            confirmed; the topology changed in between. Nothing was touched.
    """
    began = time.monotonic()
    works = open_works(source, os.environ, wishes.sites)
    works.home.make()
    with hold(works.home.lock, "govcloud deploy"), stoppable(desk.note) as stop:
        tools = make(works, wishes, desk)
        plan = make_plan(works, wishes, tools, stop)
        refuse_stopped(stop)
        if plan.refused:
            desk.show(plan)
            raise refusal(plan)
        if not (jobs := jobs_of(plan, wishes)):
            return report_of(works, plan, [], stop, began, tools)
        _confirm(plan, wishes, desk)
        _refuse_race(works)
        ledger.write(ledger.path_for(source), works.addresses.ledger)
        began = time.monotonic()
        board = Board(expected(plan, jobs))
        with desk.watch(board):
            building = Building(works, plan, wishes, tools, board)
            ended = run_jobs(jobs, building.act, wishes.parallel, stop, works.alive(tools.reach))
        return report_of(works, plan, ended, stop, began, tools)


def jobs_of(plan: PlanReport, wishes: Wishes) -> list[Job]:
    """Return the stacks to run; unchanged departments of a site whose foundation runs may have to follow it."""
    moving = {s.site for s in plan.acting if s.kind == "foundation" and s.standing is not Standing.GONE}
    chosen = [s for s in plan.stacks if not s.trouble and (s.acts or s.site in moving or (wishes.refresh and s.moves))]
    return [Job(stack, stage_of(stack)) for stack in chosen]


def expected(plan: PlanReport, jobs: list[Job]) -> Mapping[str, tuple[int, int]]:
    """Return operations and stacks per site."""
    stacks = Counter(job.plan.site for job in jobs)
    return {site: (sum(n for op, n in plan.counts(site).items() if op in COUNTED), stacks[site]) for site in stacks}


def _confirm(plan: PlanReport, wishes: Wishes, desk: Desk) -> None:
    desk.show(plan)
    if wishes.yes:
        return
    total = sum((plan.counts(site) for site in {s.site for s in plan.stacks}), Counter[Op]())
    numbers = [(total[op], _WORDS[op]) for op in COUNTED if total[op]]
    en = ", ".join(f"{word.en} {n}" for n, word in numbers) or "change nothing"
    zh = "，".join(f"{word.zh} {n}" for n, word in numbers) or "没有变更"
    question = Text(f"{plan.cloud}: {en}. Type yes to go on:", f"{plan.cloud}：{zh}。输入 yes 继续：")
    with asking():
        sure = desk.confirm(question, "yes")
    if not sure:
        raise GateRefused(Text("not confirmed; nothing was touched", "未确认；未做任何修改"))


def _refuse_race(works: Works) -> None:
    if read(works.source).digest != works.digest:
        raise GateRefused(
            Text(
                "the topology changed after it was planned; nothing was touched", "计划之后拓扑又有改动；未做任何修改"
            ),
            where=str(works.source),
            fix=Text("run deploy again to see the new plan", "请重新执行 deploy 查看新计划"),
        )


def refuse_stopped(stop: Event) -> None:
    if stop.is_set():
        raise Interrupted(Text("interrupted before anything was touched", "已中断，未做任何修改"))


def report_of(works: Works, plan: PlanReport, ended: list[Ended], stop: Event, began: float, tools: Tools) -> RunReport:
    """Return what a run comes to, those stacks included that were not tried because the plan met trouble."""
    troubled = [Ended(s, Verdict.FAILED, error=s.trouble) for s in plan.troubles]
    ran = [*(end for end in ended if not _followed_for_nothing(end)), *troubled]
    names = {end.plan.stack for end in ran}
    return RunReport(
        cloud=works.cloud.name,
        command="deploy",
        sites=works.sites,
        ended=tuple(ran),
        unchanged=tuple((s.site, s.stack) for s in plan.stacks if s.stack not in names),
        seconds=time.monotonic() - began,
        interrupted=stop.is_set(),
        requests=tools.requests(),
    )


def _followed_for_nothing(end: Ended) -> bool:
    """Whether a department was only run because its foundation was, which then gave it nothing new."""
    done = end.plan.standing is Standing.UNCHANGED and end.verdict is Verdict.DONE
    return bool(done and end.outcome and not end.outcome.changes)
