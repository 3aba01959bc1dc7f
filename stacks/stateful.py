"""The resource types whose loss or replacement loses something that a rerun cannot bring back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StatefulType:
    type: str
    reason: str


STATEFUL_TYPES = (
    StatefulType("openstack:identity/project:Project", "owns everything of a department; a new one has another id"),
    StatefulType("openstack:compute/instance:Instance", "its local disk goes with it"),
    StatefulType("openstack:blockstorage/volume:Volume", "holds data"),
    StatefulType("openstack:images/image:Image", "servers made from it are evacuated and rebuilt from it"),
    StatefulType("openstack:networking/network:Network", "servers hang on it; replacing it cuts them off"),
    StatefulType("openstack:networking/subnet:Subnet", "every address in it would change"),
    StatefulType("openstack:networking/router:Router", "replacing it cuts a department off and changes its gateway"),
    StatefulType("openstack:networking/port:Port", "a service's planned address and its peers' view of it"),
    StatefulType("openstack:networking/floatingIp:FloatingIp", "the public knows this address; it may not come back"),
    StatefulType("openstack:compute/keypair:Keypair", "its private key is the only way into the servers made with it"),
    StatefulType("openstack:identity/groupV3:GroupV3", "people were put into it by hand"),
)
_TYPES = frozenset(row.type for row in STATEFUL_TYPES)


def is_stateful(type_: str) -> bool:
    """Return whether a plan that deletes or replaces this type must name it."""
    return type_ in _TYPES
