"""Brings the world of a lab to what its faults and announcements say: lines, filters, routes; repeating it is free."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.locks import locked
from lab.namespaces import exists, inside
from lab.passwords import write_private
from lab.wan import kernel
from lab.wan.control import order, start_line
from lab.wan.faults import Fault, dump, injected, parse, state_of
from lab.wan.kernel import Entry
from lab.wan.routes import Way, route
from lab.wan.wiring import Node, Wiring, wiring_file

WAIT_S = 30.0
AT_ONCE = 4
CUT = "govcloud_cut"
# Adding before deleting makes the deletion work whether the table was there or not, in one transaction.
CLEAR = "add table {family} {table}\ndelete table {family} {table}\n"


def read_wiring(run: Path) -> Wiring:
    """Return what is wired in the lab with this folder; FileNotFoundError when it was never raised."""
    return Wiring.parse(wiring_file(run).read_text())


def read_faults(run: Path) -> tuple[Fault, ...]:
    """Return the faults that are meant to be in force."""
    path = run / "faults.json"
    return parse(path.read_text()) if path.exists() else ()


def settle(wiring: Wiring, *, start: bool = False, faults: Sequence[Fault] | None = None) -> bool:
    """Put the faults (new ones, else the known ones) and the announcements into force.

    With `start` lines that are down are started. Returns whether a line was started.
    """
    with locked(wiring.run / "settle.lock", seconds=WAIT_S):
        known = read_faults(wiring.run)
        wanted = known if faults is None else tuple(faults)
        # A kill must not leave what nobody knows of: new faults are noted before, healed ones forgotten after.
        _note(wiring, injected(known, wanted))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            started = list(pool.map(lambda name: _line(wiring, name, wanted, start=start), wiring.lines))
        for node in wiring.nodes.values():
            _filter(node, wanted)
        _route(wiring, wanted)
        _note(wiring, wanted)
    return any(started)


def _note(wiring: Wiring, faults: Sequence[Fault]) -> None:
    if tuple(faults) != read_faults(wiring.run):
        write_private(wiring.run / "faults.json", dump(faults))


def reroute(wiring: Wiring) -> None:
    """Put new announcements into force."""
    with locked(wiring.run / "settle.lock", seconds=WAIT_S):
        _route(wiring, read_faults(wiring.run))


def _line(wiring: Wiring, name: str, faults: Sequence[Fault], *, start: bool) -> bool:
    line = wiring.lines[name]
    state = state_of(line, faults)
    if start and start_line(wiring, line, state):
        for end in line.ends:
            _enable(wiring.nodes[end].edge, line.device, name)
        return True
    order(wiring.socket(name), state)
    return False


def _enable(edge: str, device: str, name: str) -> None:
    """Raise a line's interface; what came in by it takes the routes for transit."""
    inside(edge, "ip", "link", "set", device, "alias", name, "txqueuelen", "5000", "up")
    # Added before the old one is removed: an edge that was raised twice must not have it twice.
    rules = json.loads(inside(edge, "ip", "-j", "rule", "show") or "[]")
    if not any(rule.get("iif") == device for rule in rules):
        inside(
            edge, "ip", "rule", "add", "iif", device, "lookup", str(kernel.TRANSIT), "pref", str(kernel.TRANSIT_RULE)
        )


def _filter(node: Node, faults: Sequence[Fault]) -> None:
    """Cut the operator's lines of a site that is cut, and the taps of its hosts that are."""
    site_is_cut = any(fault.act == "cut" and fault.target == ("site", node.name, "") for fault in faults)
    taps = sorted({tap for fault in faults if fault.kind == "host" and fault.site == node.name for tap in fault.taps})
    if exists(node.control):
        inside(node.control, "nft", "-f", "-", stdin=cut_rules("api0") if site_is_cut else _clear("inet"))
    if exists(node.edge):
        rules = (cut_rules("op") if site_is_cut else _clear("inet")) + tap_rules(taps)
        inside(node.edge, "nft", "-f", "-", stdin=rules)


def _clear(family: str) -> str:
    return CLEAR.format(family=family, table=CUT)


def cut_rules(device: str) -> str:
    """Return the rules that drop whatever comes in or goes out by a device."""
    hooks = (("in", "input", "iifname"), ("out", "output", "oifname"), ("away", "forward", "oifname"))
    chains = [
        f'  chain {name} {{ type filter hook {hook} priority -300; policy accept; {word} "{device}" drop; }}'
        for name, hook, word in (*hooks, ("through", "forward", "iifname"))
    ]
    return _clear("inet") + "\n".join([f"table inet {CUT} {{", *chains, "}\n"])


def tap_rules(taps: Sequence[str]) -> str:
    """Return the rules that drop every frame from or to these interfaces; none cut when there are none."""
    if not taps:
        return _clear("bridge")
    named = "{ " + ", ".join(f'"{tap}"' for tap in taps) + " }"
    hooks = (("in", "input", "iifname"), ("out", "output", "oifname"), ("away", "forward", "oifname"))
    chains = [
        f"  chain {name} {{ type filter hook {hook} priority -300; policy accept; {word} {named} drop; }}"
        for name, hook, word in (*hooks, ("through", "forward", "iifname"))
    ]
    return _clear("bridge") + "\n".join([f"table bridge {CUT} {{", *chains, "}\n"])


def announced(wiring: Wiring, node: str) -> list[str]:
    """Return the networks that lead to a site's hosts, as its agent says."""
    path = wiring.announced(node)
    found: list[str] = json.loads(path.read_text()) if path.exists() else []
    return found


def _route(wiring: Wiring, faults: Sequence[Fault]) -> None:
    hosts = {name: announced(wiring, name) for name in wiring.nodes}
    ways = []
    for line in wiring.lines.values():
        state = state_of(line, faults)
        if not state.cut:
            ways.append(Way(line.name, line.ends, state.latency_ms, line.transit))
    routes = route(ways, {name: (*node.fixed, *hosts[name]) for name, node in wiring.nodes.items()})
    for name, node in wiring.nodes.items():
        if exists(node.edge):
            tables = {"own": kernel.MAIN, "transit": kernel.TRANSIT}
            wanted = [
                Entry(tables[r.table], r.prefix, wiring.lines[r.line].device if r.line else "") for r in routes[name]
            ]
            kernel.program(node.edge, kernel.WAN, wanted, kernel.entries(node.edge, kernel.WAN))
    _route_operator(wiring, hosts)


def _route_operator(wiring: Wiring, hosts: dict[str, list[str]]) -> None:
    """Lead from the operator's seat to every site's hosts and inner seat, by the site's own line."""
    devices = {node.operator_link for node in wiring.nodes.values()}
    wanted = [
        Entry(kernel.MAIN, prefix, node.operator_link, node.gateway, node.source)
        for name, node in wiring.nodes.items()
        for prefix in (node.seat, *hosts[name])
    ]
    present = {entry for entry in kernel.entries("", kernel.WAN) if entry.device in devices}
    kernel.program("", kernel.WAN, wanted, present)
