"""The Pulumi program of one shard, the same under both engines."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pulumi

from failures import InputInvalid, Text
from stacks import names
from stacks.access import SiteAccess, read_access
from stacks.department import build_department
from stacks.foundation import Foundation
from stacks.image_files import image_contents, require_images
from stacks.inputs import FoundationInputs, ShardInputs
from stacks.slices import department_inputs, foundation_inputs
from topology.addresses import AddressPlan
from topology.model import Cloud

PARTS = ("blockstorage", "compute", "identity", "images", "networking")


def import_resources() -> None:
    """Import all that programs use: the package loads a part at the first look into it, and threads race for that."""
    for part in PARTS:
        getattr(import_module(f"pulumi_openstack.{part}"), "anything", None)


def build(cloud: Cloud, addresses: AddressPlan, site: str, shard: str, topology_dir: Path) -> None:
    """Build one shard of a cloud: `foundation` or a department at `site`; InputInvalid when there is no such shard."""
    contents = image_contents(cloud, topology_dir) if shard == names.FOUNDATION else {}
    if contents:
        require_images(cloud, contents, topology_dir)
    build_shard(read_inputs(cloud, addresses, site, shard, contents), topology_dir)


def build_shard(inputs: ShardInputs, topology_dir: Path, reach: SiteAccess | None = None) -> None:
    """Build a shard from its inputs and export its outputs; image files are looked up below `topology_dir`.

    `reach` is read from clouds.yaml unless given.
    """
    if isinstance(inputs, FoundationInputs):
        outputs = Foundation(inputs, topology_dir).outputs
    else:
        outputs = build_department(inputs, reach or read_access(inputs.openstack))
    for name, value in outputs.items():
        pulumi.export(name, value)


def read_inputs(
    cloud: Cloud, addresses: AddressPlan, site: str, shard: str, contents: Mapping[str, str]
) -> ShardInputs:
    """Return what the program of a shard reads; InputInvalid when the cloud has no such shard."""
    if site in cloud.sites and shard == names.FOUNDATION:
        return foundation_inputs(cloud, addresses, site, contents)
    department = next((d for d in cloud.departments if names.department_shard(d) == shard), None)
    if site not in cloud.sites or department is None or site not in cloud.sites_of(department):
        raise InputInvalid(
            Text(f"{cloud.name} has no shard {shard} at site {site}", f"{cloud.name} 在站点 {site} 没有分片 {shard}"),
            where=names.stack_name(cloud.name, site, shard),
            fix=Text("name a site and a department that lives there", "请指定站点及位于该站点的部门"),
        )
    return department_inputs(cloud, addresses, site, department)
