"""Canonical forms of property values: two values mean the same when their forms are equal."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Return nested values without the engine's own keys and without what is empty; None for an empty value."""
    if isinstance(value, Mapping):
        kept = {key: plain(item) for key, item in value.items() if not key.startswith("__")}
        return {key: item for key, item in kept.items() if item is not None} or None
    if isinstance(value, list | tuple):
        return [plain(item) for item in value] or None
    return None if value in {"", 0} else value


def as_set(value: Any) -> Any:
    """Return a list in an order of its own and without repetitions: the provider keeps a set."""
    found = {json.dumps(item, sort_keys=True): item for item in plain(value) or []}
    return [item for _, item in sorted(found.items())] or None


def address(value: Any) -> Any:
    """Return an IP address in its shortest form; what is none stays as it is."""
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return plain(value)


def network(value: Any) -> Any:
    """Return a CIDR with its host bits cleared; what is none stays as it is."""
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except (ValueError, TypeError):
        return plain(value)


def addresses(value: Any) -> Any:
    """Return a list of addresses, each in its shortest form, in the order given."""
    return [address(item) for item in value or []] or None


def folded(value: Any) -> Any:
    """Return a text whose case means nothing."""
    return plain(value.lower() if isinstance(value, str) else value)


def covers(wanted: Any, shown: Any) -> bool:
    """Return whether `shown` has all that `wanted` says, and maybe more: objects are compared by the keys wanted."""
    if isinstance(wanted, Mapping):
        has = isinstance(shown, Mapping)
        return has and all(covers(value, shown.get(key)) for key, value in wanted.items() if plain(value) is not None)
    if isinstance(wanted, list):
        same_length = isinstance(shown, list) and len(wanted) == len(shown)
        return same_length and all(covers(item, other) for item, other in zip(wanted, shown, strict=True))
    return bool(plain(wanted) == plain(shown))
