"""What the kernel and the disks show of a lab, so that two moments can be compared; no ledger is read."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from lab.place import Place
from lab.wan.report import look

NAMESPACES = Path("/run/netns")
READINGS = (
    ("nft", "--stateless", "list", "ruleset"),
    ("tc", "qdisc", "show"),
    ("ip", "-o", "link", "show"),
    ("ip", "route", "show", "table", "all"),
)
PASSING = re.compile(r"\d+: |@if\d+|link-netnsid \d+|link/ether \S+| brd \S+|expires \S+|state (UP|UNKNOWN)")
"""What is another each time a host or its end of a wire is made again."""
BALLAST = "govcloud-drill*"


def picture(place: Place) -> frozenset[str]:
    """Return one line for each rule, delay, link, route, state of a line, frozen group, drill at work and file of it."""
    return frozenset((*_networks(place), *_lines(place), *_frozen(place), *_at_work(place), *_files(place)))


def left(before: frozenset[str], after: frozenset[str]) -> list[str]:
    """Return what is there and was not, and what was there and is not."""
    return sorted(f"+ {line}" for line in after - before) + sorted(f"- {line}" for line in before - after)


def _networks(place: Place) -> Iterator[str]:
    for name in sorted(path.name for path in NAMESPACES.glob(f"{place.mark}*")):
        for words in READINGS:
            told = subprocess.run(
                ["nsenter", f"--net={NAMESPACES / name}", *words],
                capture_output=True,
                text=True,
                timeout=10,
                check=True,
            ).stdout
            yield from (f"{name} {words[0]}: {PASSING.sub('', line).strip()}" for line in told.splitlines())


def _lines(place: Place) -> Iterator[str]:
    for line in look(place.run):
        yield f"{line.name} is {line.state}: {line.latency_ms} ms, {line.loss} lost, {line.bandwidth_mbps} Mbit/s"


def _frozen(place: Place) -> Iterator[str]:
    for path in Path("/sys/fs/cgroup").rglob("cgroup.freeze"):
        if place.mark in str(path) and path.read_text().strip() == "1":
            yield f"frozen: {path.parent}"


def _at_work(place: Place) -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has ended meanwhile
        if "drill" in words and any(place.cloud in word for word in words):
            yield f"at work: {' '.join(words)}"


def _files(place: Place) -> Iterator[str]:
    yield from (f"file: {path}" for path in (place.root / "sites").glob(f"*/hosts/*/own/**/{BALLAST}"))
