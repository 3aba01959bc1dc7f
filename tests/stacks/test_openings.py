"""Tests of what servers accept from the network."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from stacks.inputs import DepartmentInputs, Opening
from stacks.openings import SERVICE_NEEDS, Need, resolve
from stacks.slices import department_inputs
from tests.stacks import small
from topology.model import Service

REASON = "a test"
ZONE, OPERATORS = "10.64.0.0/16", "10.250.0.0/16"
DATABASE = (
    *(Opening("tcp", 2379, source) for source in (OPERATORS, ZONE)),
    *(Opening("tcp", 5432, source) for source in (OPERATORS, ZONE)),
    *(Opening("tcp", 8008, source) for source in (OPERATORS, ZONE)),
    Opening("tcp", 8432, ZONE),
)


def rules_of(data: dict[str, Any], group: str) -> tuple[Opening, ...]:
    cloud, addresses = small.planned(data)
    inputs: DepartmentInputs = department_inputs(cloud, addresses, "east", "data")
    return next(found.openings for found in inputs.security_groups if found.name == group)


@pytest.mark.parametrize(
    ("source", "prefixes"),
    [
        ("any", {None}),
        ("private", {"10.128.0.0/16"}),
        ("zone", {"10.64.0.0/16"}),
        ("tenants", {"10.64.0.0/16", "10.128.0.0/16"}),
        ("management", {"10.250.0.0/16"}),
    ],
)
def test_resolve_source_becomes_prefixes(source: str, prefixes: set[str | None]) -> None:
    """`any` has no prefix, a zone is its whole plane, tenants are their zones and not the edge."""
    cloud, addresses = small.planned()
    found = resolve([Need("tcp", 443, source, REASON)], cloud, addresses, "data", "extranet")

    assert {opening.prefix for opening in found} == prefixes


def test_resolve_department_is_its_subnets_at_all_its_sites() -> None:
    """A department's servers reach each other across sites, which a security group by itself cannot say."""
    cloud, addresses = small.planned()
    found = resolve([Need("tcp", 443, "department", REASON)], cloud, addresses, "data", "extranet")

    assert {opening.prefix for opening in found} == {
        str(addresses.subnet("extranet", site, "data")) for site in ("east", "west", "far")
    }


def test_resolve_the_same_need_twice_is_one_rule() -> None:
    """Neutron refuses a rule that is there already."""
    cloud, addresses = small.planned()
    need = Need("tcp", 443, "any", REASON)

    assert len(resolve([need, need], cloud, addresses, "data", "extranet")) == 1


def test_service_without_openings_gets_those_of_its_kind() -> None:
    """A database that declares nothing can still be reached by its zone and by operators, and by nobody else."""
    assert rules_of(small.topology(), "service.citizen-db") == DATABASE


def test_service_with_openings_gets_them_beside_those_of_its_kind() -> None:
    """A service keeps what its kind needs to work; the topology adds to it."""
    data = small.topology()
    data["services"]["citizen-db"]["openings"] = [{"port": 6432, "source": "private"}]

    declared = Opening("tcp", 6432, "10.128.0.0/16")
    assert set(rules_of(data, "service.citizen-db")) == {*DATABASE, declared}


def test_service_needs_every_kind_has_a_row() -> None:
    """A kind added to the language without a row here would fail in the middle of a plan."""
    assert set(SERVICE_NEEDS) == set(get_args(Service.model_fields["kind"].annotation))
