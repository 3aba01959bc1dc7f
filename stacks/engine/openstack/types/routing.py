"""Neutron: routers, their interfaces and their routes."""

from __future__ import annotations

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.canonical import address, as_set, covers, network
from stacks.engine.openstack.locks import lock_of
from stacks.engine.openstack.resource import CONFLICT_SECONDS
from stacks.engine.openstack.rows import Change, Inputs, Kind, Property, Raw, Special, created_at, untold
from stacks.engine.openstack.types.neutron import ADMIN_STATE, AVAILABILITY_ZONES, FIXED_ADDRESS, NAMED, TEN_MINUTES
from stacks.engine.openstack.types.properties import REGION
from stacks.engine.openstack.types.tags import all_tags, set_tags, update_with_tags
from stacks.engine.provider import RefusedByApi

_GATEWAY = frozenset({"externalNetworkId", "externalQosPolicyId", "enableSnat", "externalFixedIps"})


def _gateway(inputs: Inputs) -> Raw:
    """Return Neutron's external_gateway_info, {} for no gateway."""
    if not inputs.get("externalNetworkId"):
        return {}
    info: Raw = {"network_id": inputs["externalNetworkId"]}
    if inputs.get("externalQosPolicyId"):
        info["qos_policy_id"] = inputs["externalQosPolicyId"]
    if inputs.get("enableSnat") is not None:
        info["enable_snat"] = inputs["enableSnat"]
    if inputs.get("externalFixedIps"):
        info["external_fixed_ips"] = [
            {api: fixed[name] for name, api in FIXED_ADDRESS.items() if fixed.get(name)}
            for fixed in inputs["externalFixedIps"]
        ]
    return info


def _router_body(_api: Api, inputs: Inputs, body: Raw) -> Raw:
    gateway = _gateway(inputs)
    return body | ({"external_gateway_info": gateway} if gateway else {})


def _update_router(api: Api, change: Change) -> Raw:
    body = dict(change.body)
    if change.changed & _GATEWAY:
        body["external_gateway_info"] = _gateway(change.new)
    with lock_of(f"router {change.id}"):
        changed = Change(change.id, change.old, change.new, change.changed, body)
        return update_with_tags("/routers", "router")(api, changed)


def _external_ips(raw: Raw, _inputs: Inputs) -> list[Raw]:
    fixed = (raw.get("external_gateway_info") or {}).get("external_fixed_ips") or []
    return [{"ipAddress": ip.get("ip_address") or "", "subnetId": ip.get("subnet_id") or ""} for ip in fixed]


def _add_interface(api: Api, inputs: Inputs) -> Raw:
    router = inputs["routerId"]
    what = {"port_id": inputs["portId"]} if inputs.get("portId") else {"subnet_id": inputs["subnetId"]}
    with lock_of(f"router {router}"):
        made = api.send("PUT", "network", f"/routers/{router}/add_router_interface", what)
    return {"id": made["port_id"], "device_id": router, "fixed_ips": [{"subnet_id": made["subnet_id"]}]}


def _read_interface(api: Api, id_: str, inputs: Inputs) -> Raw | None:
    answer = api.get_or_none("network", f"/ports/{id_}")
    attached = answer and (answer["port"]["device_id"] == inputs.get("routerId", answer["port"]["device_id"]))
    return dict(answer["port"]) if attached else None


def _remove_interface(api: Api, id_: str, inputs: Inputs) -> None:
    path = f"/routers/{inputs['routerId']}/remove_router_interface"

    def remove() -> None:
        with lock_of(f"router {inputs['routerId']}"):
            api.send("PUT", "network", path, {"port_id": id_})

    try:
        api.insist(remove, CONFLICT_SECONDS)
    except RefusedByApi as refused:
        if refused.status != 404:
            raise


def _find_interface(api: Api, inputs: Inputs) -> list[Raw]:
    ports = api.get("network", "/ports", {"device_id": inputs["routerId"]})["ports"]
    return [
        port
        for port in ports
        if port["id"] == inputs.get("portId")
        or (not inputs.get("portId") and inputs.get("subnetId") in {ip["subnet_id"] for ip in port["fixed_ips"]})
    ]


def _made_with_its_port(raw: Raw, inputs: Inputs) -> str:
    """Return when the interface was made; one on a port that the program names is younger than its port."""
    return "" if inputs.get("portId") else created_at(raw, inputs)


def _interface_subnet(raw: Raw, _inputs: Inputs) -> str:
    fixed = raw.get("fixed_ips") or []
    return str(fixed[0]["subnet_id"]) if len(fixed) == 1 else ""


def _route(inputs: Inputs) -> Raw:
    return {"destination": inputs["destinationCidr"], "nexthop": inputs["nextHop"]}


def _route_of(id_: str) -> tuple[str, Raw]:
    """Return router and route from an id `<router>-route-<cidr>-<next hop>`."""
    router, _, rest = id_.partition("-route-")
    destination, _, hop = rest.partition("-")
    return router, {"destination": destination, "nexthop": hop}


def _shown_route(router: str, route: Raw) -> Raw:
    return {"id": f"{router}-route-{route['destination']}-{route['nexthop']}", "router_id": router, **route}


def _rewrite(api: Api, router: str, *, add: tuple[Raw, ...] = (), remove: tuple[Raw, ...] = ()) -> None:
    """Change a router's routes: the API only takes the whole list."""
    path = f"/routers/{router}"
    with lock_of(f"router {router}"):
        routes = api.get("network", path, {"fields": "routes"})["router"]["routes"]
        wanted = [route for route in routes if route not in remove] + [route for route in add if route not in routes]
        if wanted != routes:
            api.send("PUT", "network", path, {"router": {"routes": wanted}})


def _add_route(api: Api, inputs: Inputs) -> Raw:
    _rewrite(api, inputs["routerId"], add=(_route(inputs),))
    return _shown_route(inputs["routerId"], _route(inputs))


def _read_route(api: Api, id_: str, _inputs: Inputs) -> Raw | None:
    router, route = _route_of(id_)
    answer = api.get_or_none("network", f"/routers/{router}", {"fields": "routes"})
    return _shown_route(router, route) if answer and route in answer["router"]["routes"] else None


def _remove_route(api: Api, id_: str, _inputs: Inputs) -> None:
    router, route = _route_of(id_)
    try:
        _rewrite(api, router, remove=(route,))
    except RefusedByApi as refused:
        if refused.status != 404:
            raise


def _find_route(api: Api, inputs: Inputs) -> list[Raw]:
    shown = _shown_route(inputs["routerId"], _route(inputs))
    return [raw for raw in [_read_route(api, shown["id"], inputs)] if raw]


def _of_gateway(name: str, key: str, type_: type) -> Property:
    return Property(
        name,
        type_,
        api="",
        computed=True,
        read=lambda raw, _: (raw.get("external_gateway_info") or {}).get(key) or type_(),
    )


KINDS = (
    Kind(
        "openstack:networking/router:Router",
        "network",
        "/routers",
        "router",
        (
            *NAMED,
            ADMIN_STATE,
            AVAILABILITY_ZONES,
            Property("distributed", bool, force_new=True, computed=True),
            _of_gateway("externalNetworkId", "network_id", str),
            _of_gateway("externalQosPolicyId", "qos_policy_id", str),
            _of_gateway("enableSnat", "enable_snat", bool),
            Property("externalFixedIps", list, api="", computed=True, same=as_set, agrees=covers, read=_external_ips),
        ),
        made=created_at,
        natural_key=("name", "tenantId"),
        minutes=TEN_MINUTES,
        special=Special(body=_router_body, finish=set_tags("/routers"), update=_update_router, outputs=all_tags),
    ),
    Kind(
        "openstack:networking/routerInterface:RouterInterface",
        "network",
        "/ports",
        "port",
        (
            REGION,
            Property("routerId", api="device_id", force_new=True),
            Property("subnetId", api="", force_new=True, computed=True, read=_interface_subnet),
            Property("portId", api="id", force_new=True, computed=True),
        ),
        made=_made_with_its_port,
        natural_key=("routerId", "subnetId", "portId"),
        minutes=TEN_MINUTES,
        exclusive=(("portId", "subnetId"),),
        special=Special(create=_add_interface, read=_read_interface, delete=_remove_interface, find=_find_interface),
    ),
    Kind(
        "openstack:networking/routerRoute:RouterRoute",
        "network",
        "/routers",
        "router",
        (
            REGION,
            Property("routerId", force_new=True),
            Property("destinationCidr", api="destination", force_new=True, same=network),
            Property("nextHop", api="nexthop", force_new=True, same=address),
        ),
        made=untold,
        natural_key=("routerId", "destinationCidr", "nextHop"),
        special=Special(create=_add_route, read=_read_route, delete=_remove_route, find=_find_route),
    ),
)
