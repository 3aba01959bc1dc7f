"""The record of attempts outlives its writer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dr_drills.clients.record import Record, read_record
from failures import GovcloudError, InputInvalid, OutsideFailed
from tests.dr_drills.clients.attempting import BAD, GOOD, attempt

FOREVER = """
import sys, time
from pathlib import Path
from dr_drills.clients.record import Record
from tests.dr_drills.clients.attempting import attempt
record = Record(Path(sys.argv[1]))
for number in range(50):
    record.append(attempt(number, marker=f"m{number}"))
print("written", flush=True)
time.sleep(60)
"""


def test_record_read_again_is_what_was_written(tmp_path: Path) -> None:
    """In the order of the lines, whatever is in the texts."""
    attempts = (attempt(1.5, GOOD, marker="a"), attempt(2.25, BAD, marker="b", client="见证\n"))
    with Record(tmp_path / "attempts.jsonl") as record:
        for one in attempts:
            record.append(one)

    assert read_record(tmp_path / "attempts.jsonl") == attempts


def test_record_with_a_torn_last_line_is_read_without_it_and_goes_on_after_it(tmp_path: Path) -> None:
    """A line that was being written when the power went is no attempt; what follows is not glued to it."""
    path = tmp_path / "attempts.jsonl"
    for number in range(2):
        with Record(path) as record:
            record.append(attempt(number, marker=f"m{number}"))
        path.write_bytes(path.read_bytes() + b'{"client":"c","mark')
        assert [one.marker for one in read_record(path)] == ["m0", "m1"][: number + 1]


@pytest.mark.slow
@given(st.integers(0, 400))
def test_record_cut_anywhere_is_a_beginning_of_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, at: int
) -> None:
    """Wherever a write was torn, what is read is true."""
    attempts = tuple(attempt(number, marker=f"m{number}") for number in range(3))
    path = tmp_path_factory.mktemp("cut") / "attempts.jsonl"
    with Record(path) as record:
        for one in attempts:
            record.append(one)
    whole = path.read_bytes()
    path.write_bytes(whole[:at])

    assert read_record(path) == attempts[: whole[:at].count(b"\n")]


def test_record_of_a_killed_writer_has_every_attempt(tmp_path: Path) -> None:
    """Nothing waits in the memory of a process that may be killed."""
    path = tmp_path / "attempts.jsonl"
    with subprocess.Popen([sys.executable, "-c", FOREVER, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"written\n"
        writer.send_signal(signal.SIGKILL)

    assert len(read_record(path)) == 50


def test_record_written_by_many_threads_has_whole_lines(tmp_path: Path) -> None:
    """No line is cut by another."""

    def write() -> None:
        for _ in range(100):
            record.append(attempt(1.0))

    with Record(tmp_path / "attempts.jsonl") as record:
        threads = [Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(read_record(tmp_path / "attempts.jsonl")) == 800


@pytest.mark.parametrize("line", [b"{}\n", b"no json\n", b'{"outcome":"perhaps"}\n', b"[1]\n"])
def test_record_with_a_changed_line_is_refused_with_its_number(tmp_path: Path, line: bytes) -> None:
    """Evidence that was changed is none."""
    path = tmp_path / "attempts.jsonl"
    with Record(path) as record:
        record.append(attempt(1.0))
    path.write_bytes(path.read_bytes() + line)

    with pytest.raises(InputInvalid) as caught:
        read_record(path)
    assert caught.value.where == f"{path}:2"


def test_record_that_cannot_be_opened_or_read_says_where(tmp_path: Path) -> None:
    """A folder that is not there."""
    path = tmp_path / "none" / "attempts.jsonl"
    for use in (Record, read_record):
        with pytest.raises(GovcloudError) as caught:
            use(path)
        assert str(path) in caught.value.where


def test_record_on_a_full_disk_says_so_in_the_end(tmp_path: Path) -> None:
    """Clients go on, but nobody takes the record for whole."""
    record = Record(tmp_path / "attempts.jsonl")
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, record._file)
    os.close(full)
    record.append(attempt(1.0))

    with pytest.raises(OutsideFailed, match="no space left"):
        record.close()
