"""The drill commands: what there is, what would happen, run, take up again, heal, schedule."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.drill_closing import closing, closing_table
from commands.drill_gates import consents_again, consents_of, refuse_foreign, refuse_plan
from commands.drill_live import Timeline
from commands.drill_show import drill_table, foreseen_table, run_rows, run_table, scenario_table, timeline_table
from console import Voice
from failures import AnswerNo, GateRefused, GovcloudError, OutcomeUnknown, Text, WrongUsage

if TYPE_CHECKING:
    from commands.drill_means import Desk
    from commands.drill_stores import Unasked
    from dr_drills.faults.table import InForce
    from dr_drills.journal.elsewhere import Elsewhere
    from dr_drills.journal.file import Journal
    from dr_drills.planning.world import World
    from dr_drills.rehearsal.forecast import Foreseen
    from dr_drills.rehearsal.run import Consents
    from dr_drills.rehearsal.runs import Run
    from dr_drills.rehearsal.script import Script
    from dr_drills.scenarios.scenario import Level, Scenario
    from topology.model import Cloud

VERDICTS: dict[str, GovcloudError | None] = {
    "pass": None,
    "fail": AnswerNo(Text("the drill failed", "演练未通过")),
    "unknown": OutcomeUnknown(Text("the drill proved nothing: its verdict is unknown", "演练未能得出结论：结果未知")),
}


@dataclass(frozen=True)
class Asked:
    """What a command line says of a drill: `named` are the fields of a Choice, `plan` the digest that was approved."""

    level: Level = "full"
    named: Mapping[str, str] = field(default_factory=dict)
    approval: Path | None = None
    allow_data_loss: bool = False
    plan: str = ""
    window: str = ""
    break_glass: bool = False
    signed: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A drill that could begin now; `digest` is what a second person approves."""

    desk: Desk
    script: Script
    steps: tuple[Foreseen, ...]
    digest: str


def listing(voice: Voice, path: Path | None = None) -> int:
    """Show the scenarios there are, and the drills that a topology has of them."""
    from dr_drills.scenarios.catalogue import named, names
    from topology.load import load_cloud

    found = [named(name) for name in names()]
    asked = dict(load_cloud(path).drills) if path else {}
    rows = {name: one.model_dump(mode="json") for name, one in asked.items()}
    scenarios = [one.model_dump(mode="json") for one in found]
    voice.document({"ok": True, "exit_code": 0, "scenarios": scenarios, "drills": rows})
    voice.table(scenario_table(found))
    voice.table(drill_table(asked))
    return 0


def show(voice: Voice, name: str) -> int:
    from dr_drills.scenarios.catalogue import find, named

    scenario = named(name)
    voice.document({"ok": True, "exit_code": 0, "scenario": scenario.model_dump(mode="json")})
    if not voice.as_json:
        voice.raw(find(name).read_text(encoding="utf-8"))
    return 0


def plan(voice: Voice, path: Path, name: str, asked: Asked) -> int:
    """Show what a drill would do and how long it should take; touches nothing."""
    planned = _planned(voice, path, name, asked)
    refused = [one for one in planned.steps if one.refused]
    steps = [one.document() for one in planned.steps]
    voice.document(
        {
            "ok": not refused,
            "exit_code": GateRefused.exit_code if refused else 0,
            "plan_sha256": planned.digest,
            "script": planned.script.document(),
            "steps": steps,
            "predicted_s": round(sum(one.predicted_s for one in planned.steps), 1),
        }
    )
    voice.table(timeline_table(planned.steps, planned.script))
    voice.table(foreseen_table(planned.steps))
    voice.say(Text(f"plan {planned.digest}", f"计划 {planned.digest}"))
    return GateRefused.exit_code if refused else 0


def run(voice: Voice, path: Path, name: str, asked: Asked) -> int:
    """Run a drill and write its report; the exit code says its verdict."""
    from commands.drill_stores import elsewhere_at
    from dr_drills.rehearsal.runs import alone, begin, drills_folder, new_name, refuse_open
    from dr_drills.rehearsal.window import refuse_outside

    if asked.level == "tabletop":
        return plan(voice, path, name, asked)
    planned = _planned(voice, path, name, asked)
    refuse_foreign(planned)
    refuse_plan(planned, asked.plan)
    consents = consents_of(planned, asked.approval, allow_data_loss=asked.allow_data_loss)
    refuse_outside(asked.window)
    folder = drills_folder(planned.desk.home)
    with alone(folder, f"govcloud drill run {name}"):
        refuse_open(folder)
        run_name = new_name(planned.script.scenario.scenario)
        with begin(folder, run_name, _facts(planned), elsewhere_at(planned.desk)) as journal:
            return _rehearse(voice, planned.desk, planned.script, journal, consents)


def resume(voice: Voice, path: Path, name: str, asked: Asked) -> int:
    """Go on with a run whose controller died; what was in doubt is looked at, not done again."""
    from commands.drill_glass import broken_glass
    from commands.drill_means import open_desk
    from commands.drill_stores import elsewhere_at, fetch_runs
    from dr_drills.journal.file import Journal
    from dr_drills.rehearsal.runs import alone, drills_folder, refuse_stale, script_of

    desk = open_desk(path, voice.note)
    folder = drills_folder(desk.home)
    me = _operator()
    with alone(folder, "govcloud drill resume"):
        elsewhere = elsewhere_at(desk)
        if asked.break_glass:
            broken_glass(desk, folder, name, asked.signed, me).close()
            unasked = None
        else:
            unasked = fetch_runs(elsewhere, folder, name, voice.note)
        found = _found(folder, name, unasked)
        script = script_of(found)
        refuse_stale(found, desk.digest, asked.plan)
        consents = consents_again(desk, found, asked.approval)
        with Journal.resume(found.folder, me, elsewhere=elsewhere) as journal:
            return _rehearse(voice, desk, script, journal, consents)


def heal(voice: Voice, path: Path, name: str) -> int:
    """Undo every fault of a run, or of all that are not over, and end it; needs nothing of the cloud but the lab."""
    from commands.drill_stores import elsewhere_for_healing, fetch_runs
    from dr_drills.rehearsal.runs import alone, drills_folder, runs
    from stacks.rollout.home import home_of
    from topology.load import load_cloud

    cloud = load_cloud(path)
    folder = drills_folder(home_of(cloud.name, os.environ))
    elsewhere = elsewhere_for_healing(path, cloud, voice.note)
    with alone(folder, "govcloud drill heal"):
        unasked = fetch_runs(elsewhere, folder, name, voice.note)
        chosen = [_found(folder, name, unasked)] if name else [one for one in runs(folder) if one.is_open]
        left = {fault for one in chosen for fault in _healed(voice, one, path, cloud, elsewhere)} | _in_force(cloud)
    return _told_of_healing(voice, [one.name for one in chosen], sorted(left), None if chosen else unasked)


def _told_of_healing(voice: Voice, runs: list[str], left: list[InForce], unasked: Unasked | None) -> int:
    """Say what is left, whoever did it, and return the exit code: what nobody can know is not nothing."""
    code = 5 if left or unasked else 0
    rows = [fault._asdict() for fault in left]
    voice.document({"ok": not code, "exit_code": code, "runs": runs, "left": rows})
    for fault in left:
        words = f"{fault.fault} {fault.kind} {fault.name}"
        voice.note(Text(f"still in force: {words}", f"仍未撤除：{words}"))
    if unasked:
        voice.note(unasked.failure().say(voice.lang))
    if not code:
        voice.say(Text(f"nothing is left in force ({len(runs)} run(s))", f"没有残留故障({len(runs)} 次演练)"))
    return code


def _found(folder: Path, name: str, unasked: Unasked | None) -> Run:
    """Return a run as `find` does; where the sites' store could not be asked, none here does not mean none."""
    from dr_drills.rehearsal.runs import find

    try:
        return find(folder, name)
    except WrongUsage as error:
        raise (unasked.failure() if unasked else error) from error


def _in_force(cloud: Cloud) -> set[InForce]:
    from commands.drill_means import lab_means, named_injector

    return named_injector(lab_means(cloud)[0]).in_force()


def history(voice: Voice, path: Path) -> int:
    """Show the runs of a cloud."""
    from dr_drills.rehearsal.runs import drills_folder, runs
    from stacks.rollout.home import home_of
    from topology.load import load_cloud

    found = runs(drills_folder(home_of(load_cloud(path).name, os.environ)))
    voice.document({"ok": True, "exit_code": 0, "runs": run_rows(found)})
    voice.table(run_table(found))
    return 0


def _planned(voice: Voice, path: Path, name: str, asked: Asked) -> Planned:
    from commands.drill_means import open_desk
    from dr_drills.rehearsal.forecast import foresee
    from dr_drills.rehearsal.runs import plan_digest
    from dr_drills.rehearsal.script import Choice, Stage, write
    from dr_drills.scenarios.catalogue import named

    scenario = named(name)
    _refuse_level(scenario, asked.level)
    desk = open_desk(path, voice.note)
    worlds: Mapping[str, World] = desk.observer.look()
    machines = tuple(place.host for place in desk.scene.places)
    script = write(scenario, Stage(desk.cloud, worlds, desk.hosts(), Choice(**asked.named), machines), asked.level)
    steps = foresee(script, worlds, _learned(desk))
    return Planned(desk, script, steps, plan_digest(script, [one.document() for one in steps], desk.digest))


def _learned(desk: Desk) -> dict[str, float]:
    """Return how long steps took in past runs, by rule."""
    import json

    from dr_drills.rehearsal.runs import drills_folder
    from dr_drills.report.predict import learn

    reports = sorted(drills_folder(desk.home).glob("*/report.json"))
    documents = [json.loads(report.read_text(encoding="utf-8")) for report in reports]
    return {rule: found.seconds for rule, found in learn(documents).items()}


def _rehearse(voice: Voice, desk: Desk, script: Script, journal: Journal, consents: Consents) -> int:
    from commands.drill_means import means_of
    from dr_drills.rehearsal.run import Rehearsal

    timeline = Timeline(voice, lambda: desk.watch)
    try:
        with timeline:
            verdict = Rehearsal(
                script, means_of(desk, journal.folder.name, timeline.tell, voice.note), journal, consents
            ).run()
    except BaseException:
        _report(journal)
        voice.note(_lies_at(journal))
        raise
    return _close(voice, verdict, journal)


def _close(voice: Voice, verdict: str, journal: Journal) -> int:
    """Show what was promised and what was measured, and return the exit code of the verdict."""
    from dr_drills.report.files import PAGE

    failure = VERDICTS[verdict]
    code = failure.exit_code if failure else 0
    reasons = list(journal.events[-1].data.get("reasons", ()))
    facts = closing(_report(journal), verdict, str(journal.folder / PAGE))
    shown = {"folder": str(journal.folder), "reasons": reasons}
    voice.document({"ok": failure is None, "exit_code": code, **facts, **shown})
    voice.table(closing_table(facts))
    for row in reasons:
        voice.note(Text(f"{row['rule']} {row['en']}", f"{row['rule']} {row['zh']}"))
    if failure:
        voice.note(failure.say(voice.lang))
    return code


def _report(journal: Journal) -> dict[str, Any]:
    from dr_drills.report.files import write_report

    return write_report(journal.folder, journal.settle())


def _lies_at(journal: Journal) -> Text:
    from dr_drills.report.files import PAGE

    return Text(f"report: {journal.folder / PAGE}", f"报告：{journal.folder / PAGE}")


def _healed(voice: Voice, found: Run, path: Path, cloud: Cloud, elsewhere: Elsewhere) -> tuple[InForce, ...]:
    from commands.drill_means import lab_means, named_injector, out_of_band
    from dr_drills.journal.file import Journal
    from dr_drills.rehearsal.mending import LOOK, way_back
    from dr_drills.rehearsal.resume import heal_run
    from dr_drills.rehearsal.runs import script_of

    injector, borders = lab_means(cloud)
    faults, away = named_injector(injector), out_of_band(path, cloud, injector, borders)
    with Journal.resume(found.folder, _operator(), elsewhere=elsewhere) as journal:
        timeline, script = Timeline(voice, lambda: None), script_of(found)
        left = heal_run(journal, faults, away, script, timeline.tell)
        if (advice := way_back(script, journal.events)) != LOOK:
            voice.note(advice)
    return left


def _facts(planned: Planned) -> dict[str, Any]:
    from dr_drills.rehearsal.facts import facts_of

    desk, script = planned.desk, planned.script
    return {
        **facts_of(desk.cloud, script, planned.steps),
        "topology_sha256": desk.digest,
        "plan_sha256": planned.digest,
        **_operator(),
    }


def _operator() -> dict[str, str]:
    """Return who runs this command, and where, as a journal says it."""
    return {"operator": getpass.getuser(), "host": socket.gethostname()}


def _refuse_level(scenario: Scenario, level: str) -> None:
    if level not in scenario.levels:
        levels = ", ".join(scenario.levels)
        raise GateRefused(
            Text(f"{scenario.scenario} has no level {level}", f"{scenario.scenario} 没有 {level} 级别"),
            fix=Text(f"its levels: {levels}", f"可用级别：{levels}"),
        )
