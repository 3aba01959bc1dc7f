"""Tests of derived names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.names import HOST_NAME_LIMIT, department_shard, server_name

names = st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True)


@pytest.mark.slow
@given(department=names, application=names, number=st.integers(1, 1000))
def test_server_name_any_base_fits_a_host_name(department: str, application: str, number: int) -> None:
    """The longest names still fit, and keep their number."""
    name = server_name(f"{department}-{application}", number)

    assert len(name) <= HOST_NAME_LIMIT
    assert name.endswith(f"-{number}")


def test_server_name_long_bases_with_one_beginning_stay_apart() -> None:
    """What is cut off still counts, through the hash."""
    bases = ["a" * 62 + tail for tail in ("x", "y")]

    assert server_name(bases[0], 1) != server_name(bases[1], 1)


def test_department_shard_department_called_foundation_has_its_own_stack() -> None:
    """No department's name can take the foundation's stack."""
    assert department_shard("foundation") == "dept.foundation"
    assert department_shard("finance") == "finance"
