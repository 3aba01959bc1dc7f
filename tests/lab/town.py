"""The topologies that the tests deploy: small, and none of their names is used by the lab's own city."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from topology.model import Cloud

IMAGE_BYTES = 256 * 1024
QUOTA = {"vcpus": 40, "ram_gb": 80, "disk_gb": 200, "servers": 20}
Topology = dict[str, Any]


def topology(name: str, lab: Cloud, sites: tuple[str, ...], departments: Mapping[str, Any]) -> Topology:
    """Return a topology of cloud `name` at some sites of the lab; `plain` and `pair` are its templates."""
    return {
        "cloud": name,
        "sites": {site: lab.sites[site].model_dump(mode="json", exclude_defaults=True) for site in sites},
        "zones": {
            "core": {"cidr": "10.64.0.0/16"},
            "edge": {"cidr": "172.20.0.0/16", "kind": "edge"},
        },
        "tiers": {
            "high": {"rto": "60s", "rpo": "0s", "gbt20988": 6},
            "low": {"rto": "4h", "rpo": "15m", "gbt20988": 4},
        },
        "images": {f"{name}-a": {"file": "a.raw"}, f"{name}-b": {"file": "b.raw"}},
        "templates": {
            "plain": {
                "flavor": {"vcpus": 1, "ram_gb": 1, "disk_gb": 3},
                "zone": "core",
                "image": f"{name}-a",
                "openings": [{"port": 22, "source": "department"}],
            },
            "pair": {
                "flavor": {"vcpus": 1, "ram_gb": 2, "disk_gb": 3},
                "count": 2,
                "zone": "core",
                "image": f"{name}-a",
                "volume_gb": 1,
                "floating": True,
                "openings": [{"port": 443, "source": "any"}, {"port": 9100, "source": "department"}],
            },
            "idle": {
                "flavor": {"vcpus": 1, "ram_gb": 1, "disk_gb": 3},
                "count": 0,
                "zone": "core",
                "image": f"{name}-a",
                "openings": [{"port": 80, "source": "department"}],
            },
        },
        "departments": dict(departments),
        "duties": {"supervise": {f"{name}-office": {}}, "operate": {f"{name}-operator": {}}},
    }


def department(template: str, tier: str = "low", **more: Any) -> dict[str, Any]:
    """Return a department with one application `desk` of a template."""
    return {"quota": dict(QUOTA), "applications": {"desk": {"template": template, "tier": tier}}, **more}


def write(folder: Path, content: Topology) -> Path:
    """Write the topology and its images and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("a", "b"):
        (folder / f"{name}.raw").write_bytes(name.encode() * IMAGE_BYTES)
    path = folder / "town.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def changed(content: Topology, *dotted: tuple[str, Any]) -> Topology:
    """Return a copy with values set at dotted paths; None removes."""
    copy = deepcopy(content)
    for path, value in dotted:
        *above, last = path.split("/")
        place = copy
        for key in above:
            place = place[key]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return copy
