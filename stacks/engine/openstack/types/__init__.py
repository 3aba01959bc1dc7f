"""Every resource type the provider supports."""

from __future__ import annotations

from collections.abc import Mapping

from stacks.engine.openstack.rows import Kind
from stacks.engine.openstack.types import identity, network, routing

KINDS: Mapping[str, Kind] = {kind.type: kind for module in (identity, network, routing) for kind in module.KINDS}
