"""What goes wrong at the operator's own machine: stops, full disk, damaged state, two at once, a topology that moves."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab import town
from tests.lab.command import PROGRAM, Started
from tests.lab.conftest import TestCity
from tests.lab.fault_proxy import Fault
from tests.lab.twin import Twin, raised
from tests.lab.yard import LAB

pytestmark = [*LAB, pytest.mark.timeout(600)]

ROOM = 32 * 1024
"""Bytes left on a disk that fills up in the middle of a run."""
HELD_S = 60.0


@pytest.fixture(scope="module")
def twin(testcity: TestCity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """Two sites with two small departments, one of which has a server and so a private key."""
    with raised(testcity, tmp_path_factory.mktemp("local"), "localtown", "127.0.77.2") as twin:
        twin.add(l_base=town.department("idle"), l_keys=town.department("plain"))
        twin.deploy()
        yield twin


@contextmanager
def _held(twin: Twin) -> Iterator[Fault]:
    """Hold the first new network of the near site up while the block runs, or until it is freed."""
    fault = Fault("slow", "POST", r"/v2\.0/networks", seconds=HELD_S)
    with twin.proxy.spoiled(fault):
        try:
            yield fault
        finally:
            fault.freed.set()


def _reached(fault: Fault, run: Started) -> None:
    """Wait until a deployment stands before what is held up."""
    while not fault.hits:
        assert run.process.poll() is None, run.ended().text
        time.sleep(0.01)


def _journals(twin: Twin) -> list[Path]:
    return [path for path in twin.state.glob("states/*.journal") if path.stat().st_size]


def test_interrupt_in_the_middle_ends_with_130_and_a_sound_state(twin: Twin) -> None:
    """Ctrl-C lets running operations end, starts no other, and the next deployment goes on."""
    twin.add(i_one=town.department("idle"), i_two=town.department("idle"))
    with _held(twin) as network:
        run = twin.start()
        _reached(network, run)
        run.signal(signal.SIGINT)
        told = run.told("stopping:")
        network.freed.set()
        ended = run.ended()

    assert ended.code == 130, ended.text
    assert ended.document["interrupted"]
    assert "run again to go on" in ended.err
    assert "Traceback" not in told + ended.err
    assert _journals(twin) == [], "an operation was left open although it was waited for"
    assert twin.deploy().document["stacks"] != [], "the interruption came too late to interrupt anything"
    twin.assert_equal_sites()


def test_second_deployment_at_once_is_refused_with_the_name_of_the_first(twin: Twin) -> None:
    """The lock names its holder; the first deployment is not disturbed."""
    twin.add(l_second=town.department("idle"))
    with _held(twin) as network:
        first = twin.start()
        _reached(network, first)
        second = twin.deploy(expect=4)
        network.freed.set()
        ended = first.ended()

    assert str(first.process.pid) in second.document["error"]["what"]
    assert "govcloud deploy" in second.document["error"]["what"]
    assert ended.code == 0, ended.text


@pytest.mark.parametrize("room", [0, ROOM])
def test_full_disk_stops_the_run_and_loses_nothing(twin: Twin, room: int) -> None:
    """Without room no operation is begun; with room again the same command completes."""
    twin.add(**{f"disk-{room}": town.department("idle")})
    ballast = twin.govcloud.home / "ballast"
    _fill(ballast, room)
    try:
        ended = twin.deploy(expect=5)
    finally:
        ballast.unlink()

    told = ended.out + ended.err
    assert re.search("no space left on the disk|the disk is full", told), ended.text
    assert str(twin.govcloud.home) in told
    assert "internal error" not in told
    twin.deploy()
    twin.assert_equal_sites()


def _fill(ballast: Path, room: int) -> None:
    """Fill the disk that `ballast` is on but for `room` bytes."""
    disk = os.statvfs(ballast.parent)
    with ballast.open("wb") as file:
        file.truncate(0)
        os.posix_fallocate(file.fileno(), 0, max(1, disk.f_bavail * disk.f_frsize - room))


@pytest.mark.parametrize("suffix", [".json", ".journal"])
def test_damaged_state_is_named_left_alone_and_does_not_stop_others(twin: Twin, suffix: str) -> None:
    """One stack's damaged file stops this stack only; put back, the deployment completes."""
    stack = f"{twin.name}.{twin.near}.l-base"
    path = twin.state / "states" / f"{stack}{suffix}"
    sound = path.read_bytes()
    damaged = b'{"version": 3, "dep' if suffix == ".json" else b"00000000 {}\n"
    twin.change(*((f"departments/{name}/quota/vcpus", 50 + len(suffix)) for name in ("l-base", "l-keys")))
    path.write_bytes(damaged)
    try:
        ended = twin.deploy(expect=3)
        left = path.read_bytes()
    finally:
        path.write_bytes(sound)

    verdicts = {row["stack"]: row["verdict"] for row in ended.document["stacks"]}
    assert verdicts.pop(stack) == "failed"
    assert set(verdicts.values()) == {"done"}
    assert len(ended.document["errors"]) == 1
    assert str(path) in ended.document["errors"][0]["where"] + ended.document["errors"][0]["what"]
    assert left == damaged
    twin.deploy()
    twin.assert_equal_sites()


class Terminal:
    """A deployment on a terminal of its own, which asks before it acts."""

    def __init__(self, twin: Twin) -> None:
        self._ours, theirs = pty.openpty()
        words: list[str | Path] = [PROGRAM, "deploy", twin.path]
        environ = {**twin.govcloud.environ, "TERM": "xterm", "COLUMNS": "200"}
        self._process = subprocess.Popen(words, env=environ, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self.text = ""

    def wait_for(self, words: str, seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < until, self.text
            if select.select([self._ours], [], [], 0.2)[0]:
                self._read()

    def _read(self) -> bool:
        try:
            data = os.read(self._ours, 65536)
        except OSError:
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)

    def type(self, words: str) -> None:
        os.write(self._ours, f"{words}\n".encode())

    def code(self) -> int:
        """Read to the end and return the exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return self._process.wait(timeout=60)


def test_topology_that_changes_while_the_question_stands_is_not_built(twin: Twin) -> None:
    """A yes to one plan is no yes to another; asked again, it is built."""
    twin.add(q_first=town.department("idle"))
    twin.proxy.forget()
    asked = Terminal(twin)
    asked.wait_for("Type yes to go on")
    twin.change(("departments/q-first/quota/vcpus", 44))
    asked.type("yes")

    assert asked.code() == 4, asked.text
    assert "changed after it was planned" in asked.text
    assert not [call for call in twin.proxy.calls if call.changes]
    again = Terminal(twin)
    again.wait_for("Type yes to go on")
    again.type("yes")
    assert again.code() == 0, again.text
    twin.assert_equal_sites()


def test_question_answered_with_anything_but_yes_touches_nothing(twin: Twin) -> None:
    """Even `y` is no yes."""
    twin.add(n_first=town.department("idle"))
    twin.proxy.forget()
    asked = Terminal(twin)
    asked.wait_for("Type yes to go on")
    asked.type("y")

    assert asked.code() == 4, asked.text
    assert not [call for call in twin.proxy.calls if call.changes]
    twin.deploy()


def test_secrets_are_nowhere_in_clear(twin: Twin) -> None:
    """No password, passphrase, private key or token is in the state, in what is printed, or in a command line."""
    twin.proxy.forget()
    twin.add(s_keys=town.department("plain"))
    run = twin.start("--debug")
    lines = set()
    while run.process.poll() is None:
        lines |= _command_lines()
        time.sleep(0.05)
    ended = run.ended()
    secrets = _secrets(twin)
    exported = twin.govcloud.run("state", "export", f"{twin.name}.{twin.near}.s-keys").out
    places = {str(path): path.read_bytes() for path in twin.govcloud.home.rglob("*") if path.is_file()}
    passphrase = places.pop(str(twin.govcloud.home / "passphrase"))
    places |= {"stdout": ended.out.encode(), "stderr": ended.err.encode(), "export": exported.encode()}
    places |= {line: line.encode() for line in lines}

    assert ended.code == 0, ended.text
    assert secrets["passphrase"].encode() in passphrase
    assert sum(b"s-keys" in data for data in places.values()) > 5, "the search looks where names are found"
    assert any(str(PROGRAM) in line for line in lines)
    found = [(what, where) for what, text in secrets.items() for where, data in places.items() if text.encode() in data]
    assert found == []


def _secrets(twin: Twin) -> dict[str, str]:
    """Return what must not be found, by kind; keys and passwords as the proxy saw them pass."""
    calls = twin.proxy.calls
    users = "".join(call.body for call in calls if call.path.endswith("/v3/users"))
    keys = "".join(call.answer for call in calls if call.path.endswith("/os-keypairs"))
    private = re.search(r'"private_key": ?"-----BEGIN[^\\]*\\n([^\\]+)\\n', keys)
    password = re.search(r'"password": ?"([^"]+)"', users)
    assert private, keys
    assert password, users
    return {
        "administrator's password": twin.password,
        "passphrase": (twin.govcloud.home / "passphrase").read_text(encoding="utf-8").strip(),
        "private key": private[1],
        "builder's password": password[1],
        **{f"token {number}": token for number, token in enumerate(twin.proxy.tokens)},
    }


def _command_lines() -> set[str]:
    """Return the command lines of all processes of this machine."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.add(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return found
