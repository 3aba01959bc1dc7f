"""Nova compute hosts that offer exactly the declared capacity and remember their servers across a restart."""

from __future__ import annotations

import json
import uuid
from typing import Any

from nova import conf, context, objects
from nova.compute import power_state
from nova.virt import block_device, fake
from oslo_config import cfg

OPTIONS = [
    cfg.StrOpt("hosts", default="{}", help='JSON: {host: {"vcpus": n, "memory_mb": n, "local_gb": n}}'),
    cfg.StrOpt("boot", choices=["services", "all"], default="services", help="which servers are booted"),
    cfg.StrOpt("namespace", help="the site's network namespace; its hosts' begin with its name"),
    cfg.StrOpt("folder", help="where the booted hosts are"),
    cfg.StrOpt("network", help="socket of the site's border router"),
    cfg.StrOpt("cache", help="where the base systems are"),
    cfg.StrOpt("python", help="the Python that govcloud runs in, for building a base system"),
]


def register(configuration: cfg.ConfigOpts) -> None:
    """Make [govlab] hosts known; call before the configuration file is read."""
    configuration.register_opts(OPTIONS, group="govlab")


def declared() -> dict[str, dict[str, int]]:
    """Return the capacity of every compute host of this site."""
    return json.loads(conf.CONF.govlab.hosts)


class Unmetered(fake.Resources):
    """Leaves metering to Placement and the resource tracker; the fake driver's own count forgets at a restart."""

    def claim(self, vcpus: int = 0, mem: int = 0, disk: int = 0) -> None:
        pass

    def release(self, vcpus: int = 0, mem: int = 0, disk: int = 0) -> None:
        pass


class DeclaredHost(fake.FakeDriver):
    """One compute host; servers are rows in nova's database and nothing else."""

    def init_host(self, host: str) -> None:
        """Take the declared capacity, then take up the servers that nova's database has on this host."""
        super().init_host(host)
        capacity = declared()[host]
        self.vcpus, self.memory_mb, self.local_gb = capacity["vcpus"], capacity["memory_mb"], capacity["local_gb"]
        self.resources = Unmetered(**capacity)
        attributes = ["info_cache"]
        for server in objects.InstanceList.get_by_host(context.get_admin_context(), host, expected_attrs=attributes):
            self._adopt(server)

    def _adopt(self, server: objects.Instance) -> None:
        state = power_state.RUNNING if server.power_state == power_state.NOSTATE else server.power_state
        self.instances[server.uuid] = fake.FakeInstance(server.name, state, server.uuid)
        for vif in (server.info_cache and server.info_cache.network_info) or ():
            self._interfaces[vif["id"]] = vif

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:  # noqa: FBT001, FBT002 - nova's signature
        return {node_uuid(name): name for name in self.get_available_nodes(refresh)}

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        resource = super().get_available_resource(nodename)
        return {**resource, "uuid": node_uuid(nodename)} if resource else resource


def node_uuid(name: str) -> str:
    """Return the same identity at every start; nova refuses a host whose node changed."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


class _AnyOfOurs(str):
    """A host's name that equals the names of all compute hosts of this process."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return other in declared()

    __hash__ = str.__hash__


class _Settings:
    """Nova's settings for a module that asks whether a server is on *the* host of the process."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(conf.CONF, name)
        return _AnyOfOurs(value) if name == "host" else value


def own_every_host() -> None:
    """Let volumes be detached from servers on every host of this process, not only on the first."""
    block_device.CONF = _Settings()
