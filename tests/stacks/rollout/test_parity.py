"""Tests of department parity: sites compared with what the topology says."""

from __future__ import annotations

from dataclasses import replace

from stacks.rollout.parity import Aspect, DepartmentSummary, Difference, SiteSummary, compare, expected_summary
from tests.stacks import small


def expected(site: str = "east") -> SiteSummary:
    return expected_summary(small.shards(), site)


def with_department(summary: SiteSummary, name: str, department: DepartmentSummary) -> SiteSummary:
    return replace(summary, departments={**summary.departments, name: department})


def test_expected_summary_same_departments_are_alike_at_their_sites() -> None:
    """Two sites differ in which departments live there, in nothing else."""
    east, west = expected("east"), expected("west")

    assert set(east.departments) - set(west.departments) == {"empty"}
    assert {d: east.departments[d] for d in west.departments} == dict(west.departments)
    assert (east.flavors, east.images) == (west.flavors, west.images)


def test_compare_site_as_expected_has_no_rows() -> None:
    """Nothing differs, nothing is said."""
    assert compare("east", expected(), expected()) == ()


def test_compare_quota_changed_by_hand_is_one_row() -> None:
    """The row says where, what was wanted and what is there."""
    data = expected().departments["data"]
    changed = replace(data, quota={**data.quota, "cores": 99})

    assert compare("east", expected(), with_department(expected(), "data", changed)) == (
        Difference("east", Aspect.QUOTA, "data.cores", "16", "99"),
    )


def test_compare_access_taken_and_given_by_hand_are_rows() -> None:
    """A role that is missing and a role that nobody declared are both found."""
    data = expected().departments["data"]
    stranger, own = ("visitors", "admin"), ("data-use", "member")
    changed = replace(data, access=(data.access - {own}) | {stranger})

    assert compare("east", expected(), with_department(expected(), "data", changed)) == (
        Difference("east", Aspect.ACCESS, "data.data-use", "member", ""),
        Difference("east", Aspect.ACCESS, "data.visitors", "", "admin"),
    )


def test_compare_things_missing_are_rows_of_their_aspect() -> None:
    """Department, group, flavor and image are each named when they are gone."""
    bare = SiteSummary({}, frozenset(), {}, frozenset())
    found = {(row.aspect, row.name) for row in compare("east", expected(), bare)}

    assert (Aspect.DEPARTMENT, "data") in found
    assert (Aspect.GROUP, "smallcity-operate-provider") in found
    assert (Aspect.FLAVOR, "smallcity-1c-1g-10d") in found
    assert (Aspect.IMAGE, "debian-12") in found


def test_compare_flavor_of_another_size_is_one_row() -> None:
    """A flavor made again by hand with other sizes under the same name is found."""
    actual = replace(expected(), flavors={**expected().flavors, "smallcity-1c-1g-10d": (1, 2, 10)})

    assert compare("east", expected(), actual) == (
        Difference("east", Aspect.FLAVOR, "smallcity-1c-1g-10d", "1/1/10", "1/2/10"),
    )


def test_compare_quota_that_a_site_cannot_tell_is_no_row() -> None:
    """A site without block storage answers no block storage quota."""
    data = expected().departments["data"]
    partial = replace(data, quota={k: v for k, v in data.quota.items() if k != "volumes"})

    assert compare("east", expected(), with_department(expected(), "data", partial)) == ()
