"""A Neutron that answers from a dictionary: what a site's agent asks, with the filters of the real one."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlparse

from lab.namespaces import within
from lab.services import PORTS

Row = dict[str, Any]


@dataclass
class Neutron:
    """The rows of one site; `asked` counts the questions."""

    site: str
    rows: dict[str, list[Row]] = field(default_factory=dict)
    asked: int = 0

    def id(self, name: str) -> str:
        """Return the id of what the site calls so, the same in every run."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{self.site}.example"))

    def ask(self, resource: str, filters: Mapping[str, Sequence[str]], fields: Sequence[str]) -> list[Row]:
        """Return the rows that pass the filters, with the fields asked for and no others."""
        self.asked += 1
        found = [row for row in self.rows.get(resource, []) if all(_passes(row[k], v) for k, v in filters.items())]
        return [{name: row[name] for name in fields} for row in found]

    def add(self, resource: str, name: str, **row: Any) -> str:
        self.rows.setdefault(resource, []).append({"id": self.id(name), **row})
        return self.id(name)

    def network(self, name: str, cidr: str, *, external: bool = False) -> None:
        """Add a network with one subnet, whose first address is the gateway."""
        self.add("networks", name, mtu=1450, **{"router:external": external})
        first = cidr.rpartition(".")[0] + "." + str(int(cidr.rpartition(".")[2].split("/")[0]) + 1)
        self.add("subnets", f"{name}-sub", network_id=self.id(name), cidr=cidr, gateway_ip=first, ip_version=4)

    def port(self, name: str, network: str, address: str, owner: str, device: str, *groups: str) -> None:
        self.add(
            "ports",
            name,
            network_id=self.id(network),
            mac_address="fa:16:3e:" + ":".join(self.id(name)[at : at + 2] for at in (0, 2, 4)),
            fixed_ips=[{"subnet_id": self.id(f"{network}-sub"), "ip_address": address}],
            device_id=device,
            device_owner=owner,
            security_groups=[self.id(group) for group in groups],
            port_security_enabled=True,
            allowed_address_pairs=[],
        )

    def router(self, name: str, outer: str, address: str, inner: str, gateway: str, *, snat: bool = False) -> None:
        """Add a router between an external network, where it has an address, and one of a tenant."""
        info = {"network_id": self.id(outer), "enable_snat": snat}
        self.add("routers", name, external_gateway_info=info, routes=[], admin_state_up=True)
        self.port(f"{name}-out", outer, address, "network:router_gateway", self.id(name))
        self.port(f"{name}-in", inner, gateway, "network:router_interface", self.id(name))

    def floating(self, address: str, fixed: str, router: str) -> None:
        row = {"floating_ip_address": address, "fixed_ip_address": fixed, "router_id": self.id(router)}
        self.add("floatingips", address, **row)

    def rule(self, group: str, protocol: str | None = None, port: int | None = None, **more: Any) -> None:
        """Add an ingress rule for IPv4, unless `more` says otherwise."""
        row = {
            "security_group_id": self.id(group),
            "direction": "ingress",
            "ethertype": "IPv4",
            "protocol": protocol,
            "port_range_min": port,
            "port_range_max": port,
            "remote_ip_prefix": None,
            "remote_group_id": None,
        }
        self.add("security-group-rules", f"rule{len(self.rows.get('security-group-rules', []))}", **{**row, **more})

    def serve(self, namespace: str, address: str) -> None:
        """Answer as Keystone and Neutron inside a namespace until the test process ends."""

        def start() -> None:
            for service in ("keystone", "neutron"):
                server = _Server((address, PORTS[service]), self)
                Thread(target=server.serve_forever, daemon=True).start()

        within(namespace, start)


def _passes(value: Any, wanted: Sequence[str]) -> bool:
    return bool(set(value) & set(wanted)) if isinstance(value, list) else value in wanted


class _Server(ThreadingHTTPServer):
    def __init__(self, address: tuple[str, int], neutron: Neutron) -> None:
        super().__init__(address, _Answers)
        self.neutron = neutron


class _Answers(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say({}, **{"X-Subject-Token": "a token"})

    def do_GET(self) -> None:
        url = urlparse(self.path)
        resource, query = url.path.rpartition("/")[2], parse_qs(url.query)
        fields = query.pop("fields")
        self._say({resource.replace("-", "_"): self.server.neutron.ask(resource, query, fields)})

    def _say(self, document: Any, **headers: str) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the test's output is the test's."""
