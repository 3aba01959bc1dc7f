"""What must change in a cluster's own settings to be as declared."""

from __future__ import annotations

from typing import Any

# Maps whose entries are all declared: an entry that is not must go.
WHOLE = ("slots",)


def patch_of(current: dict[str, Any], wanted: dict[str, Any], standby: dict[str, Any]) -> dict[str, Any]:
    """Return the patch (RFC 7396) that brings `current` to `wanted`; empty when it is there.

    Whether a cluster is a standby one is decided by plans, not by a configuration run: `standby` only renews the
    source of a cluster that is one now. A promoted DR cluster stays promoted, a city that follows goes on following.
    """
    found = _patch(current, wanted)
    if current.get("standby_cluster") and standby:
        renewed = _patch(current["standby_cluster"], standby)
        found |= {"standby_cluster": renewed} if renewed else {}
    return found


def _patch(current: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in wanted.items():
        have = current.get(key)
        if isinstance(value, dict) and isinstance(have, dict):
            gone = dict.fromkeys(have.keys() - value.keys()) if key in WHOLE else {}
            inner = _patch(have, value) | gone
            found |= {key: inner} if inner else {}
        elif value != have and not (value == {} and have is None):
            found[key] = value
    return found
