"""Functions that look up one existing object by what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stacks.engine.openstack.api import Api
from stacks.engine.provider import Properties

FUNCTIONS: Mapping[str, Callable[[Api, Mapping[str, Any]], Properties]] = {}
