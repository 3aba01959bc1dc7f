"""The govcloud command line: parse, load, call, render, exit."""

from __future__ import annotations

from pathlib import Path

from commands import options as o
from commands.frame import AsJson, Debug, Spoken, Version, application, command, group, main_of
from commands.terminal import terminal
from commands.words import ABOUT
from console import Voice
from failures import Text

app = application(ABOUT)
state = group("state", app)
drill = group("drill", app)
lab = group("lab", app)
report = group("report", app)


def main() -> None:
    """Run the command line and exit with its code."""
    main_of(app)


@app.callback()
def everywhere(
    *, as_json: AsJson = False, lang: Spoken = None, debug: Debug = False, version: Version = False
) -> None: ...


@command(app, "init")
def init(voice: Voice, folder: o.Folder = Path()) -> None:
    from topology.init import write_template

    written = write_template(folder)
    for path in written:
        voice.say(Text(f"written: {path}", f"已生成：{path}"))
    voice.document({"written": [str(path) for path in written]})


@command(app, "schema")
def schema(voice: Voice) -> None:
    from topology.schema import schema_text

    voice.raw(schema_text())


@command(app, "validate")
def validate(voice: Voice, paths: o.Topologies, shape: o.Shape = o.Format.TEXT) -> int:
    from topology.render import render
    from topology.validate import validate as check

    checked = check(paths)
    voice.raw(render(checked, "json" if voice.as_json else shape, voice.lang))
    return int(checked.failed)


@command(app, "plan")
def plan(
    voice: Voice,
    path: o.Topology,
    site: o.Sites = [],
    engine: o.EngineChoice = o.Engine.AUTO,
    refresh: o.Refresh = False,
    replace: o.Replace = [],
    delete: o.Delete = [],
    parallel: o.Parallel = 4,
) -> int:
    from commands.tables import plan_tables
    from stacks.rollout.deploy import preview
    from stacks.rollout.options import RunOptions

    options = RunOptions(tuple(site), engine, refresh, frozenset(replace), frozenset(delete), parallel)
    return voice.report(preview(path, options, terminal(voice)), plan_tables)


@command(app, "bundle")
def bundle(voice: Voice, path: o.MaybeTopology = None, refresh: o.FetchAgain = False) -> None:
    from commands import bundle as c

    c.fill(voice, path, refresh=refresh)


@command(app, "deploy")
def deploy(
    voice: Voice,
    path: o.Topology,
    site: o.Sites = [],
    until: o.UpTo = o.Until.VERIFY,
    limit: o.Limit = [],
    engine: o.EngineChoice = o.Engine.AUTO,
    refresh: o.RefreshAll = False,
    yes: o.Yes = False,
    replace: o.Replace = [],
    delete: o.Delete = [],
    parallel: o.Parallel = 4,
) -> int:
    from commands.deployment import deploy as run
    from commands.deployment import deploy_tables
    from commands.plays import play_terminal
    from stacks.rollout.options import RunOptions

    options = RunOptions(
        tuple(site), engine, refresh, frozenset(replace), frozenset(delete), parallel, yes=yes, until=until
    )
    return voice.report(run(path, options, tuple(limit), play_terminal(voice)), deploy_tables)


@command(app, "status")
def status(voice: Voice, path: o.Topology, watch: o.Watch = False) -> int:
    from commands.glance import glance_tables, look

    return voice.again(lambda: voice.report(look(path), glance_tables), watch=watch)


@command(app, "drift")
def drift(voice: Voice, path: o.Topology, site: o.Sites = [], parallel: o.Parallel = 4) -> int:
    from commands.tables import drift_tables
    from stacks.rollout.drift import drift as compare
    from stacks.rollout.options import RunOptions

    return voice.report(compare(path, RunOptions(tuple(site), parallel=parallel), terminal(voice)), drift_tables)


@command(app, "destroy")
def destroy(voice: Voice, path: o.Topology, site: o.Sites = [], yes: o.Yes = False, parallel: o.Parallel = 4) -> int:
    from commands.tables import run_tables
    from stacks.rollout.destroy import destroy as run
    from stacks.rollout.options import RunOptions

    return voice.report(run(path, RunOptions(tuple(site), parallel=parallel, yes=yes), terminal(voice)), run_tables)


@command(app, "inventory")
def inventory(voice: Voice, path: o.Topology, listing: o.Listing = False, host: o.MaybeHost = None) -> None:
    from commands.inventory import answer

    answer(voice, path, listing=listing, host=host)


@command(state, "list", "state")
def state_list(voice: Voice, path: o.MaybeTopology = None) -> int:
    from commands.tables import stack_tables
    from stacks.rollout.states import listing

    return voice.report(listing(path), stack_tables)


@command(state, "export", "state")
def state_export(voice: Voice, stack: o.StackName) -> None:
    from stacks.rollout.states import export_text

    voice.raw(export_text(stack))


@command(state, "import", "state")
def state_import(
    voice: Voice,
    stack: o.StackName,
    file: o.StateFile,
    engine: o.ImportEngine = o.ImportedBy.EMBEDDED,
    yes: o.Yes = False,
) -> int:
    from commands.tables import stack_tables
    from stacks.rollout.states import import_file

    return voice.report(import_file(stack, file, terminal(voice), yes=yes, engine=engine), stack_tables)


@command(state, "verify", "state")
def state_verify(voice: Voice, path: o.MaybeTopology = None) -> int:
    from commands.tables import verify_tables
    from stacks.rollout.states import verify

    return voice.report(verify(path), verify_tables)


@command(drill, "list", "drill")
def drill_list(voice: Voice, path: o.MaybeTopology = None) -> int:
    from commands import drills as c

    return c.listing(voice, path)


@command(drill, "show", "drill")
def drill_show(voice: Voice, scenario: o.ScenarioName) -> int:
    from commands import drills as c

    return c.show(voice, scenario)


@command(drill, "plan", "drill")
def drill_plan(
    voice: Voice,
    path: o.Topology,
    scenario: o.ScenarioName,
    level: o.DrillLevel = "full",
    site: o.OneSite = "",
    link: o.OneLink = "",
    carrier: o.OneCarrier = "",
    feed: o.OneFeed = "",
    host: o.OneServer = "",
    service: o.OneService = "",
) -> int:
    from commands import drills as c

    named = {"site": site, "link": link, "carrier": carrier, "feed": feed, "host": host, "service": service}
    return c.plan(voice, path, scenario, c.Asked(level, named))


@command(drill, "run", "drill")
def drill_run(
    voice: Voice,
    path: o.Topology,
    scenario: o.ScenarioName,
    level: o.DrillLevel = "full",
    site: o.OneSite = "",
    link: o.OneLink = "",
    carrier: o.OneCarrier = "",
    feed: o.OneFeed = "",
    host: o.OneServer = "",
    service: o.OneService = "",
    approval: o.ApprovalFile = None,
    allow_data_loss: o.MayLose = False,
    plan: o.PlanDigest = "",
    window: o.Window = "",
) -> int:
    from commands import drills as c

    named = {"site": site, "link": link, "carrier": carrier, "feed": feed, "host": host, "service": service}
    return c.run(voice, path, scenario, c.Asked(level, named, approval, allow_data_loss, plan, window))


@command(drill, "approve", "drill")
def drill_approve(
    voice: Voice,
    path: o.Topology,
    plan: o.ApprovedPlan,
    who: o.ApproverName,
    key: o.ApproverKey,
    to: o.ApprovalTo = None,
) -> int:
    from commands import drill_gates as c

    return c.approve(voice, path, plan, who, key, to)


@command(drill, "resume", "drill")
def drill_resume(
    voice: Voice,
    path: o.Topology,
    run: o.DrillRun = "",
    approval: o.ApprovalFile = None,
    plan: o.PlanDigest = "",
    break_glass: o.BreakGlass = False,
    signed: o.SignedBy = [],
) -> int:
    from commands import drills as c

    return c.resume(
        voice, path, run, c.Asked(approval=approval, plan=plan, break_glass=break_glass, signed=tuple(signed))
    )


@command(drill, "heal", "drill")
def drill_heal(voice: Voice, path: o.Topology, run: o.DrillRun = "") -> int:
    from commands import drills as c

    return c.heal(voice, path, run)


@command(drill, "history", "drill")
def drill_history(voice: Voice, path: o.Topology) -> int:
    from commands import drills as c

    return c.history(voice, path)


@command(drill, "schedule", "drill")
def drill_schedule(voice: Voice, path: o.Topology, to: o.TimerFolder = Path("timers")) -> int:
    from commands import drill_timers as c

    return c.schedule(voice, path, to)


@command(lab, "check", "lab")
def lab_check(voice: Voice, path: o.MaybeTopology = None) -> int:
    from commands import lab as c

    return c.check(voice, path)


@command(lab, "up", "lab")
def lab_up(voice: Voice, path: o.Topology, boot: o.MaybeBoot = None) -> int:
    from commands import lab as c

    return c.up(voice, path, boot)


@command(lab, "down", "lab")
def lab_down(voice: Voice, path: o.Topology, keep: o.Keep = False) -> int:
    from commands import lab as c

    return c.down(voice, path, keep=keep)


@command(lab, "status", "lab")
def lab_status(voice: Voice, path: o.Topology) -> int:
    from commands import lab as c

    return c.status(voice, path)


@command(lab, "cut", "lab")
def lab_cut(
    voice: Voice,
    path: o.Topology,
    site: o.HitSites = [],
    link: o.HitLinks = [],
    carrier: o.HitCarriers = [],
    host: o.HitHosts = [],
) -> int:
    from commands import faults as c

    return c.cut(voice, path, c.targets(site, link, carrier, host))


@command(lab, "slow", "lab")
def lab_slow(
    voice: Voice,
    path: o.Topology,
    site: o.HitSites = [],
    link: o.HitLinks = [],
    carrier: o.HitCarriers = [],
    latency: o.AddedLatency = 0.0,
    loss: o.Loss = 0.0,
    bandwidth: o.Ceiling = None,
) -> int:
    from commands import faults as c

    return c.slow(voice, path, c.targets(site, link, carrier, []), c.slowness(latency, loss, bandwidth))


@command(lab, "heal", "lab")
def lab_heal(
    voice: Voice,
    path: o.Topology,
    site: o.HitSites = [],
    link: o.HitLinks = [],
    carrier: o.HitCarriers = [],
    host: o.HitHosts = [],
) -> int:
    from commands import faults as c

    return c.heal(voice, path, c.targets(site, link, carrier, host))


@command(lab, "power", "lab")
def lab_power(
    voice: Voice,
    action: o.OffOrOn,
    path: o.Topology,
    site: o.HitSites = [],
    feed: o.HitFeeds = [],
    host: o.HitHosts = [],
) -> int:
    from commands import power as c

    switch = c.off if action == "off" else c.on
    return switch(voice, path, c.targets(site, feed, host))


@command(lab, "shell", "lab")
def lab_shell(voice: Voice, path: o.Topology, name: o.Somewhere, words: o.Words = []) -> int:
    from commands import power as c

    return c.shell(voice, path, name, words)


@command(report, "show", "report")
def report_show(voice: Voice, run: o.RunName, html: o.PageFile = None) -> int:
    from commands import reports as c

    return c.show(voice, run, html)


@command(report, "verify", "report")
def report_verify(voice: Voice, path: o.Evidence, head: o.HeadFile = None, head_from: o.HeadFrom = None) -> int:
    from commands import reports as c

    return c.verify(voice, path, head, head_from)
