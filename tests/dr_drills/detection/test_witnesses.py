"""When observers agree that a site is lost: two places that miss it for long enough, and nobody who sees it."""

from __future__ import annotations

from itertools import product

import pytest

from dr_drills.detection.witnesses import Heard, Look, agreed, heard
from dr_drills.planning.world import Seen


def looks(*sees: bool | None) -> list[Look]:
    return [Look(at * 0.4, at * 0.4 + 0.3, one) for at, one in enumerate(sees)]


def word(where: str, sees: Seen) -> Heard:
    return Heard("test", where, sees, 3, 1.0)


@pytest.mark.parametrize(
    ("sees", "expected"),
    [
        ((), Seen.UNKNOWN),
        ((True,), Seen.YES),
        ((False,), Seen.UNKNOWN),
        ((False, False), Seen.UNKNOWN),
        ((False, False, False), Seen.NO),
        ((False, False, True), Seen.YES),
        ((False, True, False, False), Seen.UNKNOWN),
        ((False, False, None), Seen.UNKNOWN),
        ((None, False, False, False), Seen.NO),
        ((None, None, None, None), Seen.UNKNOWN),
    ],
)
def test_observer_misses_a_site_only_after_a_row_of_silent_looks(sees: tuple[bool | None, ...], expected: Seen) -> None:
    """A look that cannot tell breaks the row, and the newest answer counts at once."""
    found = looks(*sees)

    assert heard("test", "a", found, found[-1].ended_s if found else 0.0).sees is expected


def test_observer_that_stopped_looking_tells_nothing() -> None:
    """Silence of the observer is not silence of the site."""
    found = looks(False, False, False)

    assert heard("test", "a", found, found[-1].ended_s + 5).sees is Seen.UNKNOWN


def test_observers_agree_only_when_two_places_miss_it_and_nobody_sees_it() -> None:
    """All words of three observers: one who sees it is a no, fewer than two who miss it are unknown."""
    for words in product(Seen, repeat=3):
        found = agreed([word(place, sees) for place, sees in zip("abc", words, strict=True)])
        if Seen.YES in words:
            assert found is Seen.NO
        else:
            assert (found is Seen.YES) == (words.count(Seen.NO) >= 2)


def test_observers_at_one_place_count_once() -> None:
    """Two ways to look out of the same window are one window."""
    assert agreed([word("a", Seen.NO), word("a", Seen.NO)]) is Seen.UNKNOWN
    assert agreed([word("a", Seen.NO), word("b", Seen.NO)]) is Seen.YES
