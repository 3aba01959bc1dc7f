"""Who can shut a site out: the borders of all other sites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Borders(Protocol):
    """Every call is idempotent and limited in time; sites are names of the topology."""

    def fence(self, site: str) -> object:
        """Let every other border reset and drop what comes from a site. Raises OutsideFailed."""

    def unfence(self, site: str) -> object:
        """Let it in again everywhere. Raises OutsideFailed."""

    def fenced(self, site: str) -> Mapping[str, bool]:
        """Return what the rules of each other border that answers say, read back from it."""
