"""Department parity: what each site must have alike, what it has, and the rows where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from stacks.inputs import DepartmentInputs, Quota
from stacks.shards import Shard


class Aspect(StrEnum):
    DEPARTMENT = "department"
    QUOTA = "quota"
    ACCESS = "access"
    GROUP = "group"
    FLAVOR = "flavor"
    IMAGE = "image"


@dataclass(frozen=True)
class DepartmentSummary:
    """A department at one site; `access` holds (identity group, role) pairs.

    `quota` is keyed by the fields of stacks.inputs.Quota; a site that cannot tell one leaves it out.
    """

    quota: Mapping[str, int]
    access: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class SiteSummary:
    """What departments meet at one site; flavors map a name to (virtual CPUs, GiB of memory, GiB of disk)."""

    departments: Mapping[str, DepartmentSummary]
    groups: frozenset[str]
    flavors: Mapping[str, tuple[int, int, int]]
    images: frozenset[str]


@dataclass(frozen=True)
class Difference:
    """`expected` is empty for a thing that is there by hand, `actual` is empty for one that is missing."""

    site: str
    aspect: Aspect
    name: str
    expected: str
    actual: str


def expected_summary(shards: tuple[Shard, ...], site: str) -> SiteSummary:
    """Return what a site must have, from the shards of the topology."""
    typed = [shard.typed for shard in shards if shard.site == site]
    departments = [inputs for inputs in typed if isinstance(inputs, DepartmentInputs)]
    foundations = [inputs for inputs in typed if not isinstance(inputs, DepartmentInputs)]
    return SiteSummary(
        departments={inputs.department: _summary(inputs) for inputs in departments},
        groups=frozenset(group for f in foundations for group in f.groups)
        | frozenset(inputs.own_access.group for inputs in departments),
        flavors={v.name: (v.vcpus, v.ram_gb, v.disk_gb) for f in foundations for v in f.flavors},
        images=frozenset(image.name for f in foundations for image in f.images),
    )


def compare(site: str, expected: SiteSummary, actual: SiteSummary) -> tuple[Difference, ...]:
    """Return every difference at a site; what the site has beside govcloud's own names is none of our business."""
    return (
        *_departments(site, expected, actual),
        *_missing(site, Aspect.GROUP, expected.groups, actual.groups),
        *_flavors(site, expected, actual),
        *_missing(site, Aspect.IMAGE, expected.images, actual.images),
    )


def _summary(inputs: DepartmentInputs) -> DepartmentSummary:
    quota = {field.name: getattr(inputs.quota, field.name) for field in fields(Quota)}
    access = frozenset((a.group, a.role) for a in (*inputs.access, inputs.own_access))
    return DepartmentSummary(quota, access)


def _departments(site: str, expected: SiteSummary, actual: SiteSummary) -> Iterator[Difference]:
    yield from _missing(site, Aspect.DEPARTMENT, frozenset(expected.departments), frozenset(actual.departments))
    for name in sorted(set(expected.departments) & set(actual.departments)):
        wanted, found = expected.departments[name], actual.departments[name]
        for key, value in wanted.quota.items():
            if found.quota.get(key, value) != value:
                yield Difference(site, Aspect.QUOTA, f"{name}.{key}", str(value), str(found.quota[key]))
        yield from _access(site, name, wanted.access, found.access)


def _access(
    site: str, department: str, wanted: frozenset[tuple[str, str]], found: frozenset[tuple[str, str]]
) -> Iterator[Difference]:
    for group, role in sorted(wanted ^ found):
        absent = (group, role) in wanted
        yield Difference(site, Aspect.ACCESS, f"{department}.{group}", role if absent else "", "" if absent else role)


def _flavors(site: str, expected: SiteSummary, actual: SiteSummary) -> Iterator[Difference]:
    yield from _missing(site, Aspect.FLAVOR, frozenset(expected.flavors), frozenset(actual.flavors))
    for name in sorted(set(expected.flavors) & set(actual.flavors)):
        wanted, found = expected.flavors[name], actual.flavors[name]
        if wanted != found:
            yield Difference(site, Aspect.FLAVOR, name, "/".join(map(str, wanted)), "/".join(map(str, found)))


def _missing(site: str, aspect: Aspect, wanted: frozenset[str], found: frozenset[str]) -> Iterator[Difference]:
    for name in sorted(wanted - found):
        yield Difference(site, aspect, name, name, "")
