"""The scheduled drills of a topology as systemd units: a service and a timer for each; pure."""

from __future__ import annotations

import shlex
from pathlib import Path

from topology.model import Cloud, Drill

NOTE = "# Written by `govcloud drill schedule`; change the topology, not this file.\n"


def units(cloud: Cloud, topology: Path) -> dict[str, str]:
    """Return the texts of the units by file name.

    A run that was missed while the machine was off is caught up with (Persistent=), but only within its window: the
    command refuses outside of it. Only one controller runs: the others find the lock taken.
    """
    found: dict[str, str] = {}
    for name, drill in cloud.drills.items():
        if drill.schedule:
            unit = f"govcloud-drill-{cloud.name}-{name}"
            found[f"{unit}.service"] = _service(name, cloud, drill, topology)
            found[f"{unit}.timer"] = _timer(name, cloud, drill.schedule)
    return found


def words(drill: Drill, topology: Path) -> list[str]:
    """Return the command line of a scheduled drill."""
    line = ["govcloud", "drill", "run", str(topology), drill.scenario, "--level", drill.level]
    line += ["--site", drill.site] if drill.site else []
    line += ["--carrier", drill.carrier] if drill.carrier else []
    line += ["--service", drill.service] if drill.service else []
    return [*line, "--window", f"{drill.window}/{drill.schedule}"]


def _service(name: str, cloud: Cloud, drill: Drill, topology: Path) -> str:
    # systemd expands % and $ in a command line, whatever quotes it has
    line = shlex.join(words(drill, topology)).replace("%", "%%").replace("$", "$$")
    return (
        f"{NOTE}[Unit]\nDescription=govcloud drill {name} of {cloud.name}\nAfter=network-online.target\n"
        f"Wants=network-online.target\n\n[Service]\nType=oneshot\nExecStart=/usr/bin/env {line}\n"
        f"KillSignal=SIGINT\nTimeoutStopSec=10min\n"
    )


def _timer(name: str, cloud: Cloud, calendar: str) -> str:
    return (
        f"{NOTE}[Unit]\nDescription=when to rehearse {name} of {cloud.name}\n\n"
        f"[Timer]\nOnCalendar={calendar}\nPersistent=true\nAccuracySec=1min\n\n[Install]\nWantedBy=timers.target\n"
    )
