"""Sets aside what is known of stacks whose cloud is no more: nothing of them can be found again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from failures import Text
from stacks.engine.journal import state_files, sync_folder
from stacks.rollout.engines import EMBEDDED
from stacks.rollout.home import Home
from stacks.rollout.records import Record, Records
from stacks.rollout.workspace import Workspace

FORMER = "former"


def dated(records: Iterable[Record]) -> list[Record]:
    """Return the records that tell on which generation of a cloud they were built.

    The Pulumi CLI keeps its own state: what it built is left to its refresh.
    """
    return [record for record in records if record.engine == EMBEDDED and record.generation]


def void(known: Iterable[Record], now: Mapping[str, str]) -> list[Record]:
    """Return those of `dated` that were built on another generation than stands at their site `now`."""
    return [record for record in known if now.get(record.site, "") not in {"", record.generation}]


def set_aside(workspace: Workspace, note: Callable[[Text], None]) -> None:
    """Move states and records of former clouds to a folder each, the record last; only the last of them are kept."""
    home, known = workspace.home, dated(workspace.records.read().values())
    if not known or not (lost := void(known, workspace.generations)):
        return
    _keep_only(home.folder / FORMER, {record.generation for record in lost})
    for record in lost:
        _move(record.stack, home, home.folder / FORMER / record.generation)
    sync_folder(home.states)
    sync_folder(home.records)
    sites = ", ".join(dict.fromkeys(record.site for record in lost))
    note(
        Text(
            f"the clouds of {sites} are others than those it was built on: all is built again there; what was known of"
            f" the former ones is in {home.folder / FORMER}",
            f"{sites} 的云已不是原先构建所在的云：将在其上全部重新构建；原有记录保存在 {home.folder / FORMER}",
        )
    )


def _move(stack: str, home: Home, to: Path) -> None:
    for path in (*state_files(home.states, stack), Records(home.records).path(stack)):
        if path.exists():
            kept = to / path.parent.name
            kept.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.replace(kept / path.name)


def _keep_only(folder: Path, generations: Collection[str]) -> None:
    for old in folder.iterdir() if folder.is_dir() else ():
        if old.name not in generations:
            shutil.rmtree(old)
