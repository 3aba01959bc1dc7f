"""The wheel holds every file of every room and works from any folder."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.house.sources import ROOT, listed

BIN = Path(sys.executable).parent
SECONDS = 120


def run(*words: str | Path, cwd: Path, **settings: str) -> str:
    """Return what the command prints; fail with what it complained of."""
    done = subprocess.run(
        [*words],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(cwd), **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def tool(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bin folder of an environment with the wheel and our libraries, but nothing of this tree."""
    place = tmp_path_factory.mktemp("tool") / "env"
    run(BIN / "uv", "venv", "-q", "--python", sys.executable, place, cwd=wheel.parent)
    run(BIN / "uv", "pip", "install", "-q", "--offline", "--no-deps", "--python", place, wheel, cwd=wheel.parent)
    packages = next(place.glob("lib/python*/site-packages"))
    libraries = Path(pytest.__file__).parents[1]
    (packages / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    return place / "bin"


def promised() -> set[str]:
    """Return the tracked files of the parts that pyproject.toml puts into the wheel."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["include"]
    return set(listed(*(part.strip("/") for part in parts)))


def test_wheel_content_is_complete(wheel: Path) -> None:
    """Every tracked file of every room is inside: modules, examples, images, playbooks, lab files."""
    inside = set(zipfile.ZipFile(wheel).namelist())

    assert promised() - inside == set()
    assert "topology/quanzhou.yaml" in inside


def test_wheel_content_leaves_tests_and_state_out(wheel: Path) -> None:
    """Neither tests nor anything a run leaves behind travels with the tool."""
    inside = zipfile.ZipFile(wheel).namelist()

    assert [name for name in inside if name.startswith(("tests/", ".")) or name.endswith(("clouds.yaml", ".pyc"))] == []


def test_top_level_of_wheel_includes_every_room(wheel: Path) -> None:
    """A room added to the tree is added to the wheel too: only the house-keeping stays out."""
    rooms = {name.split("/")[0] for name in listed("*.py")}
    inside = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert rooms - inside == {"tests"}


def test_tool_installed_elsewhere_runs_its_own_code(tool: Path, tmp_path: Path) -> None:
    """The installed modules are the wheel's, so what follows says something about the wheel."""
    where = run(tool / "python", "-c", "import cli, topology; print(cli.__file__, topology.__file__)", cwd=tmp_path)

    assert where.count(str(tool.parent)) == 2
    assert str(ROOT) not in where


@pytest.mark.slow
def test_tool_called_from_any_folder_validates_its_example(tool: Path, tmp_path: Path) -> None:
    """`govcloud --help` and `govcloud validate` of the packaged example work far from the tree."""
    example = next(tool.parent.glob("lib/python*/site-packages/topology/quanzhou.yaml"))

    assert "validate" in run(tool / "govcloud", "--help", cwd=tmp_path)
    run(tool / "govcloud", "validate", example, cwd=tmp_path)
    assert not list(tmp_path.iterdir())
