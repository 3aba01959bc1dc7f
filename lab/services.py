"""The six services of every site, with the ports and the catalogue of a stock OpenStack."""

from __future__ import annotations

from typing import NamedTuple


class Service(NamedTuple):
    """`kind` is the catalogue type, `path` what its endpoint has after the port."""

    name: str
    port: int
    kind: str
    path: str = ""


# Started in this order: the later ones ask the earlier ones.
SERVICES = (
    Service("keystone", 5000, "identity", "/v3"),
    Service("placement", 8778, "placement"),
    Service("glance", 9292, "image"),
    Service("neutron", 9696, "network"),
    Service("nova", 8774, "compute", "/v2.1"),
    Service("cinder", 8776, "block-storage", "/v3"),
)
PORTS = {service.name: service.port for service in SERVICES}
DATABASES = ("keystone", "placement", "glance", "nova_api", "nova_cell0", "nova", "neutron", "cinder")


def endpoint(service: Service, host: str) -> str:
    """Return the endpoint that the catalogue of a site at `host` lists."""
    return f"http://{host}:{service.port}{service.path}"
