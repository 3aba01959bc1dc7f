"""The table of proofs: what each service must show by being used."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import Any

from dr_drills.probes import etcd
from dr_drills.probes.application import look_up, read_health
from dr_drills.probes.entrance import resolve
from dr_drills.probes.exporter import read_host
from dr_drills.probes.repository import read_repository
from dr_drills.probes.scene import Place
from dr_drills.verify.proof import Disproved, Proof
from dr_drills.verify.tools import Tools
from failures import Text

COPY_SECONDS = 2.0
"""A synchronous copy has the log when a write is acknowledged; replaying it takes moments more."""
FOLLOW_SECONDS = 10.0
"""How far a DR site may be behind a write when nothing else goes on."""
LOOK_AGAIN = 0.2
SYNCHRONOUS = frozenset({"sync", "quorum"})


@dataclass(frozen=True)
class ProofRule:
    """`proofs` yields one proof for each thing that must show it."""

    id: str
    reason: Text
    proofs: Callable[[Tools], Iterator[Proof]]


def _apps(tools: Tools) -> Iterator[Place]:
    yield from (place for place in tools.scene.running("app_database") if place.active)


def _receipts(tools: Tools) -> Iterator[Proof]:
    apps = list(_apps(tools))
    pairs = [(a, b) for a, b in permutations(apps, 2) if a.service == b.service and a.site != b.site]
    alone = [(a, a) for a in apps if not any(a in pair for pair in pairs)]
    for writer, reader in (*pairs, *alone):
        run = partial(_write_here_read_there, tools, writer, reader, tools.new_key(writer))
        yield Proof("V01", writer.service, f"{writer.site} -> {reader.site}", run)


def _write_here_read_there(tools: Tools, writer: Place, reader: Place, key: str) -> Text:
    _refuse_alone(tools, writer)
    given = tools.receipt(writer, key)
    _refuse_alone(tools, writer)
    seen = look_up(tools.web, reader.address, given.number, int(reader.own["app_port"]))
    if seen is None or (seen.number, seen.answered_by) != (given.number, reader.site):
        raise Disproved(
            Text(
                f"receipt {given.number}, given at {writer.site}, is not known at {reader.site}",
                f"{writer.site} 出具的回执 {given.number} 在 {reader.site} 查不到",
            )
        )
    return Text(
        f"receipt {given.number} written at {writer.site} is read at {reader.site}",
        f"在 {writer.site} 写入的回执 {given.number} 可在 {reader.site} 读到",
    )


def _refuse_alone(tools: Tools, app: Place) -> None:
    """Refuse a write that counts with one copy although the city promises two."""
    place, said = tools.primary(app)
    if place.own["patroni_synchronous"] and not any(f.sync_state in SYNCHRONOUS for f in said.followers):
        raise Disproved(
            Text(
                f"writes at {place.host} are not synchronous: no copy is confirmed before they count",
                f"{place.host} 的写入未同步：确认前没有第二份副本",
            )
        )


def _copies(tools: Tools) -> Iterator[Proof]:
    for app in _one_each(tools):
        copies = [copy for copy in tools.copies(app) if copy.own["patroni_synchronous"]]
        if len({copy.site for copy in copies}) > 1:
            run = partial(_in_every_copy, tools, app, copies, COPY_SECONDS, tools.new_key(app))
            yield Proof("V02", copies[0].service, copies[0].own["patroni_scope"], run)


def _standbys(tools: Tools) -> Iterator[Proof]:
    for app in _one_each(tools):
        for copy in tools.copies(app):
            if copy.own["patroni_standby_of"]:
                run = partial(_in_every_copy, tools, app, [copy], FOLLOW_SECONDS, tools.new_key(app))
                yield Proof("V03", copy.service, copy.host, run)


def _one_each(tools: Tools) -> Iterator[Place]:
    """Yield one active copy of each application."""
    yield from {app.service: app for app in reversed(list(_apps(tools)))}.values()


def _in_every_copy(tools: Tools, app: Place, copies: list[Place], seconds: float, key: str) -> Text:
    number = tools.receipt(app, key).number
    began = time.monotonic()
    missing = list(copies)
    while missing := [copy for copy in missing if not tools.holds(copy, app, number)]:
        if time.monotonic() - began > seconds:
            names = ", ".join(copy.host for copy in missing)
            raise Disproved(
                Text(
                    f"after {seconds:g} s receipt {number} is not in {names}",
                    f"{seconds:g} 秒后 {names} 中仍无回执 {number}",
                )
            )
        time.sleep(LOOK_AGAIN)
    names, took = ", ".join(copy.host for copy in copies), time.monotonic() - began
    return Text(f"receipt {number} is in {names} after {took:.1f} s", f"回执 {number} 在 {took:.1f} 秒内到达 {names}")


def _entrances(tools: Tools) -> Iterator[Proof]:
    for server in tools.scene.running("dns_names"):
        for name in server.own["dns_names"]:
            full = f"{name['name']}.{server.own['dns_domain']}"
            yield Proof("V04", server.service, f"{server.host} {full}", partial(_leads_in, tools, server, full, name))


def _leads_in(tools: Tools, server: Place, full: str, name: Mapping[str, Any]) -> Text:
    answer = resolve(server.address, full, tools.seconds)
    active = name["groups"][0]
    said = ", ".join(answer.addresses) or "-"
    if not answer.addresses or not set(answer.addresses) <= set(active):
        raise Disproved(
            Text(
                f"it answers {said}, wanted some of {', '.join(active)}",
                f"应答为 {said}，应在 {', '.join(active)} 之中",
            )
        )
    for address in answer.addresses:
        state = read_health(tools.web, address, int(name["port"])).state
        if state != "ready":
            raise Disproved(Text(f"it leads to {address}, which is {state}", f"指向 {address}，而其状态为 {state}"))
    return Text(f"it leads to {said}, all ready", f"指向 {said}，均就绪")


def _proxies(tools: Tools) -> Iterator[Proof]:
    apps = list(_one_each(tools))
    for proxy in tools.scene.running("haproxy_clusters"):
        for cluster in proxy.own["haproxy_clusters"]:
            app = next((a for a in apps if cluster["service"] in {c.service for c in tools.copies(a)}), None)
            if app:
                port = int(cluster["write_port"])
                yield Proof("V05", proxy.service, f"{proxy.host}:{port}", partial(_leads_on, tools, proxy, app, port))


def _leads_on(tools: Tools, proxy: Place, app: Place, port: int) -> Text:
    if not tools.leads_to_primary(proxy, app, port):
        raise Disproved(Text("it leads to a server that takes no writes", "指向不可写的服务器"))
    return Text("it leads to the primary", "指向主库")


def _stores(tools: Tools) -> Iterator[Proof]:
    for members in tools.scene.stores().values():
        for writer, reader in zip(members, (*members[1:], members[0]), strict=True):
            yield Proof("V06", writer.service, writer.host, partial(_marker, tools, writer, reader))


def _marker(tools: Tools, writer: Place, reader: Place) -> Text:
    key, value = f"/govcloud/verify/{secrets.token_hex(8)}", secrets.token_hex(8)
    etcd.put(tools.web, writer.address, key, value)
    seen = etcd.get(tools.web, reader.address, key)
    gone = etcd.delete(tools.web, writer.address, key)
    if seen != value or not gone:
        raise Disproved(
            Text(f"what was written is not read through {reader.host}", f"经 {reader.host} 读不到写入的内容")
        )
    return Text(f"written, read through {reader.host}, deleted", f"已写入、经 {reader.host} 读出并删除")


def _repositories(tools: Tools) -> Iterator[Proof]:
    for place in tools.scene.running("repository_address"):
        yield Proof("V07", place.service, place.host, partial(_index, tools, place))


def _index(tools: Tools, place: Place) -> Text:
    count = read_repository(tools.web, place.address).packages
    if not count:
        raise Disproved(Text("its index is empty", "软件包索引为空"))
    return Text(f"its index has {count} packages", f"索引含 {count} 个软件包")


def _backups(tools: Tools) -> Iterator[Proof]:
    clusters = tools.scene.clusters()
    for place in tools.scene.running("backup_stanzas"):
        for stanza in place.own["backup_stanzas"]:
            if any(server.own["patroni_standby_of"] for server in clusters.get(stanza["name"], ())):
                continue  # what follows another cluster is in the backups of that one
            run = partial(_backed_up, tools, place, str(stanza["name"]))
            yield Proof("V08", place.service, f"{place.host} {stanza['name']}", run)


def _backed_up(tools: Tools, place: Place, stanza: str) -> Text:
    backup = read_host(tools.web, place.address).backups.get(stanza)
    if backup is None or backup.full is None:
        raise Disproved(Text("there is no full backup yet", "尚无全量备份"))
    if backup.archived is None:
        raise Disproved(Text("no log is archived yet", "尚无日志归档"))
    return Text(
        f"full backup {backup.full:.0f} s ago, log archived {backup.archived:.0f} s ago",
        f"全量备份于 {backup.full:.0f} 秒前，日志归档于 {backup.archived:.0f} 秒前",
    )


PROOFS = (
    ProofRule(
        "V01",
        Text("What one active site acknowledges, the other knows.", "一个 active 中心确认的，另一个即知。"),
        _receipts,
    ),
    ProofRule("V02", Text("What counts in the city is in every copy of it.", "同城确认的写入在每份副本中。"), _copies),
    ProofRule("V03", Text("The DR site follows.", "灾备中心持续跟进。"), _standbys),
    ProofRule("V04", Text("Every entrance leads to copies that serve.", "每个入口都指向可用的副本。"), _entrances),
    ProofRule("V05", Text("Every site's proxy leads to the primary.", "各中心代理均指向主库。"), _proxies),
    ProofRule(
        "V06", Text("Every member of a store takes part in its majority.", "仲裁服务的每个成员都参与多数。"), _stores
    ),
    ProofRule("V07", Text("Every repository serves packages.", "每个软件源都可提供软件包。"), _repositories),
    ProofRule("V08", Text("Every database is backed up in another city.", "每个数据库在另一城市有备份。"), _backups),
)
