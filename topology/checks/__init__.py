"""The checks every topology must pass: one table, a module per subject."""

from __future__ import annotations

from typing import Any

from topology.checks.departments import DEPARTMENT_CHECKS
from topology.checks.drills import DRILL_CHECKS
from topology.checks.references import REFERENCES, dangling
from topology.checks.servers import SERVER_CHECKS
from topology.checks.services import SERVICE_CHECKS
from topology.checks.sites import SITE_CHECKS
from topology.checks.zones import ZONE_CHECKS
from topology.findings import Finding
from topology.model import Cloud
from topology.places import Places

CHECKS = (*SITE_CHECKS, *ZONE_CHECKS, *SERVER_CHECKS, *DEPARTMENT_CHECKS, *SERVICE_CHECKS, *DRILL_CHECKS)
CHECK_RULES = (*(row.rule for row in REFERENCES), *(row.rule for row in CHECKS))


def check(cloud: Cloud | None, data: dict[str, Any], places: Places, *, whole: bool) -> list[Finding]:
    """Return the findings of all checks: references in the plain data, the others in what `cloud` holds of it.

    `whole` says that `cloud` holds all of it.
    """
    findings = dangling(data, places)
    if cloud is not None:
        rows = [row for row in CHECKS if whole or not row.needs_all]
        flaws = ((row.rule, flaw) for row in rows for flaw in row.run(cloud))
        findings += [rule.found(places.value(f.path), f.path, f.message, f.fix) for rule, f in flaws]
    return findings
