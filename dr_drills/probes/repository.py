"""Reads what a package repository serves."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.web import Web
from failures import Text

PACKAGE = re.compile(rb"^Package: ", re.MULTILINE)


@dataclass(frozen=True)
class RepositoryReading:
    """How many Debian packages the index names."""

    packages: int


def read_repository(web: Web, address: str) -> RepositoryReading:
    """Return what the index at an address holds. Raises NoAnswer."""
    page = web.get(f"https://{address}/Packages")
    if page.status != 200:
        raise NoAnswer(Text(f"there is no index ({page.status})", f"没有软件包索引({page.status})"))
    return RepositoryReading(len(PACKAGE.findall(page.body)))
