"""What configuring did: per host and per play, and the one exit code it comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from failures import GovcloudError, Interrupted, Text
from playbooks.board import PlayTally


class Verdict(StrEnum):
    CONFIGURED = "configured"
    UNCHANGED = "unchanged"
    """left alone: nothing it is made from has changed"""
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True)
class HostEnd:
    """How one host ended; `changed` counts tasks, `error` says why it is not configured."""

    host: str
    site: str
    verdict: Verdict
    changed: int = 0
    error: GovcloudError | None = None


@dataclass(frozen=True)
class ConfigureReport:
    cloud: str
    hosts: tuple[HostEnd, ...]
    plays: tuple[PlayTally, ...]
    seconds: float
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """130 when stopped by the user, else the gravest failure, else 0."""
        if self.interrupted:
            return Interrupted.exit_code
        return max((end.error.exit_code for end in self.hosts if end.error), default=0)

    @property
    def messages(self) -> tuple[GovcloudError, ...]:
        """One failure for all hosts that share it, and the interruption."""
        found = list(_shared([end.error for end in self.hosts if end.error]))
        if self.interrupted:
            what = Text(
                "interrupted, tasks under way were cut short; run again to go on",
                "已中断，进行中的任务被截断；重新执行即可继续",
            )
            found.append(Interrupted(what, where=self.cloud))
        return tuple(found)

    def count(self, verdict: Verdict) -> int:
        return Counter(end.verdict for end in self.hosts)[verdict]

    @property
    def changed(self) -> int:
        """Tasks that changed something, over all hosts."""
        return sum(end.changed for end in self.hosts)

    def document(self) -> dict[str, Any]:
        return {
            "ok": self.exit_code == 0,
            "exit_code": self.exit_code,
            "cloud": self.cloud,
            "seconds": round(self.seconds, 2),
            "interrupted": self.interrupted,
            "changed": self.changed,
            "hosts": [_host_document(end) for end in self.hosts],
            "plays": [_play_document(play) for play in self.plays],
        }


def _shared(errors: Sequence[GovcloudError]) -> Iterator[GovcloudError]:
    """Yield each different failure once, with all hosts that met it."""
    met: dict[tuple[type[GovcloudError], Text, Text], list[str]] = {}
    for error in errors:
        met.setdefault((type(error), error.what, error.fix), []).append(error.where)
    for (kind, what, fix), hosts in met.items():
        yield kind(what, where=", ".join(hosts), fix=fix)


def _host_document(end: HostEnd) -> dict[str, Any]:
    error = {"what": end.error.what.en, "next": end.error.fix.en} if end.error else None
    return {
        "host": end.host,
        "site": end.site,
        "verdict": str(end.verdict),
        "changed": end.changed,
        "error": error,
    }


def _play_document(play: PlayTally) -> dict[str, Any]:
    return {
        "play": play.name,
        "hosts": play.hosts,
        "state": play.state,
        "ok": play.ok,
        "changed": play.changed,
        "failed": list(play.failed),
    }
