"""Many folders and files in one step."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

import govcloud_files

OWNER = pwd.getpwuid(os.getuid()).pw_name
OWNED = {"owner": OWNER, "group": OWNER}


def place(capsys: pytest.CaptureFixture[str], **arguments: Any) -> dict[str, Any]:
    """Return what the module answers to its arguments."""
    with patch_module_args(arguments), pytest.raises(SystemExit):
        govcloud_files.main()
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def wanted(path: Path, content: str = "text\n", mode: str = "0644") -> dict[str, str]:
    return {"path": str(path), "content": content, "mode": mode} | OWNED


def test_file_that_is_missing_is_written_with_its_folders(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Content, mode and the way there are made."""
    answer = place(capsys, files=[wanted(tmp_path / "a/b/c", mode="0640")])

    assert (answer["changed"], answer["paths"]) == (True, [str(tmp_path / "a/b/c")])
    assert (tmp_path / "a/b/c").read_text() == "text\n"
    assert (tmp_path / "a/b/c").stat().st_mode & 0o777 == 0o640


def test_folder_that_is_missing_is_made_as_wanted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A folder that is closed to others is so from the first run on."""
    folder = {"path": str(tmp_path / "a"), "mode": "0750"} | OWNED

    assert place(capsys, folders=[folder])["changed"] is True
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o750
    assert place(capsys, folders=[folder])["changed"] is False


def test_file_that_is_right_is_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A second run changes nothing, not even a time."""
    place(capsys, files=[wanted(tmp_path / "a")])
    before = (tmp_path / "a").stat()

    answer = place(capsys, files=[wanted(tmp_path / "a")])

    assert (answer["changed"], (tmp_path / "a").stat().st_mtime_ns) == (False, before.st_mtime_ns)


@pytest.mark.parametrize("fields", [{"content": "other\n"}, {"mode": "0600"}])
def test_file_that_differs_is_named_and_brought_in_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, fields: dict[str, str]
) -> None:
    """Only what differs is told as changed."""
    place(capsys, files=[wanted(tmp_path / "a"), wanted(tmp_path / "b")])

    answer = place(capsys, files=[wanted(tmp_path / "a") | fields, wanted(tmp_path / "b")])

    assert answer["paths"] == [str(tmp_path / "a")]
    assert place(capsys, files=[wanted(tmp_path / "a") | fields])["changed"] is False


def test_file_in_check_mode_is_told_and_not_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A trial run says what it would do and does nothing."""
    answer = place(
        capsys,
        files=[wanted(tmp_path / "a")],
        folders=[{"path": str(tmp_path / "d")} | OWNED],
        _ansible_check_mode=True,
    )

    assert answer["paths"] == [str(tmp_path / "d"), str(tmp_path / "a")]
    assert not list(tmp_path.iterdir())


def test_file_left_over_in_an_exact_folder_is_removed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A module that a release dropped does not stay behind; beside the folder nothing is touched."""
    place(capsys, files=[wanted(tmp_path / "program/old"), wanted(tmp_path / "beside")])

    answer = place(capsys, files=[wanted(tmp_path / "program/new")], exact=[str(tmp_path / "program")])

    assert answer["paths"] == [str(tmp_path / "program/new"), str(tmp_path / "program/old")]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["beside", "new", "program"]


def test_content_of_a_file_is_not_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A password in a file is in no answer."""
    answer = place(capsys, files=[wanted(tmp_path / "a", content="canary-4711\n")])

    assert "canary-4711" not in json.dumps(answer)
