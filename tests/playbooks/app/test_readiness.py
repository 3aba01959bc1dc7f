"""When a copy says that it may be sent citizens."""

import asyncio

import pytest

from certificates.readiness import Readiness, watch
from certificates.store import Primary, Unavailable
from tests.playbooks.app.shelf import Shelf

PRIMARY = Primary("10.2.0.1", 2)


@pytest.mark.parametrize(
    ("serves", "draining", "age", "state"),
    [
        (True, False, 0, "ready"),
        (True, False, 3, "ready"),
        (True, False, 3.1, "unavailable"),
        (False, False, 3.1, "standby"),
        (False, False, 1, "ready"),
        (True, True, 0, "draining"),
        (False, True, 9, "draining"),
    ],
)
def test_readiness_at_an_age_of_its_last_look_says_its_state(
    *, serves: bool, draining: bool, age: float, state: str
) -> None:
    """A recovery site stands by where an active one is unavailable; stopping goes before everything."""
    readiness = Readiness(serves, fresh=3, draining=draining)
    readiness.saw(PRIMARY, 100)

    assert readiness.state(100 + age) == state


def test_readiness_before_any_look_is_not_ready() -> None:
    """Nothing seen is nothing known."""
    assert Readiness(serves=True, fresh=3).state(0) == "unavailable"


def watch_looks(shelf: Shelf, readiness: Readiness, looks: int) -> list[Primary | None]:
    """Run `watch` until it has looked `looks` times, failing at the first; return what was known after each."""
    known: list[Primary | None] = []

    async def run() -> None:
        enough = asyncio.Event()

        def looked() -> None:
            known.append(readiness.primary)
            shelf.failure = None
            if len(known) == looks:
                enough.set()

        task = asyncio.create_task(watch(shelf, readiness, 0, lambda: float(len(known)), looked))
        await asyncio.wait_for(enough.wait(), 5)
        task.cancel()

    asyncio.run(run())
    return known


def test_watch_over_a_passing_failure_becomes_ready() -> None:
    """A primary that comes back is seen at the next look."""
    readiness = Readiness(serves=True, fresh=3)

    known = watch_looks(Shelf(failure=Unavailable("no primary")), readiness, 2)

    assert known[:2] == [None, PRIMARY]


def test_watch_with_an_unknown_failure_ends_the_process() -> None:
    """A defect is not taken for a primary that is away."""
    with pytest.raises(RuntimeError, match="defect"):
        asyncio.run(watch(Shelf(failure=RuntimeError("defect")), Readiness(True, 3), 0, lambda: 0, lambda: None))
