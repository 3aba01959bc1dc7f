"""What loading and checking cost next to a bare parse of the same text."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.topology.town import city
from topology.load import read

pytestmark = pytest.mark.slow

# Seen 0.7 to 1.0 over ten runs on two shared cores; the bare parse alone varies by a third.
RATIO = 2.0


def fastest(work: Callable[[], object], runs: int = 2) -> float:
    """Return the least CPU seconds of `runs` runs."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


@pytest.mark.parametrize("departments", [500, 3300])
def test_loading_and_checking_costs_little_more_than_parsing(departments: int, tmp_path: Path) -> None:
    """Marks, limits, model and checks together stay within a factor of the bare C parser and constructor."""
    text = city(departments)
    path = tmp_path / "city.yaml"
    path.write_text(text, encoding="utf-8")

    bare = fastest(lambda: yaml.load(text, Loader=yaml.CSafeLoader))
    ours = fastest(lambda: read(path))

    assert read(path).findings == ()
    print(f"{departments} departments: {ours:.2f} s, bare parse {bare:.2f} s, ratio {ours / bare:.2f}")
    assert ours / bare <= RATIO
