"""Where base systems live and where their packages come from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from failures import InputInvalid
from lab.hosts import base
from lab.hosts.base import base_path, make_base, source_lines
from lab.hosts.recipe import Recipe

RECIPE = "suite: bookworm\narchitecture: amd64\n"
TOLD = """http://mirror.example/debian bookworm main
http://mirror.example/debian bookworm-updates main
http://mirror.example/debian bookworm contrib
http://mirror.example/security bookworm-security main
https://elsewhere.example/apt stable main

http://mirror.example/debian bookworm main
"""


def test_base_path_of_another_recipe_is_another(tmp_path: Path) -> None:
    """A changed recipe never boots from the old base, an unchanged one always from the same."""
    assert base_path(tmp_path, RECIPE) == base_path(tmp_path, RECIPE)
    assert base_path(tmp_path, RECIPE) != base_path(tmp_path, RECIPE + "packages: [jq]\n")


def test_source_lines_are_the_machines_own_of_the_release() -> None:
    """Other releases, other components and other archives stay out; nothing is listed twice."""
    lines = list(source_lines(TOLD, Recipe(suite="bookworm", architecture="amd64")))

    assert [line.split("] ")[-1].removeprefix("deb ") for line in lines] == [
        "http://mirror.example/debian bookworm main",
        "http://mirror.example/debian bookworm-updates main",
        "http://mirror.example/security bookworm-security main",
    ]


def test_make_base_that_exists_builds_nothing(tmp_path: Path) -> None:
    """A base in the cache is taken as it is."""
    made = base_path(tmp_path, RECIPE)
    made.mkdir()

    assert make_base(tmp_path, RECIPE) == made
    assert list(tmp_path.iterdir()) == [made]


def test_make_base_cut_short_starts_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed build left is removed, and a draft never takes the base's name before it is whole."""
    made = base_path(tmp_path, RECIPE)
    left = made.with_name(f"{made.name}.draft-4194305")
    (left / "root").mkdir(parents=True)

    def build(recipe: Recipe, draft: Path) -> None:
        assert not made.exists()
        assert draft.name == f"{made.name}.draft-{os.getpid()}"
        draft.mkdir()

    monkeypatch.setattr(base, "_build", build)

    assert make_base(tmp_path, RECIPE) == made
    assert made.is_dir()
    assert not left.exists()


def test_make_base_of_no_recipe_is_refused(tmp_path: Path) -> None:
    """The image of another cloud does not boot here."""
    with pytest.raises(InputInvalid):
        make_base(tmp_path, "QFI\xfb")


@pytest.mark.slow
@pytest.mark.parametrize("image", [b"a" * (64 * 1024 + 1), b"\xff\xfe\x00"])
def test_main_with_another_image_says_so(tmp_path: Path, image: bytes) -> None:
    """Nova asks in a process of its own; what it cannot boot ends with the reason and changes nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "lab.hosts.base", tmp_path], input=image, capture_output=True, timeout=60, check=False
    )

    assert done.returncode == InputInvalid.exit_code
    assert b"recipe" in done.stderr
    assert list(tmp_path.iterdir()) == []
