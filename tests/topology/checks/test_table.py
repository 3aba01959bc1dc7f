"""The table of checks as a whole; its rows are shown by the files in tests/bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topology.town import town
from topology.checks import CHECKS
from topology.checks.check import Check
from topology.load import load_cloud, read


@pytest.mark.parametrize("row", CHECKS, ids=lambda row: row.rule.id)
def test_check_of_good_cloud_finds_nothing(row: Check, tmp_path: Path) -> None:
    """No row speaks without cause."""
    assert list(row.run(load_cloud(town(tmp_path)))) == []


def test_check_of_what_is_absent_waits_until_the_rest_is_right(tmp_path: Path) -> None:
    """A site that is dropped for its own error does not make the cloud one without active sites."""
    broken = read(town(tmp_path, ("role: active, city: home", "role: active, city: 5")))
    absent = read(town(tmp_path, ("role: active", "role: dr")))

    assert [f.id for f in broken.findings] == ["T105"]
    assert [f.id for f in absent.findings] == ["T303"]


def test_check_of_names_at_the_limit_passes(tmp_path: Path) -> None:
    """Sixty characters fit a host name, sixty-one do not."""
    department, application = "a" * 31, "b" * 28
    quota = "{quota: {vcpus: 1, ram_gb: 1, disk_gb: 1}"
    extra = f"  {department}: {quota}, applications: {{{{}}: {{template: small, tier: standard}}}}}}\nrules:"

    fits = read(town(tmp_path, ("rules:", extra.replace("{}", application, 1))))
    over = read(town(tmp_path, ("rules:", extra.replace("{}", application + "b", 1))))

    assert fits.findings == ()
    assert [f.id for f in over.findings] == ["T332"]
