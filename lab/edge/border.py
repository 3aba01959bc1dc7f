"""A site's border: its edge and inner seat, and the lines that join them with the operator and the control plane."""

from __future__ import annotations

import json
from ipaddress import IPv4Interface

from lab.addresses import SiteLink
from lab.commands import run
from lab.namespaces import ensure, inside
from lab.site import LabSite

OPERATOR, SEAT, CONTROL = "op", "seat", "api"
"""The edge's interfaces; lines to other sites begin with w-, bridges with br-."""
UPLINK = "edge0"
"""The interface towards the edge, in the control plane and at the seat."""
SETTINGS = (
    "net.ipv4.ip_forward=1",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.rp_filter=0",
    "net.ipv4.conf.all.send_redirects=0",
    "net.ipv4.conf.default.send_redirects=0",
    "net.ipv6.conf.all.disable_ipv6=1",
    "net.ipv6.conf.default.disable_ipv6=1",
    "net.bridge.bridge-nf-call-iptables=1",
    "net.bridge.bridge-nf-call-arptables=0",
    # A connection may pass an edge in one direction only, or go on here after another line was cut.
    "net.netfilter.nf_conntrack_tcp_be_liberal=1",
)


def raise_border(site: LabSite) -> None:
    """Make what is missing of the site's edge, seat and their lines; repeating it changes nothing."""
    ensure(site.edge)
    ensure(site.seat)
    inside(site.edge, "sysctl", "-qw", *SETTINGS)
    present = {row["ifname"] for row in json.loads(run("ip", "-n", site.edge, "-j", "link") or "[]")}
    control = SiteLink(site.edge_line.inside, site.edge_line.outside)
    ends = (
        (OPERATOR, site.operator_link, "", site.operator_line),
        (SEAT, UPLINK, site.seat, site.seat_line),
        (CONTROL, UPLINK, site.namespace, control),
    )
    near_lines = []
    for near, far, namespace, line in ends:
        at = ("-n", namespace) if namespace else ()
        if near not in present:
            run("ip", *at, "link", "add", far, "type", "veth", "peer", "name", near, "netns", site.edge)
        default = f"route replace default via {line.inside.ip}\n" if namespace else ""
        run("ip", *at, "-batch", "-", stdin=_up(site, far, line.outside) + default)
        near_lines.append(_up(site, near, line.inside))
    to_api = f"route replace {site.address} via {control.outside.ip}\n"
    run("ip", "-n", site.edge, "-batch", "-", stdin="".join(near_lines) + to_api)


def _up(site: LabSite, device: str, address: IPv4Interface) -> str:
    return f"address replace {address} dev {device}\nlink set {device} alias {site.edge} up\n"
