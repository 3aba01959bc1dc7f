"""Tests of the address ledger's file: what it survives, what it refuses, where it points."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failures import InputInvalid, OutsideFailed, TopologyInvalid
from tests.topology.test_addresses import make_cloud, names
from topology import ledger as ledgers
from topology import ledger_text
from topology.findings import Finding
from topology.ledger_rules import LEDGER_RULES
from topology.slots import Ledger

LEDGER = Ledger({"anxi": 1, "donghai": 0}, {"no": 3, "tax": 17}, {"old": 2}, {"on": 5})
GOOD = ledger_text.render(LEDGER)


def refused(text: str) -> tuple[Finding, ...]:
    with pytest.raises(TopologyInvalid) as caught:
        ledger_text.parse(text, "c.addresses.yaml")
    return caught.value.findings


def test_ledger_when_absent_is_empty(tmp_path: Path) -> None:
    """The first plan of a cloud needs no ledger."""
    assert ledgers.read(tmp_path / "c.addresses.yaml") == Ledger()


@pytest.mark.slow
@given(st.dictionaries(names | st.sampled_from(["on", "no", "null", "y"]), st.integers(1, 10**9 - 1)))
def test_ledger_text_of_any_names_reads_back(departments: dict[str, int]) -> None:
    """What was rendered is parsed again, also names that YAML takes for something else."""
    unique = {name: number for number, name in {n: name for name, n in departments.items()}.items()}
    ledger = Ledger(departments=unique)

    assert ledger_text.parse(ledger_text.render(ledger), "f")[0] == ledger


def test_ledger_when_written_twice_is_left_alone(tmp_path: Path) -> None:
    """The same ledger is not written again, so its file keeps its time and its inode."""
    path = tmp_path / "c.addresses.yaml"

    assert ledgers.write(path, LEDGER)
    before = path.stat()
    assert not ledgers.write(path, LEDGER)
    assert (before.st_ino, before.st_mtime_ns) == (path.stat().st_ino, path.stat().st_mtime_ns)
    assert ledgers.read(path) == LEDGER


def test_ledger_when_written_keeps_mode_and_link(tmp_path: Path) -> None:
    """A replaced ledger keeps its permissions, and a symbolic link keeps pointing to it."""
    path, link = tmp_path / "real.yaml", tmp_path / "c.addresses.yaml"
    ledgers.write(path, Ledger())
    path.chmod(0o640)
    link.symlink_to(path)

    ledgers.write(link, LEDGER)

    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert ledgers.read(path) == LEDGER


def test_ledger_when_disk_is_full_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails leaves the old ledger whole and no temporary file."""
    path = tmp_path / "c.addresses.yaml"
    ledgers.write(path, Ledger())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutsideFailed, match="No space left"):
        ledgers.write(path, LEDGER)
    assert ledgers.read(path) == Ledger()
    assert list(tmp_path.iterdir()) == [path]


def test_ledger_when_damaged_is_not_overwritten(tmp_path: Path) -> None:
    """Writing over a ledger that cannot be read would lose who holds what."""
    path = tmp_path / "c.addresses.yaml"
    path.write_text("version: 2\n")

    with pytest.raises(TopologyInvalid):
        ledgers.write(path, LEDGER)
    assert path.read_text() == "version: 2\n"


def test_ledger_into_missing_folder_says_so(tmp_path: Path) -> None:
    """A ledger that cannot be written stops the run before anything is built."""
    with pytest.raises(OutsideFailed, match="cannot be written"):
        ledgers.write(tmp_path / "none" / "c.addresses.yaml", LEDGER)


def test_ledger_path_follows_file_or_folder(tmp_path: Path) -> None:
    """The ledger stands beside a file and inside a folder."""
    assert ledgers.path_for(tmp_path / "quanzhou.yaml") == tmp_path / "quanzhou.addresses.yaml"
    assert ledgers.path_for(tmp_path) == tmp_path / "addresses.yaml"


@pytest.mark.parametrize(
    ("text", "row", "line"),
    [
        ("", "T403", 0),
        ("# nothing\n", "T403", 0),
        ("{}", "T403", 0),
        ("version: 2\n", "T403", 1),
        ("version: '1\n", "T401", 0),
        ("sites: {a: 1}\n", "T403", 1),
        ("[1, 2]\n", "T402", 1),
        ("just words\n", "T402", 1),
        ("version: 1\nsites: [a]\n", "T402", 2),
        ("version: 1\nsites: 5\n", "T402", 2),
        ("version: 1\nretired: {departments: 5}\n", "T402", 2),
        ("version: 1\nsites: &x {a: 1}\ndepartments: *x\n", "T402", 3),
        ("version: 1\nsites: " + "[" * 5000, "T402", 2),
        ("version: 1\nsitez: {a: 1}\n", "T404", 2),
        ("version: 1\nsites: {a: 1}\nsites: {a: 2}\n", "T404", 3),
        ("version: 1\ndepartments:\n  a: 1\n  a: 2\n", "T404", 4),
        ("version: 1\ndepartments:\n  A: 1\n", "T405", 3),
        ("version: 1\ndepartments:\n  ? [a]\n  : 1\n", "T405", 4),
        ("version: 1\ndepartments:\n  a: 0\n", "T406", 3),
        ("version: 1\ndepartments:\n  a: -1\n", "T406", 3),
        ("version: 1\ndepartments:\n  a: 1.5\n", "T406", 3),
        ("version: 1\ndepartments:\n  a: '1'\n", "T406", 3),
        ("version: 1\ndepartments:\n  a: 017\n", "T406", 3),
        ("version: 1\ndepartments:\n  a: " + "9" * 5000 + "\n", "T406", 3),
        ("version: 1\ndepartments:\n  a:\n", "T406", 3),
        ("version: 1\ndepartments:\n  a: {b: 1}\n", "T406", 3),
        ("version: 1\ndepartments:\n  a: 4\n  b: 4\n", "T408", 4),
        ("version: 1\nsites: {a: 4}\nretired: {sites: {b: 4}}\n", "T408", 3),
        ("version: 1\nsites: {a: 4}\nretired: {sites: {a: 5}}\n", "T409", 3),
        ("version: 1\nsites:\n<<<<<<< HEAD\n  a: 1\n=======\n  a: 2\n>>>>>>> b\n", "T401", 4),
        ("version: 1\n---\nversion: 1\n", "T401", 2),
        ("version: 1\n\x00", "T401", 0),
        ("version: !!python/object/apply:os.system [id]\n", "T403", 1),
    ],
)
def test_ledger_when_damaged_names_rule_and_line(text: str, row: str, line: int) -> None:
    """Every kind of damage is a finding at its line, never a traceback."""
    assert [(f.id, f.place.file) for f in refused(text)] == [(row, "c.addresses.yaml")]
    assert line in {0, refused(text)[0].place.line}


def test_ledger_rules_are_each_met_by_some_damage() -> None:
    """The table above and the range test below leave no rule without an example."""
    marks = test_ledger_when_damaged_names_rule_and_line.pytestmark  # type: ignore[attr-defined]  # set by the decorator
    met = {row for mark in marks for _, row, _ in mark.args[1]}

    assert met | {"T407"} == {rule.id for rule in LEDGER_RULES}


def test_ledger_with_several_faults_tells_all_at_once() -> None:
    """One run shows every entry to repair."""
    text = "version: 3\nsites: {a: x, b: 1}\ndepartments: {C: 1, d: 0}\nodd: 1\n"

    assert sorted(f.id for f in refused(text)) == ["T403", "T404", "T405", "T406", "T406"]


@given(st.text(max_size=60) | st.lists(st.sampled_from(GOOD.splitlines(keepends=True))).map("".join))
def test_ledger_of_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail in another way."""
    with suppress(TopologyInvalid):
        ledger, _ = ledger_text.parse(text, "f")
        assert ledger_text.parse(ledger_text.render(ledger), "f")[0] == ledger


@pytest.mark.parametrize("kind", ["folder", "binary", "huge", "pipe"])
def test_ledger_that_is_no_text_file_is_refused(tmp_path: Path, kind: str) -> None:
    """A folder, a pipe, bytes or a huge file in the ledger's place is an input error that names it."""
    path = tmp_path / "c.addresses.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(b"\xff\xfe" if kind == "binary" else b"#" * (ledgers.SIZE_LIMIT + 1))

    with pytest.raises(InputInvalid) as caught:
        ledgers.read(path)
    assert caught.value.where == str(path)


def test_plan_for_number_out_of_range_names_the_line(tmp_path: Path) -> None:
    """When the zones were made smaller, the finding points into the ledger."""
    topology = tmp_path / "c.yaml"
    path = ledgers.path_for(topology)
    path.write_text("version: 1\ndepartments:\n  d: 16\n")

    with pytest.raises(TopologyInvalid) as caught:
        ledgers.plan_for(make_cloud(["d"]), topology)
    assert [(f.id, f.place.file, f.place.line) for f in caught.value.findings] == [("T407", str(path), 3)]


def test_plan_for_cloud_with_ledger_keeps_its_numbers(tmp_path: Path) -> None:
    """The plan of a topology on disk follows the ledger beside it."""
    topology = tmp_path / "c.yaml"
    ledgers.write(ledgers.path_for(topology), Ledger(departments={"d": 7}))

    planned = ledgers.plan_for(make_cloud(["d", "e"]), topology)

    assert planned.ledger.departments["d"] == 7
