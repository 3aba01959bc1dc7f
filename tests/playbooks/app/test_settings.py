"""Settings read from their file, and what they make of the schema and the connection."""

import asyncio
import json
import socket
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from certificates.postgres import Connection, connection_words, severed_after, warnings_of
from certificates.schema import STEPS
from certificates.settings import load_settings
from tests.playbooks.app.shelf import SETTINGS


def test_settings_written_as_json_are_read_back(tmp_path: Path) -> None:
    """The file the role writes is all a copy needs to know."""
    (tmp_path / "settings.json").write_text(json.dumps(asdict(SETTINGS)))

    assert load_settings(tmp_path / "settings.json") == SETTINGS


def test_settings_with_an_unknown_key_are_refused(tmp_path: Path) -> None:
    """A typo stops the start instead of passing unseen."""
    (tmp_path / "settings.json").write_text(json.dumps(asdict(SETTINGS) | {"conections": 3}))

    with pytest.raises(TypeError, match="conections"):
        load_settings(tmp_path / "settings.json")


def test_password_in_its_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    """The secret stands in a file of its own, never in the settings."""
    (tmp_path / "password").write_text("s3cret\n")

    assert replace(SETTINGS, password_file=str(tmp_path / "password")).password() == "s3cret"


def test_connection_to_the_entrances_is_checked_and_writable() -> None:
    """TLS from the cloud's CA, a primary or nothing, every wait bounded, commits synchronous."""
    words = connection_words(SETTINGS)

    assert (words["sslmode"], words["sslrootcert"], words["target_session_attrs"]) == (
        "verify-ca",
        "ca.crt",
        "read-write",
    )
    assert words["connect_timeout"] == 2
    assert "-c statement_timeout=3000 " in words["options"]
    assert "-c synchronous_commit=on" in words["options"]
    assert psycopg.conninfo.make_conninfo(**words)


def test_schema_steps_count_from_one_without_a_gap() -> None:
    """A database knows from the last step it took which are missing."""
    assert [step.id for step in STEPS] == list(range(1, len(STEPS) + 1))


class Line:
    """As much of a connection as is severed and warned on."""

    def __init__(self) -> None:
        self.mine, self.other = socket.socketpair()
        self.handlers: list[Callable[[Any], None]] = []

    def fileno(self) -> int:
        return self.mine.fileno()

    def add_notice_handler(self, handler: Callable[[Any], None]) -> None:
        self.handlers.append(handler)

    def remove_notice_handler(self, handler: Callable[[Any], None]) -> None:
        self.handlers.remove(handler)


class Notice:
    def __init__(self, severity: str) -> None:
        self.severity_nonlocalized, self.message_primary = severity, "canceling wait for synchronous replication"


@pytest.mark.parametrize(("limit", "severed"), [(0.01, True), (60, False)])
def test_line_that_lasts_too_long_is_severed(limit: float, *, severed: bool) -> None:
    """A dead site never answers a cancel, so the line itself ends; within its time it is left alone."""
    line = Line()

    async def wait() -> None:
        with severed_after(cast("Connection", line), limit):
            await asyncio.sleep(0.1)

    asyncio.run(wait())
    line.other.setblocking(False)
    try:
        ended = line.other.recv(1) == b""
    except BlockingIOError:
        ended = False
    line.mine.close()
    line.other.close()

    assert ended == severed


@pytest.mark.parametrize(("severity", "heard"), [("WARNING", 1), ("NOTICE", 0)])
def test_warning_of_the_server_is_heard(severity: str, heard: int) -> None:
    """A commit whose wait was cancelled says so by a warning alone; a notice is no such thing."""
    line = Line()

    with warnings_of(cast("Connection", line)) as warnings:
        line.handlers[0](Notice(severity))
    line.mine.close()
    line.other.close()

    assert len(warnings) == heard
    assert not line.handlers
