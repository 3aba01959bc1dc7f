"""Builds the servers of one application or service: spread, ports, volumes, floating addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_openstack import Provider, blockstorage, compute, networking

from stacks import inputs
from stacks.network import ZoneNetwork

SPREAD_POLICY = "anti-affinity"
"""Strict: one host that fails must never take two servers of a set; too few hosts is an error, not a silent risk."""


@dataclass(frozen=True)
class Ground:
    """What a department's servers stand on, by name."""

    provider: Provider
    networks: Mapping[str, ZoneNetwork]
    groups: Mapping[str, networking.SecGroup]
    shared_groups: pulumi.Output[dict[str, str]]
    flavors: pulumi.Output[dict[str, str]]
    images: pulumi.Output[dict[str, str]]
    key: compute.Keypair
    edge_network: str | None


class ServerGroup(pulumi.ComponentResource):
    """The equal servers of one application or service; `outputs` has one row per server."""

    def __init__(self, spec: inputs.DepartmentInputs, servers: inputs.ServerSet, ground: Ground) -> None:
        kind = "Application" if servers.service is None else "Service"
        super().__init__(f"govcloud:stacks:{kind}", servers.name)
        self._department, self._site, self._set, self._ground = spec.department, spec.site, servers, ground
        self._zone = ground.networks[servers.zone]
        self._options = pulumi.ResourceOptions(parent=self, provider=ground.provider)
        self.outputs = self._servers()
        self.register_outputs({"servers": self.outputs})

    def _servers(self) -> list[dict[str, Any]]:
        if not self._set.servers:
            return []
        # Also for a single server: one that joined a group later would have to be made again.
        apart = compute.ServerGroup(self._set.name, name=self._set.name, policies=SPREAD_POLICY, opts=self._options)
        return [self._server(server, apart) for server in self._set.servers]

    def _server(self, server: inputs.Server, apart: compute.ServerGroup) -> dict[str, Any]:
        # A port of its own keeps its address, and changes its security groups, without the server being made again.
        port = self._port(server)
        instance = self._instance(server, port, apart)
        floating = self._floating(server, port) if self._set.floating else None
        volumes = [self._volume(server, instance)] if self._set.volume_gb else []
        return {
            "name": server.name,
            "id": instance.id,
            "address": server.address or port.all_fixed_ips[0],
            "floating": floating,
            "application": self._set.application,
            "service": self._set.service,
            "kind": self._set.service_kind,
            "tier": self._set.tier,
            "zone": self._set.zone,
            "department": self._department,
            "site": self._site,
            "volumes": volumes,
        }

    def _port(self, server: inputs.Server) -> networking.Port:
        fixed = networking.PortFixedIpArgs(subnet_id=self._zone.subnet.id, ip_address=server.address)
        return networking.Port(
            server.name,
            name=server.name,
            network_id=self._zone.network.id,
            admin_state_up=True,
            fixed_ips=[fixed],
            security_group_ids=[self._security_group(name) for name in self._set.groups],
            opts=self._options,
        )

    def _security_group(self, name: str) -> pulumi.Output[str]:
        own = self._ground.groups.get(name)
        return self._ground.shared_groups[name] if own is None else own.id

    def _instance(self, server: inputs.Server, port: networking.Port, apart: compute.ServerGroup) -> compute.Instance:
        # Another image would rebuild the server and lose its local disk: it is for servers still to be made.
        kept = pulumi.ResourceOptions(ignore_changes=["image_id"])
        return compute.Instance(
            server.name,
            name=server.name,
            flavor_id=self._ground.flavors[self._set.flavor],
            image_id=self._ground.images[self._set.image],
            key_pair=self._ground.key.name,
            networks=[compute.InstanceNetworkArgs(port=port.id)],
            scheduler_hints=[compute.InstanceSchedulerHintArgs(group=apart.id)],
            metadata=self._metadata(),
            opts=pulumi.ResourceOptions.merge(self._options, kept),
        )

    def _metadata(self) -> dict[str, str]:
        told = {
            "department": self._department,
            "application": self._set.application,
            "tier": self._set.tier,
            "govcloud_service": self._set.service,
            "govcloud_kind": self._set.service_kind,
        }
        return {key: value for key, value in told.items() if value is not None}

    def _floating(self, server: inputs.Server, port: networking.Port) -> pulumi.Output[str]:
        address = networking.FloatingIp(
            server.name, pool=self._ground.edge_network, description=server.name, opts=self._options
        )
        waits = pulumi.ResourceOptions(depends_on=self._zone.routed)
        networking.FloatingIpAssociate(
            server.name,
            floating_ip=address.address,
            port_id=port.id,
            opts=pulumi.ResourceOptions.merge(self._options, waits),
        )
        return address.address

    def _volume(self, server: inputs.Server, instance: compute.Instance) -> pulumi.Output[str]:
        volume = blockstorage.Volume(
            server.name,
            name=server.name,
            size=self._set.volume_gb,
            enable_online_resize=True,
            opts=self._options,
        )
        compute.VolumeAttach(server.name, instance_id=instance.id, volume_id=volume.id, opts=self._options)
        return volume.id
