"""Builds one department at one site from its inputs and the outputs of the site's foundation."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_openstack import compute

from stacks import inputs, names
from stacks.access import SiteAccess
from stacks.foundation_outputs import output_of
from stacks.network import ZoneNetwork, build_security_group
from stacks.servers import Ground, ServerGroup
from stacks.tenancy import Tenancy


def build_department(spec: inputs.DepartmentInputs, reach: SiteAccess) -> dict[str, Any]:
    """Build the department and return the shard's outputs.

    `project` id; `networks` zone -> network, subnet and router ids; `servers` one row per server;
    `private_key` of the department's key pair (secret), None without servers.
    """
    foundation = pulumi.StackReference(names.stack_reference(spec.foundation))
    tenancy = Tenancy(spec, foundation, reach)
    networks = _networks(spec, foundation, tenancy)
    key, rows = _servers(spec, foundation, tenancy, networks)
    return {
        "project": tenancy.project.id,
        "networks": {zone: network.outputs for zone, network in networks.items()},
        "servers": rows,
        "private_key": key,
    }


def _networks(
    spec: inputs.DepartmentInputs, foundation: pulumi.StackReference, tenancy: Tenancy
) -> dict[str, ZoneNetwork]:
    edge = None if spec.edge_zone is None else output_of(foundation, "external")[spec.edge_zone]["id"]
    return {net.zone: ZoneNetwork(net, tenancy, edge) for net in spec.nets}


def _servers(
    spec: inputs.DepartmentInputs,
    foundation: pulumi.StackReference,
    tenancy: Tenancy,
    networks: dict[str, ZoneNetwork],
) -> tuple[pulumi.Output[str] | None, list[dict[str, Any]]]:
    groups = {group.name: build_security_group(group, tenancy.own, tenancy) for group in spec.security_groups}
    if not any(servers.servers for servers in spec.sets):
        return None, []
    key = compute.Keypair(
        spec.department,
        name=spec.department,
        opts=pulumi.ResourceOptions(parent=tenancy, provider=tenancy.own),
    )
    ground = Ground(
        provider=tenancy.own,
        networks=networks,
        groups=groups,
        shared_groups=output_of(foundation, "shared_groups"),
        flavors=output_of(foundation, "flavors"),
        images=output_of(foundation, "images"),
        key=key,
        edge_network=spec.edge_network,
    )
    rows = [row for servers in spec.sets for row in ServerGroup(spec, servers, ground).outputs]
    return pulumi.Output.secret(key.private_key), rows
