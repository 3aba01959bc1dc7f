"""Raises what the kernel gives one machine to what many hosts on it take."""

from __future__ import annotations

from pathlib import Path

FLOORS = {
    "fs/inotify/max_user_instances": 4096,  # each host's systemd takes some of root's 128
    "fs/inotify/max_user_watches": 262144,
    "kernel/keys/maxkeys": 20000,
}


def raise_limits(proc: Path = Path("/proc/sys")) -> None:
    """Raise each limit that is lower than its floor; none is ever lowered, also not by `down`."""
    for name, floor in FLOORS.items():
        path = proc / name
        if path.exists() and int(path.read_text()) < floor:
            path.write_text(str(floor))
