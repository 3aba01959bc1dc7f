"""How clients do, put together by kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from commands.drill_states import WIDTH, Doing, doings, failing, lines
from dr_drills.clients.attempts import Attempt, Kind
from tests.commands.drill_play import Somebody
from tests.dr_drills.clients.attempting import paced

NOW_S = 20.0


def seen(clients: Iterable[Somebody], told: Mapping[str, Sequence[Attempt]]) -> tuple[Doing, ...]:
    return doings(clients, lambda name: told[name], NOW_S)


def test_doings_of_one_kind_are_one_row_with_their_pace_together() -> None:
    """Two clients at ten a second are twenty; the latency is what an attempt usually takes."""
    clients = [Somebody("a", "permits", Kind.READER), Somebody("b", "permits", Kind.READER)]
    (row,) = seen(clients, {name: paced(NOW_S - 0.05, took_s=0.002, began_s=0.04) for name in "ab"})

    assert (row.clients, row.failing, round(row.per_s)) == (2, 0, 20)
    assert lines([row])[0].en == "reads 20/s 2 ms"
    assert lines([row])[0].zh == "查询 20/s 2 ms"


def test_doings_with_one_client_that_fails_say_which_part_and_since_when() -> None:
    """A kind fails as soon as one of its clients does; how long is that of the worst."""
    clients = [Somebody("a", "permits", Kind.WRITER), Somebody("b", "permits", Kind.WRITER)]
    rows = seen(clients, {"a": paced(NOW_S), "b": paced(NOW_S, [(18.15, NOW_S + 1)])})

    assert failing(rows) == {("permits", "writer")}
    assert lines(rows)[0].en == "writes FAIL since 1.9 s (1 of 2)"
    assert lines(rows)[0].zh == "写入 失败 已 1.9 s(1/2)"


def test_doings_of_a_pause_that_is_short_are_no_failure() -> None:
    """One slow answer is not told of."""
    (row,) = seen([Somebody("a", "permits", Kind.CITIZEN)], {"a": paced(NOW_S, [(19.25, NOW_S + 1)])})

    assert failing([row]) == frozenset()


def test_doings_of_a_client_that_never_was_served_count_from_its_first_attempt() -> None:
    """A run that is taken up again amid an outage says so; who has not tried yet is not told of."""
    clients = [Somebody("a", "permits", Kind.CITIZEN), Somebody("b", "permits", Kind.READER)]
    rows = seen(clients, {"a": paced(NOW_S, [(0.0, 30.0)], began_s=17.0), "b": []})

    assert [(row.kind, row.failing, row.since_s) for row in rows] == [("citizen", 1, 3.0)]


def test_line_of_several_services_is_one_for_each_with_its_name() -> None:
    """Only where a kind alone does not tell them apart: the entrance's names belong to no service."""
    row = Doing("permits", "writer", 2, 0, 0.0, 20.0, 0.005)
    names = replace(row, service="entrance", kind="resolver")

    assert [line.en for line in lines([row, names])] == ["writes 20/s 5 ms  names 20/s 5 ms"]
    told = [line.en for line in lines([row, replace(row, service="taxes"), names])]
    assert told == ["permits: writes 20/s 5 ms", "taxes: writes 20/s 5 ms", "entrance: names 20/s 5 ms"]


def test_line_with_everything_failing_for_long_stays_within_its_width() -> None:
    """The longest line there is; the word that can be missed goes first."""
    rows = [Doing("permits", kind, 2, 2, 1234.5, 0.0, None) for kind in ("writer", "reader", "citizen", "resolver")]
    (line,) = lines(rows, WIDTH - 11)

    assert line.en.startswith("writes FAIL 1234 s (2/2)  reads FAIL 1234 s")
    assert len(line.en) <= WIDTH - 11
    assert lines([]) == []
