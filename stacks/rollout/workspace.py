"""One cloud on the table: its topology, addresses, shards, home and records, as they were when read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from failures import GovcloudError, Text, TopologyInvalid, WrongUsage
from stacks.access import read_generations
from stacks.image_files import image_contents
from stacks.rollout.home import Home, home_of
from stacks.rollout.records import Record, Records
from stacks.shards import PROGRAM_VERSION, Shard, plan_shards
from topology.addresses import AddressPlan
from topology.findings import Severity
from topology.ledger import plan_for
from topology.load import read
from topology.model import Cloud

Reach = Callable[[Mapping[str, str]], Mapping[str, GovcloudError]]
"""Asks sites (name -> entry in clouds.yaml) and returns the failure of each that does not answer."""


@dataclass(frozen=True)
class Workspace:
    """`digest` is that of the topology's files; `shards` are those of the chosen sites, `records` of all.

    `images` are the SHA-256 of the files of all images by name, "" for one that cannot be read.
    """

    cloud: Cloud
    source: Path
    digest: str
    images: Mapping[str, str]
    addresses: AddressPlan
    shards: tuple[Shard, ...]
    sites: tuple[str, ...]
    home: Home
    program: str = PROGRAM_VERSION

    @property
    def records(self) -> Records:
        return Records(self.home.records)

    def shard(self, stack: str) -> Shard:
        return self._by_stack[stack]

    @cached_property
    def generations(self) -> Mapping[str, str]:
        """Which generation of its cloud stands at each site, "" where there is but one."""
        return read_generations(self.entries(self.cloud.sites))

    @cached_property
    def _by_stack(self) -> dict[str, Shard]:
        return {shard.stack: shard for shard in self.shards}

    @property
    def folder(self) -> Path:
        """The folder that paths in the topology start from."""
        return folder_of(self.source)

    def alive(self, reach: Reach) -> Callable[[str], GovcloudError | None]:
        """Return a question: why can this site not be worked on?"""
        return lambda site: reach(self.entries([site])).get(site)

    def entries(self, sites: Iterable[str]) -> dict[str, str]:
        """Return the entry in clouds.yaml of each of these sites that the topology still has."""
        return {site: self.cloud.sites[site].openstack for site in sites if site in self.cloud.sites}


def open_workspace(source: Path, environ: Mapping[str, str], sites: tuple[str, ...] = ()) -> Workspace:
    """Read a topology and what is known of it here; writes nothing.

    Raises:
        TopologyInvalid: carries every error of the topology.
        WrongUsage: a site is named that the topology does not have.
    """
    reading = read(source)
    if reading.cloud is None:
        raise TopologyInvalid([f for f in reading.findings if f.severity is Severity.ERROR])
    cloud = reading.cloud
    chosen = _chosen(cloud, sites)
    addresses = plan_for(cloud, source)
    images = image_contents(cloud, folder_of(source))
    shards = tuple(shard for shard in plan_shards(cloud, addresses, images) if shard.site in chosen)
    return Workspace(cloud, source, reading.digest, images, addresses, shards, chosen, home_of(cloud.name, environ))


def folder_of(source: Path) -> Path:
    """Return the folder that paths in a topology start from."""
    return source if source.is_dir() else source.parent


def _chosen(cloud: Cloud, sites: tuple[str, ...]) -> tuple[str, ...]:
    for site in sites:
        if site not in cloud.sites:
            known = ", ".join(cloud.sites)
            what = Text(f"the topology has no site '{site}'", f"拓扑中没有数据中心“{site}”")
            raise WrongUsage(what, fix=Text(f"its sites are: {known}", f"可选：{known}"))
    return tuple(site for site in cloud.sites if not sites or site in sites)


def gone(records: Mapping[str, Record], workspace: Workspace) -> tuple[Record, ...]:
    """Return the records of stacks without a shard, at the chosen sites; at removed sites too when all are chosen."""
    live = {shard.stack for shard in workspace.shards}
    every = len(workspace.sites) == len(workspace.cloud.sites)
    return tuple(
        r
        for r in records.values()
        if r.stack not in live and (r.site in workspace.sites or (every and r.site not in workspace.cloud.sites))
    )
