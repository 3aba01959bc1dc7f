"""Whatever is done to a journal's bytes is found, and told with its line."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dr_drills.journal.event import Event, EventKind, lines_of, next_event
from dr_drills.journal.heads import head_of
from dr_drills.journal.verify import REASONS, Head, check, sound_events

RUN = "20261122-site-network-loss"


def chain(count: int = 8, run: str = RUN) -> tuple[Event, ...]:
    """Return a journal of so many events, all unlike."""
    events = [next_event(None, "2026-11-22T02:00:00.000Z", 100.0, EventKind.RUN_BEGAN, "", {"run": run})]
    for number in range(1, count):
        data = {"phase": f"phase-{number}", "seconds": number / 7, "words": {"zh": "隔离", "en": "fence"}}
        events.append(next_event(events[-1], "2026-11-22T02:00:01.000Z", 100.5 + number, EventKind.GATE, "g1", data))
    return tuple(events)


EVENTS = chain()
LINES = tuple(event.line() for event in EVENTS)
RAW = b"".join(LINES)
HEAD = head_of(EVENTS)


def rules(raw: bytes, head: Head | None = HEAD) -> set[str]:
    return {finding.rule for finding in check(raw, head)}


def test_check_of_an_untouched_journal_finds_nothing() -> None:
    """What was written is what is read; an older head is no reproach."""
    assert check(RAW, HEAD) == ()
    assert check(RAW, head_of(EVENTS[:3])) == ()
    assert sound_events(RAW) == EVENTS


@given(at=st.integers(0, len(RAW) - 1), mask=st.integers(1, 255))
def test_check_of_any_flipped_byte_finds_it(at: int, mask: int) -> None:
    """Any bits of any byte, ends of lines and spaces that JSON would not mind included."""
    raw = bytearray(RAW)
    raw[at] ^= mask
    line = RAW[:at].count(b"\n") + 1
    found = check(bytes(raw), HEAD)

    assert found
    assert found[0].line in {line, line + 1}
    assert sound_events(bytes(raw)) == EVENTS[: line - 1]


@given(keep=st.integers(0, len(RAW) - 1))
def test_check_of_any_dropped_tail_finds_it(keep: int) -> None:
    """Cut anywhere, in a line or between two."""
    assert check(RAW[:keep], HEAD)


@given(order=st.permutations(range(len(LINES))))
def test_check_of_any_reorder_finds_it(order: list[int]) -> None:
    """Lines that are all genuine, in another order."""
    assume(order != sorted(order))

    assert rules(b"".join(LINES[number] for number in order)) & {"V03", "V04", "V05"}


@given(st.lists(st.integers(0, len(LINES) - 1), max_size=12))
def test_check_of_any_other_choice_of_lines_finds_it(numbers: list[int]) -> None:
    """Lines left out, repeated, moved: only the whole journal passes."""
    assume(numbers != list(range(len(LINES))))

    assert check(b"".join(LINES[number] for number in numbers), HEAD)


@given(at=st.integers(0, len(EVENTS) - 1), words=st.text(max_size=20))
def test_check_of_any_forged_line_finds_it(at: int, words: str) -> None:
    """A line made anew with a digest that is right for it does not fit between its neighbours, nor under the head."""
    before = EVENTS[at - 1] if at else None
    forged = next_event(before, EVENTS[at].at, EVENTS[at].clock_s, EventKind.APPROVAL, "", {"who": words, "run": RUN})
    raw = b"".join([*LINES[:at], forged.line(), *LINES[at + 1 :]])

    assert rules(raw) & {"V05", "V07"}


@given(st.integers(1, 12))
def test_check_of_any_replaced_journal_finds_it(count: int) -> None:
    """A journal of another run, whole in itself, is not the one the head was taken of."""
    other = lines_of(chain(count, "another"))

    assert rules(other) & {"V06", "V07"}
    assert rules(other, None) == {"V08"}


@given(st.binary(max_size=60))
def test_check_of_any_inserted_bytes_finds_them(extra: bytes) -> None:
    """Something between two lines."""
    assume(extra)

    assert check(LINES[0] + extra + b"".join(LINES[1:]), HEAD)


@pytest.mark.parametrize(
    ("raw", "rule", "line"),
    [
        (RAW.replace(b"phase-3", b"phase-9"), "V02", 4),
        (RAW.replace(b'"kind":"gate"', b'"kind": "gate"', 1), "V02", 2),
        (LINES[0] + b"hello\n" + b"".join(LINES[2:]), "V01", 2),
        (LINES[0] + b'{"seq":NaN}\n' + b"".join(LINES[2:]), "V01", 2),
        (LINES[0] + b"[" * 100_000 + b"\n" + b"".join(LINES[2:]), "V01", 2),
        (b"".join([*LINES[:2], LINES[3], LINES[2], *LINES[4:]]), "V03", 3),
        (b"".join([*LINES[:2], *LINES[3:]]), "V04", 3),
        (b"".join([*LINES[:2], LINES[1], *LINES[2:]]), "V04", 3),
        (b"".join(LINES[:-1]), "V06", 8),
        (b"", "V06", 1),
        (RAW + LINES[0][:-5], "V09", 9),
    ],
)
def test_check_of_each_kind_of_damage_names_rule_and_line(raw: bytes, rule: str, line: int) -> None:
    """Each has its own words, in both languages, with the line that they are of."""
    first = check(raw, HEAD)[0]

    assert (first.rule, first.line) == (rule, line)
    assert rule in REASONS
    assert f"line {line} " in first.message.en
    assert f"第 {line} 行" in first.message.zh


def test_check_without_a_head_is_unknown() -> None:
    """A whole chain proves nothing about its end; that is said, and is no failure."""
    (finding,) = check(RAW, None)

    assert (finding.rule, finding.verdict) == ("V08", "unknown")
