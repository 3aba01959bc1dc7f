"""All sites of a cloud at a glance, within three seconds, dark sites included."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from failures import GovcloudError
from stacks.rollout.plan import Standing, needs_hash, standing
from stacks.rollout.records import Record
from stacks.rollout.sites import Connection, ask_all
from stacks.rollout.stack_index import known_stacks
from stacks.rollout.workspace import Workspace, gone, open_workspace

SECONDS = 2.0
"""For the sites; the rest of three seconds goes to reading and importing."""
LEAST = 1.0
"""What sites get at least, however long reading and importing took."""
Ask = Callable[[Mapping[str, str], Callable[[str, Connection], bool], float], Mapping[str, bool | GovcloudError]]


@dataclass
class Seen:
    """What a site told before the time was over; None is unknown. `services` maps service types to their answer."""

    reached: bool = False
    services: dict[str, bool] = field(default_factory=dict)
    projects: int | None = None
    servers: int | None = None
    active: int | None = None


class Question(NamedTuple):
    """What of a kind is counted, and which part of Seen that fills."""

    service: str
    kind: str
    words: Mapping[str, str]
    fills: str


def counted(cloud: str) -> tuple[Question, ...]:
    """Return what is counted at every site of a cloud."""
    return (
        Question("identity", "projects", {"tags": f"govcloud,{cloud}"}, "projects"),
        Question("compute", "servers", {"all_tenants": "true"}, "servers"),
        Question("compute", "servers", {"all_tenants": "true", "status": "ACTIVE"}, "active"),
    )


@dataclass(frozen=True)
class SiteStatus:
    """`trouble` says why a site does not answer; `stacks` counts standings; `deployed` is ISO 8601, "" for never."""

    site: str
    role: str
    seen: Seen
    stacks: Counter[Standing]
    departments: int
    deployed: str
    trouble: GovcloudError | None = None


@dataclass(frozen=True)
class StatusReport:
    cloud: str
    sites: tuple[SiteStatus, ...]

    @property
    def exit_code(self) -> int:
        """0 when every site answers, else the code of the worst trouble."""
        return max((s.trouble.exit_code for s in self.sites if s.trouble), default=0)

    @property
    def messages(self) -> tuple[GovcloudError, ...]:
        return tuple(site.trouble for site in self.sites if site.trouble)

    def document(self) -> dict[str, Any]:
        sites = {site.site: _document(site) for site in self.sites}
        return {"ok": self.exit_code == 0, "exit_code": self.exit_code, "cloud": self.cloud, "sites": sites}


def status(source: Path, ask: Ask = ask_all) -> StatusReport:
    """Return what is known here of every site, and what the sites say within the time limit."""
    return status_of(open_workspace(source, os.environ), ask)


def status_of(workspace: Workspace, ask: Ask = ask_all, until: float | None = None) -> StatusReport:
    """Return the status of an open workspace; with `until`, by that time of the monotonic clock."""
    seen = {site: Seen() for site in workspace.sites}

    def look(site: str, connection: Connection) -> bool:
        _look(connection, workspace.cloud.name, seen[site])
        return True

    if until is not None:
        import_module("openstack.connection")  # it takes half a second, which the sites then do not have
    seconds = SECONDS if until is None else max(LEAST, until - time.monotonic())
    records = known_stacks(workspace.home)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, workspace.entries(workspace.sites), look, seconds)
        rows = [_known(workspace, site, seen[site], records) for site in workspace.sites]  # meanwhile
        answers = asked.result()
    troubles = {
        site: answer for site, answer in answers.items() if isinstance(answer, GovcloudError) and not seen[site].reached
    }
    return StatusReport(workspace.cloud.name, tuple(replace(row, trouble=troubles.get(row.site)) for row in rows))


def _known(workspace: Workspace, site: str, seen: Seen, records: Mapping[str, Record]) -> SiteStatus:
    """Return what is known here of a site; `seen` is filled by others."""
    shards = [shard for shard in workspace.shards if shard.site == site]
    standings = Counter(standing(s, records.get(s.stack), workspace.program, needs_hash(s, records)) for s in shards)
    standings[Standing.GONE] += sum(1 for record in gone(records, workspace) if record.site == site)
    return SiteStatus(
        site=site,
        role=str(workspace.cloud.sites[site].role),
        seen=seen,
        stacks=standings,
        departments=sum(1 for shard in shards if shard.department),
        deployed=max((record.at for record in records.values() if record.site == site), default=""),
    )


def _look(connection: Connection, cloud: str, seen: Seen) -> None:
    """Ask one site everything, filling `seen` as answers come."""
    access = connection.session.auth.get_access(connection.session)
    seen.reached = True
    interface, region = connection.config.get_interface() or "public", connection.config.region_name or None
    urls = access.service_catalog.get_endpoints(interface=interface, region_name=region)
    questions: list[Callable[[], None]] = [
        partial(_service, connection, service, endpoints[0]["url"] if endpoints else "", seen)
        for service, endpoints in urls.items()
    ]
    questions += [partial(count, connection, question, seen) for question in counted(cloud)]
    # Plain threads: a pool complains aloud when the command ends before a slow site has answered.
    threads = [Thread(target=_unless_it_fails, args=(question,), daemon=True) for question in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _unless_it_fails(question: Callable[[], None]) -> None:
    # what fails, however, stays unknown in the answer
    with suppress(Exception):
        question()


def _service(connection: Connection, service: str, url: str, seen: Seen) -> None:
    """An API that answers at all, even with a refusal, is there."""
    from keystoneauth1.exceptions import ClientException  # noqa: PLC0415 - only where a site is asked

    try:
        answer = connection.session.get(url, authenticated=True, raise_exc=False)
        seen.services[service] = answer.status_code < 500
    except ClientException:
        seen.services[service] = False


def count(connection: Connection, question: Question, seen: Seen) -> None:
    """Count from the plain answers: the SDK's objects of each would take the time of all other questions."""
    proxy = getattr(connection, question.service)
    url, words, found = f"/{question.kind}", question.words, 0
    while url:
        page = proxy.get(url, params=words).json()
        found += len(page[question.kind])
        url, words = _next(page, question.kind), {}
    setattr(seen, question.fills, found)


def _next(page: Mapping[str, Any], kind: str) -> str:
    """Return the address of the page after this one, as Keystone or as Nova says it; empty for none."""
    links = [link["href"] for link in page.get(f"{kind}_links", ()) if link["rel"] == "next"]
    return str(links[0] if links else (page.get("links") or {}).get("next") or "")


def _document(site: SiteStatus) -> dict[str, Any]:
    return {
        "role": site.role,
        "reachable": site.trouble is None,
        "error": site.trouble.what.en if site.trouble else None,
        "services": site.seen.services,
        "stacks": {str(kind): count for kind, count in site.stacks.items() if count},
        "departments": {"expected": site.departments, "found": site.seen.projects},
        "servers": {"active": site.seen.active, "total": site.seen.servers},
        "deployed": site.deployed or None,
    }
