"""Judges how each host of a run ended, from what was heard of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from failures import GovcloudError, OutsideFailed, Text
from inventories.opening import Opened
from playbooks.advice import AGAIN, bounded, next_step
from playbooks.board import HostTally
from playbooks.report import HostEnd, Verdict
from playbooks.selection import Selection


@dataclass(frozen=True)
class Ran:
    """What happened: why hosts were barred, what was counted of the others, who is done; `secrets` must not be told."""

    barred: Mapping[str, GovcloudError]
    tallies: Mapping[str, HostTally]
    done: frozenset[str]
    secrets: tuple[str, ...] = ()
    stopped: bool = False


def ends_of(opened: Opened, chosen: Selection, ran: Ran) -> tuple[HostEnd, ...]:
    """Return the end of every host of the choice, in the order of the file."""
    found = (_end(host.name, host.site, chosen, ran) for host in opened.register.hosts)
    return tuple(end for end in found if end)


def _end(host: str, site: str, chosen: Selection, ran: Ran) -> HostEnd | None:
    if host in chosen.missing:
        return HostEnd(host, site, Verdict.NOT_TRIED, error=chosen.missing[host])
    if host in chosen.unchanged:
        return HostEnd(host, site, Verdict.UNCHANGED)
    return _ran(host, site, ran) if host in chosen.changed else None


def _ran(host: str, site: str, ran: Ran) -> HostEnd:
    if host in ran.barred:
        return HostEnd(host, site, Verdict.FAILED, error=ran.barred[host])
    tally = ran.tallies.get(host, HostTally(host))
    if host in ran.done:
        return HostEnd(host, site, Verdict.CONFIGURED, tally.changed)
    if tally.failed:
        return HostEnd(host, site, Verdict.FAILED, tally.changed, _failure(tally, ran.secrets))
    return HostEnd(host, site, Verdict.NOT_TRIED, tally.changed, None if ran.stopped else _unfinished(host))


def _failure(tally: HostTally, secrets: tuple[str, ...]) -> GovcloudError:
    reason = bounded(tally.reason, secrets) or str(tally.outcome)
    what = Text(f"{tally.play}, task '{tally.task}': {reason}", f"{tally.play}，任务“{tally.task}”：{reason}")
    return OutsideFailed(what, where=tally.host, fix=next_step(tally.reason))


def _unfinished(host: str) -> GovcloudError:
    what = Text("not finished: Ansible stopped before its turn", "未完成：Ansible 在轮到它之前停止")
    return OutsideFailed(what, where=host, fix=AGAIN)
