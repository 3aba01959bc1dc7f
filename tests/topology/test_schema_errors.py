"""The table that turns pydantic's errors into findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

from tests.topology.town import town
from topology.load import read
from topology.model import Cloud
from topology.schema_errors import ROWS, SCHEMA_ROWS

OWN_TYPES = {"duration", "network", "control"}


def test_rows_are_keyed_by_types_that_exist() -> None:
    """A renamed pydantic type would make a row dead."""
    known = {*get_args(ErrorType), *OWN_TYPES}

    assert {row.type for row in SCHEMA_ROWS} <= known
    assert len(ROWS) == len(SCHEMA_ROWS)


def test_rows_cover_the_types_of_the_model() -> None:
    """Each type of schema that the model is made of has the row of its error."""
    kinds = json.dumps(Cloud.__pydantic_core_schema__, default=repr)
    needed = {"int": "int_type", "float": "float_type", "str": "string_type", "bool": "bool_type", "dict": "dict_type"}

    for kind, error in needed.items():
        assert f'"type": "{kind}"' in kinds
        assert error in ROWS


@pytest.mark.parametrize(
    ("wrong", "fix"),
    [
        (("openstack: east, power", "openstack: east, pover"), "did you mean power?"),
        (("role: active", "role: activ"), "did you mean active?"),
        (("kind: leased", "kind: string"), "known here: government-direct, leased, dark-fibre, vpn"),
        (("title: {zh: 卫生局, en: Health}", "title: Health"), "write {zh: 标题, en: title}"),
        (("port: 443", 'port: "443"'), "write it without quotes, as a plain number"),
        (("rto: 4h", "rto: 4"), "write a number with a unit: 30s, 15m, 4h or 7d"),
        (("bandwidth_mbps: 1000", "bandwidth_mbps: 0"), "at least 1"),
        (("template: small,", "template: smal,"), "did you mean small?; or define it under templates"),
    ],
)
def test_finding_says_what_to_do(tmp_path: Path, wrong: tuple[str, str], fix: str) -> None:
    """The advice names the nearest known word, the limit, or the form."""
    findings = read(town(tmp_path, wrong)).findings

    assert fix in {finding.fix.en for finding in findings}


def test_misspelt_section_is_reported_once(tmp_path: Path) -> None:
    """References into a section whose name is misspelt are not called dangling."""
    findings = read(town(tmp_path, ("templates:", "template:"))).findings

    assert [(f.id, f.fix.en) for f in findings] == [("T101", "did you mean templates?")]
