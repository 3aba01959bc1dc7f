"""The package index that pip is told of is the one uv uses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab import indexes
from lab.indexes import uv_settings


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "home/.config/pip").mkdir(parents=True)
    return tmp_path


def settings(machine: Path, **environ: str) -> dict[str, str]:
    return uv_settings({"HOME": str(machine / "home"), **environ}, machine)


def test_settings_without_pip_settings_are_none(machine: Path) -> None:
    """A machine that says nothing to pip leaves uv at its defaults."""
    assert settings(machine) == {}


def test_settings_from_file_of_machine_reach_uv(machine: Path) -> None:
    """/etc/pip.conf sets the index and the certificates."""
    (machine / "etc/pip.conf").write_text("[global]\nindex-url = http://a/simple\ncert = /ca.crt\n", encoding="utf-8")

    assert settings(machine) == {"UV_DEFAULT_INDEX": "http://a/simple", "SSL_CERT_FILE": "/ca.crt"}


def test_settings_of_user_and_environment_win_in_this_order(machine: Path) -> None:
    """The environment beats the user's file, which beats the machine's."""
    (machine / "etc/pip.conf").write_text("[global]\nindex-url = http://a/simple\n", encoding="utf-8")
    (machine / "home/.config/pip/pip.conf").write_text("[global]\nindex-url = http://b/simple\n", encoding="utf-8")

    assert settings(machine)["UV_DEFAULT_INDEX"] == "http://b/simple"
    assert settings(machine, PIP_INDEX_URL="http://c/simple")["UV_DEFAULT_INDEX"] == "http://c/simple"


def test_settings_already_given_to_uv_stay(machine: Path) -> None:
    """What the user told uv itself is not overruled."""
    assert settings(machine, PIP_INDEX_URL="http://c/simple", UV_DEFAULT_INDEX="http://d/simple") == {}


def test_settings_of_several_values_are_joined_as_uv_wants(machine: Path) -> None:
    """Extra indexes are separated by spaces, folders of wheels by commas."""
    text = "[global]\nextra-index-url =\n    http://a/simple\n    http://b/simple\nfind-links = /w1 /w2\n"
    (machine / "etc/pip.conf").write_text(text, encoding="utf-8")

    assert settings(machine) == {
        "UV_INDEX": "http://a/simple http://b/simple",
        "UV_FIND_LINKS": "/w1,/w2",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_settings_file_that_is_no_ini_is_left_out_aloud(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken pip.conf is named on stderr and does not stop anything."""
    (machine / "etc/pip.conf").write_text("index-url: [", encoding="utf-8")

    assert settings(machine) == {}
    assert "etc/pip.conf: not understood" in capsys.readouterr().err


def test_script_run_by_shell_quotes_values() -> None:
    """A value cannot become a command of the shell that reads the exports."""
    line = f'eval "$({sys.executable} {indexes.__file__})" && printf %s "$UV_DEFAULT_INDEX"'
    environ = {**os.environ, "PIP_INDEX_URL": "http://a/$(exit;7)", "UV_DEFAULT_INDEX": ""}
    done = subprocess.run(["sh", "-c", line], env=environ, capture_output=True, text=True, check=True, timeout=30)

    assert done.stdout == "http://a/$(exit;7)"
