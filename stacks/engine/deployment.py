"""Pulumi's deployment format, version 3: what a checkpoint holds and what moves between engines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from failures import InputInvalid, Text
from stacks.engine.urns import provider_urn

Resource = dict[str, Any]
VERSION = 3
_RESOURCE_KEYS = ("urn", "type")
_PENDING = frozenset({"creating", "updating", "deleting", "reading"})


@dataclass(frozen=True)
class Intent:
    """An operation that was begun; `at` is the time of day in seconds, `resource` what was to be made or changed."""

    op: str
    resource: Resource
    at: float


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def dependencies(resource: Resource) -> Iterator[str]:
    """Yield the URNs that must exist before the resource and may only go after it."""
    yield from resource.get("dependencies") or ()
    for key in ("parent", "deletedWith"):
        if resource.get(key):
            yield resource[key]
    if resource.get("provider"):
        yield provider_urn(resource["provider"])
    for urns in (resource.get("propertyDependencies") or {}).values():
        yield from urns or ()


def ordered(resources: Iterable[Resource]) -> list[Resource]:
    """Return resources so that what is depended on comes first; otherwise the order stays."""
    by_urn = {resource["urn"]: resource for resource in resources}
    entered: set[str] = set()
    done: list[Resource] = []
    for urn in by_urn:
        pending = [(urn, False)]
        while pending:
            at, ready = pending.pop()
            if ready:
                done.append(by_urn[at])
            elif at in by_urn and at not in entered:
                entered.add(at)
                pending.append((at, True))
                pending.extend((below, False) for below in dependencies(by_urn[at]))
    return done


def build(
    live: Mapping[str, Resource], doomed: Iterable[Resource], intents: Iterable[Intent], salt: str
) -> dict[str, Any]:
    """Return the deployment of a stack, as `pulumi stack import` takes it."""
    known = set(live)
    resources = [_pruned(resource, known) for resource in (*ordered(live.values()), *doomed)]
    body: dict[str, Any] = {
        "manifest": {"time": now(), "magic": "", "version": ""},
        "secrets_providers": {"type": "passphrase", "state": {"salt": salt}},
        "resources": resources,
        "metadata": {},
    }
    pending = [{"resource": intent.resource, "type": intent.op, "at": intent.at} for intent in intents]
    if pending:
        body["pending_operations"] = pending
    return {"version": VERSION, "deployment": body}


def _pruned(resource: Resource, known: set[str]) -> Resource:
    # A refresh forgets objects that others still name; Pulumi refuses a state with such names.
    if all(urn in known for urn in dependencies(resource)):
        return resource
    kept = {key: value for key, value in resource.items() if key not in {"parent", "deletedWith"} or value in known}
    if "dependencies" in kept:
        kept["dependencies"] = [urn for urn in kept["dependencies"] if urn in known]
    if "propertyDependencies" in kept:
        kept["propertyDependencies"] = {
            key: [urn for urn in urns or () if urn in known] for key, urns in kept["propertyDependencies"].items()
        }
    return kept


@dataclass(frozen=True)
class Content:
    """What a deployment says: resources, those replaced and not yet deleted, operations begun, the salt."""

    live: dict[str, Resource]
    doomed: dict[tuple[str, str], Resource]
    intents: list[Intent]
    salt: str


def parse(data: Any, where: str) -> Content:
    """Return the content of a deployment. Raises InputInvalid naming `where` when it is not one."""
    if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("deployment"), dict):
        raise _invalid(where, "not a Pulumi deployment of version 3", "不是第 3 版的 Pulumi 部署文件")
    body = data["deployment"]
    live: dict[str, Resource] = {}
    doomed: dict[tuple[str, str], Resource] = {}
    for number, resource in enumerate(body.get("resources") or ()):
        if not isinstance(resource, dict) or not all(isinstance(resource.get(key), str) for key in _RESOURCE_KEYS):
            raise _invalid(where, f"resource number {number} has no URN or type", f"第 {number} 个资源缺少 URN 或类型")
        if resource.get("delete"):
            doomed[resource["urn"], resource.get("id", "")] = resource
        elif resource["urn"] in live:
            raise _invalid(where, f"{resource['urn']} is there twice", f"{resource['urn']} 出现两次")
        else:
            live[resource["urn"]] = resource
    intents = [
        Intent(item["type"], item["resource"], float(item.get("at", 0)))
        for item in body.get("pending_operations") or ()
        if item.get("type") in _PENDING
    ]
    return Content(live, doomed, intents, _salt(body, where))


def _salt(body: Mapping[str, Any], where: str) -> str:
    provider = body.get("secrets_providers") or {}
    if provider.get("type", "passphrase") != "passphrase":
        raise _invalid(
            where,
            f"its secrets are kept by '{provider['type']}', not by a passphrase",
            f"其加密由 {provider['type']} 负责，而非口令",
            Text(
                "export it with `pulumi stack export --show-secrets` and import that",
                "请用 pulumi stack export --show-secrets 导出后再导入",
            ),
        )
    return str((provider.get("state") or {}).get("salt") or "")


def _invalid(where: str, en: str, zh: str, fix: Text | None = None) -> InputInvalid:
    way_out = fix or Text("restore the file from its copy; it was left as it is", "请用副本恢复该文件；它未被改动")
    return InputInvalid(Text(f"the state cannot be used: {en}", f"状态不可用：{zh}"), where=where, fix=way_out)
