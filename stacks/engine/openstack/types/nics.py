"""Nova: a server's network cards, as asked for and as they became."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.rows import Inputs, Outputs, Raw
from stacks.engine.provider import RefusedByApi

_MAC = "OS-EXT-IPS-MAC:mac_addr"
_KIND = "OS-EXT-IPS:type"


def wanted_cards(api: Api, inputs: Inputs) -> list[Raw]:
    """Return what Nova is sent as `networks`; a network given by name is looked up."""
    return [_wanted(api, network) for network in inputs.get("networks") or []]


def _wanted(api: Api, network: Mapping[str, Any]) -> Raw:
    if network.get("port"):
        return {"port": network["port"]}
    fixed = network.get("fixedIpV4") or network.get("fixedIpV6")
    card = {"uuid": network.get("uuid") or _network_id(api, network.get("name") or "")}
    return {**card, "fixed_ip": fixed} if fixed else card


def _network_id(api: Api, name: str) -> str:
    found = api.get("network", "/networks", {"name": name, "fields": "id"})["networks"]
    if len(found) != 1:
        raise RefusedByApi(404, f"site {api.site}: {len(found)} networks are named {name}; one is needed")
    return str(found[0]["id"])


def shown_cards(api: Api, server: Raw, inputs: Inputs) -> list[Raw]:
    """Return the `networks` output: one per wanted card, in the order of the program."""
    cards, wanted = _cards(server), inputs.get("networks") or []
    if not wanted or not cards:
        return [_card({}, card) for card in cards]
    if len(wanted) == len(cards) == 1 and wanted[0].get("uuid"):
        return [_card(wanted[0], cards[0])]
    interfaces = api.get("compute", f"/servers/{server['id']}/os-interface")["interfaceAttachments"]
    by_mac = {interface["mac_addr"]: interface for interface in interfaces}
    left = [{**card, **_ids(by_mac.get(card["mac"], {}))} for card in cards]
    return [_card(network, card) for network in wanted for card in _take(network, left)]


def _ids(interface: Mapping[str, Any]) -> Raw:
    return {"uuid": interface.get("net_id") or "", "portId": interface.get("port_id") or ""}


def _take(network: Mapping[str, Any], left: list[Raw]) -> list[Raw]:
    """Return the card that belongs to a wanted network, and take it out of those left; none if it is not there."""
    keys = {"port": "portId", "uuid": "uuid", "name": "name"}
    asked = next(((keys[name], network[name]) for name in keys if network.get(name)), None)
    for card in left:
        if asked is None or card[asked[0]] == asked[1]:
            left.remove(card)
            return [card]
    return []


def _card(network: Mapping[str, Any], card: Mapping[str, Any]) -> Raw:
    return {
        "uuid": network.get("uuid") or card.get("uuid") or "",
        "name": card["name"],
        "port": network.get("port") or "",
        "fixedIpV4": card["fixedIpV4"],
        "fixedIpV6": card["fixedIpV6"],
        "mac": card["mac"],
        "accessNetwork": bool(network.get("accessNetwork")),
    }


def _cards(server: Raw) -> list[Raw]:
    """Return one card per MAC with its fixed addresses, in Nova's order."""
    cards: dict[str, Raw] = {}
    for name, shown in (server.get("addresses") or {}).items():
        for item in shown:
            card = cards.setdefault(
                item.get(_MAC) or "", {"name": name, "mac": item.get(_MAC) or "", "fixedIpV4": "", "fixedIpV6": ""}
            )
            if item.get(_KIND) != "floating":
                card["fixedIpV6" if item["version"] == 6 else "fixedIpV4"] = item["addr"]
    return list(cards.values())


def access_addresses(server: Raw, cards: list[Raw]) -> Outputs:
    """Return where to reach the server: the card of the access network, else the first."""
    preferred = sorted(cards, key=lambda card: not card["accessNetwork"])
    return {
        output: next((card[key] for card in preferred if card[key]), server.get(own) or "")
        for output, key, own in (("accessIpV4", "fixedIpV4", "accessIPv4"), ("accessIpV6", "fixedIpV6", "accessIPv6"))
    }
