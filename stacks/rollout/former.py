"""Sets aside what is known of stacks whose lab is no more: nothing of them can be found again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from failures import Text
from stacks.engine.journal import sync_folder
from stacks.rollout.engines import EMBEDDED
from stacks.rollout.home import STATE_SUFFIXES, Home
from stacks.rollout.records import Record, Records

FORMER = "former"


def void(records: Iterable[Record], labs: Mapping[str, str]) -> list[Record]:
    """Return the records of what was built in a lab that its site is no longer in; `labs` are by site, "" for none.

    The Pulumi CLI keeps its own state: what it built is left to its refresh.
    """
    return [r for r in records if r.lab and labs.get(r.site) and r.lab != labs[r.site] and r.engine == EMBEDDED]


def set_aside(home: Home, labs: Mapping[str, str], note: Callable[[Text], None]) -> None:
    """Move states and records of lost labs to a folder each, the record last; only those of the last labs are kept."""
    lost = void(Records(home.records).read().values(), labs)
    if not lost:
        return
    _keep_only(home.folder / FORMER, {record.lab for record in lost})
    for record in lost:
        _move(record.stack, home, home.folder / FORMER / record.lab)
    sync_folder(home.states)
    sync_folder(home.records)
    sites = ", ".join(dict.fromkeys(record.site for record in lost))
    note(
        Text(
            f"the lab was raised anew since {sites} was built: everything is built again; what was known of the lab"
            f" before is in {home.folder / FORMER}",
            f"实验环境在 {sites} 建成之后重新启动过：将全部重新构建；此前环境的记录保存在 {home.folder / FORMER}",
        )
    )


def _move(stack: str, home: Home, to: Path) -> None:
    paths = [home.states / f"{stack}{suffix}" for suffix in STATE_SUFFIXES] + [home.records / f"{stack}.json"]
    for path in paths:
        if path.exists():
            kept = to / path.parent.name
            kept.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.replace(kept / path.name)


def _keep_only(folder: Path, labs: Collection[str]) -> None:
    for old in folder.iterdir() if folder.is_dir() else ():
        if old.name not in labs:
            shutil.rmtree(old)
