"""Remembers which sites of a lab have no power, for as long as the lab is up."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lab.passwords import write_private
from lab.place import Place

FILE = "power.json"


def dark(place: Place) -> dict[str, bool]:
    """Return the sites without power; the value tells whether the site had been cut before."""
    path = place.run / FILE
    found: dict[str, bool] = json.loads(path.read_text()) if path.exists() else {}
    return found


def write_dark(place: Place, sites: Mapping[str, bool]) -> None:
    """Remember exactly these sites."""
    write_private(place.run / FILE, json.dumps(dict(sites)))
