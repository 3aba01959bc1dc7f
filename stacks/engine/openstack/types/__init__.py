"""Every resource type the provider supports."""

from __future__ import annotations

from collections.abc import Mapping

from stacks.engine.openstack.rows import Kind
from stacks.engine.openstack.types import compute, identity, image, instance, network, port, routing, storage

_MODULES = (identity, compute, instance, storage, network, port, routing, image)
KINDS: Mapping[str, Kind] = {kind.type: kind for module in _MODULES for kind in module.KINDS}
