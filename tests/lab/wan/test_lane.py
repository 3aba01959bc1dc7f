"""One direction of a line, with a clock of the test's own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.wan.faults import LineState
from lab.wan.lane import Lane

STATE = LineState(cut=False, latency_ms=5, loss=0, bandwidth_mbps=100)
PACKET = bytes(1250)  # 0.1 ms at 100 Mbit/s


def test_lane_packet_arrives_after_sending_and_latency() -> None:
    """A packet takes the time to send it and then the latency, not less."""
    lane = Lane()
    lane.offer(PACKET, 10.0, STATE)

    assert lane.next_at == pytest.approx(10.0051)
    assert lane.take(10.005) is None
    assert lane.take(10.0052) == PACKET


def test_lane_packets_in_a_row_wait_for_each_other() -> None:
    """The bandwidth holds: the second packet is sent after the first."""
    lane = Lane()
    for _ in range(2):
        lane.offer(PACKET, 0.0, STATE)

    assert lane.take(0.0051) == PACKET
    assert lane.next_at == pytest.approx(0.0052)


def test_lane_more_than_fits_is_dropped() -> None:
    """A sender that is faster than the line loses what would wait too long."""
    lane, slow = Lane(), replace(STATE, bandwidth_mbps=1)
    for _ in range(1000):
        lane.offer(PACKET, 0.0, slow)

    assert 200 < lane.counts.dropped < 900


def test_lane_that_is_cut_takes_nothing_in() -> None:
    """What is sent into a cut line is lost, and what was under way with it."""
    lane = Lane()
    lane.offer(PACKET, 0.0, STATE)
    lane.clear()
    lane.offer(PACKET, 0.0, replace(STATE, cut=True))

    assert lane.take(9.9) is None
    assert lane.counts.dropped == 2


def test_lane_losing_half_loses_about_half() -> None:
    """The share that is lost is the share that was asked for."""
    lane = Lane()
    for number in range(2000):
        lane.offer(PACKET, number / 100, replace(STATE, loss=0.5))

    assert 800 < lane.counts.dropped < 1200


@given(st.lists(st.tuples(st.floats(0, 0.01), st.integers(1, 60000), st.floats(0, 50)), min_size=1, max_size=40))
def test_lane_under_changing_latency_keeps_the_order(rows: list[tuple[float, int, float]]) -> None:
    """Packets come out as they went in, although the latency changes under way."""
    lane, now, sent = Lane(), 0.0, []
    for number, (pause, size, latency) in enumerate(rows):
        now += pause
        packet = number.to_bytes(4) + bytes(size)
        lane.offer(packet, now, replace(STATE, latency_ms=latency, bandwidth_mbps=10_000))
        sent.append(packet)
    taken = [lane.take(now + 10) for _ in sent]

    assert taken == sent
    assert lane.counts.packets == len(sent)
