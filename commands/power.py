"""The commands that take power from the lab, give it back, and lead into it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from console import Voice
from failures import Text

if TYPE_CHECKING:
    from lab.power import Targets


def targets(sites: Sequence[str], feeds: Sequence[str], hosts: Sequence[str]) -> Targets:
    from lab.power import Targets

    return Targets(tuple(sites), tuple(feeds), tuple(hosts))


def off(voice: Voice, path: Path, targets: Targets) -> int:
    from lab.place import find_place
    from lab.power import off as run
    from topology.load import load_cloud

    cloud = load_cloud(path)
    names = run(cloud, find_place(cloud.name), targets)
    voice.document({"ok": True, "exit_code": 0, "off": list(names)})
    _tell(voice, names, Text("has no power", "已断电"))
    voice.note(Text(f"to undo it: govcloud lab power on {path} ...", f"恢复：govcloud lab power on {path} ..."))
    return 0


def on(voice: Voice, path: Path, targets: Targets) -> int:
    from commands.lab import listener
    from lab.place import find_place
    from lab.power import on as run
    from topology.load import load_cloud

    cloud = load_cloud(path)
    names = run(cloud, find_place(cloud.name), targets, listener(voice))
    voice.document({"ok": True, "exit_code": 0, "on": list(names)})
    _tell(voice, names, Text("has power", "已供电"))
    return 0


def _tell(voice: Voice, names: Sequence[str], what: Text) -> None:
    for name in names:
        voice.say(Text(f"{name} {what.en}", f"{name} {what.zh}"))


def shell(voice: Voice, path: Path, name: str, command: Sequence[str]) -> int:
    """Become the command, or a shell, in the host or site; the exit code is its own."""
    import os

    from lab.place import find_place
    from lab.shell import way_in
    from topology.load import load_cloud

    cloud = load_cloud(path)
    words = way_in(cloud, find_place(cloud.name), name, command)
    if not command:
        voice.note(Text(f"you are root in {name}; Ctrl-D leads out", f"您现在是 {name} 中的 root；Ctrl-D 退出"))
    os.execvp(words[0], words)  # noqa: S606 - the words are ours and the user's own, no shell reads them
