"""What a service stands on: which kinds it needs, and which services of the cloud those are."""

from __future__ import annotations

from dataclasses import dataclass

from failures import Text
from topology.model import Cloud, ServiceKind


@dataclass(frozen=True)
class Need:
    """A service of kind `of` needs one of kind `kind`, at least one when `many`, or can do without when `optional`."""

    of: ServiceKind
    kind: ServiceKind
    reason: Text
    many: bool = False
    optional: bool = False


NEEDS = (
    Need("postgresql", "etcd", Text("who leads is kept in etcd", "主库租约保存在 etcd 中")),
    Need("postgresql", "object-store", Text("backups go to an object store", "备份存放于 object-store"), optional=True),
    Need("app", "postgresql", Text("an app keeps what it is told in a database", "应用的数据保存在数据库中")),
    Need(
        "app",
        "dns",
        Text("an app is found, and finds its database, through an entrance", "应用经入口对外服务并访问数据库"),
    ),
    Need("dns", "app", Text("an entrance leads to applications", "入口通往应用"), many=True),
)


def candidates(cloud: Cloud, service: str, kind: str) -> tuple[str, ...]:
    """Return the services of a kind that a service may mean: those it lists, else all of the cloud, in its order."""
    of_kind = tuple(name for name, held in cloud.services.items() if held.kind == kind and name != service)
    listed = tuple(name for name in of_kind if name in cloud.services[service].uses)
    return listed or of_kind
