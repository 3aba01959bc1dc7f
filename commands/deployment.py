"""The whole way of `deploy`: build, configure, verify."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.plays import PlayTerminal, configure_tables
from commands.tables import run_tables
from console import Table
from failures import GovcloudError, Interrupted, Text

if TYPE_CHECKING:
    from dr_drills.verify.verify import VerifyReport
    from playbooks.report import ConfigureReport
    from stacks.rollout.options import RunOptions
    from stacks.rollout.report import RunReport

_PROOFS = (Text("service", "服务"), Text("proof", "验证"), Text("where", "位置"), Text("result", "结果"), Text("", ""))


@dataclass(frozen=True)
class DeployReport:
    """What the phases did; None for a phase that did not run."""

    build: RunReport
    configure: ConfigureReport | None = None
    verify: VerifyReport | None = None

    @property
    def _phases(self) -> tuple[RunReport | ConfigureReport | VerifyReport, ...]:
        return tuple(phase for phase in (self.build, self.configure, self.verify) if phase is not None)

    @property
    def exit_code(self) -> int:
        """The gravest of the phases."""
        return max(phase.exit_code for phase in self._phases)

    @property
    def messages(self) -> tuple[GovcloudError, ...]:
        return tuple(message for phase in self._phases for message in phase.messages)

    def document(self) -> dict[str, Any]:
        """Return the document of the build, with those of the other phases in it."""
        return {
            **self.build.document(),
            "ok": self.exit_code == 0,
            "exit_code": self.exit_code,
            "configure": self.configure.document() if self.configure else None,
            "verify": self.verify.document() if self.verify else None,
        }


def deploy(path: Path, build: RunOptions, limit: tuple[str, ...], terminal: PlayTerminal) -> DeployReport:
    """Go the whole way, or as far as `build.until` says; what one phase could not do does not hold up the rest.

    Hosts are configured also where a site is dead; services prove themselves where configuring left nothing open.
    """
    from playbooks.configure import configure
    from playbooks.selection import Options
    from stacks.rollout.deploy import deploy as build_cloud

    built = build_cloud(path, build, terminal)
    if build.until == "build" or built.exit_code == Interrupted.exit_code:
        return DeployReport(built)
    if built.ended:
        terminal.tell(run_tables(built))
    options = Options(limit, build.sites, build.refresh, yes=build.yes or bool(built.ended))
    configured = configure(path, options, terminal)
    if build.until == "configure" or configured.exit_code or not configured.hosts:
        return DeployReport(built, configured)
    return DeployReport(built, configured, prove(path, terminal))


def prove(path: Path, terminal: PlayTerminal) -> VerifyReport | None:
    """Let every service prove itself all of whose hosts are configured; None where there is none."""
    from dr_drills.probes.trust import Keys
    from dr_drills.verify.verify import verify
    from inventories.keys import operator_keys
    from inventories.opening import open_inventory
    from playbooks.configured import complete_services

    opened = open_inventory(path, os.environ, terminal.note)
    keys = operator_keys(opened.home, os.environ, terminal.note)
    services = complete_services(opened)
    if keys is None or not services:
        return None
    return verify(opened.inventory.variables, Keys.of(keys), only=services)


def deploy_tables(report: DeployReport) -> Iterator[Table]:
    """Yield the tables of each phase that ran."""
    yield from run_tables(report.build)
    if report.configure:
        yield from configure_tables(report.configure)
    if report.verify:
        yield verify_table(report.verify)


def verify_table(report: VerifyReport) -> Table:
    """Return one row per proof."""
    rows = tuple((row.subject, row.rule, row.where, str(row.verdict), row.message) for row in report.rows)
    return Table(_PROOFS, rows)
