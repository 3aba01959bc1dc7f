"""All services at a glance: what the hosts told, and what the rules make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dr_drills.glance.databases import DATABASE_RULES, database_views
from dr_drills.glance.entrances import APPLICATION_RULES, ENTRANCE_RULES, application_views, entrance_views
from dr_drills.glance.keepers import BACKUP_RULES, REPOSITORY_RULES, backup_views, repository_views
from dr_drills.glance.lines import HOSTS_RULES, LINE_RULES, hosts_views, line_views
from dr_drills.glance.proxies import PROXY_RULES, proxy_views
from dr_drills.glance.quorums import QUORUM_RULES, quorum_views
from dr_drills.glance.readings import SHARE, Readings, read_all
from dr_drills.glance.view import GlanceRule, View
from dr_drills.probes.scene import Scene, Variables, scene
from dr_drills.probes.trust import Keys
from dr_drills.probes.web import Web
from dr_drills.verdicts import Row, Verdict, exit_code
from topology.links import link_names
from topology.model import Cloud, Link

RULES: tuple[GlanceRule, ...] = (
    *DATABASE_RULES,
    *QUORUM_RULES,
    *ENTRANCE_RULES,
    *PROXY_RULES,
    *APPLICATION_RULES,
    *REPOSITORY_RULES,
    *BACKUP_RULES,
    *LINE_RULES,
    *HOSTS_RULES,
)


@dataclass(frozen=True)
class Seen:
    """One thing at a glance, and what does not pass of it."""

    view: View
    remarks: tuple[Row, ...]

    @property
    def verdict(self) -> Verdict:
        verdicts = {row.verdict for row in self.remarks}
        return next((v for v in (Verdict.FAIL, Verdict.UNKNOWN) if v in verdicts), Verdict.PASS)


@dataclass(frozen=True)
class GlanceReport:
    """Everything that was looked at, services first, then lines and hosts."""

    seen: tuple[Seen, ...]

    @property
    def remarks(self) -> tuple[Row, ...]:
        return tuple(row for one in self.seen for row in one.remarks)

    @property
    def exit_code(self) -> int:
        """0 when all is well, 1 when something is not, 5 when the worst is something unknown."""
        return exit_code(self.remarks)

    def document(self) -> dict[str, Any]:
        """Return {kind: {name: {verdict, may_lose, versions, ...facts}}} and the remarks."""
        things: dict[str, dict[str, Any]] = {}
        for one in self.seen:
            view = one.view
            things.setdefault(view.kind, {})[view.name] = {
                "verdict": str(one.verdict),
                "may_lose": view.may_lose,
                "versions": list(view.versions),
                "facts": view.document(),
            }
        return {"things": things, "remarks": [row.document() for row in self.remarks]}


def glance(cloud: Cloud, hosts: Variables, keys: Keys | None, seconds: float) -> GlanceReport:
    """Look at all services, lines and hosts for at most `seconds`; without keys, what needs TLS is unknown."""
    everyone = scene(hosts)
    return assess(everyone, read_all(everyone, Web(keys, seconds * SHARE), seconds), link_names(cloud))


def assess(everyone: Scene, readings: Readings, links: Mapping[str, Link]) -> GlanceReport:
    """Return what the rules make of readings; pure."""
    return GlanceReport(tuple(_seen(view, rules) for view, rules in _views(everyone, readings, links)))


def _views(
    everyone: Scene, readings: Readings, links: Mapping[str, Link]
) -> Iterator[tuple[View, tuple[GlanceRule, ...]]]:
    yield from ((view, DATABASE_RULES) for view in database_views(everyone, readings))
    yield from ((view, QUORUM_RULES) for view in quorum_views(everyone, readings))
    yield from ((view, ENTRANCE_RULES) for view in entrance_views(everyone, readings))
    yield from ((view, PROXY_RULES) for view in proxy_views(everyone, readings))
    yield from ((view, APPLICATION_RULES) for view in application_views(everyone, readings))
    yield from ((view, REPOSITORY_RULES) for view in repository_views(everyone, readings))
    yield from ((view, BACKUP_RULES) for view in backup_views(everyone, readings))
    yield from ((view, LINE_RULES) for view in line_views(everyone, readings, links))
    yield from ((view, HOSTS_RULES) for view in hosts_views(readings))


def _seen(view: View, rules: tuple[GlanceRule, ...]) -> Seen:
    rows = (Row(rule.id, r.verdict, view.name, r.where, r.message) for rule in rules for r in rule.judge(view))
    return Seen(view, tuple(rows))
