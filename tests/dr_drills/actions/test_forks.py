"""Where histories part, from the files of both sides."""

from __future__ import annotations

import pytest

from dr_drills.actions.forks import History, compare_forks, parsed, parted
from dr_drills.planning.rows_dr import COMPARE_FORKS
from dr_drills.planning.world import Seen
from dr_drills.probes.budget import NoAnswer
from tests.dr_drills import city
from tests.dr_drills.actions.hostlike import Said
from tests.dr_drills.actions.scripted import CASE, LOST, step, tools

FIRST = (1, "0/3000060")
TEXT = """## 00000002.history
1\t0/3000060\tno recovery target specified

## 00000003.history
1\t0/3000060\tno recovery target specified

2\t0/5000148\tno recovery target specified

pg_control version number:            1300
Latest checkpoint's TimeLineID:       {now}
Latest checkpoint's PrevTimeLineID:   2
"""
DR = History(3, {2: (FIRST,), 3: (FIRST, (2, "0/5000148"))})


def test_parsed_files_tell_where_each_timeline_was_left() -> None:
    """The files count before the first checkpoint of a new timeline does."""
    assert parsed(TEXT.format(now=2)) == DR


def test_parsed_of_a_server_without_data_is_no_history() -> None:
    """A wiped server has nothing that could differ."""
    assert parsed("") == History(0, {})
    assert not parted(History(0, {}), DR)


@pytest.mark.parametrize(
    ("server", "wanted"),
    [
        (History(2, {2: (FIRST,)}), False),
        (History(2, {2: ((1, "0/3000110"),)}), True),
        (History(3, {2: (FIRST,), 3: (FIRST, (2, "0/5000200"))}), True),
        (History(3, {2: (FIRST,), 3: (FIRST, (2, "0/5000148"))}), True),
        (History(4, {2: (FIRST,), 4: (FIRST, (2, "0/5000148"))}), True),
    ],
)
def test_parted_histories_are_told_by_positions_and_numbers(server: History, *, wanted: bool) -> None:
    """One that stayed behind can be rewound; one that has a timeline of the DR site's number made its own."""
    assert parted(server, DR) is wanted


@pytest.mark.parametrize(("now", "wanted"), [(2, Seen.NO), (3, Seen.YES)])
def test_compared_forks_are_kept_as_evidence(now: int, wanted: Seen) -> None:
    """What was compared is what the next look tells."""
    made = tools()
    behind = "".join(TEXT.partition("## 00000003")[0]) + f"Latest checkpoint's TimeLineID:       {now}\n"
    made.hosts = Said({city.PRIMARY: behind, city.STANDBY: behind, city.REMOTE: TEXT.format(now=3)})
    compare_forks(made, LOST, CASE, step(COMPARE_FORKS, "changle"))

    assert made.proven.forked is (wanted is Seen.YES)


@pytest.mark.parametrize("hosts", [Said(dark=frozenset({city.PRIMARY})), Said()])
def test_compare_without_a_server_s_files_is_no_answer(hosts: Said) -> None:
    """A city server that cannot be entered, or a DR server that tells nothing, leaves it open."""
    made = tools()
    made.hosts = hosts

    with pytest.raises(NoAnswer):
        compare_forks(made, LOST, CASE, step(COMPARE_FORKS, "changle"))
    assert made.proven.forked is None
