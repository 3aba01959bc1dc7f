"""What a service stands on."""

from __future__ import annotations

from pathlib import Path

from tests.topology.town import town
from topology.load import load_cloud
from topology.model import Cloud
from topology.uses import candidates

LINE = "  records: {kind: repository, department: health, placement: {east: 1, west: 1}, zone: extranet, ttl: 30s}\n"
PLACED = "department: health, placement: {east: 1}, zone: extranet"


def cloud(folder: Path, *services: str) -> Cloud:
    more = "".join(f"  {service}, {PLACED}}}\n" for service in services)
    return load_cloud(town(folder, (LINE, LINE + more)))


def test_candidates_without_a_choice_is_the_only_one(tmp_path: Path) -> None:
    """What is left out means the one service of the kind."""
    town_cloud = cloud(tmp_path, "people: {kind: postgresql", "quorum: {kind: etcd")

    assert candidates(town_cloud, "people", "etcd") == ("quorum",)


def test_candidates_with_a_choice_is_the_one_named(tmp_path: Path) -> None:
    """Of two, the one that is listed, whatever else is listed beside it."""
    named = "people: {kind: postgresql, uses: [second, records]"
    town_cloud = cloud(tmp_path, named, "quorum: {kind: etcd", "second: {kind: etcd")

    assert candidates(town_cloud, "people", "etcd") == ("second",)
    assert candidates(town_cloud, "people", "repository") == ("records",)


def test_entrance_may_lead_to_several_apps(tmp_path: Path) -> None:
    """An entrance without a choice leads to every app of the cloud."""
    below = ("people: {kind: postgresql", "quorum: {kind: etcd", "entrance: {kind: dns")
    town_cloud = cloud(tmp_path, *below, "permits: {kind: app", "taxes: {kind: app")

    assert candidates(town_cloud, "entrance", "app") == ("permits", "taxes")
