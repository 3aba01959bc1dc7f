"""The real tools of a deployment: engines over the cloud's state, sites through clouds.yaml."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from threading import Lock

from failures import GovcloudError
from stacks.rollout.desk import Desk
from stacks.rollout.engines import PULUMI, Engine, engine_name, refuse_other
from stacks.rollout.preview import Tools
from stacks.rollout.records import Record
from stacks.rollout.sealing import open_secrets
from stacks.rollout.sites import failures
from stacks.rollout.wishes import Wishes
from stacks.rollout.works import Works
from stacks.rollout.world import SiteWorld, read_worlds


def tools_of(works: Works, wishes: Wishes, desk: Desk) -> Tools:
    """Return tools that make nothing until they are used."""

    def worlds(sites: Mapping[str, str], cloud: str) -> Mapping[str, SiteWorld | GovcloudError]:
        return read_worlds(sites, cloud, wishes.parallel)

    engines = _Engines(works, wishes, desk)
    return Tools(engines.of, failures, worlds, engines.requests)


class _Engines:
    def __init__(self, works: Works, wishes: Wishes, desk: Desk) -> None:
        self._works, self._wishes, self._desk = works, wishes, desk
        self._made: dict[str, Engine] = {}
        self._lock = Lock()
        self._sent: Counter[str] = Counter()

    def of(self, record: Record | None) -> Engine:
        name = engine_name(record, self._wishes.engine)
        refuse_other(record, name)
        with self._lock:
            if name not in self._made:
                self._made[name] = self._pulumi() if name == PULUMI else self._embedded()
            return self._made[name]

    def requests(self) -> Mapping[str, int]:
        """Return the HTTP requests sent so far per site, logins included."""
        entries = self._works.entries(self._works.cloud.sites)
        with self._lock:
            return {site: self._sent[entry] for site, entry in entries.items()}

    def _count(self, entry: str) -> None:
        with self._lock:
            self._sent[entry] += 1

    def _embedded(self) -> Engine:
        from stacks.engine.openstack.provider import connector  # noqa: PLC0415 - as above
        from stacks.rollout.embedded import Embedded  # noqa: PLC0415 - the Pulumi SDK, only where something changed

        works = self._works
        secrets = open_secrets(works.home, os.environ, self._desk.note)
        limits = dict.fromkeys(works.entries(works.cloud.sites).values(), self._wishes.parallel)
        return Embedded(works.home.states, secrets, connector(limits, self._count), works.folder, self._wishes.parallel)

    def _pulumi(self) -> Engine:
        from stacks.rollout.automation import pulumi_engine  # noqa: PLC0415 - the Pulumi SDK, only where something changed

        return pulumi_engine(self._works.home, self._works.folder, self._wishes.parallel)
