"""Timers as they are written for systemd: what they call, with which variables, and what they tell."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import pytest

from commands import drill_timers
from console import Voice
from failures import TopologyInvalid
from tests.commands.drilltown import NAME, voice
from tests.dr_drills import city
from topology.load import load_cloud

LOSING = "  quarterly: {scenario: both-active-lost, level: full, schedule: 'Sun 02:00', window: 2h}\n"


@pytest.fixture(autouse=True)
def no_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of who runs the tests; the town's own home is set after this."""
    for name in drill_timers.PLACES:
        monkeypatch.delenv(name, raising=False)


def told(spoken: Voice) -> str:
    assert isinstance(spoken.err, io.StringIO)
    return spoken.err.getvalue()


def units_of(topology: Path) -> dict[str, str]:
    """Return what is written for a topology, by the name of its drill and the kind of unit."""
    folder = topology.parent / "timers"
    assert drill_timers.schedule(voice(), topology, folder) == 0
    mark = f"govcloud-drill-{NAME}-"
    return {path.name.removeprefix(mark): path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_drill_schedule_written_gives_a_timer_that_catches_up(topology: Path) -> None:
    """One service and one timer per scheduled drill; the service refuses outside its window."""
    written = units_of(topology)

    assert set(written) == {"weekly.service", "weekly.timer"}
    assert "Persistent=true" in written["weekly.timer"]
    assert "OnCalendar=Sat 02:00" in written["weekly.timer"]
    assert "--site donghai --window '7200/Sat 02:00'" in written["weekly.service"]


def test_drill_service_calls_a_program_that_is_there(topology: Path) -> None:
    """Systemd has no PATH of the operator's: the line begins with this very program, by its whole path."""
    (line,) = [row for row in units_of(topology)["weekly.service"].splitlines() if row.startswith("ExecStart=")]
    program = Path(line.removeprefix("ExecStart=").split()[0])

    assert program.is_absolute()
    said = subprocess.run([program, "--help"], env={}, capture_output=True, text=True, timeout=30, check=True)
    assert "drill" in said.stdout


def test_drill_service_has_the_places_of_who_wrote_it_and_no_secret(
    topology: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timer finds the same state and clouds; a passphrase in the environment is told about, never written."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", "clouds 100%.yaml")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "canary-7f3a")
    spoken = voice()
    drill_timers.schedule(spoken, topology, topology.parent / "timers")
    service = units_of(topology)["weekly.service"]

    assert f"Environment=GOVCLOUD_HOME={topology.parent}/home\n" in service
    assert f"Environment='OS_CLIENT_CONFIG_FILE={Path.cwd()}/clouds 100%%.yaml'\n" in service
    assert "canary-7f3a" not in service + told(spoken)
    assert "GOVCLOUD_PASSPHRASE_FILE" in told(spoken)


def test_drill_that_may_lose_rows_looks_for_a_signature_where_it_says(topology: Path) -> None:
    """The others have neither flag; the folder is there and nobody else reads it."""
    topology.write_text(topology.read_text(encoding="utf-8") + LOSING, encoding="utf-8")
    folder = topology.parent / "home" / "stacks" / NAME / "approvals"
    spoken = voice()
    drill_timers.schedule(spoken, topology, topology.parent / "timers")
    written = units_of(topology)

    assert f"--approval {folder} --allow-data-loss" in written["quarterly.service"]
    assert "--allow-data-loss" not in written["weekly.service"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert isinstance(spoken.out, io.StringIO)
    assert json.loads(spoken.out.getvalue())["approved"] == ["quarterly"]
    assert str(folder) in told(spoken)


def test_drill_schedule_says_a_command_that_systemd_takes(topology: Path) -> None:
    """`enable` takes no pattern of its own, so the shell's must be a path that it finds from anywhere."""
    folder, spoken = topology.parent / "timers", voice()
    drill_timers.schedule(spoken, topology, folder)

    assert f"systemctl link {folder}/* && systemctl enable --now {folder}/*.timer" in told(spoken)


def test_drill_schedule_of_the_shipped_topology_writes_a_timer_for_each_of_its_drills(topology: Path) -> None:
    """What stands under `drills` can be run as it stands."""
    folder, quanzhou = topology.parent / "timers", load_cloud(city.QUANZHOU)

    assert drill_timers.schedule(voice(), city.QUANZHOU, folder) == 0
    assert len(list(folder.glob("*.timer"))) == len(quanzhou.drills) == 6


@pytest.mark.slow
def test_drill_units_of_the_shipped_topology_are_what_systemd_takes(topology: Path) -> None:
    """Systemd's own check has nothing to say, and has to a unit with a slip."""
    folder = topology.parent / "timers"
    drill_timers.schedule(voice(), city.QUANZHOU, folder)
    wrong = topology.parent / "wrong.timer"
    wrong.write_text("[Timer]\nOnCalendar=Sat 25:00\nUnit=govcloud-drill-quanzhou-monthly-switchover.service\n")

    assert verified(folder, *folder.iterdir()) == ""
    assert "25:00" in verified(folder, wrong)


def verified(folder: Path, *units: Path) -> str:
    """Return what systemd says of units, without what this machine lacks."""
    words = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, units)]
    environ = {"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": f"{folder}:"}
    ended = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60, check=False)
    return ended.stdout + ended.stderr


def test_drill_schedule_with_an_unknown_scenario_says_where_and_what_is_near(topology: Path) -> None:
    """The topology is refused before any unit is written."""
    text = topology.read_text(encoding="utf-8").replace("scenario: both-active-lost", "scenario: both-activ-lost")
    topology.write_text(text, encoding="utf-8")
    line = next(number for number, row in enumerate(text.splitlines(), 1) if "both-activ-lost" in row)
    with pytest.raises(TopologyInvalid) as refused:
        drill_timers.schedule(voice(), topology, topology.parent / "timers")

    (finding,) = refused.value.findings
    assert (finding.place.file, finding.place.line) == (str(topology), line)
    assert finding.fix.en == "did you mean both-active-lost?"
    assert not (topology.parent / "timers").exists()
