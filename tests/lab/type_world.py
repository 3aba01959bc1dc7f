"""Objects of every kind that the tests of the resource types build on, made through the provider at a real site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from stacks.engine.openstack.provider import OpenStackProvider
from stacks.engine.provider import Found

SECONDS = 300.0
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJuY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6MDEyMzQ1 test"


class World:
    """Makes objects with a prefix of its own, each on first use, and removes them in reverse order."""

    def __init__(self, provider: OpenStackProvider, connection: Any, prefix: str, folder: Path) -> None:
        self.provider, self.see, self.prefix, self.folder = provider, connection, prefix, folder
        self._made: list[tuple[str, Found, dict[str, Any]]] = []

    def check(self, type_: str, inputs: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self.provider.check(type_, inputs, old, f"urn:pulumi:s::p::{type_}::{self.prefix}")

    def make(self, type_: str, **inputs: Any) -> Found:
        """Return a new object; `close` removes it."""
        checked = self.check(type_, inputs)
        found = self.provider.create(type_, checked, SECONDS)
        self._made.append((type_, found, checked))
        return found

    def close(self) -> None:
        for type_, found, inputs in reversed(self._made):
            self.provider.delete(type_, found.id, inputs, found.outputs, SECONDS)

    def name(self, what: str) -> str:
        return f"{self.prefix}-{what}"

    @cached_property
    def project(self) -> str:
        return self.make("openstack:identity/project:Project", name=self.name("base")).id

    @cached_property
    def user(self) -> str:
        return self.make("openstack:identity/user:User", name=self.name("base"), password="a long-enough secret").id

    @cached_property
    def group(self) -> str:
        return self.make("openstack:identity/groupV3:GroupV3", name=self.name("base")).id

    @cached_property
    def role(self) -> str:
        return self.make("openstack:identity/role:Role", name=self.name("base")).id

    @cached_property
    def network(self) -> str:
        return self.make("openstack:networking/network:Network", name=self.name("base")).id

    @cached_property
    def subnet(self) -> str:
        subnet = {"networkId": self.network, "cidr": "10.201.0.0/24", "name": self.name("base")}
        return self.make("openstack:networking/subnet:Subnet", **subnet).id

    @cached_property
    def pool(self) -> str:
        """The name of an external network with addresses."""
        segment = {"networkType": "vlan", "physicalNetwork": "public", "segmentationId": 3951}
        outside = {"name": self.name("outside"), "external": True, "segments": [segment]}
        network = self.make("openstack:networking/network:Network", **outside)
        subnet = {"networkId": network.id, "cidr": "10.202.0.0/24", "name": self.name("outside"), "enableDhcp": False}
        self.make("openstack:networking/subnet:Subnet", **subnet)
        return self.name("outside")

    @cached_property
    def pool_id(self) -> str:
        return str(next(self.see.network.networks(name=self.pool)).id)

    @cached_property
    def router(self) -> str:
        """A router between the subnet and the outside."""
        made = self.make("openstack:networking/router:Router", name=self.name("base"), externalNetworkId=self.pool_id)
        ends = {"routerId": made.id, "subnetId": self.subnet}
        self.make("openstack:networking/routerInterface:RouterInterface", **ends)
        return made.id

    @cached_property
    def bare_router(self) -> str:
        return self.make("openstack:networking/router:Router", name=self.name("bare")).id

    @cached_property
    def security_group(self) -> str:
        return self.make("openstack:networking/secGroup:SecGroup", name=self.name("base")).id

    @cached_property
    def ports(self) -> tuple[str, str]:
        """Two ports that can have floating addresses."""
        assert self.router
        made = [self._port(what) for what in ("one", "two")]
        return made[0], made[1]

    @cached_property
    def inner_port(self) -> str:
        """A port for a router: it goes away with the router's interface."""
        return self._port("inner")

    def _port(self, what: str) -> str:
        assert self.subnet
        return self.make("openstack:networking/port:Port", name=self.name(what), networkId=self.network).id

    @cached_property
    def floating(self) -> Found:
        return self.make("openstack:networking/floatingIp:FloatingIp", pool=self.pool, description=self.name("base"))

    @cached_property
    def image_file(self) -> str:
        path = self.folder / "image.raw"
        path.write_bytes(bytes(range(256)) * 512)
        return str(path)

    @cached_property
    def image(self) -> str:
        formats = {"containerFormat": "bare", "diskFormat": "raw", "localFilePath": self.image_file}
        return self.make("openstack:images/image:Image", name=self.name("base"), **formats).id

    @cached_property
    def flavors(self) -> tuple[str, str]:
        small, large = (self._flavor(what, ram) for what, ram in (("small", 128), ("large", 256)))
        return small, large

    def _flavor(self, what: str, ram: int) -> str:
        size = {"ram": ram, "vcpus": 1, "disk": 1, "isPublic": True}
        return self.make("openstack:compute/flavor:Flavor", name=self.name(what), **size).id

    @cached_property
    def server(self) -> str:
        inputs = {"flavorId": self.flavors[0], "imageId": self.image, "networks": [{"port": self.ports[1]}]}
        return self.make("openstack:compute/instance:Instance", name=self.name("base"), **inputs).id

    @cached_property
    def volume(self) -> str:
        return self.make("openstack:blockstorage/volume:Volume", name=self.name("base"), size=1).id


Inputs = Callable[[World], dict[str, Any]]
Seen = Callable[[Any, str], Any]
"""Reads an object through openstacksdk: connection, id -> what matters of it, None when it is gone."""
