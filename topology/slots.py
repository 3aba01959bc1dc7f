"""Numbers for names: each site a block and each department a slot, kept for ever by the address ledger."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import combinations

from failures import Text
from topology.findings import Finding, Place, Severity
from topology.ledger_rules import BOTH, DOUBLE, RANGE
from topology.model import Cloud, Zone

SITE_BITS = 3
SITE_BLOCKS = range(1 << SITE_BITS)
ZONE_SLOT = 0
LONGEST_EDGE_PREFIX = 26
_BOTH = Text("this name is retired and in use at once", "该名称同时处于停用和在用状态")
_UNDO_MERGE = Text("delete the line under `retired`", "请删除 retired 下的这一行")
_RENEW = Text(
    "after a merge: delete the line of the one that is not built yet, it then gets a new number (docs/addresses.md)",
    "合并后出现时: 删除尚未建设者的那一行, 它将得到新编号 (docs/addresses.md)",
)
_NARROWED = Text(
    "take back the change that made the zones smaller, or delete the line: its subnets then move",
    "撤销缩小网络区的修改, 或删除该行 (其子网将改变)",
)


@dataclass(frozen=True)
class Ledger:
    """Who holds which number: a site its block (0..7), a department its slot (1 and up).

    Retired names keep their number in case they come back; a number has one holder, retired or not.
    """

    sites: Mapping[str, int] = field(default_factory=dict)
    departments: Mapping[str, int] = field(default_factory=dict)
    retired_sites: Mapping[str, int] = field(default_factory=dict)
    retired_departments: Mapping[str, int] = field(default_factory=dict)


def slots_of(cloud: Cloud) -> int:
    """Return how many subnets each tenant zone has room for in a site block, the zone's own included."""
    return min((_slots(zone) for zone in cloud.zones.values() if zone.kind == "tenant"), default=0)


def seat_all(cloud: Cloud, ledger: Ledger) -> Ledger:
    """Return the ledger with a number for every name of the cloud; `faults` must have found nothing.

    Holders keep their number, returning names get theirs back, new names take a free one chosen by their hash, and
    a retired number is given away only when no other is free.
    """
    slots = range(ZONE_SLOT + 1, slots_of(cloud))
    sites, away = _seat(cloud.sites, ledger.sites, ledger.retired_sites, SITE_BLOCKS)
    departments, left = _seat(cloud.departments, ledger.departments, ledger.retired_departments, slots)
    return Ledger(sites, departments, away, left)


def _seat(
    names: Collection[str], held: Mapping[str, int], retired: Mapping[str, int], numbers: range
) -> tuple[dict[str, int], dict[str, int]]:
    away = {**retired, **{name: number for name, number in held.items() if name not in names}}
    seats = {name: held[name] for name in sorted(names) if name in held}
    for name in sorted(set(names) - set(seats)):
        if away.get(name, -1) in numbers:
            seats[name] = away.pop(name)
    free = sorted(set(numbers) - set(seats.values()) - set(away.values()))
    owners = {number: name for name, number in away.items() if number in numbers}
    spare = sorted(owners)
    for name in sorted(set(names) - set(seats)):
        seats[name] = _take(name, numbers, free or spare)
        away.pop(owners.get(seats[name], ""), None)
        away.pop(name, None)
    return seats, away


def _take(name: str, numbers: range, free: list[int]) -> int:
    """Remove and return the first free number at or after the name's own, going round at the end."""
    own = numbers[int.from_bytes(sha256(name.encode()).digest()) % len(numbers)]
    return free.pop(bisect_left(free, own) % len(free))


def faults(cloud: Cloud, ledger: Ledger) -> tuple[Finding, ...]:
    """Return everything that keeps the names from having numbers: ids `zone-*`, or those of the ledger's rules.

    Paths into the ledger start with `ledger.`; the place is the cloud's name, for callers who know a better one.
    """
    conflicting = conflicts(ledger, {}, Place(cloud.name))
    return (*_zone_overlaps(cloud), *_small_zones(cloud), *_misplaced(cloud, ledger), *conflicting)


def conflicts(ledger: Ledger, places: Mapping[str, Place], default: Place) -> Iterator[Finding]:
    """Yield a finding for each number with two holders and each name that holds two numbers."""
    for section in ("sites", "departments"):
        first: dict[int, str] = {}
        for prefix, held in ((section, section), (f"retired.{section}", f"retired_{section}")):
            for name, number in getattr(ledger, held).items():
                path = f"ledger.{prefix}.{name}"
                place = places.get(path, default)
                if prefix != section and name in getattr(ledger, section):
                    yield BOTH.found(place, tuple(path.split(".")), _BOTH, _UNDO_MERGE)
                elif number in first:
                    yield DOUBLE.found(place, tuple(path.split(".")), _held(number, first[number]), _RENEW)
                first.setdefault(number, path)


def _held(number: int, path: str) -> Text:
    return Text(f"number {number} is already held by {path}", f"编号 {number} 已被 {path} 占用")


def _misplaced(cloud: Cloud, ledger: Ledger) -> Iterator[Finding]:
    slots = range(ZONE_SLOT + 1, slots_of(cloud))
    rows = (
        ("sites", cloud.sites, ledger.sites, SITE_BLOCKS),
        ("departments", cloud.departments, ledger.departments, slots),
    )
    for section, names, held, numbers in rows:
        for name in names:
            if len(numbers) and held.get(name, numbers[0]) not in numbers:
                yield RANGE.found(
                    Place(cloud.name), ("ledger", section, name), _outside(held[name], numbers), _NARROWED
                )


def _outside(number: int, numbers: range) -> Text:
    return Text(
        f"number {number} is outside {numbers[0]}..{numbers[-1]}", f"编号 {number} 超出 {numbers[0]}..{numbers[-1]}"
    )


def _slots(zone: Zone) -> int:
    return 1 << bits if (bits := zone.subnet_prefix - zone.cidr.prefixlen - SITE_BITS) >= 0 else 0


def _small_zones(cloud: Cloud) -> Iterator[Finding]:
    if not any(zone.kind == "tenant" for zone in cloud.zones.values()):
        what = Text(
            "no zone is of kind tenant, so departments have no addresses", "没有 tenant 类型的网络区, 部门无地址可用"
        )
        yield _error(
            "zone-missing",
            "zones",
            what,
            Text("add a zone of kind tenant", "请添加 tenant 类型的网络区"),
            Place(cloud.name),
        )
    needed = len(cloud.departments) + 1
    for name, zone in cloud.zones.items():
        if zone.kind == "tenant" and _slots(zone) < needed:
            yield _too_small(name, zone, zone.subnet_prefix - SITE_BITS - (needed - 1).bit_length(), cloud)
        if zone.kind == "edge" and zone.cidr.prefixlen + SITE_BITS > LONGEST_EDGE_PREFIX:
            yield _too_small(name, zone, LONGEST_EDGE_PREFIX - SITE_BITS, cloud)


def _too_small(name: str, zone: Zone, prefix: int, cloud: Cloud) -> Finding:
    room = max(_slots(zone) - 1, 0)
    per = f"/{zone.subnet_prefix}"
    if zone.kind == "edge":
        what = Text(f"{zone.cidr} is too small for 8 site blocks", f"{zone.cidr} 不足以划分 8 个中心地址块")
    else:
        what = Text(
            f"{zone.cidr} has room for {room} departments ({per}, 8 site blocks), not for {len(cloud.departments)}",
            f"{zone.cidr} 每个中心只能容纳 {room} 个部门 (每个 {per}), 现有 {len(cloud.departments)} 个",
        )
    fix = Text(f"widen cidr to /{prefix} or more", f"请将 cidr 扩大到 /{prefix} 或更大")
    if zone.kind == "tenant":
        fix = Text(f"{fix.en}, or use smaller subnets (subnet_prefix)", f"{fix.zh}, 或缩小子网 (subnet_prefix)")
    return _error("zone-too-small", f"zones.{name}.cidr", what, fix, Place(cloud.name))


def _zone_overlaps(cloud: Cloud) -> Iterator[Finding]:
    for (one, first), (other, second) in combinations(cloud.zones.items(), 2):
        if first.cidr.overlaps(second.cidr):
            what = Text(
                f"{second.cidr} overlaps zone {one} ({first.cidr})", f"{second.cidr} 与网络区 {one} ({first.cidr}) 重叠"
            )
            fix = Text("give each zone addresses of its own", "请为每个网络区分配互不重叠的地址")
            yield _error("zone-overlap", f"zones.{other}.cidr", what, fix, Place(cloud.name))


def _error(row: str, path: str, message: Text, fix: Text, place: Place) -> Finding:
    return Finding(row, Severity.ERROR, message, place, path, fix)
