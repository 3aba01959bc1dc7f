"""What a lab goes by until it is told otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab.outages import dark, write_dark
from lab.place import Place, find_place
from lab.settings import keep_boot


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A lab's place below a temporary folder."""
    return replace(find_place("testcity", {}), root=tmp_path, run=tmp_path)


def test_keep_boot_untold_is_services(place: Place) -> None:
    """A city has hundreds of servers; only those that carry a service boot."""
    assert keep_boot(place, None) == "services"


def test_keep_boot_goes_by_what_was_told_last(place: Place) -> None:
    """`lab up --boot all` holds for every later `lab up`, until told otherwise."""
    keep_boot(place, "all")

    assert keep_boot(place, None) == "all"
    assert keep_boot(place, "services") == "services"
    assert keep_boot(place, None) == "services"


def test_dark_is_what_was_written(place: Place) -> None:
    """No site is dark at first."""
    assert dark(place) == {}
    write_dark(place, {"east": True})
    assert dark(place) == {"east": True}
