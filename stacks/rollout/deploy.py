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
from stacks.image_files import image_contents
from stacks.rollout.act import Building
from stacks.rollout.backends import backends_of
from stacks.rollout.options import RunOptions
from stacks.rollout.plan import PlanReport, Standing, refusal
from stacks.rollout.preview import Backends, make_plan, stage_of
from stacks.rollout.progress import Board
from stacks.rollout.report import RunReport
from stacks.rollout.run import Ended, Job, Verdict, run_jobs
from stacks.rollout.stop import asking
from stacks.rollout.terminal import Terminal
from stacks.rollout.working import at_work
from stacks.rollout.workspace import Workspace, open_workspace
from topology import ledger
from topology.load import read

MakeBackends = Callable[[Workspace, RunOptions, Terminal], Backends]
COUNTED = (Op.CREATE, Op.IMPORT, Op.UPDATE, Op.REPLACE, Op.DELETE)
_WORDS = {
    Op.CREATE: Text("create", "新建"),
    Op.IMPORT: Text("import", "导入"),
    Op.UPDATE: Text("change", "修改"),
    Op.REPLACE: Text("replace", "替换"),
    Op.DELETE: Text("destroy", "销毁"),
}


def preview(source: Path, options: RunOptions, terminal: Terminal, make: MakeBackends = backends_of) -> PlanReport:
    """Return what `deploy` would do; changes nothing at any site."""
    workspace = open_workspace(source, os.environ, options.sites)
    with at_work(workspace, "govcloud plan", terminal.note) as stop:
        report = make_plan(workspace, options, make(workspace, options, terminal), stop)
        refuse_stopped(stop)
        return report


def deploy(source: Path, options: RunOptions, terminal: Terminal, make: MakeBackends = backends_of) -> RunReport:
    """Build everything that changed and return what was done.

    Raises:
        TopologyInvalid: the topology has errors.
        GateRefused: another command is at work; something that holds data would be lost and was not named; nobody
            confirmed; the topology changed in between. Nothing was touched.
    """
    began = time.monotonic()
    workspace = open_workspace(source, os.environ, options.sites)
    with at_work(workspace, "govcloud deploy", terminal.note) as stop:
        backends = make(workspace, options, terminal)
        plan = make_plan(workspace, options, backends, stop)
        refuse_stopped(stop)
        if plan.refused:
            terminal.show(plan)
            raise refusal(plan)
        if not (jobs := jobs_of(plan, options)):
            return report_of(workspace, plan, [], stop, began, backends)
        _confirm(plan, options, terminal)
        _refuse_race(workspace)
        ledger.write(ledger.path_for(source), workspace.addresses.ledger)
        began = time.monotonic()
        board = Board(expected(plan, jobs))
        with terminal.watch(board):
            building = Building(workspace, plan, options, backends, board)
            ended = run_jobs(jobs, building.act, options.parallel, stop, workspace.alive(backends.reach))
        return report_of(workspace, plan, ended, stop, began, backends)


def jobs_of(plan: PlanReport, options: RunOptions) -> list[Job]:
    """Return the stacks to run; unchanged departments of a site whose foundation runs may have to follow it."""
    moving = {s.site for s in plan.acting if s.kind == "foundation" and s.standing is not Standing.GONE}
    chosen = [s for s in plan.stacks if not s.trouble and (s.acts or s.site in moving or (options.refresh and s.moves))]
    return [Job(stack, stage_of(stack)) for stack in chosen]


def expected(plan: PlanReport, jobs: list[Job]) -> Mapping[str, tuple[int, int]]:
    """Return operations and stacks per site."""
    stacks = Counter(job.plan.site for job in jobs)
    return {site: (sum(n for op, n in plan.counts(site).items() if op in COUNTED), stacks[site]) for site in stacks}


def _confirm(plan: PlanReport, options: RunOptions, terminal: Terminal) -> None:
    terminal.show(plan)
    if options.yes:
        return
    total = sum((plan.counts(site) for site in {s.site for s in plan.stacks}), Counter[Op]())
    numbers = [(total[op], _WORDS[op]) for op in COUNTED if total[op]]
    en = ", ".join(f"{word.en} {n}" for n, word in numbers) or "change nothing"
    zh = "，".join(f"{word.zh} {n}" for n, word in numbers) or "没有变更"
    question = Text(f"{plan.cloud}: {en}. Type yes to go on:", f"{plan.cloud}：{zh}。输入 yes 继续：")
    with asking():
        sure = terminal.confirm(question, "yes")
    if not sure:
        raise GateRefused(Text("not confirmed; nothing was touched", "未确认；未做任何修改"))


def _refuse_race(workspace: Workspace) -> None:
    images = image_contents(workspace.cloud, workspace.folder)
    if read(workspace.source).digest != workspace.digest or images != workspace.images:
        raise GateRefused(
            Text(
                "the topology or an image changed after it was planned; nothing was touched",
                "计划之后拓扑或镜像又有改动；未做任何修改",
            ),
            where=str(workspace.source),
            fix=Text("run deploy again to see the new plan", "请重新执行 deploy 查看新计划"),
        )


def refuse_stopped(stop: Event) -> None:
    if stop.is_set():
        raise Interrupted(Text("interrupted before anything was touched", "已中断，未做任何修改"))


def report_of(
    workspace: Workspace, plan: PlanReport, ended: list[Ended], stop: Event, began: float, backends: Backends
) -> RunReport:
    """Return what a run comes to, those stacks included that were not tried because the plan met trouble."""
    troubled = [Ended(s, Verdict.FAILED, error=s.trouble) for s in plan.troubles]
    ran = [*(end for end in ended if not _followed_for_nothing(end)), *troubled]
    names = {end.plan.stack for end in ran}
    return RunReport(
        cloud=workspace.cloud.name,
        command="deploy",
        sites=workspace.sites,
        ended=tuple(ran),
        unchanged=tuple((s.site, s.stack) for s in plan.stacks if s.stack not in names),
        seconds=time.monotonic() - began,
        interrupted=stop.is_set(),
        requests=backends.requests(),
    )


def _followed_for_nothing(end: Ended) -> bool:
    """Whether a department was only run because its foundation was, which then gave it nothing new."""
    done = end.plan.standing is Standing.UNCHANGED and end.verdict is Verdict.DONE
    return bool(done and end.outcome and not end.outcome.changes)
