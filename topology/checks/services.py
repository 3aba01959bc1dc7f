"""Checks of services: what they stand on, and where their members stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from failures import Text
from topology.checks.check import Check, Flaw
from topology.findings import Severity
from topology.model import Cloud, Service, SiteRole
from topology.rules import Rule
from topology.uses import NEEDS, Need, candidates


def _needs(cloud: Cloud) -> Iterator[tuple[str, Need, tuple[str, ...]]]:
    """Yield each need of each service, with what may fill it; a service that names an unknown one is passed over."""
    for name, service in cloud.services.items():
        if all(other in cloud.services for other in service.uses):
            for need in NEEDS:
                if need.of == service.kind:
                    yield name, need, candidates(cloud, name, need.kind)


def _unfilled(cloud: Cloud) -> Iterator[Flaw]:
    for name, need, found in _needs(cloud):
        if not found and not need.optional:
            message = Text(
                f"there is no service of kind {need.kind}: {need.reason.en}",
                f"没有 {need.kind} 类型的服务:{need.reason.zh}",
            )
            fix = Text(f"add a service of kind {need.kind}", f"请添加一个 {need.kind} 类型的服务")
            yield Flaw(("services", name), message, fix)


def _ambiguous(cloud: Cloud) -> Iterator[Flaw]:
    for name, need, found in _needs(cloud):
        if len(found) > 1 and not need.many:
            names, first = ", ".join(found), found[0]
            message = Text(
                f"it needs one service of kind {need.kind}, and could mean {names}",
                f"需要一个 {need.kind} 类型的服务,但可能是 {names}",
            )
            fix = Text(
                f"name exactly one of them under uses, for example uses: [{first}]",
                f"请在 uses 中只写其中一个,例如 uses: [{first}]",
            )
            yield Flaw(("services", name, "uses"), message, fix)


def _selves(cloud: Cloud) -> Iterator[Flaw]:
    for name, service in cloud.services.items():
        for index, other in enumerate(service.uses):
            if other == name:
                message = Text(f"{name} stands on itself", f"{name} 依赖自身")
                yield Flaw(
                    ("services", name, "uses", index), message, Text("take it out of uses", "请从 uses 中去掉它")
                )


def _members(cloud: Cloud) -> Iterator[tuple[str, Service, int]]:
    """Yield each etcd service that has members, with their number."""
    for name, service in cloud.services.items():
        members = sum(service.placement.values())
        if service.kind == "etcd" and members:
            yield name, service, members


def _even(cloud: Cloud) -> Iterator[Flaw]:
    for name, _, members in _members(cloud):
        if members % 2 == 0:
            message = Text(
                f"{members} members survive the loss of {(members - 1) // 2}, no more than {members - 1} would",
                f"{members} 个成员只能失去 {(members - 1) // 2} 个,并不比 {members - 1} 个更多",
            )
            fix = Text("place an odd number of members", "请部署奇数个成员")
            yield Flaw(("services", name, "placement"), message, fix)


def _majority(cloud: Cloud) -> Iterator[Flaw]:
    for name, service, members in _members(cloud):
        for site, count in service.placement.items():
            if count > members // 2:
                message = Text(
                    f"{count} of {members} members stand at {site}: losing it loses the quorum",
                    f"{members} 个成员中有 {count} 个在 {site}:失去该中心即失去多数",
                )
                fix = Text("spread the members over three sites", "请将成员分布到三个中心")
                yield Flaw(("services", name, "placement", site), message, fix)


def _lonely(cloud: Cloud) -> Iterator[Flaw]:
    for name, service in cloud.services.items():
        homes = [cloud.sites[s] for s, count in service.placement.items() if count and s in cloud.sites]
        cities = Counter(site.city for site in homes if site.role is SiteRole.ACTIVE)
        if service.kind == "postgresql" and service.sync == "city" and max(cities.values(), default=0) < 2:
            message = Text(
                "sync: city needs a copy at a second active site of the city, and there is none",
                "sync: city 要求同城第二个 active 中心也有副本,但没有",
            )
            fix = Text("place it at two active sites of one city", "请部署到同城的两个 active 中心")
            yield Flaw(("services", name, "sync"), message, fix)


def _unsaved(cloud: Cloud) -> Iterator[Flaw]:
    stores = [
        s for service in cloud.services.values() if service.kind == "object-store" for s in _cities(cloud, service)
    ]
    for name, service in cloud.services.items():
        bare = [city for city in _cities(cloud, service) if not set(stores) - {city}]
        if service.kind == "postgresql" and bare:
            message = Text(
                f"its backups of {bare[0]} have nowhere to go: no object-store stands in another city",
                f"{bare[0]} 的备份无处存放:其他城市没有 object-store",
            )
            fix = Text(
                "place a service of kind object-store in another city", "请在其他城市部署 object-store 类型的服务"
            )
            yield Flaw(("services", name), message, fix)


def _cities(cloud: Cloud, service: Service) -> list[str]:
    """Return the cities a service stands in, each once, in the order of its placement."""
    placed = (site for site, count in service.placement.items() if count and site in cloud.sites)
    return list(dict.fromkeys(cloud.sites[site].city for site in placed))


_UNFILLED = Text(
    "A database needs etcd, an app a database and an entrance, an entrance an app.",
    "数据库需要 etcd,应用需要数据库与入口,入口需要应用。",
)
_AMBIGUOUS = Text("What a service stands on is one, or is named under uses.", "服务所依赖者须唯一,或在 uses 中写明。")
_SELVES = Text("A service does not stand on itself.", "服务不得依赖自身。")
_EVEN = Text("An even member of etcd costs a copy and survives nothing more.", "etcd 的偶数成员不增加容错能力。")
_MAJORITY = Text("A majority of etcd at one site falls with that site.", "etcd 的多数若在一个中心,会随该中心一同失去。")
_LONELY = Text("sync: city writes at two active sites of one city.", "sync: city 须写入同城的两个 active 中心。")
_UNSAVED = Text("A database is backed up in another city.", "数据库须备份到另一个城市。")

SERVICE_CHECKS = (
    Check(Rule("T341", _UNFILLED), _unfilled, needs_all=True),
    Check(Rule("T342", _AMBIGUOUS), _ambiguous, needs_all=True),
    Check(Rule("T343", _SELVES), _selves),
    Check(Rule("T344", _EVEN, Severity.WARNING), _even),
    Check(Rule("T345", _MAJORITY, Severity.WARNING), _majority),
    Check(Rule("T346", _LONELY), _lonely, needs_all=True),
    Check(Rule("T347", _UNSAVED, Severity.WARNING), _unsaved, needs_all=True),
)
