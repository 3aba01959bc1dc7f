"""Takes a cloud down: department stacks first, then what they stand on, then the state of both."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from failures import GateRefused, GovcloudError, Text
from stacks.rollout.act import Building
from stacks.rollout.deploy import MakeTools, expected, refuse_stopped, report_of
from stacks.rollout.desk import Desk
from stacks.rollout.known import known_stacks
from stacks.rollout.locks import hold
from stacks.rollout.plan import Loss, PlanReport, StackPlan, Standing
from stacks.rollout.preview import Tools, deletions, stage_of
from stacks.rollout.progress import Board
from stacks.rollout.records import Record
from stacks.rollout.report import RunReport
from stacks.rollout.run import Job, run_jobs
from stacks.rollout.stop import asking, stoppable
from stacks.rollout.toolbox import tools_of
from stacks.rollout.wishes import Wishes
from stacks.rollout.works import Works, open_works
from stacks.stateful import is_stateful


def destroy(source: Path, wishes: Wishes, desk: Desk, make: MakeTools = tools_of) -> RunReport:
    """Delete every stack of the cloud at the chosen sites and return what was done.

    Raises:
        GateRefused: another command is at work, or nobody confirmed. Nothing was touched.
    """
    began = time.monotonic()
    works = open_works(source, os.environ, wishes.sites)
    works.home.make()
    with hold(works.home.lock, "govcloud destroy"), stoppable(desk.note) as stop:
        tools = make(works, wishes, desk)
        plan = plan_destruction(works, wishes, tools)
        jobs = [Job(stack, stage_of(stack)) for stack in plan.stacks if not stack.trouble]
        if jobs:
            _confirm(plan, wishes, desk)
            refuse_stopped(stop)
        board = Board(expected(plan, jobs))
        building = Building(works, plan, wishes, tools, board)
        with desk.watch(board):
            ended = run_jobs(jobs, building.act, wishes.parallel, stop, works.alive(tools.reach))
        return replace(report_of(works, plan, ended, stop, began, tools), command="destroy")


def plan_destruction(works: Works, wishes: Wishes, tools: Tools) -> PlanReport:
    """Return a plan in which every stack at the chosen sites goes."""
    doomed = [r for r in known_stacks(works.home).values() if not wishes.sites or r.site in works.sites]
    dead = tools.reach(works.entries(r.site for r in doomed)) if doomed else {}
    stacks = tuple(_doomed(record, tools, dead.get(record.site)) for record in doomed)
    lost = tuple(Loss(s.stack, c, holds_data=is_stateful(c.type)) for s in stacks for c in s.changes)
    return PlanReport(works.cloud.name, works.digest, works.sites, stacks, lost)


def _doomed(record: Record, tools: Tools, trouble: GovcloudError | None) -> StackPlan:
    plan = StackPlan(record.stack, record.site, record.kind, Standing.GONE, trouble=trouble)
    if trouble:
        return plan
    try:
        return replace(plan, changes=tuple(deletions(tools.engines(record).resources(record.stack))))
    except GovcloudError as error:
        return replace(plan, trouble=error)


def _confirm(plan: PlanReport, wishes: Wishes, desk: Desk) -> None:
    desk.show(plan)
    if wishes.yes:
        return
    count, stacks = len(plan.losses), len(plan.stacks)
    question = Text(
        f"this destroys {count} things in {stacks} stacks for good. Type the cloud's name ({plan.cloud}) to go on:",
        f"这将永久销毁 {stacks} 个栈中的 {count} 个资源。请输入云的名称({plan.cloud})以继续：",
    )
    with asking():
        sure = desk.confirm(question, plan.cloud)
    if not sure:
        raise GateRefused(Text("not confirmed; nothing was touched", "未确认；未做任何修改"))
