"""The real backends of a deployment: engines over the cloud's state, sites through clouds.yaml."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from threading import Lock

from failures import GovcloudError
from stacks.rollout.engines import PULUMI, Engine, engine_name, refuse_other
from stacks.rollout.options import RunOptions
from stacks.rollout.preview import Backends
from stacks.rollout.records import Record
from stacks.rollout.sealing import open_secrets
from stacks.rollout.sites import failures
from stacks.rollout.terminal import Terminal
from stacks.rollout.workspace import Workspace
from stacks.rollout.world import SiteWorld, read_worlds


def backends_of(workspace: Workspace, options: RunOptions, terminal: Terminal) -> Backends:
    """Return backends that make nothing until they are used."""

    def worlds(sites: Mapping[str, str], cloud: str) -> Mapping[str, SiteWorld | GovcloudError]:
        return read_worlds(sites, cloud, options.parallel)

    engines = _Engines(workspace, options, terminal)
    return Backends(engines.of, failures, worlds, engines.requests)


class _Engines:
    def __init__(self, workspace: Workspace, options: RunOptions, terminal: Terminal) -> None:
        self._workspace, self._options, self._terminal = workspace, options, terminal
        self._made: dict[str, Engine] = {}
        self._lock = Lock()
        self._sent: Counter[str] = Counter()

    def of(self, record: Record | None) -> Engine:
        name = engine_name(record, self._options.engine)
        refuse_other(record, name)
        with self._lock:
            if name not in self._made:
                self._made[name] = self._pulumi() if name == PULUMI else self._embedded()
            return self._made[name]

    def requests(self) -> Mapping[str, int]:
        """Return the HTTP requests sent so far per site, logins included."""
        entries = self._workspace.entries(self._workspace.cloud.sites)
        with self._lock:
            return {site: self._sent[entry] for site, entry in entries.items()}

    def _count(self, entry: str) -> None:
        with self._lock:
            self._sent[entry] += 1

    def _embedded(self) -> Engine:
        from stacks.engine.openstack.provider import connector  # noqa: PLC0415 - as above
        from stacks.rollout.embedded import Embedded  # noqa: PLC0415 - the Pulumi SDK, only where something changed

        workspace = self._workspace
        secrets = open_secrets(workspace.home, os.environ, self._terminal.note)
        limits = dict.fromkeys(workspace.entries(workspace.cloud.sites).values(), self._options.parallel)
        return Embedded(
            workspace.home.states, secrets, connector(limits, self._count), workspace.folder, self._options.parallel
        )

    def _pulumi(self) -> Engine:
        from stacks.rollout.automation import pulumi_engine  # noqa: PLC0415 - the Pulumi SDK, only where something changed

        return pulumi_engine(self._workspace.home, self._workspace.folder, self._options.parallel)
