"""Joins a drill's journal with the consensus stores of its cloud: kept at every site, resumed at any."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failures import AnswerNo, GovcloudError, InputInvalid, OutsideFailed, Text

if TYPE_CHECKING:
    from commands.drill_means import Desk
    from dr_drills.journal.elsewhere import Elsewhere
    from dr_drills.journal.verify import Head
    from topology.model import Cloud

Note = Callable[[Text], None]


def elsewhere_at(desk: Desk) -> Elsewhere:
    """Return what the other sites of a cloud keep of its drills."""
    from dr_drills.journal.elsewhere import Elsewhere
    from dr_drills.journal.quorum import quorums

    return Elsewhere.of(quorums(desk.scene, desk.keys))


def elsewhere_for_healing(path: Path, cloud: Cloud, note: Note) -> Elsewhere:
    """Return the same where the cloud's credentials can be opened, else nothing: healing needs none of it."""
    from commands.drill_means import scene_of
    from dr_drills.journal.elsewhere import NOWHERE, Elsewhere
    from dr_drills.journal.quorum import quorums
    from dr_drills.probes.trust import Keys
    from inventories.keys import operator_keys
    from stacks.rollout.home import home_of

    try:
        found = operator_keys(home_of(cloud.name, os.environ), os.environ, note)
        if found is None:
            return NOWHERE
        return Elsewhere.of(quorums(scene_of(path, cloud), Keys.of(found)))
    except GovcloudError as error:
        note(Text(error.say("en"), error.say("zh")))
        return NOWHERE


@dataclass(frozen=True)
class Unasked:
    """The store that the sites share had no majority; `remembered` are open runs as a member of it remembers them."""

    store: str
    remembered: tuple[str, ...]

    @property
    def fix(self) -> Text:
        if not self.remembered:
            return Text("heal the lines and sites first, then again", "请先恢复线路和数据中心，然后重试")
        run = self.remembered[-1]
        return Text(
            f"a member remembers {run}; with the lost sites fenced: govcloud drill resume TOPOLOGY {run} --break-glass",
            f"有成员记得 {run}；确认失联中心已隔离后：govcloud drill resume 拓扑文件 {run} --break-glass",
        )

    def failure(self) -> OutsideFailed:
        """Return why nobody can say that every run is over."""
        what = Text(
            "no open run is known here, and the sites' store has no majority to say whether there is one elsewhere",
            "本机没有未结束的演练，而各中心的仲裁服务没有多数派，无法确认其他控制机是否留有未结束的演练",
        )
        return OutsideFailed(what, where=self.store, fix=self.fix)


def fetch_runs(elsewhere: Elsewhere, folder: Path, name: str, note: Note) -> Unasked | None:
    """Bring runs here that another controller left open, if the store that the sites share has any.

    Returns why that is not known where the store cannot say.
    """
    from dr_drills.journal.break_glass import open_runs
    from dr_drills.journal.elsewhere import fetch

    if elsewhere.quorum is None:
        return None
    try:
        found = fetch(elsewhere.quorum, folder, name)
    except GovcloudError as error:
        note(Text(f"no runs could be fetched: {error.say('en')}", f"无法取回演练：{error.say('zh')}"))
        return Unasked(elsewhere.name, open_runs(elsewhere.quorum))
    for run in found:
        note(Text(f"fetched from {elsewhere.name}: {run}", f"已从 {elsewhere.name} 取回：{run}"))
    return None


def kept_head(path: Path, note: Note) -> Head:
    """Return the head of a run's journal as the first store that answers keeps it.

    Raises InputInvalid when the journal names no store or this machine has no keys of the cloud, AnswerNo when no
    store knows the run, OutsideFailed when none answers.
    """
    from dr_drills.journal.shared import head_under

    first = _first_event(path)
    stores = _stores_of(first, note)
    answered = False
    for store in stores:
        try:
            found = head_under(store, str(first["run"]))
        except OutsideFailed as error:
            note(Text(error.say("en"), error.say("zh")))
            continue
        answered = True
        if found:
            return found
    if answered:
        raise AnswerNo(Text("no store has ever seen this run", "没有仲裁服务保存过该演练"), where=str(first["run"]))
    raise OutsideFailed(
        Text("no store answers that could have its head", "没有可提供链头的仲裁服务应答"), where=str(path)
    )


def _first_event(path: Path) -> Mapping[str, Any]:
    from dr_drills.journal.event import parse
    from dr_drills.journal.local import JOURNAL

    file = path / JOURNAL if path.is_dir() else path
    try:
        with file.open("rb") as lines:
            data = parse(lines.readline().rstrip(b"\n")).data
        return {"cloud": str(data["cloud"]), "run": str(data["run"]), "stores": list(data["stores"])}
    except (ValueError, KeyError, TypeError) as error:
        raise InputInvalid(
            Text("the journal does not say where its head is kept", "日志未说明链头保存在何处"),
            where=f"{file}:1",
            fix=Text("compare with a copy: --head FILE", "请与副本比对：--head FILE"),
        ) from error


def _stores_of(first: Mapping[str, Any], note: Note) -> list[Any]:
    from dr_drills.journal.quorum import Quorum
    from dr_drills.probes.trust import Keys
    from inventories.keys import operator_keys
    from stacks.rollout.home import clouds_at, home_of, root_folder

    here = first["cloud"] in clouds_at(root_folder(os.environ))
    found = operator_keys(home_of(first["cloud"], os.environ), os.environ, note) if here else None
    if found is None:
        raise InputInvalid(Text("this machine has no keys of the cloud", "本机没有该云的密钥"), where=first["cloud"])
    keys = Keys.of(found)
    return [Quorum(str(row["name"]), tuple(map(str, row["addresses"])), keys) for row in first["stores"]]
