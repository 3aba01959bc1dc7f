"""Files are written whole, only when they differ, and what depends on them is done even after a kill."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

import put_files
from put_files import put, serve

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as on a host")


@pytest.fixture(autouse=True)
def pending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(put_files, "PENDING", tmp_path / "state" / "pending.json")
    monkeypatch.setattr(put_files, "RUNS_WITH", tmp_path / "state" / "runs-with")
    return put_files.PENDING


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a systemctl on PATH that knows some units and writes down what it is told to do; returns where."""
    told = tmp_path / "told"
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        "  is-enabled\\ forgotten*) echo disabled; exit 1 ;;\n"
        "  is-enabled\\ *) echo enabled ;;\n"
        "  is-active\\ stopped*|is-active\\ broken*) echo inactive; exit 3 ;;\n"
        "  is-active\\ *) echo active ;;\n"
        "  show\\ *stale*) echo NeedDaemonReload=yes ;;\n"
        "  show\\ *) echo NeedDaemonReload=no ;;\n"
        "  *broken*) echo no such unit >&2; exit 5 ;;\n"
        "  *stubborn*) echo not today >&2; exit 1 ;;\n"
        f'  *) echo "$*" >>{told} ;;\n'
        "esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return told


def settings(folder: Path, **more: Any) -> dict[str, Any]:
    return {"path": str(folder / "etc" / "a.conf"), "content": "a = 1\n", "mode": "0640", **more}


def test_put_of_a_new_file_writes_it_with_its_mode(tmp_path: Path) -> None:
    """Folders on the way are made; the file is the owner's to write."""
    file = settings(tmp_path)
    assert put([file], dry=False) == [file["path"]]
    path = Path(file["path"])
    assert (path.read_text(), path.stat().st_mode & 0o7777) == ("a = 1\n", 0o640)
    assert put([file], dry=False) == []


def test_put_of_another_mode_is_a_change(tmp_path: Path) -> None:
    """A file that others may read by now is set right."""
    file = settings(tmp_path)
    put([file], dry=False)
    Path(file["path"]).chmod(0o644)
    assert put([file], dry=False) == [file["path"]]


def test_put_in_dry_mode_tells_and_changes_nothing(tmp_path: Path) -> None:
    """Ansible's check mode asks this."""
    file = settings(tmp_path)
    assert put([file], dry=True) == [file["path"]]
    assert not Path(file["path"]).exists()


def test_put_of_a_file_its_check_refuses_keeps_the_old(tmp_path: Path) -> None:
    """The message names the file and what the check said."""
    file = settings(tmp_path, check=["sh", "-c", "echo bad line; ! grep -q 2 $0", "%s"])
    put([file], dry=False)
    with pytest.raises(SystemExit, match=r"a\.conf: bad line"):
        put([{**file, "content": "a = 2\n"}], dry=False)
    assert Path(file["path"]).read_text() == "a = 1\n"


def test_put_runs_the_command_of_a_changed_file_only(tmp_path: Path) -> None:
    """Each change acts once."""
    log = tmp_path / "log"
    file = settings(tmp_path, run=["sh", "-c", f"echo ran >>{log}"])
    put([file], dry=False)
    put([file], dry=False)
    assert log.read_text() == "ran\n"


def test_put_runs_a_command_once_for_all_that_ask_for_it_and_before_the_next(tmp_path: Path) -> None:
    """Two files may feed one command, and the file after them may need what it makes."""
    log = tmp_path / "log"
    asked = {"run": ["sh", "-c", f"ls {tmp_path}/etc >>{log}"]}
    files = [{"path": str(tmp_path / "etc" / name), "content": "x", **asked} for name in "ab"]
    last = {"path": str(tmp_path / "etc" / "c"), "content": "x", "check": ["grep", "-q", "b", str(log)]}
    put([*files, last], dry=False)
    assert log.read_text() == "a\nb\n"


def test_put_once_leaves_alone_what_is_there(tmp_path: Path) -> None:
    """What runs on the host may have written something else since."""
    file = settings(tmp_path, once=True)
    assert put([file], dry=False) == [file["path"]]
    Path(file["path"]).write_text("a = 2\n")
    assert put([file], dry=False) == []
    assert Path(file["path"]).read_text() == "a = 2\n"


def test_serve_starts_only_what_does_not_run_from_boot_on(systemctl: Path) -> None:
    """A unit that runs now and not after the next boot is not left so, nor one that has stopped."""
    units: dict[str, list[str]] = {"good.service": [], "stopped.service": [], "forgotten.timer": []}
    assert serve(units, dry=False) == ["start stopped.service", "enable forgotten.timer"]
    assert systemctl.read_text() == "start stopped.service\nenable forgotten.timer\n"


def test_serve_restarts_what_runs_with_other_files_once(systemctl: Path, tmp_path: Path) -> None:
    """A file in a folder counts, whoever wrote it and whenever."""
    program = tmp_path / "program"
    (program / "pages").mkdir(parents=True)
    units = {"good.service": [str(program), str(tmp_path / "not-there")]}
    for text in ("one", "two"):
        (program / "pages" / "a.html").write_text(text)
        assert serve(units, dry=False) == ["restart good.service"]
        assert serve(units, dry=False) == []
    assert systemctl.read_text() == "restart good.service\n" * 2


def test_serve_after_a_restart_that_failed_tries_again(systemctl: Path, tmp_path: Path) -> None:
    """Who is killed, or refused, between the file and the restart does it the next time."""
    file = tmp_path / "a.conf"
    file.write_text("a = 1\n")
    units = {"stubborn.service": [str(file)]}
    for _ in range(2):
        with pytest.raises(SystemExit, match=r"restart stubborn\.service: not today"):
            serve(units, dry=False)
    assert not list(systemctl.parent.rglob("runs-with/*"))


def test_serve_in_dry_mode_tells_and_changes_nothing(systemctl: Path, tmp_path: Path) -> None:
    """Ansible's check mode asks this."""
    for _ in range(2):
        assert serve({"stopped.service": [], "good.service": [str(tmp_path)]}, dry=True) == [
            "start stopped.service",
            "restart good.service",
        ]
    assert not systemctl.exists()


def test_serve_of_a_unit_that_does_not_start_says_why(systemctl: Path) -> None:
    """The reason is systemd's own."""
    with pytest.raises(SystemExit, match=r"start broken\.service: no such unit"):
        serve({"broken.service": []}, dry=False)
    assert not systemctl.exists()


def test_serve_lets_systemd_read_again_what_somebody_else_has_written(systemctl: Path, tmp_path: Path) -> None:
    """A package or another task may have brought the unit another file since systemd read it."""
    assert serve({"stale.service": [str(tmp_path)]}, dry=False) == ["restart stale.service"]
    assert systemctl.read_text() == "daemon-reload\nrestart stale.service\n"


def test_put_of_units_lets_systemd_read_them_once_before_it_restarts_any(
    systemctl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nothing is restarted: what a timer starts next is then the new one."""
    monkeypatch.setattr(put_files, "UNITS", tmp_path / "etc")
    timer, service = (
        {"path": str(tmp_path / "etc" / f"a.{kind}"), "content": "[Unit]\n"} for kind in ("timer", "service")
    )
    put([service, {**timer, "restart": "a.timer"}], dry=False)
    put([{**service, "content": "[Unit]\nWants=b\n"}], dry=False)
    assert systemctl.read_text() == "daemon-reload\nrestart a.timer\ndaemon-reload\n"


def test_put_after_a_kill_does_what_was_pending(tmp_path: Path, pending: Path) -> None:
    """The file was written, the restart never came: the next run does it though nothing differs."""
    log = tmp_path / "log"
    file = settings(tmp_path)
    put([file], dry=False)
    pending.parent.mkdir(exist_ok=True)
    pending.write_text(json.dumps([["run", ["sh", "-c", f"echo ran >>{log}"]]]))
    assert put([file], dry=False) == []
    assert log.read_text() == "ran\n"
    assert json.loads(pending.read_text()) == []


def test_main_that_cannot_write_says_where_and_nothing_of_the_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line a person can act on; what was to be written may be a key."""
    target = {"path": "/dev/full/a.conf", "content": "secret"}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"files": [target], "dry": False})))
    with pytest.raises(SystemExit, match=r"^/dev/full") as ended:
        put_files.main()
    assert "secret" not in str(ended.value)
