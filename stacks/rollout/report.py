"""What a run did: per stack, per site, in numbers, and the one exit code it comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from failures import GovcloudError, Interrupted, Text
from stacks.engine.events import Op
from stacks.messages import distinct
from stacks.rollout.plan import change_document, is_object
from stacks.rollout.run import Ended, Verdict


@dataclass(frozen=True)
class SiteSum:
    """One site's part of a run; `unchanged` stacks were not opened; `requests` are HTTP requests, those to plan too."""

    site: str
    done: int
    unchanged: int
    failed: int
    skipped: int
    ops: Counter[Op]
    requests: int


@dataclass(frozen=True)
class RunReport:
    """`ended` are the stacks that were to be run, `unchanged` those that were not, as (site, stack)."""

    cloud: str
    command: str
    sites: tuple[str, ...]
    ended: tuple[Ended, ...]
    unchanged: tuple[tuple[str, str], ...]
    seconds: float
    interrupted: bool = False
    requests: Mapping[str, int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """130 when stopped by the user, else the gravest failure, else 0."""
        if self.interrupted:
            return Interrupted.exit_code
        return max(
            (e.error.exit_code if e.error else 5 for e in self.ended if e.verdict is not Verdict.DONE), default=0
        )

    @property
    def messages(self) -> tuple[GovcloudError, ...]:
        """One failure per site that is dead, one for each other distinct failure, and the interruption."""
        found = list(distinct((end.plan.site, end.error) for end in self.ended if end.error))
        if self.interrupted:
            what = Text("interrupted; the state is sound, run again to go on", "已中断；状态完好，重新执行即可继续")
            found.append(Interrupted(what, where=self.cloud))
        return tuple(found)

    def site(self, name: str) -> SiteSum:
        mine = [end for end in self.ended if end.plan.site == name]
        verdicts = Counter(end.verdict for end in mine)
        outcomes = [end.outcome for end in mine if end.outcome]
        return SiteSum(
            site=name,
            done=verdicts[Verdict.DONE],
            unchanged=sum(1 for site, _ in self.unchanged if site == name),
            failed=verdicts[Verdict.FAILED] + verdicts[Verdict.UNKNOWN],
            skipped=verdicts[Verdict.SKIPPED],
            ops=Counter(change.op for outcome in outcomes for change in outcome.changes if is_object(change.type)),
            requests=self.requests.get(name, 0),
        )

    @property
    def all_sites(self) -> tuple[str, ...]:
        """The chosen sites, then those that only have stacks to be removed."""
        return tuple(dict.fromkeys([*self.sites, *(end.plan.site for end in self.ended)]))

    def document(self) -> dict[str, Any]:
        return {
            "ok": self.exit_code == 0,
            "exit_code": self.exit_code,
            "command": self.command,
            "cloud": self.cloud,
            "seconds": round(self.seconds, 2),
            "interrupted": self.interrupted,
            "sites": {site: _site_document(self.site(site)) for site in self.all_sites},
            "stacks": [_end_document(end) for end in self.ended],
            "errors": [{"where": e.where, "what": e.what.en, "exit_code": e.exit_code} for e in self.messages],
        }


def _site_document(total: SiteSum) -> dict[str, Any]:
    return {
        "stacks": {
            "done": total.done,
            "unchanged": total.unchanged,
            "failed": total.failed,
            "skipped": total.skipped,
        },
        "operations": {str(op): count for op, count in total.ops.items()},
        "api_calls": total.requests,
    }


def _end_document(end: Ended) -> dict[str, Any]:
    outcome = end.outcome
    return {
        "stack": end.plan.stack,
        "site": end.plan.site,
        "standing": str(end.plan.standing),
        "verdict": str(end.verdict),
        "changes": [change_document(c) for c in outcome.changes if c.op is not Op.SAME] if outcome else [],
        "failures": [{"urn": f.urn, "op": str(f.op), "error": f.error, "unknown": f.unknown} for f in outcome.failures]
        if outcome
        else [],
        "api_calls": outcome.api_calls if outcome else 0,
        "error": end.error.what.en if end.error else None,
    }
