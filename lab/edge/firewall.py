"""Security groups as nft text: pure, in two layers, because this bridge has no connection tracking of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.edge.picture import SHORT, TAP, Picture, Port, Rule, bridge_name, tap_name

TABLE = "govcloud_groups"
PORTS = {"tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp", "sctp": "sctp", "132": "sctp"}
ICMP = frozenset({"icmp", "1"})
NOBODY = "0.0.0.0"  # noqa: S104 - an address that no packet of a server has


def render(picture: Picture) -> str:
    """Return the script that puts the security groups of the booted servers into force, in one transaction.

    The bridge layer holds each interface to its own addresses, shuts interfaces nobody knows, and marks packets with
    the server they go to. The inet layer, which bridged packets reach through br_netfilter, keeps state and applies the
    rules: sender by bridge and hardware address, receiver by mark. Connections are told apart by bridge.
    """
    ports = sorted(picture.ports, key=lambda port: port.id)
    held = [(number, port) for number, port in enumerate(ports, 1) if port.secured]
    return "\n".join([*_bridge_layer(ports, held), *_inet_layer(picture, held)]) + "\n"


def _bridge_layer(ports: Sequence[Port], held: Sequence[tuple[int, Port]]) -> Iterator[str]:
    known = ", ".join(f'"{tap_name(port.id)}"' for port in ports)
    yield from (f"add table bridge {TABLE}", f"delete table bridge {TABLE}", f"table bridge {TABLE} {{")
    for _, port in held:
        yield from _own_addresses(port)
    yield "  chain from_server {"
    yield from _verdicts("iifname", (f'"{tap_name(port.id)}" : jump from_{_word(port)}' for _, port in held))
    yield "  }"
    for hook, words in (("forward", ("iifname", "oifname")), ("input", ("iifname",)), ("output", ("oifname",))):
        yield f"  chain {hook} {{ type filter hook {hook} priority -250;"
        for word in words:
            stranger = f" {word} != {{ {known} }}" if known else ""
            yield f'    {word} "{TAP}*"{stranger} drop'
        if "iifname" in words:
            yield "    jump from_server"
        if hook == "forward":
            yield from _marks(held)
        yield "  }"
    yield "}"


def _marks(held: Sequence[tuple[int, Port]]) -> Iterator[str]:
    yield "    meta mark set 0"
    if held:
        marks = ", ".join(f'"{tap_name(port.id)}" : {number}' for number, port in held)
        yield f"    meta mark set oifname map {{ {marks} }}"


def _own_addresses(port: Port) -> Iterator[str]:
    """Yield the chain that drops what a server sends under another's name."""
    macs = ", ".join(sorted({port.mac, *(pair.mac for pair in port.pairs)}))
    own = {fixed.address for fixed in port.fixed} | {pair.address for pair in port.pairs if ":" not in pair.address}
    addresses = ", ".join(sorted(own)) or NOBODY
    yield f"  chain from_{_word(port)} {{"
    yield f"    ether saddr != {{ {macs} }} drop"
    yield "    ether type ip6 drop"
    yield f"    arp saddr ip != {{ {addresses} }} drop"
    yield f"    ip saddr != {{ {addresses} }} drop"
    yield "  }"


def _inet_layer(picture: Picture, held: Sequence[tuple[int, Port]]) -> Iterator[str]:
    yield from (f"add table inet {TABLE}", f"delete table inet {TABLE}", f"table inet {TABLE} {{")
    for _, port in held:
        yield from _chain(picture, port, ingress=False)
        yield from _chain(picture, port, ingress=True)
    yield "  chain zone { type filter hook prerouting priority raw;"
    zones = ", ".join(f'"{bridge_name(id_)}" : {zone}' for zone, id_ in enumerate(sorted(picture.networks), 1))
    if zones:
        yield f"    ct zone set iifname map {{ {zones} }}"
    yield from ("  }", "  chain forward { type filter hook forward priority 0;")
    yield from ('    iifname != "br-*" accept', '    oifname != "br-*" accept')
    yield from ("    ct state established,related accept", "    ct state invalid drop")
    senders = (
        f'"{bridge_name(port.network)}" . {mac} : jump out_{_word(port)}'
        for _, port in held
        for mac in sorted({port.mac, *(pair.mac for pair in port.pairs)})
    )
    yield from _verdicts("iifname . ether saddr", senders)
    yield from _verdicts("meta mark", (f"{number} : jump in_{_word(port)}" for number, port in held))
    yield from ("  }", "}")


def _verdicts(key: str, entries: Iterator[str]) -> Iterator[str]:
    listed = ", ".join(entries)
    if listed:
        yield f"    {key} vmap {{ {listed} }}"


def _chain(picture: Picture, port: Port, *, ingress: bool) -> Iterator[str]:
    yield f"  chain {'in' if ingress else 'out'}_{_word(port)} {{"
    mine = [rule for rule in picture.rules if rule.group in port.groups and rule.ingress == ingress]
    matches = {match for rule in mine if (match := _match(picture, rule)) is not None}
    yield from (f"    {match} return" for match in sorted(matches))
    yield from ("    drop", "  }")


def _match(picture: Picture, rule: Rule) -> str | None:
    """Return what a packet must have to keep a rule; None when nothing can, as a group without members."""
    word = "ip saddr" if rule.ingress else "ip daddr"
    parts = []
    if rule.prefix and not rule.prefix.endswith("/0"):
        parts.append(f"{word} {rule.prefix}")
    if rule.remote:
        members = picture.members.get(rule.remote, ())
        if not members:
            return None
        parts.append(f"{word} {{ {', '.join(members)} }}")
    return " ".join([*parts, *_protocol(rule)])


def _protocol(rule: Rule) -> Iterator[str]:
    protocol = rule.protocol
    if protocol is None:
        yield "meta nfproto ipv4"
    elif protocol in PORTS and rule.first is not None:
        last = "" if rule.last in {None, rule.first} else f"-{rule.last}"
        yield f"{PORTS[protocol]} dport {rule.first}{last}"
    elif protocol in ICMP and rule.first is not None:
        yield f"icmp type {rule.first}" + ("" if rule.last is None else f" icmp code {rule.last}")
    else:
        yield f"meta l4proto {'icmp' if protocol in ICMP else PORTS.get(protocol, protocol)}"


def _word(port: Port) -> str:
    """Return what a port is called in names of chains."""
    return port.id[:SHORT].replace("-", "_")
