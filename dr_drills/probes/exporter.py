"""Reads a host's metrics: its clock, its round trips to the other sites, the age of the backups it keeps."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.web import Web
from failures import Text

PORT = 9100
LINE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
Sample = tuple[str, dict[str, str], float]


@dataclass(frozen=True)
class RoundTrip:
    """`seconds` is None when nothing came back; `age` is how long ago it was tried, in seconds."""

    seconds: float | None
    age: float


@dataclass(frozen=True)
class Backup:
    """How many seconds ago the last good backup of each kind ended and the log was last archived; None for never."""

    full: float | None = None
    incremental: float | None = None
    archived: float | None = None


@dataclass(frozen=True)
class HostReading:
    """`skew` is how far the host's clock is ahead of ours, in seconds; round trips by site, backups by stanza."""

    skew: float
    version: str
    round_trips: Mapping[str, RoundTrip] = field(default_factory=dict)
    backups: Mapping[str, Backup] = field(default_factory=dict)


def read_host(web: Web, address: str) -> HostReading:
    """Return what the exporter at an address says. Raises NoAnswer."""
    page = web.get(f"http://{address}:{PORT}/metrics")
    if page.status != 200:
        raise NoAnswer(Text(f"refused ({page.status})", f"被拒绝({page.status})"))
    return parsed(page.body.decode(errors="replace"), time.time())


def parsed(text: str, now: float) -> HostReading:
    """Return the reading in a page of metrics, read at `now` (Unix time). Raises NoAnswer when it tells no time."""
    found = list(samples(text))
    clock = next((value for name, _, value in found if name == "node_time_seconds"), math.nan)
    if math.isnan(clock):
        raise NoAnswer(Text("the metrics do not tell the host's time", "指标中没有主机时间"))
    version = next((labels.get("version", "") for name, labels, _ in found if name == "node_exporter_build_info"), "")
    return HostReading(clock - now, version, _round_trips(found, clock), _backups(found, clock))


def samples(text: str) -> Iterator[Sample]:
    """Yield (name, labels, value) of each line that has one."""
    for line in text.splitlines():
        found = LINE.match(line)
        if found and not line.startswith("#"):
            try:
                yield found[1], dict(LABEL.findall(found[2] or "")), float(found[3])
            except ValueError:
                continue


def _round_trips(found: list[Sample], clock: float) -> dict[str, RoundTrip]:
    tried = {row["site"]: value for name, row, value in found if name == "govcloud_round_trip_timestamp_seconds"}
    came = {row["site"]: value for name, row, value in found if name == "govcloud_round_trip_seconds"}
    return {
        site: RoundTrip(None if math.isnan(came.get(site, math.nan)) else came[site], clock - at)
        for site, at in tried.items()
    }


def _backups(found: list[Sample], clock: float) -> dict[str, Backup]:
    ages: dict[str, dict[str, float]] = {}
    for name, labels, value in found:
        stanza = labels.get("stanza", "")
        if name == "govcloud_backup_timestamp_seconds":
            ages.setdefault(stanza, {})[labels.get("kind", "")] = clock - value
        if name == "govcloud_archive_timestamp_seconds":
            ages.setdefault(stanza, {})["archived"] = clock - value
    return {
        stanza: Backup(age.get("full"), age.get("incremental"), age.get("archived")) for stanza, age in ages.items()
    }
