"""Package repositories: what they serve is filled from a bundle on the controller."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inventories.hosts import Host, Register


def variables(register: Register, host: Host, bundle: Path | None) -> dict[str, Any]:
    """Return the variables; `bundle` is the controller's folder, None as long as there is none."""
    if register.service(host).kind != "repository":
        return {}
    filled = {} if bundle is None else {"repository_bundle": str(bundle)}
    return {"repository_address": host.address, **filled}
