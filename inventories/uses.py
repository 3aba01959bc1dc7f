"""Which service a service stands on: the one it lists, else the only one of that kind."""

from __future__ import annotations

from failures import InputInvalid, Text
from topology.model import Cloud
from topology.uses import candidates


def used(cloud: Cloud, service: str, kind: str) -> str:
    """Return the service of `kind` that `service` uses; InputInvalid when none or several could be meant."""
    found = used_by_choice(cloud, service, kind)
    if found is None:
        raise InputInvalid(
            Text(f"it needs a service of kind {kind}, and the cloud has none", f"它需要 {kind} 类服务，但云中没有"),
            where=f"services.{service}",
            fix=Text(f"add a service with kind: {kind}", f"请添加 kind: {kind} 的服务"),
        )
    return found


def used_by_choice(cloud: Cloud, service: str, kind: str) -> str | None:
    """Return as `used` does, None when the cloud has no service of that kind."""
    found = all_used(cloud, service, kind)
    if len(found) > 1:
        listed = ", ".join(found)
        raise InputInvalid(
            Text(
                f"it could stand on several services of kind {kind}: {listed}",
                f"可用的 {kind} 类服务不止一个：{listed}",
            ),
            where=f"services.{service}.uses",
            fix=Text("name one of them under uses", "请在 uses 中指明一个"),
        )
    return found[0] if found else None


def all_used(cloud: Cloud, service: str, kind: str) -> tuple[str, ...]:
    """Return every service of `kind` that `service` lists, else all of the cloud; in the order of the file."""
    return candidates(cloud, service, kind)


def users(cloud: Cloud, service: str, kind: str) -> tuple[str, ...]:
    """Return the services of `kind` that use this one, in the order of the file."""
    own = cloud.services[service].kind
    return tuple(name for name in cloud.services if _is(cloud, name, kind) and used(cloud, name, own) == service)


def _is(cloud: Cloud, name: str, kind: str) -> bool:
    return name in cloud.services and cloud.services[name].kind == kind
