"""What Neutron's types have alike."""

from __future__ import annotations

from collections.abc import Mapping

from stacks.engine.openstack.canonical import as_set
from stacks.engine.openstack.rows import Property
from stacks.engine.openstack.types.properties import DESCRIPTION, NAME, REGION, VALUE_SPECS
from stacks.engine.openstack.types.tags import TAGS

TENANT = Property("tenantId", force_new=True, computed=True)
ADMIN_STATE = Property("adminStateUp", bool, computed=True)
AVAILABILITY_ZONES = Property("availabilityZoneHints", list, force_new=True, computed=True, same=as_set)
UNNAMED = (REGION, DESCRIPTION, TENANT, VALUE_SPECS, TAGS)
NAMED = (NAME, *UNNAMED)
TEN_MINUTES: Mapping[str, int] = {"create": 10, "delete": 10}
FIXED_ADDRESS = {"subnetId": "subnet_id", "ipAddress": "ip_address"}
"""The keys of a fixed address with their API names."""
