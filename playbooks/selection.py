"""Which hosts a run configures: those it is limited to, of these the ones that something changed for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from failures import GovcloudError, OutsideFailed, Text, WrongUsage
from inventories.credentials import Credentials
from inventories.opening import Opened
from playbooks.bundle.sums import NAME as SUMS
from playbooks.bundle.sums import digest
from playbooks.configured import Entry, Standing, host_digest
from playbooks.order import Play, groups_of


@dataclass(frozen=True)
class Options:
    """What the user asked: `limit` names hosts, services, sites, groups; `refresh` spares no unchanged host."""

    limit: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    refresh: bool = False
    yes: bool = False


@dataclass(frozen=True)
class Selection:
    """`changed` are the hosts to configure, `unchanged` those to leave alone, `missing` why others cannot be.

    `digests` are by host, over all that it is made from.
    """

    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    missing: Mapping[str, GovcloudError]
    digests: Mapping[str, str]


def select(
    opened: Opened,
    credentials: Credentials | None,
    plays: Sequence[Play],
    entries: Mapping[str, Entry],
    options: Options,
) -> Selection:
    """Return who is to be configured; `credentials` may be None where nothing is built yet.

    Raises WrongUsage for a limit that names no host and no group.
    """
    chosen = _chosen(opened, options)
    missing = {host: _not_built(host) for host in chosen if host not in opened.built.servers}
    digests = {} if credentials is None else _digests(opened, credentials, plays)
    built = [host for host in chosen if host not in missing]
    changed = tuple(h for h in built if options.refresh or not _same(entries.get(h), opened, h, digests[h]))
    return Selection(changed, tuple(host for host in built if host not in changed), missing, digests)


def _chosen(opened: Opened, options: Options) -> tuple[str, ...]:
    known = _names(opened)
    # A group is written as Ansible wants it, or with the hyphens that names have everywhere else.
    limit = [name if name in known else name.replace("-", "_") for name in options.limit]
    for name in limit:
        if name not in known:
            raise WrongUsage(
                Text(f"the cloud has no host, service or group {name}", f"该云没有主机、服务或主机组 {name}"),
                where="--limit",
                fix=Text("`govcloud inventory PATH --list` names them all", "用 `govcloud inventory PATH --list` 查看"),
            )
    wanted = {host for name in limit for host in known[name]}
    return tuple(
        host.name
        for host in opened.register.hosts
        if (not options.limit or host.name in wanted) and (not options.sites or host.site in options.sites)
    )


def _names(opened: Opened) -> Mapping[str, Sequence[str]]:
    """Return what a limit can name and the hosts it means: groups, services and sites, hosts."""
    hosts = opened.register.hosts
    services = {h.service: [o.name for o in opened.register.of(h.service)] for h in hosts}
    sites = {site: [host.name for host in hosts if host.site == site] for site in opened.cloud.sites}
    return {**opened.inventory.groups, **sites, **services, **{host.name: [host.name] for host in hosts}}


def _digests(opened: Opened, credentials: Credentials, plays: Sequence[Play]) -> dict[str, str]:
    groups = groups_of(opened.inventory.groups)
    bundle = _bundle(opened)
    return {
        host: host_digest(
            variables,
            (play.digest for play in plays if play.concerns(groups[host])),
            credentials.hosts[host].certificate,
            bundle,
        )
        for host, variables in opened.inventory.variables.items()
    }


def _bundle(opened: Opened) -> str:
    """Return what stands for the content of the bundle that the repositories serve; empty without one."""
    variables = opened.inventory.variables.values()
    found = (Path(str(each["repository_bundle"])) for each in variables if "repository_bundle" in each)
    # Made again, a bundle keeps its folder's name.
    return next((digest(path / SUMS) if (path / SUMS).exists() else path.name for path in found), "")


def _same(entry: Entry | None, opened: Opened, host: str, digest: str) -> bool:
    if entry is None or entry.standing is not Standing.DONE:
        return False
    return (entry.server, entry.digest) == (opened.built.servers[host], digest)


def _not_built(host: str) -> GovcloudError:
    return OutsideFailed(
        Text("its server is not built", "其服务器尚未创建"),
        where=host,
        fix=Text("deploy its site first: `govcloud deploy PATH`", "请先部署其所在数据中心：`govcloud deploy PATH`"),
    )
