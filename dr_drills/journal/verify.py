"""Whether a journal is the one that was written: nothing changed, left out, moved, added or replaced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dr_drills.journal.event import FIRST, Event, EventKind, parse
from dr_drills.verdicts import Verdict
from failures import Text


@dataclass(frozen=True)
class Head:
    """The last event as it was known elsewhere: what a shortened or replaced journal cannot match."""

    run: str
    seq: int
    digest: str
    at: str

    def document(self) -> dict[str, Any]:
        return {"run": self.run, "seq": self.seq, "digest": self.digest, "at": self.at}


@dataclass(frozen=True)
class Finding:
    """`line` counts from 1; 0 is the journal as a whole."""

    rule: str
    verdict: Verdict
    line: int
    message: Text

    def document(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "verdict": str(self.verdict),
            "line": self.line,
            "message": self.message._asdict(),
        }


REASONS: dict[str, Text] = {
    "V01": Text("Every line is an event.", "每一行都是一个事件。"),
    "V02": Text("No event was changed after it was written.", "事件写入后未被改动。"),
    "V03": Text("Events stand in the order in which they were written.", "事件按写入顺序排列。"),
    "V04": Text("No event is missing, none stands there twice.", "事件没有缺失，也没有重复。"),
    "V05": Text("Every event continues the one before it.", "每个事件都承接前一个事件。"),
    "V06": Text("The journal is as long as its head says.", "日志长度与链头一致。"),
    "V07": Text("It is the journal that the head was taken of.", "日志与链头属于同一次演练。"),
    "V08": Text("There is a head to compare with.", "有可供比对的链头。"),
    "V09": Text("The last line is whole.", "最后一行完整。"),
}


def check(raw: bytes, head: Head | None) -> tuple[Finding, ...]:
    """Return what speaks against a journal, in the order of its lines; empty when it is whole and as it was written.

    With a head that was taken after the last event, every change of the bytes is found. Without one, a journal that
    was shortened at a line's end, or written anew from its start, looks whole: V08 says so, as unknown.
    """
    lines, torn = split(raw)
    events = [_read(line) for line in lines]
    found = [*_damage(lines, events), *_order(events), *_links(events), *_against(events, head)]
    if torn:
        found.append(_finding("V09", len(lines) + 1, "is torn: it has no end", "残缺：没有行尾"))
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.rule)))


def sound_events(raw: bytes) -> tuple[Event, ...]:
    """Return the events before the first line that is damaged or does not continue the one before it."""
    lines, _ = split(raw)
    events: list[Event] = []
    for line in lines:
        event, before = _read(line), events[-1].digest if events else FIRST
        if event is None or event.line() != line + b"\n" or event.digest != event.true_digest:
            break
        if event.seq != len(events) or event.previous != before:
            break
        events.append(event)
    return tuple(events)


def split(raw: bytes) -> tuple[list[bytes], bytes]:
    """Return the lines that have an end, without it, and what stands after the last of them."""
    *lines, torn = raw.split(b"\n")
    return lines, torn


def _read(line: bytes) -> Event | None:
    try:
        return parse(line)
    except ValueError:
        return None


def _damage(lines: Sequence[bytes], events: Sequence[Event | None]) -> Iterator[Finding]:
    for number, (line, event) in enumerate(zip(lines, events, strict=True), 1):
        if event is None:
            yield _finding("V01", number, "cannot be read as an event", "无法读作事件")
        elif event.line() != line + b"\n" or event.digest != event.true_digest:
            yield _finding("V02", number, "was changed: its digest is of other words", "内容被改动：摘要与内容不符")


def _order(events: Sequence[Event | None]) -> Iterator[Finding]:
    """Yield one finding for numbers that are out of order, and one for each that is missing or there twice."""
    numbers = [event.seq if event else None for event in events]
    seen: set[int] = set()
    last = -1
    for line, number in enumerate(numbers, 1):
        if number is None:
            # A line that cannot be read stands for the number that is due.
            last += 1
            continue
        if number in seen:
            yield _finding("V04", line, f"is event {number} a second time", f"第 {number} 号事件重复出现")
        elif number < last:
            yield _finding(
                "V03", line, f"is event {number}, moved behind {last}", f"第 {number} 号事件被移到 {last} 号之后"
            )
        elif number > last + 1:
            yield from _gap(line, last + 1, number, {n for n in numbers if n is not None})
        seen.add(number)
        last = max(last, number)


def _gap(line: int, due: int, number: int, there: set[int]) -> Iterator[Finding]:
    missing = [n for n in range(due, min(number, due + 1000)) if n not in there]
    if missing:
        yield _finding(
            "V04", line, f"is event {number}: {missing[0]} is missing", f"为第 {number} 号事件：缺少第 {missing[0]} 号"
        )
    else:
        yield _finding("V03", line, f"is event {number}, moved before {due}", f"第 {number} 号事件被移到 {due} 号之前")


def _links(events: Sequence[Event | None]) -> Iterator[Finding]:
    before: Event | None = None
    for line, event in enumerate(events, 1):
        if event is not None and event.seq == line - 1:
            due = FIRST if line == 1 else before.digest if before else None
            if due is not None and event.previous != due:
                yield _finding(
                    "V05",
                    line,
                    "does not continue the line before it: one of the two was replaced",
                    "不承接前一行：两行之一被替换",
                )
            if line == 1 and event.kind != EventKind.RUN_BEGAN:
                yield _finding("V05", 1, "does not begin a run", "不是演练的开始")
        before = event


def _against(events: Sequence[Event | None], head: Head | None) -> Iterator[Finding]:
    if head is None:
        yield Finding(
            "V08",
            Verdict.UNKNOWN,
            0,
            Text(
                "no head to compare with: a dropped tail or a journal written anew would not be noticed",
                "没有可比对的链头：无法发现尾部被删或整份日志被重写",
            ),
        )
        return
    if head.seq >= len(events):
        dropped = head.seq + 1 - len(events)
        yield _finding(
            "V06",
            len(events) + 1,
            f"is missing: the head is event {head.seq}, {dropped} dropped from the end",
            f"缺失：链头为第 {head.seq} 号事件，尾部缺少 {dropped} 个事件",
        )
    else:
        yield from _same(events, head)


def _same(events: Sequence[Event | None], head: Head) -> Iterator[Finding]:
    first, last = events[0], events[head.seq]
    if first is not None and first.data.get("run") != head.run:
        yield _finding(
            "V07", 1, f"begins another run than the head's ({head.run})", f"与链头不是同一次演练（{head.run}）"
        )
    if last is not None and last.digest != head.digest:
        yield _finding(
            "V07",
            head.seq + 1,
            "has another digest than the head: the journal was replaced",
            "摘要与链头不符：日志被替换",
        )


def _finding(rule: str, line: int, en: str, zh: str) -> Finding:
    return Finding(rule, Verdict.FAIL, line, Text(f"line {line} {en}", f"第 {line} 行{zh}"))
