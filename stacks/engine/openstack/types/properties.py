"""Properties that types of several services have."""

from __future__ import annotations

from stacks.engine.openstack.rows import Property

REGION = Property("region", api="", force_new=True, computed=True, echo=True)
NAME = Property("name", autoname=True)
DESCRIPTION = Property("description")
VALUE_SPECS = Property("valueSpecs", dict, api="", force_new=True, echo=True)
