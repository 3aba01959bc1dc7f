"""Builds what a site has before its first department: groups, flavors, images, external and zone networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
from pulumi_openstack import Provider, compute, identity, images, networking

from stacks import inputs
from stacks.network import build_security_group

PHYSICAL_NETWORK = "public"
DIGEST_DIGITS = 12


class Foundation(pulumi.ComponentResource):
    """One site's foundation; `outputs` are the ids by name that its departments read."""

    def __init__(self, spec: inputs.FoundationInputs, topology_dir: Path) -> None:
        super().__init__("govcloud:stacks:Foundation", spec.site)
        provider = Provider(spec.site, cloud=spec.openstack, opts=pulumi.ResourceOptions(parent=self))
        self._options = pulumi.ResourceOptions(parent=self, provider=provider)
        self.outputs: dict[str, Any] = {
            "roles": {name: self._role(name, provider) for name in spec.roles},
            "groups": {name: self._group(name, spec.cloud) for name in spec.groups},
            "flavors": {flavor.name: self._flavor(flavor) for flavor in spec.flavors},
            "images": {image.name: self._image(image, topology_dir) for image in spec.images},
            "external": {edge.net.zone: self._edge(edge) for edge in spec.edges},
            "zones": {net.zone: self._zone(net) for net in spec.zones},
            "shared_groups": {spec.base_group.name: self._shared_group(spec.base_group, provider)},
        }
        self.register_outputs(self.outputs)

    @staticmethod
    def _role(name: str, provider: Provider) -> pulumi.Output[str]:
        found = identity.get_role_output(name=name, opts=pulumi.InvokeOutputOptions(provider=provider))
        return found.id

    def _group(self, name: str, cloud: str) -> pulumi.Output[str]:
        group = identity.GroupV3(name, name=name, description=f"govcloud {cloud}", opts=self._options)
        return group.id

    def _flavor(self, flavor: inputs.Flavor) -> pulumi.Output[str]:
        made = compute.Flavor(
            flavor.name,
            name=flavor.name,
            vcpus=flavor.vcpus,
            ram=flavor.ram_gb * 1024,
            disk=flavor.disk_gb,
            is_public=True,
            opts=self._options,
        )
        return made.id

    def _image(self, image: inputs.Image, topology_dir: Path) -> pulumi.Output[str]:
        # An image is what it holds: another content is another image, the path it came from differs between machines.
        options = pulumi.ResourceOptions.merge(
            self._options, pulumi.ResourceOptions(ignore_changes=["local_file_path"])
        )
        made = images.Image(
            f"{image.name}-{image.content[:DIGEST_DIGITS]}",
            name=image.name,
            local_file_path=str((topology_dir / image.file).resolve()),
            container_format="bare",
            disk_format=image.disk_format,
            min_disk_gb=image.min_disk_gb,
            min_ram_mb=image.min_ram_mb,
            visibility="public",
            opts=options,
        )
        return made.id

    def _shared_group(self, group: inputs.SecurityGroup, provider: Provider) -> pulumi.Output[str]:
        made = build_security_group(group, provider, self)
        shared = networking.RbacPolicyV2(
            group.name,
            action="access_as_shared",
            object_type="security_group",
            object_id=made.id,
            target_tenant="*",
            opts=self._options,
        )
        # A department that used the group before it is shared would be refused.
        return pulumi.Output.all(made.id, shared.id).apply(lambda ids: str(ids[0]))

    def _edge(self, edge: inputs.Edge) -> dict[str, Any]:
        net = edge.net
        network = networking.Network(
            net.name,
            name=net.name,
            external=True,
            admin_state_up=True,
            segments=[
                networking.NetworkSegmentArgs(
                    network_type="vlan", physical_network=PHYSICAL_NETWORK, segmentation_id=edge.vlan
                )
            ],
            opts=self._options,
        )
        subnet = self._subnet(net, network, dhcp=False)
        return {"id": network.id, "name": net.name, "subnet": subnet.id}

    def _zone(self, net: inputs.Net) -> dict[str, Any]:
        network = networking.Network(net.name, name=net.name, shared=True, admin_state_up=True, opts=self._options)
        subnet = self._subnet(net, network, dhcp=True)
        return {"id": network.id, "name": net.name, "subnet": subnet.id}

    def _subnet(self, net: inputs.Net, network: networking.Network, *, dhcp: bool) -> networking.Subnet:
        return networking.Subnet(
            net.name,
            name=net.name,
            network_id=network.id,
            cidr=net.cidr,
            ip_version=4,
            gateway_ip=net.gateway,
            enable_dhcp=dhcp,
            allocation_pools=[networking.SubnetAllocationPoolArgs(start=net.first, end=net.last)],
            opts=self._options,
        )
