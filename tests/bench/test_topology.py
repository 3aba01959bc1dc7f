"""What loading and checking cost next to a bare parse of the same text."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.topology.town import city
from topology.load import read

pytestmark = [pytest.mark.slow, pytest.mark.bench]

# Seen 0.7 to 1.0 on two shared cores, 2.2 once in a process that held a large heap before it was frozen.
RATIO = 2.5
ROUNDS = 4


def spent(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one run."""
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.fixture
def frozen_heap() -> Iterator[None]:
    """Keep what earlier tests left in memory out of the collector's rounds: it would be charged to whoever allocates."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("frozen_heap")
@pytest.mark.parametrize("departments", [500, 3300])
def test_loading_and_checking_costs_little_more_than_parsing(departments: int, tmp_path: Path) -> None:
    """Marks, limits, model and checks together stay within a factor of the bare C parser and constructor."""
    text = city(departments)
    path = tmp_path / "city.yaml"
    path.write_text(text, encoding="utf-8")

    pairs = [
        (spent(lambda: yaml.load(text, Loader=yaml.CSafeLoader)), spent(lambda: read(path))) for _ in range(ROUNDS)
    ]
    bare, ours = (min(seconds) for seconds in zip(*pairs, strict=True))

    assert read(path).findings == ()
    print(f"{departments} departments: {ours:.2f} s, bare parse {bare:.2f} s, ratio {ours / bare:.2f}")
    assert ours / bare <= RATIO
