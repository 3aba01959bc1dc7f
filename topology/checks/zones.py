"""Checks of zones: their addresses, their room, and what they are used for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Network

from failures import Text
from topology.checks.check import Check, Flaw
from topology.model import Cloud
from topology.rules import Rule
from topology.slots import Ledger, faults

LINES = IPv4Network("198.18.0.0/15")
"""The ends of the sites' lines take their addresses from here."""


def _planning(kind: str) -> Callable[[Cloud], Iterator[Flaw]]:
    """Return a check for one kind of reason why addresses cannot be planned."""

    def run(cloud: Cloud) -> Iterator[Flaw]:
        for fault in faults(cloud, Ledger()):
            if fault.id == kind:
                yield Flaw(tuple(fault.path.split(".")), fault.message, fault.fix)

    return run


def _unusable(cloud: Cloud) -> Iterator[Flaw]:
    for name, zone in cloud.zones.items():
        net = zone.cidr
        if (
            net.is_loopback
            or net.is_multicast
            or net.is_link_local
            or net.is_reserved
            or net.network_address.packed[0] == 0
        ):
            message = Text(f"{net} cannot be given to servers", f"{net} 不能分配给服务器")
            fix = Text("use a private network such as 10.64.0.0/12", "请使用私有网段,如 10.64.0.0/12")
            yield Flaw(("zones", name, "cidr"), message, fix)


def _floating(cloud: Cloud) -> Iterator[Flaw]:
    if any(zone.kind == "edge" for zone in cloud.zones.values()):
        return
    for name, template in cloud.templates.items():
        if template.floating:
            message = Text("there is no edge zone to take a floating address from", "没有可提供浮动地址的 edge 网络区")
            fix = Text("add a zone of kind edge, or leave floating out", "请添加 kind 为 edge 的网络区,或去掉 floating")
            yield Flaw(("templates", name, "floating"), message, fix)


def _management(cloud: Cloud) -> Iterator[Flaw]:
    taken = [(f"zone {name}", f"网络区 {name}", zone.cidr) for name, zone in cloud.zones.items()]
    for en, zh, net in (*taken, ("the lines between sites", "中心间线路", LINES)):
        if cloud.management.overlaps(net):
            message = Text(f"{cloud.management} overlaps {en} ({net})", f"{cloud.management} 与{zh}({net})重叠")
            fix = Text("give operators a network of their own", "请为运维使用独立的网段")
            yield Flaw(("management",), message, fix)


ZONE_CHECKS = (
    Check(
        Rule("T311", Text("An address belongs to one zone.", "一个地址只属于一个网络区。")), _planning("zone-overlap")
    ),
    Check(
        Rule(
            "T312",
            Text(
                "A zone has room for 8 site blocks, and each block for a subnet per department and one of its own.",
                "网络区须容纳 8 个中心地址块,每块须容纳每个部门一个子网及自身一个子网。",
            ),
        ),
        _planning("zone-too-small"),
    ),
    Check(
        Rule("T313", Text("Departments get their addresses from a tenant zone.", "部门的地址来自 tenant 网络区。")),
        _planning("zone-missing"),
        needs_all=True,
    ),
    Check(
        Rule(
            "T314",
            Text("Loopback, multicast and reserved networks reach no server.", "环回、组播与保留网段无法用于服务器。"),
        ),
        _unusable,
    ),
    Check(
        Rule("T315", Text("Floating addresses come from an edge zone.", "浮动地址来自 edge 网络区。")),
        _floating,
        needs_all=True,
    ),
    Check(
        Rule(
            "T316",
            Text(
                "Operators are told from servers by where they come from.",
                "按来源地址区分运维人员与服务器。",
            ),
        ),
        _management,
    ),
)
