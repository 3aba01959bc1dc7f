"""Faults as data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.wan.faults import Fault, dump, healed, injected, parse, state_of
from lab.wan.wiring import Line

LINE = Line("a-b-one", ("a", "b"), 2, 1000, "one", transit=False)
FAULTS = st.builds(
    Fault,
    act=st.sampled_from(["cut", "slow"]),
    kind=st.sampled_from(["link", "site", "host", "carrier"]),
    name=st.sampled_from(["a", "b", "one", "a-b-one"]),
    site=st.sampled_from(["", "a"]),
    taps=st.lists(st.just("tap1"), max_size=1).map(tuple),
    latency_ms=st.floats(0, 100),
    loss=st.floats(0, 1),
    bandwidth_mbps=st.none() | st.floats(0.1, 100),
)


@pytest.mark.parametrize("fault", [("link", "a-b-one"), ("site", "a"), ("site", "b"), ("carrier", "one")])
def test_state_of_a_line_whose_fault_touches_it_is_cut(fault: tuple[str, str]) -> None:
    """A line is cut with itself, with its carrier, and with either of its sites."""
    assert state_of(LINE, [Fault("cut", *fault)]).cut  # type: ignore[arg-type]  # the kinds are literals


@pytest.mark.parametrize("fault", [("link", "a-c-one"), ("site", "c"), ("carrier", "two"), ("host", "a")])
def test_state_of_a_line_whose_fault_is_elsewhere_is_as_declared(fault: tuple[str, str]) -> None:
    """Another line's, site's, carrier's or a host's fault leaves it alone."""
    state = state_of(LINE, [Fault("cut", *fault)])  # type: ignore[arg-type]  # the kinds are literals

    assert (state.cut, state.latency_ms, state.loss, state.bandwidth_mbps) == (False, 2, 0, 1000)


def test_state_of_a_line_slowed_twice_adds_up() -> None:
    """Latencies add up; the worst loss and the lowest ceiling count."""
    slow = [
        Fault("slow", "link", "a-b-one", latency_ms=5, loss=0.1, bandwidth_mbps=50),
        Fault("slow", "site", "a", latency_ms=3, loss=0.2),
    ]

    state = state_of(LINE, slow)

    assert (state.latency_ms, state.loss, state.bandwidth_mbps) == (10, 0.2, 50)


@pytest.mark.slow
@given(st.lists(FAULTS), st.lists(FAULTS))
def test_injected_twice_is_injected_once(before: list[Fault], new: list[Fault]) -> None:
    """Repeating changes nothing, and no act has a target twice."""
    once = injected(before, new)

    assert injected(once, new) == once
    assert len({(fault.act, fault.target) for fault in once}) == len(once)


@pytest.mark.slow
@given(st.lists(FAULTS), st.lists(FAULTS))
def test_healed_of_what_was_injected_leaves_the_others(before: list[Fault], new: list[Fault]) -> None:
    """Healing takes away the named targets, cut and slowed, and nothing else."""
    gone = {fault.target for fault in new}
    left = healed(injected(before, new), gone)

    assert left == healed(injected(before, ()), gone)
    assert not gone & {fault.target for fault in left}


@pytest.mark.slow
@given(st.lists(FAULTS))
def test_faults_written_and_read_are_the_same(faults: list[Fault]) -> None:
    """What is kept in the file is all there is."""
    assert parse(dump(faults)) == tuple(faults)
