"""The command that writes systemd timers for the drills of a topology."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from console import Voice
from failures import Text

if TYPE_CHECKING:
    from stacks.rollout.home import Home

PLACES = (
    *("GOVCLOUD_HOME", "GOVCLOUD_CACHE", "GOVCLOUD_LAB_ROOT", "OS_CLIENT_CONFIG_FILE"),
    *("GOVCLOUD_PASSPHRASE_FILE", "PULUMI_CONFIG_PASSPHRASE_FILE"),
)
"""Variables that say where things are: those that are set are set for a timer, too."""


def schedule(voice: Voice, path: Path, folder: Path) -> int:
    """Write a systemd service and timer for each drill of the topology that has a schedule."""
    from dr_drills.rehearsal.timers import Caller, may_lose, units
    from dr_drills.scenarios.catalogue import named
    from stacks.rollout.home import PASSPHRASE, home_of
    from topology.load import load_cloud

    cloud = load_cloud(path)
    losing = [name for name, drill in cloud.drills.items() if may_lose(drill, named(drill.scenario)) and drill.schedule]
    home = home_of(cloud.name, os.environ)
    caller = Caller(program(), home.folder / "approvals", places(os.environ))
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in units(cloud, path.absolute(), caller, losing).items():
        (folder / name).write_text(text, encoding="utf-8")
        written.append(str(folder / name))
        voice.say(Text(f"written: {folder / name}", f"已生成：{folder / name}"))
    voice.document({"ok": True, "exit_code": 0, "written": written, "approved": losing})
    if losing:
        _await_approvals(voice, losing, home, caller.approvals)
    if os.environ.get(PASSPHRASE):
        voice.note(
            Text(
                f"a timer does not know {PASSPHRASE}: keep it in a file and set GOVCLOUD_PASSPHRASE_FILE",
                f"定时器不知道 {PASSPHRASE}：请存入文件并设置 GOVCLOUD_PASSPHRASE_FILE",
            )
        )
    enable = f"systemctl link {folder.absolute()}/* && systemctl enable --now {folder.absolute()}/*.timer"
    voice.note(Text(f"to use them: {enable}", f"启用：{enable}"))
    return 0


def program() -> Path:
    """Return where govcloud is: systemd looks in few places, and a tool of the user's is in none of them."""
    beside = Path(sys.executable).with_name("govcloud")
    return beside if beside.exists() else Path(sys.argv[0]).absolute()


def places(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: str(Path(environ[name]).absolute()) for name in PLACES if environ.get(name)}


def _await_approvals(voice: Voice, drills: list[str], home: Home, folder: Path) -> None:
    home.make()
    folder.mkdir(mode=0o700, exist_ok=True)
    names = ", ".join(drills)
    voice.note(
        Text(
            f"{names}: rows may be lost, so a run is refused unless a second person has signed its plan in the 24 hours"
            f" before it: govcloud drill plan, then govcloud drill approve ... --to {folder}",
            f"{names}：可能丢失数据，每次须由第二人在此前 24 小时内对计划签名，否则拒绝执行："
            f"govcloud drill plan，再 govcloud drill approve ... --to {folder}",
        )
    )
