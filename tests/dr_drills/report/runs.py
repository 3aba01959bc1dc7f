"""Event logs of runs that never were, built as an executor would write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dr_drills.approvals.approval import Agreement, Approval
from dr_drills.approvals.statement import Statement
from dr_drills.clients.attempts import Attempt, Outcome
from dr_drills.journal.event import Event, EventKind, next_event

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
CLOCK_S = 5000.0
SITES = {
    "donghai": {
        "role": "active",
        "city": "quanzhou",
        "title": {"zh": "东海政务中心", "en": "Donghai government centre"},
    },
    "anxi": {
        "role": "active",
        "city": "quanzhou",
        "title": {"zh": "安溪 EC 产业园数据中心", "en": "Anxi EC park data centre"},
    },
    "changle": {"role": "dr", "city": "fuzhou", "title": {"zh": "长乐数据中心", "en": "Changle data centre"}},
}
LINKS = {
    "donghai-anxi-unicom": {"between": ["donghai", "anxi"], "carrier": "unicom"},
    "donghai-anxi-telecom": {"between": ["donghai", "anxi"], "carrier": "telecom"},
    "donghai-changle-telecom": {"between": ["donghai", "changle"], "carrier": "telecom"},
    "anxi-changle-mobile": {"between": ["anxi", "changle"], "carrier": "mobile"},
}
STEPS: tuple[dict[str, Any], ...] = (
    {
        "id": "await-lease anxi",
        "rule": "await-lease",
        "target": "anxi",
        "predicted_s": 22.4,
        "timeout_s": 60.0,
        "reason": {
            "en": "the old primary demotes itself before its lease runs out, then the synchronous copy takes it",
            "zh": "旧主库在租约到期前自行降级，随后由同步副本取得租约",
        },
    },
    {
        "id": "verify-write anxi",
        "rule": "verify-write",
        "target": "anxi",
        "predicted_s": 1.0,
        "timeout_s": 20.0,
        "reason": {"en": "an acknowledged write proves the new primary", "zh": "以一次已确认的写入证明新主库可用"},
    },
)
FACTS: dict[str, Any] = {
    "run": "site-network-loss-20261122T020000Z",
    "cloud": "quanzhou",
    "scenario": "site-network-loss",
    "title": {"zh": "中心网络中断", "en": "Loss of a site's network"},
    "level": "full",
    "target": {"site": "donghai"},
    "topology_sha256": "3b5d" * 16,
    "plan_sha256": "a91c" * 16,
    "operator": "lin.wei",
    "host": "ops-changle-1",
    "boot_id": "11111111-2222-3333-4444-555555555555",
    "versions": {"govcloud": "0.1.0", "PostgreSQL": "15.14", "Patroni": "4.1.5", "etcd": "3.4.23"},
    "expect": {"rto_s": 60, "rpo_rows": 0, "outage": "tier"},
    "steps": STEPS,
    "sites": SITES,
    "links": LINKS,
}
KEY = "SHA256:Ivv7pPxOCCCriD6/j1ANu5TvVuS60z18iof9S4zsnR8"
SIGNATURE = """-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgYkN6WT+hBz8YEEeggx7H0QvBPP
TzIx6G+AkIG8ED6QgAAAAXZ292Y2xvdWQtZHJpbGwtYXBwcm92YWwAAAAAAAAABnNoYTUx
MgAAAFMAAAALc3NoLWVkMjU1MTkAAABAGRgK8x5Qi+4HcFOwvkrrCVU3GG80pGTmKSY2Vv
oaSwvr1VhttPIibhWvJ2CLqljifMTaLa9LSpsr8wSfcOFVBw==
-----END SSH SIGNATURE-----
"""
SAID = Statement("quanzhou", "a91c" * 16, "3b5d" * 16, "chen.jing", "2026-11-22T01:50:00+00:00", "5e" * 16)
AGREED: dict[str, Any] = Agreement(Approval(SAID.text, SIGNATURE), KEY, ("chen.jing",)).document()
FAULT: dict[str, Any] = {
    "fault": "cut",
    "target": {"kind": "site", "name": "donghai"},
    "meaning": {
        "en": "every line of the site is cut; what goes on inside goes on",
        "zh": "切断该中心的全部线路；中心内部不受影响",
    },
}
CLIENTS = (
    ("writer-citizen-db", "citizen-db", "writer", 23.3),
    ("citizen-certificates", "certificates", "citizen", 24.1),
    ("reader-citizen-db", "citizen-db", "reader", 0.7),
    ("resolver-entrance", "entrance", "resolver", 0.0),
)
FAULT_T, HOLD_END = 14.0, 96.0


@dataclass
class Builder:
    """Writes events at times that are told in seconds since the run began."""

    events: list[Event] = field(default_factory=list)

    def at(self, t: float, kind: EventKind, row: str = "", /, **data: Any) -> None:
        told = (START + timedelta(seconds=t)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        last = self.events[-1] if self.events else None
        self.events.append(next_event(last, told, CLOCK_S + t, kind, row, data))

    def phase(self, name: str, began: float, ended: float) -> None:
        self.at(began, EventKind.PHASE_BEGAN, name, phase=name)
        self.at(ended, EventKind.PHASE_ENDED, name, phase=name, seconds=ended - began, verdict="pass")


def outage(client: tuple[str, str, str, float], hz: float = 10.0) -> dict[str, Any]:
    """Return what is measured of a client that was without service for so many seconds after the fault."""
    name, service, kind, seconds = client
    tried = round(HOLD_END * hz)
    return {
        "client": name,
        "service": service,
        "kind": kind,
        "seconds": seconds,
        "low_s": max(0.0, seconds - 0.1),
        "high_s": seconds + 0.1 if seconds else 0.0,
        "resolution_s": 2 / hz,
        "first_failure_s": 0.3 if seconds else None,
        "back_s": seconds or None,
        "held": True,
        "attempts": tried,
        "failed": round(seconds * hz),
    }


def measured(clients: Iterable[tuple[str, str, str, float]] = CLIENTS) -> dict[str, Any]:
    rows = [outage(client) for client in clients]
    worst = max(rows, key=lambda row: row["seconds"])
    whole = {name: worst[name] for name in worst if name not in {"client", "service", "kind"}}
    return {
        "outages": rows,
        "whole": {**whole, "attempts": sum(r["attempts"] for r in rows), "failed": sum(r["failed"] for r in rows)},
        "ledger": {
            "acknowledged": 731,
            "lost": 0,
            "recovered": 4,
            "unexpected": 0,
            "indeterminate_present": 2,
            "indeterminate_absent": 7,
            "lost_markers": [],
        },
        "rejoin_s": 12.6,
        "watcher": {"dual_acknowledging": 0, "samples": 964},
    }


def site_lost(
    changes: Mapping[str, Any] | None = None, agreed: Mapping[str, Any] | None = None, **facts: Any
) -> tuple[Event, ...]:
    """Return the events of a site lost and found again; `changes` are of what was measured, `facts` of the run.

    `agreed` is what the approval says otherwise.
    """
    run = Builder()
    run.at(0.0, EventKind.RUN_BEGAN, **{**FACTS, **facts})
    run.phase("gate", 0.02, 2.9)
    run.at(2.95, EventKind.APPROVAL, "", **{**AGREED, **(agreed or {})}, allow_data_loss=False)
    run.phase("baseline", 3.0, 13.0)
    run.at(13.1, EventKind.PHASE_BEGAN, "inject", phase="inject")
    run.at(13.2, EventKind.FAULT_INTENT, "cut-site", **FAULT)
    run.at(FAULT_T, EventKind.FAULT_INJECTED, "cut-site", **FAULT)
    run.at(14.1, EventKind.PHASE_ENDED, "inject", phase="inject", seconds=1.0, verdict="pass")
    _recovered(run)
    run.phase("hold", 38.4, HOLD_END)
    run.at(96.1, EventKind.PHASE_BEGAN, "heal", phase="heal")
    run.at(96.2, EventKind.HEAL_INTENT, "cut-site", **FAULT)
    run.at(97.4, EventKind.HEALED, "cut-site", **FAULT, ok=True)
    run.at(97.5, EventKind.PHASE_ENDED, "heal", phase="heal", seconds=1.4, verdict="pass")
    run.phase("rejoin", 97.6, 110.2)
    run.phase("count", 110.3, 111.9)
    run.at(112.0, EventKind.MEASURED, "", **{**measured(), **(changes or {})})
    run.at(112.1, EventKind.RUN_ENDED, "", verdict="pass", reasons=[])
    return tuple(run.events)


def _recovered(run: Builder) -> None:
    lease, write = ({k: v for k, v in step.items() if k not in {"id", "timeout_s", "reason"}} for step in STEPS)
    run.phase("detect", 14.2, 15.6)
    run.phase("decide", 15.6, 15.9)
    run.at(15.9, EventKind.PHASE_BEGAN, "promote", phase="promote")
    run.at(16.0, EventKind.STEP_INTENT, "await-lease", step="await-lease anxi", budget_s=60.0, **lease)
    run.at(36.7, EventKind.STEP_DONE, "await-lease", step="await-lease anxi", seconds=20.7, answer="yes", **lease)
    run.at(36.8, EventKind.PHASE_ENDED, "promote", phase="promote", seconds=20.9, verdict="pass")
    run.at(36.9, EventKind.PHASE_BEGAN, "verify", phase="verify")
    run.at(36.9, EventKind.STEP_INTENT, "verify-write", step="verify-write anxi", budget_s=20.0, **write)
    run.at(38.2, EventKind.STEP_DONE, "verify-write", step="verify-write anxi", seconds=1.3, answer="yes", **write)
    run.at(38.3, EventKind.PHASE_ENDED, "verify", phase="verify", seconds=1.4, verdict="pass")


def without(events: Iterable[Event], *kinds: EventKind) -> tuple[Event, ...]:
    """Return the run chained anew without events of some kinds."""
    left: list[Event] = []
    for event in events:
        if event.kind not in kinds:
            last = left[-1] if left else None
            left.append(next_event(last, event.at, event.clock_s, EventKind(event.kind), event.row, dict(event.data)))
    return tuple(left)


def attempts(
    clients: Iterable[tuple[str, str, str, float]] = CLIENTS, until: float = HOLD_END + 1
) -> tuple[Attempt, ...]:
    """Return ten attempts a second of each client, refused or in doubt while it had no service."""
    made = []
    for name, _service, _kind, seconds in clients:
        for number in range(30, round(until * 10)):
            t, back = number / 10, FAULT_T + seconds
            outcome = Outcome.ACKNOWLEDGED
            if FAULT_T <= t < back:
                outcome = Outcome.INDETERMINATE if t < FAULT_T + 0.9 else Outcome.REFUSED
            began = CLOCK_S + t
            made.append(Attempt(name, f"{name}-{number}", began, began + 0.02, outcome, "anxi"))
    return tuple(made)
