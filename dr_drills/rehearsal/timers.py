"""The scheduled drills of a topology as systemd units: a service and a timer for each; pure."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from dr_drills.planning.plan import TABLE
from dr_drills.planning.steps import Consent
from dr_drills.scenarios.scenario import Scenario
from topology.model import Cloud, Drill

NOTE = "# Written by `govcloud drill schedule`; change the topology, not this file.\n"


@dataclass(frozen=True)
class Caller:
    """How a timer calls govcloud, as systemd has neither the operator's PATH nor variables; `program` is absolute.

    `approvals` is the folder where second persons lay their approvals, `environ` the variables that say where all is.
    """

    program: Path
    approvals: Path
    environ: Mapping[str, str]


def may_lose(drill: Drill, scenario: Scenario) -> bool:
    """Tell whether a drill has plans with a step that a second person must agree to."""
    courses = (*scenario.recovery.courses, *scenario.recovery.afterwards)
    rules = (rule for course in courses for rule in TABLE[course.plan])
    return drill.level != "tabletop" and any(rule.consent is Consent.SECOND_PERSON for rule in rules)


def units(cloud: Cloud, topology: Path, caller: Caller, losing: Collection[str]) -> dict[str, str]:
    """Return the texts of the units by file name; `losing` are the drills of which `may_lose` is true.

    A run that was missed while the machine was off is caught up with (Persistent=), but only within its window: the
    command refuses outside of it. Only one controller runs: the others find the lock taken.
    """
    found: dict[str, str] = {}
    for name, drill in cloud.drills.items():
        if drill.schedule:
            unit = f"govcloud-drill-{cloud.name}-{name}"
            line = words(drill, topology, caller, loses=name in losing)
            found[f"{unit}.service"] = _service(f"{name} of {cloud.name}", line, caller.environ)
            found[f"{unit}.timer"] = _timer(f"{name} of {cloud.name}", drill.schedule)
    return found


def words(drill: Drill, topology: Path, caller: Caller, *, loses: bool) -> list[str]:
    """Return the command line of a scheduled drill; the flag for loss is worth nothing without somebody's signature."""
    line = [str(caller.program), "drill", "run", str(topology), drill.scenario, "--level", drill.level]
    line += ["--site", drill.site] if drill.site else []
    line += ["--carrier", drill.carrier] if drill.carrier else []
    line += ["--service", drill.service] if drill.service else []
    line += ["--approval", str(caller.approvals), "--allow-data-loss"] if loses else []
    return [*line, "--window", f"{drill.window}/{drill.schedule}"]


def _service(title: str, line: list[str], environ: Mapping[str, str]) -> str:
    variables = "".join(f"Environment={_plain(shlex.quote(f'{name}={value}'))}\n" for name, value in environ.items())
    # systemd expands $ in a command line, whatever quotes it has
    command = _plain(shlex.join(line)).replace("$", "$$")
    return (
        f"{NOTE}[Unit]\nDescription=govcloud drill {title}\nAfter=network-online.target\n"
        f"Wants=network-online.target\n\n[Service]\nType=oneshot\n{variables}ExecStart={command}\n"
        f"KillSignal=SIGINT\nTimeoutStopSec=10min\n"
    )


def _timer(title: str, calendar: str) -> str:
    return (
        f"{NOTE}[Unit]\nDescription=when to rehearse {title}\n\n"
        f"[Timer]\nOnCalendar={calendar}\nPersistent=true\nAccuracySec=1min\n\n[Install]\nWantedBy=timers.target\n"
    )


def _plain(text: str) -> str:
    """Return text of a unit that systemd takes as it is: it expands % everywhere."""
    return text.replace("%", "%%")
