"""References to names defined elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topology.town import town
from topology.checks.references import REFERENCES, Reference
from topology.load import read
from topology.model import Cloud
from topology.shape import inner, object_at, plain


@pytest.mark.parametrize("row", REFERENCES, ids=lambda row: row.rule.id)
def test_reference_leads_to_a_key_of_the_model(row: Reference) -> None:
    """A row whose path the model does not have would never find anything."""
    parts = [part for part in row.at.split(".") if part != "*"]
    owner_path = row.at.removesuffix(".*").split(".")[:-1]
    owner = object_at(tuple(0 if part == "*" else part for part in owner_path))

    assert owner is not None
    assert parts[-1] in owner.model_fields
    assert row.to in Cloud.model_fields
    kind, _ = inner(plain(owner.model_fields[parts[-1]].annotation))
    assert bool(kind) == row.at.endswith(".*")


def test_reference_to_the_words_of_an_opening_passes(tmp_path: Path) -> None:
    """`any` and `department` are no zones and are fine."""
    for word in ("any", "department"):
        assert read(town(tmp_path, ("source: extranet", f"source: {word}"))).findings == ()


def test_reference_into_a_broken_section_is_not_called_dangling(tmp_path: Path) -> None:
    """When the zones are no mapping, nobody can know which exist."""
    zones = "zones:\n  extranet: {cidr: 10.64.0.0/12, subnet_prefix: 27}\n  edge: {cidr: 172.20.0.0/16, kind: edge}\n"

    assert {f.id for f in read(town(tmp_path, (zones, "zones: 5\n"))).findings} == {"T107"}
