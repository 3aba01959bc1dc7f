"""Pulumi programs the engine is tested with: real classes of pulumi_openstack."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_openstack as openstack
from pulumi import ResourceOptions


class Tenant(pulumi.ComponentResource):
    """A project with a network, a subnet, a group and a rule."""

    def __init__(
        self, name: str, provider: pulumi.ProviderResource, *, cidr: str = "10.0.0.0/24", tags: list[str] | None = None
    ) -> None:
        super().__init__("gov:tenancy:Tenant", name, None, ResourceOptions(providers=[provider]))
        own = ResourceOptions(parent=self)
        self.project = openstack.identity.Project(f"{name}-prj", name=f"{name}-prj", opts=own)
        self.network = openstack.networking.Network(
            f"{name}-net", name=f"{name}-net", tenant_id=self.project.id, tags=tags, opts=own
        )
        self.subnet = openstack.networking.Subnet(
            f"{name}-sub", name=f"{name}-sub", network_id=self.network.id, cidr=cidr, opts=own
        )
        self.group = openstack.networking.SecGroup(
            f"{name}-grp", name=f"{name}-grp", tenant_id=self.project.id, opts=own
        )
        openstack.networking.SecGroupRule(
            f"{name}-rule", direction="ingress", ethertype="IPv4", security_group_id=self.group.id, opts=own
        )
        self.register_outputs({"network": self.network.id})


def provider(name: str = "lab") -> openstack.Provider:
    return openstack.Provider(name, cloud="lab")


def group(name: str = "g", *, opts: ResourceOptions | None = None, **inputs: Any) -> openstack.networking.SecGroup:
    """Declare a group with a provider of its own."""
    own = ResourceOptions.merge(ResourceOptions(provider=provider()), opts)
    return openstack.networking.SecGroup(name, opts=own, **{"name": name, **inputs})


def tenants(*names: str, **options: object) -> None:
    """Declare tenants and export their networks."""
    site = provider()
    for name in names:
        pulumi.export(name, Tenant(name, site, **options).network.id)  # type: ignore[arg-type]  # options are checked by Tenant
