"""The whole cloud at a glance: its sites, its services, its lines."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.tables import status_tables
from console import Cell, Table
from failures import GovcloudError, OutsideFailed, Text

if TYPE_CHECKING:
    from dr_drills.glance.report import GlanceReport, Seen
    from dr_drills.verdicts import Row
    from stacks.rollout.status import StatusReport
    from stacks.rollout.workspace import Workspace

SECONDS = 2.0
"""From the start of the command to the last answer; the rest of three seconds is starting and printing."""
LEAST = 1.0
_VERDICTS = {"pass": Text("well", "正常"), "fail": Text("NOT WELL", "异常"), "unknown": Text("unknown", "未知")}
_THINGS = (
    Text("what", "对象"),
    Text("kind", "类型"),
    Text("is", "状态"),
    Text("may lose", "可失去"),
    Text("at a glance", "概况"),
    Text("version", "版本"),
)
_REMARKS = (Text("rule", "规则"), Text("is", "状态"), Text("what", "对象"), Text("where", "位置"), Text("why", "原因"))
_UNWELL = Text("some services are not well", "部分服务异常")
_UNSEEN = Text(
    "some services could not be looked at; what is not known is not called well", "部分服务无法查看；未知不等于正常"
)


@dataclass(frozen=True)
class CloudStatus:
    """`services` is None until the cloud was configured; `trouble` is why keys for looking are missing."""

    sites: StatusReport
    services: GlanceReport | None
    trouble: GovcloudError | None = None

    @property
    def exit_code(self) -> int:
        """0 when all is well, 1 when a service is not, 5 when a site or a service is unknown."""
        return max(self.sites.exit_code, self.services.exit_code if self.services else 0)

    @property
    def messages(self) -> tuple[GovcloudError, ...]:
        found = [*self.sites.messages, *([self.trouble] if self.trouble else [])]
        if self.services and self.services.exit_code:
            found.append(OutsideFailed(_UNWELL if self.services.exit_code == 1 else _UNSEEN))
        return tuple(found)

    def document(self) -> dict[str, Any]:
        """Return the document of the sites, with `services` in it: null until the cloud was configured."""
        services = self.services.document() if self.services else None
        return {
            **self.sites.document(),
            "ok": self.exit_code == 0,
            "exit_code": self.exit_code,
            "things": services["things"] if services else None,
            "remarks": services["remarks"] if services else [],
        }


def look(path: Path) -> CloudStatus:
    """Look at everything at once, within three seconds, whichever sites are dark."""
    from stacks.rollout.status import status_of
    from stacks.rollout.workspace import open_workspace

    until = time.monotonic() + SECONDS
    workspace = open_workspace(path, os.environ)
    with ThreadPoolExecutor(1) as pool:
        services: Future[tuple[GlanceReport | None, GovcloudError | None]] = pool.submit(_services, workspace, until)
        sites = status_of(workspace, until=until)
        return CloudStatus(sites, *services.result())


def _services(workspace: Workspace, until: float) -> tuple[GlanceReport | None, GovcloudError | None]:
    from dr_drills.glance.report import glance
    from dr_drills.probes.trust import Keys
    from inventories.derive import derive
    from inventories.hosts import register
    from inventories.keys import operator_keys

    keys, trouble = None, None
    try:
        found = operator_keys(workspace.home, os.environ, lambda _: None)
        if found is None:
            return None, None
        keys = Keys.of(found)
    except GovcloudError as error:
        trouble = error
    hosts = derive(register(workspace.cloud, workspace.addresses)).variables
    return glance(workspace.cloud, hosts, keys, max(LEAST, until - time.monotonic())), trouble


def glance_tables(report: CloudStatus) -> Iterator[Table]:
    """Yield the sites, one row for each service and line, and what does not pass."""
    yield from status_tables(report.sites)
    if report.services:
        yield Table(_THINGS, tuple(_thing(one) for one in report.services.seen))
        yield Table(_REMARKS, tuple(_remarks(report.services.remarks)))


def _thing(one: Seen) -> tuple[Cell, ...]:
    view = one.view
    lose = "-" if view.may_lose is None else str(view.may_lose)
    return view.name, view.kind, _VERDICTS[one.verdict], lose, view.summary(), ", ".join(view.versions)


def _remarks(rows: tuple[Row, ...]) -> Iterator[tuple[Cell, ...]]:
    """Yield a row for each remark; hosts of which the same is to be said share one."""
    alike: dict[tuple[str, str, str, Text], list[str]] = {}
    for row in rows:
        alike.setdefault((row.rule, str(row.verdict), row.subject, row.message), []).append(row.where)
    for (rule, verdict, subject, message), places in alike.items():
        yield rule, _VERDICTS[verdict], subject, ", ".join(place for place in places if place), message
