"""Names of the lines between the sites, as commands and reports call them."""

from __future__ import annotations

from collections import Counter

from topology.model import Cloud, Link


def link_names(cloud: Cloud) -> dict[str, Link]:
    """Return every link by its name, in the order of the file.

    The name is `<a>-<b>-<carrier>`; links that would share it have their duct added, and those that still do a number.
    """
    names = ["-".join((*link.between, link.carrier)) for link in cloud.links]
    names = [
        f"{name}-{link.duct}" if link.duct and names.count(name) > 1 else name
        for name, link in zip(names, cloud.links, strict=True)
    ]
    counts, named = Counter(names), dict[str, Link]()
    for name, link in zip(names, cloud.links, strict=True):
        named[name if counts[name] == 1 else _numbered(name, {*named, *names})] = link
    return named


def _numbered(name: str, taken: set[str]) -> str:
    number = 1
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"
