"""Cuts from a Cloud and its address plan what one shard's program reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network

from failures import InputInvalid, Text
from stacks import duties, names, openings
from stacks.fixed import fixed_addresses
from stacks.inputs import (
    Access,
    DepartmentInputs,
    Edge,
    Flavor,
    FoundationInputs,
    Image,
    Net,
    Quota,
    SecurityGroup,
    Server,
    ServerSet,
)
from stacks.seats import edge_vlans
from topology.addresses import AddressPlan, gateway, pool
from topology.model import Application, Cloud, Department, FlavorSize, Service

PORTS_PER_SERVER = 2
SPARE_PORTS = 50
RULES_PER_GROUP = 5


def foundation_inputs(cloud: Cloud, addresses: AddressPlan, site: str, contents: Mapping[str, str]) -> FoundationInputs:
    """Return what a site has before its first department; departments do not enter.

    `contents` are the SHA-256 of the files of all images by name.
    """
    edges = [name for name, zone in cloud.zones.items() if zone.kind == "edge"]
    tenants = [name for name, zone in cloud.zones.items() if zone.kind == "tenant"]
    return FoundationInputs(
        cloud=cloud.name,
        site=site,
        openstack=cloud.sites[site].openstack,
        roles=tuple(sorted({row.role for row in duties.DUTY_ROLES} | {duties.BUILDER_ROLE})),
        groups=duties.party_groups(cloud, "supervise") + duties.party_groups(cloud, "operate"),
        flavors=_flavors(cloud),
        images=tuple(
            Image(name, image.file, contents[name], image.disk_format, image.min_disk_gb, image.min_ram_mb)
            for name, image in sorted(cloud.images.items())
        ),
        edges=tuple(
            Edge(_net(zone, names.zone_network(cloud.name, zone), addresses.zone_subnet(zone, site)), vlan)
            for zone, vlan in edge_vlans(cloud.name, edges).items()
        ),
        zones=tuple(
            _net(zone, names.zone_network(cloud.name, zone), addresses.zone_subnet(zone, site)) for zone in tenants
        ),
        base_group=SecurityGroup(base_group(cloud.name), openings.shared(cloud)),
    )


def department_inputs(cloud: Cloud, addresses: AddressPlan, site: str, department: str) -> DepartmentInputs:
    """Return one department at one site; other departments do not enter.

    Raises InputInvalid where two of its servers would get one name, a service no address, or a server that wants a
    floating address has no edge to get it from.
    """
    owner = cloud.departments[department]
    edge = next((name for name, zone in cloud.zones.items() if zone.kind == "edge"), None)
    zones = zones_of(cloud, department)
    services = _services(cloud, department)
    sets = (*_application_sets(cloud, owner, department, site), *_service_sets(cloud, addresses, services, site))
    _refuse_doubles(sets, f"{site}.{department}")
    _refuse_unreachable(sets, edge, f"{site}.{department}")
    return DepartmentInputs(
        cloud=cloud.name,
        site=site,
        openstack=cloud.sites[site].openstack,
        foundation=names.stack_name(cloud.name, site, names.FOUNDATION),
        department=department,
        quota=_quota(owner),
        access=_access(cloud),
        own_access=Access(f"{department}-use", duties.role_of("use")),
        edge_zone=edge,
        edge_network=edge and names.zone_network(cloud.name, edge),
        nets=tuple(_net(zone, f"{department}-{zone}", addresses.subnet(zone, site, department)) for zone in zones),
        security_groups=tuple(_security_groups(cloud, addresses, department)),
        sets=sets,
    )


def zones_of(cloud: Cloud, department: str) -> tuple[str, ...]:
    """Return the tenant zones a department's applications and services live in; the same at every site."""
    used = {cloud.templates[a.template].zone for a in cloud.departments[department].applications.values()}
    used |= {service_zone(cloud, service) for service in _services(cloud, department).values()}
    return tuple(zone for zone in cloud.zones if zone in used)


def service_zone(cloud: Cloud, service: Service) -> str:
    """Return the zone of a service: its own, else the first tenant zone of the file."""
    return service.zone or next(name for name, zone in cloud.zones.items() if zone.kind == "tenant")


def _services(cloud: Cloud, department: str) -> dict[str, Service]:
    return {name: service for name, service in cloud.services.items() if service.department == department}


def _flavors(cloud: Cloud) -> tuple[Flavor, ...]:
    sizes: list[FlavorSize] = [t.flavor for t in cloud.templates.values()]
    sizes += [s.flavor for s in cloud.services.values()]
    named = {names.flavor_name(cloud.name, size): size for size in sizes}
    return tuple(Flavor(name, size.vcpus, size.ram_gb, size.disk_gb) for name, size in sorted(named.items()))


def _net(zone: str, name: str, subnet: IPv4Network) -> Net:
    usable = pool(subnet)
    return Net(zone, name, str(subnet), str(gateway(subnet)), str(usable.first), str(usable.last))


def _quota(department: Department) -> Quota:
    quota = department.quota
    return Quota(
        cores=quota.vcpus,
        ram_mb=quota.ram_gb * 1024,
        servers=quota.servers,
        volumes=quota.volumes,
        disk_gb=quota.disk_gb,
        networks=quota.networks,
        ports=quota.servers * PORTS_PER_SERVER + SPARE_PORTS,
        floating_addresses=quota.floating_addresses,
        security_groups=max(10, quota.security_group_rules // RULES_PER_GROUP),
        security_group_rules=quota.security_group_rules,
    )


def _access(cloud: Cloud) -> tuple[Access, ...]:
    supervise = [Access(group, duties.role_of("supervise")) for group in duties.party_groups(cloud, "supervise")]
    operate = [Access(group, duties.role_of("operate")) for group in duties.party_groups(cloud, "operate")]
    return (*supervise, *operate)


def _security_groups(cloud: Cloud, addresses: AddressPlan, department: str) -> Iterator[SecurityGroup]:
    for name, application in sorted(cloud.departments[department].applications.items()):
        template = cloud.templates[application.template]
        needs = openings.declared(template.openings)
        rules = openings.resolve(needs, cloud, addresses, department, template.zone)
        if rules:
            yield SecurityGroup(_application_group(department, name), rules)
    for name, service in sorted(_services(cloud, department).items()):
        needs = (*openings.SERVICE_NEEDS[service.kind], *openings.declared(service.openings))
        rules = openings.resolve(needs, cloud, addresses, department, service_zone(cloud, service))
        if rules:
            yield SecurityGroup(_service_group(name), rules)


def base_group(cloud: str) -> str:
    """Return the security group that all servers of a cloud are in, shared by its site's foundation."""
    return f"{cloud}.base"


def _application_group(department: str, application: str) -> str:
    return f"{department}-{application}"


def _service_group(service: str) -> str:
    return f"service.{service}"


def _application_sets(cloud: Cloud, owner: Department, department: str, site: str) -> Iterator[ServerSet]:
    for name, application in sorted(owner.applications.items()):
        yield _application_set(cloud, department, name, application, site)


def _application_set(cloud: Cloud, department: str, name: str, application: Application, site: str) -> ServerSet:
    template = cloud.templates[application.template]
    base = f"{department}-{name}"
    count = cloud.servers_of(application, site)
    opened = (_application_group(department, name),) if template.openings else ()
    return ServerSet(
        name=base,
        application=name,
        service=None,
        service_kind=None,
        tier=application.tier,
        zone=template.zone,
        flavor=names.flavor_name(cloud.name, template.flavor),
        image=template.image,
        groups=(base_group(cloud.name), *opened),
        volume_gb=template.volume_gb,
        floating=template.floating,
        servers=tuple(Server(names.server_name(base, n), None) for n in range(1, count + 1)),
    )


def _service_sets(cloud: Cloud, addresses: AddressPlan, services: dict[str, Service], site: str) -> Iterator[ServerSet]:
    for name, service in sorted(services.items()):
        count = service.placement.get(site, 0)
        zone = service_zone(cloud, service)
        opened = (_service_group(name),) if openings.SERVICE_NEEDS[service.kind] or service.openings else ()
        planned = fixed_addresses(cloud, addresses, service.department, zone, site)
        hosts = [names.server_name(f"{name}-{site}", n) for n in range(1, count + 1)]
        yield ServerSet(
            name=name,
            application=None,
            service=name,
            service_kind=service.kind,
            tier=service.tier,
            zone=zone,
            flavor=names.flavor_name(cloud.name, service.flavor),
            image=service.image,
            groups=(base_group(cloud.name), *opened),
            volume_gb=service.volume_gb,
            floating=False,
            servers=tuple(Server(host, planned[name, n]) for n, host in enumerate(hosts, 1)),
        )


def _refuse_unreachable(sets: tuple[ServerSet, ...], edge: str | None, where: str) -> None:
    floating = [servers.name for servers in sets if servers.floating and servers.servers]
    if floating and edge is None:
        raise InputInvalid(
            Text(
                f"{floating[0]} wants floating addresses, but no zone is an edge",
                f"{floating[0]} 需要浮动地址，但没有出口区",
            ),
            where=where,
            fix=Text("add a zone with kind: edge", "请添加 kind: edge 的网络区"),
        )


def _refuse_doubles(sets: tuple[ServerSet, ...], where: str) -> None:
    counts = Counter(server.name for server_set in sets for server in server_set.servers)
    doubled = [name for name, count in counts.items() if count > 1]
    if doubled:
        raise InputInvalid(
            Text(f"two servers would be named {doubled[0]}", f"两台服务器将同名：{doubled[0]}"),
            where=where,
            fix=Text("rename the application or the service", "请重命名应用或服务"),
        )
