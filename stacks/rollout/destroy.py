"""Takes a cloud down: department stacks first, then what they stand on, then the state of both."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from failures import GateRefused, GovcloudError, Text
from stacks.rollout.act import Building
from stacks.rollout.backends import backends_of
from stacks.rollout.deploy import MakeBackends, expected, refuse_stopped, report_of
from stacks.rollout.options import RunOptions
from stacks.rollout.plan import Loss, PlanReport, StackPlan, Standing
from stacks.rollout.preview import Backends, deletions, stage_of
from stacks.rollout.progress import Board
from stacks.rollout.records import Record
from stacks.rollout.report import RunReport
from stacks.rollout.run import Job, run_jobs
from stacks.rollout.stack_index import known_stacks
from stacks.rollout.stop import asking
from stacks.rollout.terminal import Terminal
from stacks.rollout.working import at_work
from stacks.rollout.workspace import Workspace, open_workspace
from stacks.stateful import is_stateful


def destroy(source: Path, options: RunOptions, terminal: Terminal, make: MakeBackends = backends_of) -> RunReport:
    """Delete every stack of the cloud at the chosen sites and return what was done.

    Raises:
        GateRefused: another command is at work, or nobody confirmed. Nothing was touched.
    """
    began = time.monotonic()
    workspace = open_workspace(source, os.environ, options.sites)
    with at_work(workspace, "govcloud destroy", terminal.note) as stop:
        backends = make(workspace, options, terminal)
        plan = plan_destruction(workspace, options, backends)
        jobs = [Job(stack, stage_of(stack)) for stack in plan.stacks if not stack.trouble]
        if jobs:
            _confirm(plan, options, terminal)
            refuse_stopped(stop)
        board = Board(expected(plan, jobs))
        building = Building(workspace, plan, options, backends, board)
        with terminal.watch(board):
            ended = run_jobs(jobs, building.act, options.parallel, stop, workspace.alive(backends.reach))
        return replace(report_of(workspace, plan, ended, stop, began, backends), command="destroy")


def plan_destruction(workspace: Workspace, options: RunOptions, backends: Backends) -> PlanReport:
    """Return a plan in which every stack at the chosen sites goes."""
    doomed = [r for r in known_stacks(workspace.home).values() if not options.sites or r.site in workspace.sites]
    dead = backends.reach(workspace.entries(r.site for r in doomed)) if doomed else {}
    stacks = tuple(_doomed(record, backends, dead.get(record.site)) for record in doomed)
    lost = tuple(Loss(s.stack, c, holds_data=is_stateful(c.type)) for s in stacks for c in s.changes)
    return PlanReport(workspace.cloud.name, workspace.digest, workspace.sites, stacks, lost)


def _doomed(record: Record, backends: Backends, trouble: GovcloudError | None) -> StackPlan:
    plan = StackPlan(record.stack, record.site, record.kind, Standing.GONE, trouble=trouble)
    if trouble:
        return plan
    try:
        return replace(plan, changes=tuple(deletions(backends.engines(record).resources(record.stack))))
    except GovcloudError as error:
        return replace(plan, trouble=error)


def _confirm(plan: PlanReport, options: RunOptions, terminal: Terminal) -> None:
    terminal.show(plan)
    if options.yes:
        return
    count, stacks = len(plan.losses), len(plan.stacks)
    question = Text(
        f"this destroys {count} things in {stacks} stacks for good. Type the cloud's name ({plan.cloud}) to go on:",
        f"这将永久销毁 {stacks} 个栈中的 {count} 个资源。请输入云的名称({plan.cloud})以继续：",
    )
    with asking():
        sure = terminal.confirm(question, plan.cloud)
    if not sure:
        raise GateRefused(Text("not confirmed; nothing was touched", "未确认；未做任何修改"))
