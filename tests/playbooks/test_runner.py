"""The child that runs Ansible knows nothing it need not, and leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inventories.ansible import unsafe
from playbooks.events import Event, HostTask, Outcome, PlayBegan, RunEnded
from playbooks.leftovers import MARK, marked
from playbooks.runner import Run, environment, run_plays
from tests.inventories.recorded import ROOT

CANARY = "canary-7f3a-never-to-be-seen"
SECRETS = unsafe({"patroni_passwords": {"superuser": CANARY}})
INVENTORY: dict[str, Any] = {
    "all": {
        "hosts": {
            name: unsafe({"ansible_connection": "local", "ansible_python_interpreter": sys.executable})
            for name in ("a-1", "b-1")
        },
        "children": {"runs_a": {"hosts": {"a-1": {}}}},
    }
}
HEAD = "- name: Try\n  hosts: all\n  gather_facts: false\n  tasks:\n"
USES_SECRET = """\
    - name: Use a secret
      ansible.builtin.copy:
        content: "{{ patroni_passwords.superuser }}"
        dest: "{{ lookup('env', 'TMPDIR') }}/../used-{{ inventory_hostname }}"
        mode: "0600"
      no_log: true
"""
FAILS = """\
    - name: Fail on one
      ansible.builtin.fail: {msg: no room}
      when: inventory_hostname == 'b-1'
"""
HIDDEN_CHANGES = """\
    - name: Change each time
      ansible.builtin.command: "true"
      no_log: true
    - name: Change each time in a loop
      ansible.builtin.command: "true"
      loop: [one, two]
      no_log: true
    - name: Change nothing
      ansible.builtin.command: "true"
      changed_when: false
      no_log: true
"""
SLEEPS = """\
    - name: Sleep
      ansible.builtin.command: sleep 60
"""

pytestmark = pytest.mark.slow


def book(folder: Path, tasks: str) -> Path:
    path = folder / "try.yml"
    path.write_text(HEAD + tasks, encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "runtime"
    made.mkdir(mode=0o700)
    return made


def run(folder: Path, play: Path, heard: list[Event], stop: threading.Event | None = None) -> RunEnded:
    return run_plays(Run([play], INVENTORY, SECRETS, ["a-1", "b-1"]), folder, heard.append, stop or threading.Event())


def test_run_plays_tells_plays_tasks_and_hosts(tmp_path: Path, folder: Path) -> None:
    """One host fails, with its reason; the other is done."""
    heard: list[Event] = []
    ended = run(folder, book(tmp_path, FAILS), heard)

    assert (ended.status, ended.code) == ("failed", 2)
    assert PlayBegan("Try") in heard
    assert HostTask("b-1", "Fail on one", Outcome.FAILED, "no room") in heard
    assert HostTask("a-1", "Fail on one", Outcome.SKIPPED) in heard


def test_run_plays_tells_what_a_hidden_task_changed(tmp_path: Path, folder: Path) -> None:
    """That nothing changed is said of roles that hide what they write, too."""
    heard: list[Event] = []
    ended = run(folder, book(tmp_path, HIDDEN_CHANGES), heard)
    of_a = {event.task: event.outcome for event in heard if isinstance(event, HostTask) and event.host == "a-1"}

    assert ended.code == 0, ended
    assert of_a == {
        "Change each time": Outcome.CHANGED,
        "Change each time in a loop": Outcome.CHANGED,
        "Change nothing": Outcome.OK,
    }


def test_run_plays_gives_secrets_to_tasks_and_shows_them_nowhere(tmp_path: Path, folder: Path) -> None:
    """The secret arrives; no event, argument, environment or file outside the run's own has it."""
    seen: list[str] = []
    heard: list[Event] = []

    def hear(event: Event) -> None:
        heard.append(event)
        seen.extend(leaks(folder))

    ended = run_plays(
        Run([book(tmp_path, USES_SECRET)], INVENTORY, SECRETS, ["a-1", "b-1"]), folder, hear, threading.Event()
    )

    assert ended.code == 0, ended
    assert (folder / "used-a-1").read_text(encoding="utf-8") == CANARY
    assert heard
    assert CANARY not in repr(heard)
    assert set(seen) <= {"secrets.json"}
    assert sorted(path.name for path in folder.iterdir()) == ["used-a-1", "used-b-1"]


def test_leaks_when_there_is_one_finds_it(tmp_path: Path) -> None:
    """The search can fail: a canary in an argument and in a file is seen."""
    (tmp_path / "run-1").mkdir()
    (tmp_path / "run-1" / "artifact").write_text(CANARY)
    leaky = subprocess.Popen(
        [sys.executable, "-c", "import time; print(flush=True); time.sleep(30)", CANARY], stdout=subprocess.PIPE
    )
    try:
        # /proc shows no arguments for a moment around execve, where Popen has already returned.
        assert leaky.stdout
        assert leaky.stdout.readline() == b"\n"
        assert leaks(tmp_path) == ["artifact", f"process {leaky.pid}"]
    finally:
        leaky.kill()
        leaky.communicate(timeout=5)


def test_run_plays_lends_the_child_no_variable_of_ours(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a user has in the environment is not there for Ansible, nor for ansible-runner to write down."""
    monkeypatch.setenv("OS_PASSWORD", CANARY)
    tasks = "    - name: Look\n      ansible.builtin.debug: {msg: \"{{ lookup('env', 'OS_PASSWORD') | length }}\"}\n"
    failing = tasks + "      failed_when: lookup('env', 'OS_PASSWORD') | length > 0\n"

    assert run(folder, book(tmp_path, failing), []).code == 0


def test_environment_asks_for_host_keys_that_the_runner_would_not_check(tmp_path: Path) -> None:
    """ansible-runner switches checking off unless it is told otherwise."""
    found = environment(tmp_path, {"HOME": "/root", "OS_PASSWORD": "x", "PYTHONPATH": "/x", "ANSIBLE_FORKS": "1"})

    assert found["ANSIBLE_HOST_KEY_CHECKING"] == "True"
    assert not {"OS_PASSWORD", "PYTHONPATH", "ANSIBLE_FORKS"} & set(found)


def test_run_plays_when_stopped_ends_every_process(tmp_path: Path, folder: Path) -> None:
    """A task under way is cut short, its workers too."""
    stop, heard = threading.Event(), list[Event]()
    threading.Timer(6, stop.set).start()
    began = time.monotonic()

    ended = run(folder, book(tmp_path, SLEEPS), heard, stop)

    assert ended.status == "canceled"
    assert time.monotonic() - began < 40
    assert list(folder.iterdir()) == []


@pytest.fixture
def killed(tmp_path: Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a run in a process of its own, to be killed while it sleeps."""
    text = f"""
import json, sys, threading
from pathlib import Path
from playbooks.runner import Run, run_plays
inventory, secrets = json.loads(sys.stdin.readline()), json.loads(sys.stdin.readline())
run_plays(Run([Path({str(book(tmp_path, SLEEPS))!r})], inventory, secrets, ["a-1"]), Path({str(folder)!r}),
          lambda event: print(type(event).__name__, flush=True), threading.Event())
"""
    process = subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdin
    process.stdin.write(f"{json.dumps(INVENTORY)}\n{json.dumps(SECRETS)}\n")
    process.stdin.flush()
    yield process
    process.kill()
    process.communicate(timeout=5)


def test_run_plays_killed_leaves_no_process_and_no_secret(killed: subprocess.Popen[str], folder: Path) -> None:
    """After kill -9 of the command the child clears up within some seconds."""
    assert killed.stdout
    while "TaskBegan" not in killed.stdout.readline():
        assert killed.poll() is None
    time.sleep(2)
    (place,) = folder.iterdir()
    assert list(marked(place))
    os.kill(killed.pid, signal.SIGKILL)

    until = time.monotonic() + 30
    while (place.exists() or list(marked(place))) and time.monotonic() < until:
        time.sleep(0.2)
    assert not place.exists()
    assert not list(marked(place))


def leaks(folder: Path) -> list[str]:
    """Return the names of files below a folder's runs, and of processes, that show the canary."""
    needle = CANARY.encode()
    files = [p for run in folder.glob("run-*") for p in run.rglob("*") if p.is_file()]
    found = [path.name for path in files if needle in content(path)]
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and process.name != str(os.getpid()):
            shown = content(process / "cmdline") + content(process / "environ")
            if needle in shown:
                found.append(f"process {process.name}")
    return found


def content(path: Path) -> bytes:
    """Return what a file holds; nothing for one that has gone."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_mark_is_in_the_environment_of_every_process_of_a_run(tmp_path: Path) -> None:
    """That is how the next run finds them."""
    assert environment(tmp_path, {})[MARK] == str(tmp_path)
