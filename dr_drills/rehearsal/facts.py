"""What is written of a drill before it begins: what it is, what it promises, where, and how it should go."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dr_drills.rehearsal.forecast import Foreseen
from dr_drills.rehearsal.script import Script
from topology.links import link_names
from topology.model import Cloud


def facts_of(cloud: Cloud, script: Script, steps: Sequence[Foreseen]) -> dict[str, Any]:
    """Return the data of `run-began` that topology, script and plan give."""
    scenario = script.scenario
    return {
        "cloud": cloud.name,
        "scenario": scenario.scenario,
        "title": scenario.title.model_dump(),
        "meaning": scenario.meaning.model_dump(),
        "level": script.level,
        "target": script.choice.document(),
        "versions": _versions(),
        "expect": {
            "outage": scenario.expect.outage,
            "rto_s": script.limit_s,
            "rpo_s": script.rpo_s,
            "rpo_rows": 0 if scenario.expect.rows == "none" else None,
        },
        "steps": [one.document() for one in steps],
        "sites": {
            name: {"role": str(site.role), "city": site.city, "title": site.title.model_dump()}
            for name, site in cloud.sites.items()
        },
        "links": {
            name: {"between": list(link.between), "carrier": link.carrier} for name, link in link_names(cloud).items()
        },
        "script": script.document(),
    }


def _versions() -> dict[str, str]:
    try:
        return {"govcloud": version("govcloud")}
    except PackageNotFoundError:
        return {}
