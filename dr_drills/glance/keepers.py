"""What keeps things for later: package repositories, and the backups of each database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dr_drills.glance.readings import Readings
from dr_drills.glance.view import GlanceRule, Remark, failed, silence, unknown
from dr_drills.probes.budget import Unknown
from dr_drills.probes.exporter import Backup, HostReading
from dr_drills.probes.patroni import PatroniReading
from dr_drills.probes.repository import RepositoryReading
from dr_drills.probes.scene import Scene
from failures import Text

HOUR = 3600.0
NEWEST = 3 * HOUR
"""Incremental backups are made every hour; one may fail, and one may be running."""
FULLEST = 8 * 24 * HOUR
"""Full backups are made every week."""


@dataclass(frozen=True)
class RepositoryView:
    """The servers of one repository, each with what it serves."""

    name: str
    servers: Mapping[str, RepositoryReading | Unknown]
    kind: str = "repository"
    versions: tuple[str, ...] = ()

    @property
    def serving(self) -> dict[str, int]:
        said = {host: told for host, told in self.servers.items() if isinstance(told, RepositoryReading)}
        return {host: told.packages for host, told in said.items() if told.packages}

    @property
    def may_lose(self) -> int | None:
        return len(self.serving) - 1 if self.serving else None

    def summary(self) -> Text:
        count, all_ = len(self.serving), len(self.servers)
        packages = " | ".join(str(n) for n in sorted(set(self.serving.values()))) or "?"
        return Text(f"{count} of {all_} serve {packages} packages", f"{all_} 个中 {count} 个提供 {packages} 个软件包")

    def document(self) -> dict[str, Any]:
        return {
            host: {"packages": None, "unknown": told.reason.en}
            if isinstance(told, Unknown)
            else {"packages": told.packages, "unknown": None}
            for host, told in self.servers.items()
        }


@dataclass(frozen=True)
class BackupView:
    """The backups of one database cluster, kept at `host`; ages in seconds.

    A cluster that `follows` another one has no backups of its own: its content is in those of the other. None: its
    servers do not say whether they follow or lead.
    """

    name: str
    host: str
    site: str
    ages: Backup | Unknown | None
    follows: bool | None = False
    kind: str = "backup"
    may_lose: int | None = None
    versions: tuple[str, ...] = ()

    @property
    def newest(self) -> float | None:
        """Return the age of the newest backup of any kind."""
        if not isinstance(self.ages, Backup):
            return None
        return min((age for age in (self.ages.full, self.ages.incremental) if age is not None), default=None)

    def summary(self) -> Text:
        if self.follows and not isinstance(self.ages, Backup):
            return Text("it follows another cluster, whose backups hold the same", "跟随另一集群，内容在其备份中")
        newest = "?" if self.newest is None else span(self.newest)
        archived = span(self.ages.archived) if isinstance(self.ages, Backup) and self.ages.archived is not None else "?"
        return Text(
            f"at {self.host}: newest {newest} old, log archived {archived} ago",
            f"存于 {self.host}：最新备份 {newest} 前，日志归档 {archived} 前",
        )

    def document(self) -> dict[str, Any]:
        ages = asdict(self.ages) if isinstance(self.ages, Backup) else {}
        reason = self.ages.reason.en if isinstance(self.ages, Unknown) else None
        return {"host": self.host, "site": self.site, "follows": self.follows, "ages_seconds": ages, "unknown": reason}


def repository_views(scene: Scene, readings: Readings) -> Iterator[RepositoryView]:
    """Yield a view per repository service."""
    places = scene.running("repository_address")
    for service in dict.fromkeys(place.service for place in places):
        mine = [place.host for place in places if place.service == service]
        yield RepositoryView(service, {host: readings.repositories[host] for host in mine})


def backup_views(scene: Scene, readings: Readings) -> Iterator[BackupView]:
    """Yield a view per database cluster that is backed up."""
    for place in scene.running("backup_stanzas"):
        told = readings.hosts[place.host]
        for stanza in place.own["backup_stanzas"]:
            name = str(stanza["name"])
            ages = told.backups.get(name) if isinstance(told, HostReading) else told
            yield BackupView(name, place.host, place.site, ages, _follows(scene, readings, name))


def _follows(scene: Scene, readings: Readings, scope: str) -> bool | None:
    servers = scene.clusters().get(scope, ())
    if not any(place.own["patroni_standby_of"] for place in servers):
        return False
    told = [readings.patroni[place.host] for place in servers]
    roles = [said.role for said in told if isinstance(said, PatroniReading)]
    return "primary" not in roles if roles else None


def span(seconds: float) -> str:
    """Return seconds as `42s`, `12m`, `5h` or `3d`."""
    steps = ((1, "s", 120), (60, "m", 7200), (3600, "h", 172_800))
    size, unit = next(((size, unit) for size, unit, below in steps if seconds < below), (86_400, "d"))
    return f"{seconds / size:.0f}{unit}"


def _serves(view: RepositoryView) -> Iterator[Remark]:
    for host, told in view.servers.items():
        if isinstance(told, Unknown):
            yield silence(host, told)
        elif not told.packages:
            yield failed(host, "its index is empty", "软件包索引为空")


def _made(view: BackupView) -> Iterator[Remark]:
    if view.follows:
        return
    if view.follows is None and not isinstance(view.ages, Backup):
        yield unknown("", Text("whether it follows or leads is not known", "其处于跟随还是主用状态未知"))
    elif isinstance(view.ages, Unknown):
        yield silence(view.host, view.ages)
    elif view.ages is None or view.ages.full is None:
        yield failed(view.host, "there is no full backup", "没有全量备份")
    elif view.ages.archived is None:
        yield failed(view.host, "no log is archived", "没有日志归档")


def _recent(view: BackupView) -> Iterator[Remark]:
    if view.follows:
        return
    if view.newest is not None and view.newest > NEWEST:
        age, most = span(view.newest), span(NEWEST)
        yield failed(view.host, f"the newest is {age} old, at most {most}", f"最新备份已 {age}，应不超过 {most}")
    full = view.ages.full if isinstance(view.ages, Backup) else None
    if full is not None and full > FULLEST:
        age, most = span(full), span(FULLEST)
        yield failed(view.host, f"the last full one is {age} old, at most {most}", f"全量备份已 {age}，应不超过 {most}")


REPOSITORY_RULES = (GlanceRule("S41", Text("Every repository serves packages.", "每个软件源都提供软件包。"), _serves),)
BACKUP_RULES = (
    GlanceRule("S51", Text("Every database has a full backup and its log.", "数据库有全量备份与日志归档。"), _made),
    GlanceRule("S52", Text("Backups are recent.", "备份足够新。"), _recent),
)
