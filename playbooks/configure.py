"""Configures the hosts of a cloud: who, with which secrets, can they be entered, run, remember."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag
from typing import Protocol

from failures import GateRefused, Text
from inventories.ansible import playbook_document
from inventories.credentials import Credentials, extra_variables, renewed, secret_texts
from inventories.keys import vault_of
from inventories.opening import Opened, open_inventory
from playbooks.board import PlayBoard
from playbooks.configured import CONFIGURED, ConfiguredHosts, Entry, Standing
from playbooks.ends import Ran, ends_of
from playbooks.entry import Ways, enter_all
from playbooks.leftovers import clear_leftovers
from playbooks.order import groups_of, read_plays
from playbooks.passes import Execute, Passes
from playbooks.report import ConfigureReport, HostEnd
from playbooks.runner import run_plays
from playbooks.selection import Options, Selection, select
from playbooks.stock import find_bundle, no_bundle
from stacks.rollout.home import home_of
from stacks.rollout.locks import hold
from stacks.rollout.stop import asking, stoppable
from topology.load import load_cloud


class Terminal(Protocol):
    def note(self, text: Text) -> None:
        """Tell something that is not part of the answer."""

    def confirm(self, question: Text, expect: str) -> bool:
        """Return whether the person typed `expect`."""

    def watch_plays(self, board: PlayBoard) -> AbstractContextManager[None]:
        """Show the board while the block runs."""


@dataclass(frozen=True)
class World:
    """What a run reaches beyond this process; the defaults are the real things."""

    ways: Ways = field(default_factory=Ways)
    execute: Execute = run_plays


def configure(source: Path, options: Options, terminal: Terminal, world: World | None = None) -> ConfigureReport:
    """Configure every host that something changed for, and return what was done.

    Raises:
        TopologyInvalid, InputInvalid: the topology, the passphrase or the secrets file; no bundle is there.
        GateRefused: another command is at work; the secrets of a running cloud are missing; nobody confirmed.
    """
    began = time.monotonic()
    home = home_of(load_cloud(source).name, os.environ)
    home.make()
    with hold(home.lock, "govcloud deploy"), stoppable(terminal.note) as stop:
        opened = open_inventory(source, os.environ, terminal.note, find_bundle)
        clear_leftovers(opened.folder)
        run = _Configuring(opened, options, terminal, world or World(), stop)
        ends = run.run(source)
        return ConfigureReport(opened.cloud.name, ends, run.board.plays(), time.monotonic() - began, stop.is_set())


class _Configuring:
    """One run; `board` shows its plays once they are known."""

    def __init__(self, opened: Opened, options: Options, terminal: Terminal, world: World, stop: Flag) -> None:
        self._opened, self._options, self._terminal = opened, options, terminal
        self._world, self._stop = world, stop
        self._store = ConfiguredHosts(opened.home.folder / CONFIGURED)
        self._plays = read_plays()
        self.board = PlayBoard((), ())

    def run(self, source: Path) -> tuple[HostEnd, ...]:
        """Configure and return how every host of the choice ended."""
        entries = self._store.read()
        credentials = self._credentials(entries) if self._opened.built.servers else None
        chosen = select(self._opened, credentials, self._plays, entries, self._options)
        if not chosen.changed or credentials is None:
            return ends_of(self._opened, chosen, Ran({}, {}, frozenset()))
        self._refuse_no_bundle(source)
        self._confirm(chosen)
        refresh = self._options.refresh
        barred = enter_all(self._opened, chosen.changed, entries, self._stop, self._world.ways, refresh=refresh)
        done = self._play([host for host in chosen.changed if host not in barred], chosen, credentials)
        ran = Ran(barred, self.board.hosts(), frozenset(done), secret_texts(credentials), self._stop.is_set())
        return ends_of(self._opened, chosen, ran)

    def _credentials(self, entries: Mapping[str, Entry]) -> Credentials:
        """Return the secrets of the cloud, made or renewed where they have to be; durable before they are used."""
        vault = vault_of(self._opened, os.environ, self._terminal.note)
        before = vault.read(entries)
        credentials = renewed(self._opened.register, before, datetime.now(UTC))
        if credentials != before:
            vault.write(credentials)
        return credentials

    def _refuse_no_bundle(self, source: Path) -> None:
        repositories = self._opened.register.of_kind("repository")
        if any("repository_bundle" not in self._opened.inventory.variables[host.name] for host in repositories):
            raise no_bundle(source)

    def _confirm(self, chosen: Selection) -> None:
        if self._options.yes:
            return
        count, cloud = len(chosen.changed), self._opened.cloud.name
        question = Text(
            f"{cloud}: configure {count} host(s). Type yes to go on:",
            f"{cloud}：将配置 {count} 台主机。输入 yes 继续：",
        )
        with asking():
            sure = self._terminal.confirm(question, "yes")
        if not sure:
            raise GateRefused(Text("not confirmed; no host was touched", "未确认；未改动任何主机"))

    def _play(self, hosts: Sequence[str], chosen: Selection, credentials: Credentials) -> set[str]:
        """Run the plays on hosts that let us in; return those that are done."""
        groups = groups_of(self._opened.inventory.groups)
        counts = [(play, sum(play.concerns(groups[host]) for host in hosts)) for play in self._plays]
        plays = [(play, count) for play, count in counts if count]
        if not plays or self._stop.is_set():
            return set()
        self.board = PlayBoard([(play.name, count) for play, count in plays], hosts)
        self._store.put(self._entry(host, chosen, Standing.ACTING) for host in hosts)
        passes = Passes(
            [play for play, _ in plays],
            playbook_document(self._opened.inventory, self._opened.doors),
            extra_variables(self._opened.register, credentials),
            self._opened.folder,
            self.board,
            lambda host: self._store.put([self._entry(host, chosen, Standing.DONE)]),
            self._world.execute,
        )
        with self._terminal.watch_plays(self.board):
            passes.run(hosts, self._stop)
        self._store.put(self._entry(host, chosen, Standing.FAILED) for host in hosts if host not in passes.done)
        return passes.done

    def _entry(self, host: str, chosen: Selection, standing: Standing) -> Entry:
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        return Entry(host, self._opened.built.servers[host], chosen.digests[host], standing, now)
