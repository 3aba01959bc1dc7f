"""Who answers at a port, asked on this machine and by the same text in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dr_drills.detection import reach
from dr_drills.detection.eyes import program


@contextmanager
def listening(backlog: int = 5) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def silent() -> Iterator[str]:
    """A port whose queue is full: what knocks there hears nothing."""
    with listening(0) as target:
        address, _, port = target.rpartition(":")
        queued = [socket.socket() for _ in range(4)]
        for one in queued:
            one.setblocking(False)
            one.connect_ex((address, int(port)))
        yield target
        for one in queued:
            one.close()


@pytest.mark.slow
def test_reach_tells_an_open_and_a_refused_port_from_a_silent_one_within_its_time() -> None:
    """A host that refuses is there; one that says nothing is waited for no longer than told."""
    with listening() as there, silent() as quiet:
        with listening() as closed:
            pass
        began = time.monotonic()
        found = reach.answering([there, closed, quiet], 0.3)

        assert set(found) == {there, closed}
        assert 0.25 < time.monotonic() - began < 1.0


@pytest.mark.slow
def test_reach_on_a_host_with_nothing_but_python_says_the_same() -> None:
    """The module's text is a program by itself: the host has nothing else of ours."""
    with listening() as there, silent() as quiet:
        words = [sys.executable, "-I", "-S", "-c", program(), "0.3", there, quiet]
        done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True, env={})

    assert done.stdout.split() == [there]
