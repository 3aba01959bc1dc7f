"""Database clusters: who is primary, who is synchronous, how far the others are behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from dr_drills.glance.readings import Readings
from dr_drills.glance.view import GlanceRule, Remark, failed, known, silence, unknown
from dr_drills.probes.budget import Unknown
from dr_drills.probes.patroni import PatroniReading
from dr_drills.probes.scene import Place, Scene
from failures import Text

LEADERS = frozenset({"primary", "standby_leader"})
WELL = frozenset({"running", "streaming"})
SYNCHRONOUS = frozenset({"sync", "quorum"})
LEAST_PATRONI = (4, 1)
MOST_LAG_SECONDS = 30.0
MOST_LAG_BYTES = 16 << 20
"""One segment of the log: less than that in flight is no lag."""


@dataclass(frozen=True)
class Copy:
    """One server; lag is behind the primary, None when it is not known or does not apply."""

    host: str
    site: str
    role: str
    state: str
    timeline: int | None
    synchronous: bool
    paused: bool
    lag_bytes: int | None
    lag_seconds: float | None
    versions: tuple[str, ...]
    unknown: Unknown | None = None


@dataclass(frozen=True)
class DatabaseView:
    """One Patroni cluster; `standby` when it follows another one, `promised` when writes must be synchronous."""

    name: str
    copies: tuple[Copy, ...]
    standby: bool
    promised: bool
    kind: str = "postgresql"

    @property
    def leaders(self) -> tuple[Copy, ...]:
        return tuple(copy for copy in self.copies if copy.role in LEADERS and copy.state in WELL)

    @property
    def synchronous(self) -> tuple[str, ...]:
        return tuple(copy.host for copy in self.copies if copy.synchronous)

    @property
    def dark(self) -> tuple[Copy, ...]:
        """Return the servers that may be well for all we know."""
        return tuple(copy for copy in self.copies if copy.unknown and not copy.unknown.shut)

    @property
    def may_lose(self) -> int | None:
        """Return how many servers may go without losing an acknowledged write: the synchronous copies."""
        return len(self.synchronous) if self.leaders else None

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(version for copy in self.copies for version in copy.versions))

    def summary(self) -> Text:
        leaders = ", ".join(copy.host for copy in self.leaders)
        role = Text("follows at", "跟随于") if self.standby else Text("primary", "主库")
        parts = [Text(f"{role.en} {leaders or '?'}", f"{role.zh} {leaders or '?'}")]
        if self.promised:
            copies = ", ".join(self.synchronous)
            parts.append(Text(f"synchronous {copies or '-'}", f"同步 {copies or '-'}"))
        behind = [copy for copy in self.copies if copy.lag_bytes is not None]
        parts += [_lag(copy) for copy in behind]
        return Text("; ".join(part.en for part in parts), "；".join(part.zh for part in parts))

    def document(self) -> dict[str, Any]:
        rows = [
            {
                **asdict(copy),
                "versions": list(copy.versions),
                "unknown": copy.unknown.reason.en if copy.unknown else None,
            }
            for copy in self.copies
        ]
        return {
            "primary": [copy.host for copy in self.leaders],
            "synchronous": list(self.synchronous),
            "standby": self.standby,
            "servers": rows,
        }


def database_views(scene: Scene, readings: Readings) -> Iterator[DatabaseView]:
    """Yield a view per cluster."""
    for scope, places in scene.clusters().items():
        upstream = {host for place in places for host in (row["name"] for row in place.own["patroni_standby_of"])}
        sources = upstream or {place.host for place in places}
        written = max((at for host in sources if (at := _written(readings, host)) is not None), default=None)
        primary = next((r for p in places if (r := known(readings.patroni[p.host])) and r.role in LEADERS), None)
        confirmed = {f.name for f in primary.followers if f.sync_state in SYNCHRONOUS} if primary else set()
        copies = tuple(_copy(place, readings.patroni[place.host], written, confirmed) for place in places)
        promised = any(place.own["patroni_synchronous"] for place in places)
        yield DatabaseView(scope, copies, standby=bool(upstream), promised=promised)


def _written(readings: Readings, host: str) -> int | None:
    told = readings.patroni.get(host)
    return told.written if isinstance(told, PatroniReading) and told.role == "primary" else None


def _copy(place: Place, told: PatroniReading | Unknown, written: int | None, confirmed: set[str]) -> Copy:
    if isinstance(told, Unknown):
        heard_of = place.host in confirmed  # by the primary, whose word it is
        return Copy(place.host, place.site, "", "", None, heard_of, False, None, None, (), told)
    lag = max(0, written - told.replayed) if written is not None and told.replayed is not None else None
    return Copy(
        host=place.host,
        site=place.site,
        role=told.role,
        state=told.state,
        timeline=told.timeline,
        synchronous=place.host in confirmed,
        paused=told.paused,
        lag_bytes=lag,
        lag_seconds=_behind(told, lag),
        versions=tuple(_versions(told)),
    )


def _versions(told: PatroniReading) -> Iterator[str]:
    if told.server:
        yield f"PostgreSQL {told.server // 10000}.{told.server % 10000}"
    if told.patroni:
        yield f"Patroni {told.patroni}"


def _behind(told: PatroniReading, lag: int | None) -> float | None:
    """Return how old the newest transaction of a copy is; a copy that has everything is not behind, however idle."""
    if not lag:
        return None if lag is None else 0.0
    return max(0.0, (told.at - told.replayed_at).total_seconds()) if told.replayed_at else None


def _lag(copy: Copy) -> Text:
    seconds = "?" if copy.lag_seconds is None else f"{copy.lag_seconds:.1f}"
    return Text(
        f"{copy.host} {copy.lag_bytes} B / {seconds} s behind", f"{copy.host} 落后 {copy.lag_bytes} 字节 / {seconds} 秒"
    )


def _one_primary(view: DatabaseView) -> Iterator[Remark]:
    leaders = [copy.host for copy in view.leaders]
    if len(leaders) > 1:
        names = ", ".join(leaders)
        yield failed("", f"more than one primary: {names}", f"主库不止一个：{names}")
    if not leaders and not view.dark:
        yield failed("", "there is no primary", "没有主库")
    elif not leaders:
        yield unknown("", Text("no primary among those that answer", "已应答者中没有主库"))


def _confirmed(view: DatabaseView) -> Iterator[Remark]:
    if view.promised and view.leaders and not view.synchronous:
        yield failed(
            view.leaders[0].host,
            "writes count with a single copy: nobody is synchronous",
            "写入只有一份副本即被确认：没有同步副本",
        )
    elif view.promised and not view.leaders:
        yield unknown("", Text("who is synchronous is not known without the primary", "主库未知，无从得知同步副本"))


def _all_run(view: DatabaseView) -> Iterator[Remark]:
    for copy in view.copies:
        if copy.unknown:
            yield silence(copy.host, copy.unknown)
        elif copy.state not in WELL:
            yield failed(copy.host, f"its database is {copy.state}", f"其数据库状态为 {copy.state}")


def _close(view: DatabaseView) -> Iterator[Remark]:
    for copy in view.copies:
        if copy.unknown or copy.role == "primary":
            continue
        if copy.lag_bytes is None:
            yield unknown(copy.host, Text("how far it is behind is not known", "落后多少未知"))
        elif copy.lag_bytes > MOST_LAG_BYTES or (copy.lag_seconds or 0) > MOST_LAG_SECONDS:
            text = _lag(copy)
            yield failed(copy.host, text.en, text.zh)


def _one_history(view: DatabaseView) -> Iterator[Remark]:
    leaders = view.leaders
    for copy in view.copies:
        if len(leaders) == 1 and copy.timeline not in {None, leaders[0].timeline}:
            yield failed(
                copy.host,
                f"it is on timeline {copy.timeline}, the primary on {leaders[0].timeline}",
                f"其时间线为 {copy.timeline}，主库为 {leaders[0].timeline}",
            )


def _recent(view: DatabaseView) -> Iterator[Remark]:
    for copy in view.copies:
        for version in copy.versions:
            name, _, number = version.partition(" ")
            if name == "Patroni" and tuple(int(n) for n in number.split(".")[:2] if n.isdigit()) < LEAST_PATRONI:
                yield failed(copy.host, f"{version} loses acknowledged writes", f"{version} 会丢失已确认的写入")


def _automatic(view: DatabaseView) -> Iterator[Remark]:
    if any(copy.paused for copy in view.copies):
        yield failed("", "Patroni is paused: nobody takes over by itself", "Patroni 已暂停：不会自动切换")


DATABASE_RULES = (
    GlanceRule("S01", Text("A cluster has one primary.", "每个集群有且仅有一个主库。"), _one_primary),
    GlanceRule("S02", Text("Where it is promised, writes are synchronous.", "承诺同步之处，写入须同步。"), _confirmed),
    GlanceRule("S03", Text("Every server of a cluster runs.", "集群的每台服务器都在运行。"), _all_run),
    GlanceRule("S04", Text("No copy is far behind.", "副本没有明显落后。"), _close),
    GlanceRule("S05", Text("All copies share one history.", "所有副本处于同一时间线。"), _one_history),
    GlanceRule("S06", Text("Patroni is 4.1 or newer.", "Patroni 不低于 4.1。"), _recent),
    GlanceRule("S07", Text("Failover is automatic.", "自动切换处于启用状态。"), _automatic),
)
