"""A folder of files as one topology."""

from __future__ import annotations

from pathlib import Path

from tests.topology.town import TOWN, town
from topology.load import load_cloud, read


def split(folder: Path) -> Path:
    """Write the town as a folder: one file for the departments, one for the rest."""
    start, end = TOWN.index("departments:"), TOWN.index("rules:")
    (folder / "departments").mkdir()
    (folder / "cloud.yaml").write_text(TOWN[:start] + TOWN[end:], encoding="utf-8")
    (folder / "departments" / "all.yaml").write_text(TOWN[start:end], encoding="utf-8")
    return folder


def test_folder_of_files_is_the_same_cloud_as_one_file(tmp_path: Path) -> None:
    """Where the sections stand makes no difference."""
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()

    assert load_cloud(split(tmp_path / "many")) == load_cloud(town(tmp_path / "one"))


def test_folder_with_two_department_files_joins_them(tmp_path: Path) -> None:
    """Mappings under one key are joined."""
    split(tmp_path)
    for name in ("parks", "roads"):
        extra = f"departments: {{{name}: {{quota: {{vcpus: 1, ram_gb: 1, disk_gb: 1}}}}}}"
        (tmp_path / "departments" / f"{name}.yaml").write_text(extra)

    assert list(load_cloud(tmp_path).departments) == ["health", "schools", "parks", "roads"]


def test_folder_with_two_lists_joins_them_and_keeps_places(tmp_path: Path) -> None:
    """Links of several files follow each other; a wrong one is reported in its own file and line."""
    split(tmp_path)
    (tmp_path / "links.yaml").write_text("# more\nlinks: [{between: [east, wst], kind: vpn, carrier: t}]\n")

    findings = read(tmp_path).findings

    places = {(f.id, f.path, f.place.file.rsplit("/", 1)[-1], f.place.line) for f in findings}
    assert ("T201", "links.1.between.1", "links.yaml", 2) in places
    assert ("T102", "links.1.latency_ms", "links.yaml", 2) in places


def test_folder_that_defines_a_key_twice_names_both_places(tmp_path: Path) -> None:
    """Neither file wins silently."""
    split(tmp_path)
    again = "departments:\n  health: {quota: {vcpus: 1, ram_gb: 1, disk_gb: 1}}\n"
    (tmp_path / "departments" / "health.yaml").write_text(again)

    (finding,) = read(tmp_path).findings

    assert (finding.id, finding.path) == ("T012", "departments.health")
    assert str(finding.place).endswith("departments/health.yaml:2:3")
    assert "departments/all.yaml:2:3" in finding.message.en
    assert "departments/all.yaml:2:3" in finding.message.zh


def test_folder_that_names_the_cloud_twice_is_refused(tmp_path: Path) -> None:
    """A plain value cannot be joined."""
    split(tmp_path)
    (tmp_path / "more.yaml").write_text("cloud: smalltown\n")

    assert [(f.id, f.path) for f in read(tmp_path).findings] == [("T012", "cloud")]


def test_folder_with_sections_of_different_kinds_is_refused(tmp_path: Path) -> None:
    """A list does not join a mapping."""
    split(tmp_path)
    (tmp_path / "more.yaml").write_text("departments: [parks]\n")

    assert [(f.id, f.path) for f in read(tmp_path).findings] == [("T012", "departments")]


def test_folder_with_one_broken_file_reports_only_the_text(tmp_path: Path) -> None:
    """What the unread file may define is not reported missing."""
    split(tmp_path)
    (tmp_path / "departments" / "all.yaml").write_text("departments: {")

    assert [f.id for f in read(tmp_path).findings] == ["T003"]


def test_folder_whose_sections_share_an_alias_stays_as_written(tmp_path: Path) -> None:
    """Joining one section does not change another that repeats it."""
    split(tmp_path)
    a = "x: &all {north: {rto: 1h, rpo: 1h, gbt20988: 1}}\ntiers: *all\n"
    (tmp_path / "a.yaml").write_text(a)

    assert [(f.id, f.path) for f in read(tmp_path).findings] == [("T101", "x")]
