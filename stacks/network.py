"""Builds a department's network in one zone: subnet, router to the edge, security groups."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_openstack import Provider, networking

from stacks import inputs
from stacks.tenancy import Tenancy


class ZoneNetwork(pulumi.ComponentResource):
    """One department's plane in one zone; `routed` is what a floating address must wait for."""

    def __init__(self, net: inputs.Net, tenancy: Tenancy, edge_id: pulumi.Output[str] | None) -> None:
        super().__init__("govcloud:stacks:ZoneNetwork", net.name)
        self._own = pulumi.ResourceOptions(parent=self, provider=tenancy.own)
        self.network = networking.Network(net.name, name=net.name, admin_state_up=True, opts=self._own)
        self.subnet = networking.Subnet(
            net.name,
            name=net.name,
            network_id=self.network.id,
            cidr=net.cidr,
            ip_version=4,
            gateway_ip=net.gateway,
            enable_dhcp=True,
            allocation_pools=[networking.SubnetAllocationPoolArgs(start=net.first, end=net.last)],
            opts=self._own,
        )
        self.router = None if edge_id is None else self._router(net, tenancy, edge_id)
        self.routed = [] if self.router is None else [self._interface(net, self.router)]
        self.register_outputs(self.outputs)

    @property
    def outputs(self) -> dict[str, Any]:
        """The ids that inventories and drills read."""
        router = None if self.router is None else self.router.id
        return {"network": self.network.id, "subnet": self.subnet.id, "router": router}

    def _router(self, net: inputs.Net, tenancy: Tenancy, edge_id: pulumi.Output[str]) -> networking.Router:
        # Neutron lets only an administrator choose whether a gateway translates addresses.
        return networking.Router(
            net.name,
            name=net.name,
            admin_state_up=True,
            external_network_id=edge_id,
            enable_snat=False,
            tenant_id=tenancy.project.id,
            opts=pulumi.ResourceOptions(parent=self, provider=tenancy.site, depends_on=[tenancy.own]),
        )

    def _interface(self, net: inputs.Net, router: networking.Router) -> networking.RouterInterface:
        return networking.RouterInterface(net.name, router_id=router.id, subnet_id=self.subnet.id, opts=self._own)


def build_security_group(
    group: inputs.SecurityGroup, provider: Provider, parent: pulumi.Resource
) -> networking.SecGroup:
    """Build a security group with its ingress rules; everything may leave, as Neutron's default rules say."""
    options = pulumi.ResourceOptions(parent=parent, provider=provider)
    made = networking.SecGroup(group.name, name=group.name, opts=options)
    for opening in group.openings:
        networking.SecGroupRule(
            _rule_name(group.name, opening),
            security_group_id=made.id,
            direction="ingress",
            ethertype="IPv4",
            protocol=opening.protocol,
            port_range_min=opening.port,
            port_range_max=opening.port,
            remote_ip_prefix=opening.prefix,
            opts=options,
        )
    return made


def _rule_name(group: str, opening: inputs.Opening) -> str:
    port = "all" if opening.port is None else str(opening.port)
    source = "any" if opening.prefix is None else opening.prefix.replace("/", "_")
    return f"{group}-{opening.protocol}-{port}-{source}"
