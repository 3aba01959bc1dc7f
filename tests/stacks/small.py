"""A small cloud that has one of everything the stacks build."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from stacks.shards import Shard, plan_shards
from topology.addresses import AddressPlan, plan
from topology.model import Cloud
from topology.slots import Ledger

TITLE = "市数据局 Data Bureau"


def site(role: str, name: str) -> dict[str, Any]:
    capacity = {"vcpus": 100, "ram_gb": 400, "disk_tb": 10}
    return {"role": role, "city": "quanzhou", "openstack": name, "capacity": capacity, "title": {"zh": TITLE}}


def department(**more: Any) -> dict[str, Any]:
    return {"title": {"zh": TITLE}, "quota": {"vcpus": 16, "ram_gb": 32, "disk_gb": 512}, **more}


def topology() -> dict[str, Any]:
    """Return the topology as its file would hold it."""
    return {
        "cloud": "smallcity",
        "title": {"zh": TITLE},
        "sites": {"east": site("active", "east"), "west": site("active", "west"), "far": site("dr", "far")},
        "zones": {
            "extranet": {"cidr": "10.64.0.0/16"},
            "private": {"cidr": "10.128.0.0/16"},
            "edge": {"cidr": "172.20.0.0/16", "kind": "edge"},
        },
        "tiers": {"critical": {"rto": "60s", "rpo": "0s", "gbt20988": 6}},
        "images": {"debian-12": {"file": "images/debian-12.raw"}},
        "templates": {
            "web": {
                "flavor": {"vcpus": 2, "ram_gb": 4, "disk_gb": 40},
                "count": 2,
                "dr_count": 1,
                "zone": "extranet",
                "floating": True,
                "volume_gb": 20,
                "openings": [{"port": 443, "source": "any"}, {"port": 9100, "source": "department"}],
            },
            "office": {"flavor": {"vcpus": 1, "ram_gb": 2, "disk_gb": 20}, "zone": "private"},
        },
        "services": {
            "citizen-db": {
                "kind": "postgresql",
                "department": "data",
                "tier": "critical",
                "placement": {"east": 1, "west": 1, "far": 1},
                "volume_gb": 50,
            }
        },
        "departments": {
            "data": department(applications={"portal": {"template": "web", "tier": "critical"}}),
            "roads": department(applications={"permits": {"template": "office", "tier": "critical"}}),
            "empty": department(sites=["east"]),
        },
        "duties": {
            "supervise": {"digital-office": {"title": {"zh": TITLE}}},
            "operate": {"provider": {}},
            "use": {"all-departments": {}},
        },
    }


def cloud(data: dict[str, Any] | None = None) -> Cloud:
    """Return the small cloud, or the one that `data` describes."""
    return Cloud.model_validate(topology() if data is None else data)


def contents(made: Cloud) -> dict[str, str]:
    """Return what the files of its images hold, if there were any."""
    return {name: sha256(image.file.encode()).hexdigest() for name, image in made.images.items()}


def shards(data: dict[str, Any] | None = None, ledger: Ledger | None = None) -> tuple[Shard, ...]:
    """Return all shards of the cloud."""
    made, addresses = planned(data, ledger)
    return plan_shards(made, addresses, contents(made))


def planned(data: dict[str, Any] | None = None, ledger: Ledger | None = None) -> tuple[Cloud, AddressPlan]:
    """Return the cloud with its address plan."""
    made = cloud(data)
    return made, plan(made, ledger)
