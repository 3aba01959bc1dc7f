"""Raising the kernel's limits."""

from __future__ import annotations

from pathlib import Path

from lab.hosts.limits import FLOORS, raise_limits


def test_raise_limits_raises_what_is_low_and_lowers_nothing(tmp_path: Path) -> None:
    """A machine with more keeps it; a limit this kernel does not have is left out."""
    low, high, *_ = FLOORS
    for name, value in ((low, 1), (high, FLOORS[high] * 2)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{value}\n")
    raise_limits(tmp_path)

    assert int((tmp_path / low).read_text()) == FLOORS[low]
    assert int((tmp_path / high).read_text()) == FLOORS[high] * 2
