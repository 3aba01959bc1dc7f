"""A site's border: its edge and inner seat, and the lines that join them with the operator and the control plane."""

from __future__ import annotations

import json

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
    _join(site, present, OPERATOR, site.operator_link, "", site.operator_line)
    _join(site, present, SEAT, UPLINK, site.seat, site.seat_line)
    _join(site, present, CONTROL, UPLINK, site.namespace, SiteLink(site.edge_line.inside, site.edge_line.outside))
    run("ip", "-n", site.seat, "route", "replace", "default", "via", str(site.seat_line.inside.ip))
    run("ip", "-n", site.namespace, "route", "replace", "default", "via", str(site.edge_line.outside.ip))
    run("ip", "-n", site.edge, "route", "replace", site.address, "via", str(site.edge_line.inside.ip))


def _join(site: LabSite, present: set[str], near: str, far: str, namespace: str, line: SiteLink) -> None:
    """Join the edge with another namespace, "" being the operator's; the line's second address is the edge's."""
    at = ("-n", namespace) if namespace else ()
    if near not in present:
        run("ip", *at, "link", "add", far, "type", "veth", "peer", "name", near, "netns", site.edge)
    for where, device, address in ((at, far, line.outside), (("-n", site.edge), near, line.inside)):
        words = f"address replace {address} dev {device}\nlink set {device} alias {site.edge} up\n"
        run("ip", *where, "-batch", "-", stdin=words)
