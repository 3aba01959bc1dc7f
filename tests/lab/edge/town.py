"""One small site as Neutron sees it: two hosts of one tenant, a third nobody booted, and another tenant's network."""

from __future__ import annotations

from lab.edge.picture import Picture, tap_name
from lab.edge.reading import Reader
from tests.lab.neutron import Neutron

SERVER = "compute:nova"


def small_site(site: str = "one", number: int = 1) -> Neutron:
    """Return a site: hosts `h1` and `h2` and the unbooted `idle` in 10.96.<number>.0/26, `h1` with a floating address.

    Group `web` opens 22 to operators (10.98/16), echo to operators and tenants (10.96/16), 80 to the group `clients`.
    """
    neutron = Neutron(site)
    inner, outer = f"10.96.{number}", f"10.97.{number}"
    neutron.network("tenant", f"{inner}.0/26")
    neutron.network("other", f"{inner}.64/26")
    neutron.network("public", f"{outer}.0/24", external=True)
    neutron.router("router", "public", f"{outer}.5", "tenant", f"{inner}.1")
    neutron.router("elsewhere", "public", f"{outer}.6", "other", f"{inner}.65")
    neutron.port("h1", "tenant", f"{inner}.2", SERVER, "server-1", "web")
    neutron.port("h2", "tenant", f"{inner}.3", SERVER, "server-2", "web", "clients")
    neutron.port("idle", "tenant", f"{inner}.4", SERVER, "server-3", "web", "clients")
    neutron.floating(f"{outer}.9", f"{inner}.2", "router")
    neutron.rule("web", direction="egress")
    neutron.rule("web", "icmp", remote_ip_prefix="10.98.0.0/16")
    neutron.rule("web", "icmp", remote_ip_prefix="10.96.0.0/16")
    neutron.rule("web", "tcp", 22, remote_ip_prefix="10.98.0.0/16")
    neutron.rule("web", "tcp", 80, remote_group_id=neutron.id("clients"))
    return neutron


def read(neutron: Neutron, *names: str) -> Picture:
    """Return the picture in which these ports belong to booted servers."""
    return Reader(neutron.ask).read([tap_name(neutron.id(name)) for name in names])
