"""Plugs a host's network cards: a pair of ends, one in the host, one on the border router's bridge."""

from __future__ import annotations

import json
from collections.abc import Iterable

from failures import OutsideFailed
from lab.commands import run
from lab.hosts.spec import Card
from lab.namespaces import NETNS


def batch(namespace: str, lines: Iterable[str]) -> None:
    """Run lines of `ip` in a namespace, in one process."""
    text = "\n".join(lines)
    if text:
        run("ip", "-n", namespace, "-batch", "-", stdin=f"{text}\n")


def drop_namespace(name: str) -> None:
    """Remove the namespace, and with it the cards, if it is there."""
    if (NETNS / name).exists():
        run("ip", "netns", "delete", name)


def devices(namespace: str) -> set[str]:
    """Return the names of the network devices in the namespace."""
    return {link["ifname"] for link in json.loads(run("ip", "-n", namespace, "-j", "link", "show") or "[]")}


def plug(host: str, edge: str, cards: Iterable[Card]) -> None:
    """Give the host these cards, unless it has them, with their addresses and routes."""
    have, bridges = devices(host), devices(edge)
    for card in cards:
        if card.bridge not in bridges:
            _bridge(edge, card.bridge)
            bridges.add(card.bridge)
        if card.device not in have:
            _pair(host, edge, card)


def _bridge(edge: str, name: str) -> None:
    try:
        batch(edge, [f"link add {name} type bridge forward_delay 0"])
    except OutsideFailed:
        if name not in devices(edge):  # else another host of the network was quicker
            raise
    batch(edge, [f"link set {name} up"])


def _pair(host: str, edge: str, card: Card) -> None:
    run(
        *("ip", "link", "add", card.device, "address", card.mac, "mtu", str(card.mtu), "netns", host),
        *("type", "veth", "peer", "name", card.tap, "mtu", str(card.mtu), "netns", edge),
    )
    batch(edge, [f"link set {card.tap} master {card.bridge} up"])
    addresses = [f"address replace {address} dev {card.device}" for address in card.addresses]
    routes = [f"route replace {route} dev {card.device}" for route in card.routes]
    batch(host, [*addresses, f"link set {card.device} up", *routes])


def unplug(host: str, card: Card) -> None:
    """Take the card out of the host, and its other end with it."""
    if card.device in devices(host):
        batch(host, [f"link delete {card.device}"])
