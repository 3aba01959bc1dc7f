"""What a lab was told at `lab up` and goes by until it is told otherwise."""

from __future__ import annotations

import json

from lab.openstack.config import Boot
from lab.passwords import write_private
from lab.place import Place


def keep_boot(place: Place, wanted: Boot | None) -> Boot:
    """Return which servers of the lab become hosts: as wanted now, else as before, else those with a service."""
    path = place.root / "settings.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    boot: Boot = wanted or kept.get("boot", "services")
    if boot != kept.get("boot"):
        write_private(path, json.dumps({**kept, "boot": boot}))
    return boot
