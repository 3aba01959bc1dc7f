"""What keeps a drill from beginning: a stale plan, a missing second person, a cloud that is no lab."""

from __future__ import annotations

import getpass
import os
import pwd
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from failures import GateRefused, InputInvalid, Text

if TYPE_CHECKING:
    from commands.drill_means import Desk
    from commands.drills import Planned
    from console import Voice
    from dr_drills.approvals.approval import Agreement, Approval, Due
    from dr_drills.rehearsal.run import Consents
    from dr_drills.rehearsal.runs import Run


def approve(voice: Voice, path: Path, plan: str, who: str, key: Path, to: Path | None) -> int:
    """Sign a plan as a second person and write the approval; needs nothing of the cloud."""
    from dr_drills.approvals.approval import agreement, approve, approvers_file
    from dr_drills.approvals.statement import Statement
    from dr_drills.journal.heads import put_whole
    from stacks.rollout.home import home_of
    from topology.load import load_cloud, read

    cloud = load_cloud(path)
    made = approve(Statement.new(cloud.name, plan, read(path).digest, who), key)
    try:
        approvers = approvers_file(path, home_of(cloud.name, os.environ).folder).read_bytes()
    except GateRefused as error:
        voice.note(Text(error.say("en"), error.say("zh")))
    else:
        agreement(made, approvers)
    name = f"{cloud.name}-{plan[:12]}-{who}.approval"
    file = to / name if to and to.is_dir() else to or Path(name)
    put_whole(file, made.text)
    voice.document({"ok": True, "exit_code": 0, "approval": str(file), "statement": made.statement})
    voice.say(Text(f"approval: {file}", f"批准文件：{file}"))
    return 0


def refuse_plan(planned: Planned, named: str) -> None:
    """Refuse a plan that is not the one that was named, or that cannot be carried out."""
    from commands.drill_means import refuse_lacking

    if named and named != planned.digest:
        raise GateRefused(
            Text("the plan is stale: topology, world or tables have changed", "计划已过期：拓扑、现状或规则已变化"),
            where=planned.digest,
            fix=Text("look at it again: govcloud drill plan", "请重新查看：govcloud drill plan"),
        )
    if planned.script.scenario.mends and not planned.steps:
        raise GateRefused(Text("there is nothing to put right", "没有需要恢复的内容"), where=planned.desk.cloud.name)
    refuse_lacking(planned.desk, planned.steps)
    refused = next((one for one in planned.steps if one.refused), None)
    if refused:
        raise GateRefused(
            Text(f"step {refused.step.id} would be refused", f"步骤 {refused.step.id} 的条件不成立"),
            where=refused.service,
            fix=refused.step.rule.reason,
        )


def consents_of(planned: Planned, approval: Path | None, *, allow_data_loss: bool) -> Consents:
    """Return who agrees to a run that begins. Raises GateRefused when somebody else must, and did not, or not to this.

    An approval that is given is checked even where none is needed; of a folder, only that of this plan is looked at.
    """
    from dr_drills.rehearsal.run import Consents
    from dr_drills.rehearsal.runs import drills_folder, runs

    desk = planned.desk
    used = _statements(runs(drills_folder(desk.home)))
    found = _given(desk, approval, _due(desk, planned.digest, used))
    consents = Consents(getpass.getuser(), found, allow_data_loss)
    if any(one.needs_second_person for one in planned.steps) and not consents.second_person:
        missing = f"--approval FILE --allow-data-loss --plan {planned.digest}"
        raise GateRefused(
            Text("rows may be lost: a second person must sign the plan", "可能丢失数据：需第二人对计划签名"),
            where=planned.digest,
            fix=Text(
                f"govcloud drill approve {desk.path} --plan {planned.digest} --as NAME --key FILE, then add {missing}",
                f"govcloud drill approve {desk.path} --plan {planned.digest} --as 姓名 --key 密钥，再加上 {missing}",
            ),
        )
    return consents


def consents_again(desk: Desk, run: Run, approval: Path | None) -> Consents:
    """Return who agrees to a run that goes on: by a new approval, or the one in its journal, checked again."""
    from dr_drills.approvals.approval import Approval
    from dr_drills.journal.event import EventKind
    from dr_drills.rehearsal.run import Consents

    operator = getpass.getuser()
    due = _due(desk, str(run.events[0].data.get("plan_sha256", "")), ())
    given = _given(desk, approval, due)
    if given:
        return Consents(operator, given, allow_data_loss=True)
    told = [event.data for event in run.events if event.kind == EventKind.APPROVAL]
    if not told:
        return Consents(operator)
    kept = Approval(str(told[-1].get("statement", "")), str(told[-1].get("signature", "")))
    return Consents(operator, _checked(desk, kept, due, None), allow_data_loss=True)


def refuse_foreign(planned: Planned) -> None:
    """Refuse to break anything with credentials that lead elsewhere than to the lab on this machine."""
    from commands.drill_means import NoInjector, no_lab
    from lab.place import find_place
    from lab.up import known_sites

    desk = planned.desk
    if not planned.script.faults:
        return
    if isinstance(desk.injector, NoInjector):
        raise no_lab(planned.script.faults[0].id)
    for site in known_sites(desk.cloud, find_place(desk.cloud.name)):
        found = _leads_to(site.entry)
        if found and found.rstrip("/") != site.auth_url.rstrip("/"):
            raise GateRefused(
                Text(
                    f"clouds.yaml leads to {found}, which is not the lab: faults are for labs only",
                    f"clouds.yaml 指向 {found}，并非实验环境：只能对实验环境注入故障",
                ),
                where=f"{site.name}: {site.entry}",
                fix=Text("use the lab's clouds.yaml: OS_CLIENT_CONFIG_FILE", "请使用实验环境的 clouds.yaml"),
            )


def _leads_to(entry: str) -> str:
    """Return the Keystone of an entry in clouds.yaml; empty where there is none, which leads nowhere."""
    from stacks.access import read_access

    try:
        return read_access(entry).auth_url
    except InputInvalid:
        return ""


def _given(desk: Desk, approval: Path | None, due: Due) -> Agreement | None:
    """Return the checked approval of what is due in a file or a folder, None where nobody gave one."""
    from dr_drills.approvals.approval import find_approval

    found = find_approval(approval, due.plan_sha256) if approval else None
    return _checked(desk, found, due, datetime.now(UTC)) if found else None


def _checked(desk: Desk, approval: Approval, due: Due, now: datetime | None) -> Agreement:
    from dr_drills.approvals.approval import agreement, approvers_file, refuse

    found = agreement(approval, approvers_file(desk.path, desk.home.folder).read_bytes())
    refuse(found, due, now)
    return found


def _due(desk: Desk, plan: str, used: Collection[str]) -> Due:
    from dr_drills.approvals.approval import Due

    return Due(desk.cloud.name, plan, desk.digest, operators(), own_keys(Path.home() / ".ssh"), used)


def operators() -> frozenset[str]:
    """Return every name of who runs this command; none of them is a second person."""
    names = {getpass.getuser(), pwd.getpwuid(os.getuid()).pw_name, os.environ.get("SUDO_USER", "")}
    return frozenset(names - {""})


def own_keys(folder: Path) -> frozenset[str]:
    """Return the fingerprints of the keys that lie in a folder of keys."""
    from dr_drills.approvals.signing import fingerprint

    lines = (file.read_text(encoding="utf-8", errors="replace") for file in folder.glob("*.pub"))
    return frozenset(found for line in lines if (found := fingerprint(line)))


def _statements(found: Iterable[Run]) -> frozenset[str]:
    return frozenset(str(e.data.get("statement")) for run in found for e in run.events if e.kind == "approval")
