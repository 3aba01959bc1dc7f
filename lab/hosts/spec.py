"""What a host is: its image, key, network cards and volumes, as Nova and Neutron gave them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

DEFAULT_MTU = 1500
DEFAULT_DISK_GB = 10


@dataclass(frozen=True)
class Card:
    """One Neutron port; `addresses` carry their prefix length, `routes` are the words after `ip route replace`."""

    port: str
    network: str
    device: str
    mac: str
    mtu: int
    addresses: tuple[str, ...]
    routes: tuple[str, ...]
    nameservers: tuple[str, ...] = ()

    @property
    def tap(self) -> str:
        """The other end of the card, at the border router."""
        return f"tap{self.port[:11]}"

    @property
    def bridge(self) -> str:
        return f"br-{self.network[:11]}"


@dataclass(frozen=True)
class Volume:
    """A file of Cinder's that is a disk of the host, such as /dev/vdb."""

    id: str
    device: str
    file: str

    @property
    def name(self) -> str:
        return self.device.removeprefix("/dev/")

    @property
    def serial(self) -> str:
        """The name of the disk below /dev/disk/by-id, as a virtual machine has it."""
        return f"virtio-{self.id[:20]}"


@dataclass(frozen=True)
class Spec:
    """Everything needed to boot the host again; `user_data` is base64, as Nova keeps it."""

    uuid: str
    name: str
    base: str
    memory_mb: int
    key: str | None
    user_data: str | None
    metadata: Mapping[str, str]
    cards: tuple[Card, ...]
    volumes: tuple[Volume, ...] = ()
    disk_gb: int = DEFAULT_DISK_GB

    @property
    def address(self) -> str:
        """The host's first address, empty when it has none."""
        addresses = [address for card in self.cards for address in card.addresses]
        return addresses[0].partition("/")[0] if addresses else ""

    def dump(self) -> str:
        return json.dumps(asdict(self), indent=1)


def read_spec(path: Path) -> Spec:
    """Return the spec that was dumped into the file; FileNotFoundError when there is none."""
    fields: dict[str, Any] = json.loads(path.read_text())
    cards = tuple(_card(row) for row in fields.pop("cards"))
    volumes = tuple(Volume(**row) for row in fields.pop("volumes"))
    return Spec(**fields, cards=cards, volumes=volumes)


def _card(row: dict[str, Any]) -> Card:
    lists: dict[str, Any] = {key: tuple(row[key]) for key in ("addresses", "routes", "nameservers")}
    return Card(**{**row, **lists})


def read_card(index: int, vif: Mapping[str, Any]) -> Card:
    """Return the card for one entry of Nova's network information; the first card has the default route."""
    network = vif["network"]
    addresses: list[str] = []
    routes: list[str] = []
    nameservers: list[str] = []
    for subnet in network["subnets"]:
        length = subnet["cidr"].rpartition("/")[2]
        addresses += [f"{ip['address']}/{length}" for ip in subnet["ips"] if ip["type"] == "fixed"]
        gateway = (subnet.get("gateway") or {}).get("address")
        routes += [f"default via {gateway}"] if gateway and index == 0 else []
        routes += [f"{route['cidr']} via {route['gateway']['address']}" for route in subnet.get("routes") or ()]
        nameservers += [server["address"] for server in subnet.get("dns") or ()]
    return Card(
        port=vif["id"],
        network=network["id"],
        device=f"eth{index}",
        mac=vif["address"],
        mtu=(network.get("meta") or {}).get("mtu") or DEFAULT_MTU,
        addresses=tuple(str(IPv4Interface(address)) for address in addresses),
        routes=tuple(routes),
        nameservers=tuple(nameservers),
    )


def read_volumes(mappings: Mapping[str, Any] | None) -> tuple[Volume, ...]:
    """Return the volumes in Nova's block device information."""
    rows = (mappings or {}).get("block_device_mapping") or ()
    connected = [row for row in rows if row.get("mount_device") and row.get("connection_info")]
    return tuple(read_volume(row["connection_info"], row["mount_device"]) for row in connected)


def read_volume(connection: Mapping[str, Any], device: str) -> Volume:
    """Return the volume for a connection that Cinder gave."""
    file = connection["data"]["device_path"]
    return Volume(id=connection.get("serial") or Path(file).name, device=device, file=file)
