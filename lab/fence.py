"""Shuts a site out at the edges of the others: resets and drops what comes from its networks, and reads that back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network, collapse_addresses
from typing import Any

from failures import OutsideFailed
from lab.cut import unknown_name, wiring_of
from lab.locks import locked
from lab.namespaces import exists, inside
from lab.place import Place
from lab.wan.settle import CLEAR, announced
from lab.wan.wiring import Wiring

MARK = "govcloud_fence_"
FAMILY = "inet"
WAIT_S = 10.0
FIRST = -310
"""Before every other filter, also those of cuts: a fence must not depend on what else is in force."""


class LabBorders:
    """The edges of a lab; `fence` and `unfence` may be repeated, each has a table of its own for each site."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def fence(self, site: str) -> None:
        """Let every other edge refuse the site's networks. Raises OutsideFailed, WrongUsage for no site of the lab."""
        wiring = self._wiring(site)
        script = fence_rules(site, networks(wiring, site))
        self._everywhere(wiring, site, script)

    def unfence(self, site: str) -> None:
        """Let the site in again everywhere. Raises OutsideFailed, WrongUsage for no site of the lab."""
        wiring = self._wiring(site)
        self._everywhere(wiring, site, _clear(site))

    def fenced(self, site: str) -> dict[str, bool]:
        """Return what the rules of each other edge that is there say, listed back from the kernel."""
        wiring = self._wiring(site)
        wanted = set(networks(wiring, site))
        edges = {name: node.edge for name, node in wiring.nodes.items() if name != site and exists(node.edge)}
        return {name: wanted <= set(_listed(edge, site)) for name, edge in edges.items()}

    def _wiring(self, site: str) -> Wiring:
        wiring = wiring_of(self._place)
        if site not in wiring.nodes:
            raise unknown_name("site", site, wiring.nodes)
        return wiring

    def _everywhere(self, wiring: Wiring, site: str, script: str) -> None:
        edges = [node.edge for name, node in wiring.nodes.items() if name != site and exists(node.edge)]
        with locked(wiring.run / "fence.lock", seconds=WAIT_S), ThreadPoolExecutor(max(1, len(edges))) as pool:
            list(pool.map(lambda edge: inside(edge, "nft", "-f", "-", stdin=script), edges))


def networks(wiring: Wiring, site: str) -> tuple[str, ...]:
    """Return what a fence is about: the networks of a site's hosts, its inner seat and its control plane."""
    found = map(IPv4Network, (*wiring.nodes[site].fixed, *announced(wiring, site)))
    return tuple(str(network) for network in collapse_addresses(found))


def fence_rules(site: str, prefixes: Sequence[str]) -> str:
    """Return the rules that drop all that comes from these networks and reset whoever talks to them."""
    named = "{ " + ", ".join(prefixes) + " }"
    chains = "\n".join(_chain(name, named) for name in ("input", "forward", "output"))
    return f"{_clear(site)}table {FAMILY} {MARK}{_word(site)} {{\n{chains}\n}}\n"


def _chain(hook: str, named: str) -> str:
    reset = f"    meta nfproto ipv4 ip daddr {named} ip protocol tcp reject with tcp reset\n    ip daddr {named} drop"
    return (
        f"  chain {hook} {{ type filter hook {hook} priority {FIRST}; policy accept;\n"
        f"    ip saddr {named} drop\n{reset}\n  }}"
    )


def _clear(site: str) -> str:
    return CLEAR.format(family=FAMILY, table=f"{MARK}{_word(site)}")


def _word(site: str) -> str:
    return site.replace("-", "_")


def _listed(edge: str, site: str) -> Iterator[str]:
    """Yield the networks from which the edge's forwarded packets are dropped by the site's fence."""
    try:
        text = inside(edge, "nft", "-j", "list", "chain", FAMILY, f"{MARK}{_word(site)}", "forward")
    except OutsideFailed:
        return
    for row in json.loads(text)["nftables"]:
        expressions = row.get("rule", {}).get("expr", [])
        if {"drop": None} in expressions:
            for expression in expressions:
                match = expression.get("match", {})
                if match.get("left", {}).get("payload", {}).get("field") == "saddr":
                    yield from _prefixes(match["right"])


def _prefixes(right: Any) -> Iterator[str]:
    members = right["set"] if isinstance(right, dict) and "set" in right else [right]
    for member in members:
        if isinstance(member, str):
            yield f"{member}/32"
        else:
            prefix = member["prefix"]
            yield f"{prefix['addr']}/{prefix['len']}"
