"""Clusters' own settings become what is declared; who follows whom is left to plans."""

from __future__ import annotations

from typing import Any

import pytest

from patroni_dynamic import patch_of

WANTED: dict[str, Any] = {"ttl": 20, "slots": {"dr": {"type": "physical"}}, "postgresql": {"parameters": {"ssl": "on"}}}
STANDBY = {"host": "10.0.0.1,10.0.0.2", "primary_slot_name": "dr"}


def merged(current: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return `current` after a merge patch, as Patroni applies it."""
    result = dict(current)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key) or {}, value) if isinstance(value, dict) else value
    return result


@pytest.mark.parametrize(
    "current",
    [
        {},
        {"ttl": 30, "loop_wait": 10},
        {"ttl": 20, "slots": {"dr": {"type": "logical"}, "old": {"type": "physical"}}},
        {"slots": {"old": {"type": "physical"}}, "postgresql": {"parameters": {"ssl": "off", "work_mem": "1GB"}}},
    ],
)
def test_patch_of_anything_is_empty_once_applied(current: dict[str, Any]) -> None:
    """The second run changes nothing."""
    patch = patch_of(current, WANTED, {})

    assert patch
    assert patch_of(merged(current, patch), WANTED, {}) == {}


def test_patch_of_leaves_what_is_not_declared() -> None:
    """A parameter that an operator set stays."""
    current = merged(WANTED, {"postgresql": {"parameters": {"work_mem": "1GB"}}})
    assert patch_of(current, WANTED, {}) == {}


def test_patch_of_removes_a_slot_that_nobody_uses() -> None:
    """A slot of a site that is gone would fill the disk."""
    current = merged(WANTED, {"slots": {"gone": {"type": "physical"}}})
    assert patch_of(current, WANTED, {}) == {"slots": {"gone": None}}


def test_patch_of_a_promoted_dr_cluster_does_not_demote_it() -> None:
    """Whoever promoted it decides when it follows again."""
    assert patch_of(WANTED, WANTED, STANDBY) == {}
    assert patch_of(WANTED | {"standby_cluster": None}, WANTED, STANDBY) == {}


def test_patch_of_a_city_that_follows_does_not_promote_it() -> None:
    """Two primaries would be the end of both."""
    assert patch_of(WANTED | {"standby_cluster": {"host": "10.0.0.3"}}, WANTED, {}) == {}


def test_patch_of_a_standby_cluster_renews_its_source() -> None:
    """New addresses of the city reach a cluster that follows it."""
    current = WANTED | {"standby_cluster": STANDBY | {"host": "10.0.0.9"}}
    assert patch_of(current, WANTED, STANDBY) == {"standby_cluster": {"host": "10.0.0.1,10.0.0.2"}}
