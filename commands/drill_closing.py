"""What a drill that is over promised and what was measured, as a table and as a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from commands.drill_lines import NOT_MEASURED, VERDICTS, lost_of, seconds_of
from commands.drill_states import KINDS, share_a_kind
from console import Cell, Table
from failures import NOTHING, Text

_OUTAGE = ("seconds", "low_s", "high_s", "resolution_s", "held", "attempts", "failed")
_COUNTS = ("acknowledged", "lost", "recovered", "unexpected", "indeterminate_present", "indeterminate_absent")


def closing(report: Mapping[str, Any], verdict: str, page: str) -> dict[str, Any]:
    """Return the facts of a run from its report's document; what was not measured is None.

    {run, verdict, promised, whole, clients: [{service, kind, clients, ...}], rows, rejoin_s, report}
    """
    ledger = report.get("ledger")
    return {
        "run": report["run"],
        "verdict": verdict,
        "promised": report.get("expect"),
        "whole": _outage(report.get("whole")),
        "clients": list(_by_kind(report.get("outages") or ())),
        "rows": {name: ledger[name] for name in _COUNTS} if ledger else None,
        "rejoin_s": report.get("rejoin_s"),
        "report": page,
    }


def closing_table(facts: Mapping[str, Any]) -> Table:
    """Return what `closing` returned for a reader."""
    heads = (Text("what", "项目"), Text("promised", "承诺"), Text("measured", "实测"))
    several = share_a_kind(row["kind"] for row in facts["clients"])
    rows: list[tuple[Cell, ...]] = []
    rows.append((Text("all clients (RTO)", "全部客户端(RTO)"), _promise(facts), seconds_of(facts["whole"])))
    for row in facts["clients"]:
        name, told = KINDS[row["kind"]], f"{row['service']} " if several else ""
        rows.append((Text(f"  {told}{name.en}", f"  {told}{name.zh}"), "", seconds_of(row)))
    rejoin_s = facts["rejoin_s"]
    rejoined = NOT_MEASURED if rejoin_s is None else Text(f"{rejoin_s:.1f} s", f"{rejoin_s:.1f} 秒")
    rows += [
        (Text("acknowledged rows lost", "丢失的已确认记录"), _rows_promise(facts), lost_of(facts["rows"])),
        (Text("all well after healing", "撤除后全部恢复"), "", rejoined),
        (Text("verdict", "结论"), "", VERDICTS[facts["verdict"]]),
        (Text("report", "报告"), "", facts["report"]),
    ]
    return Table(heads, tuple(rows))


def _outage(document: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {name: document.get(name) for name in _OUTAGE} if document else None


def _by_kind(outages: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """Yield one row per service and kind: the worst of its clients, and all their attempts."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in outages:
        groups.setdefault((one["service"], one["kind"]), []).append(one)
    kinds = list(KINDS)
    for service, kind in sorted(groups, key=lambda group: (kinds.index(group[1]), group[0])):
        found = groups[service, kind]
        worst = max(found, key=lambda one: (one["seconds"] is None, one["seconds"] or 0.0))
        sums = {name: sum(one[name] for one in found) for name in ("attempts", "failed")}
        told = {name: worst.get(name) for name in _OUTAGE}
        held = all(one["held"] for one in found)
        yield {"service": service, "kind": kind, "clients": len(found), **told, **sums, "held": held}


def _promise(facts: Mapping[str, Any]) -> Text:
    promised = facts["promised"] or {}
    if promised.get("outage") == "none":
        return Text("nobody notices", "客户端无感")
    limit = promised.get("rto_s")
    return NOTHING if limit is None else Text(f"at most {limit:g} s", f"不超过 {limit:g} 秒")


def _rows_promise(facts: Mapping[str, Any]) -> Text:
    promised = facts["promised"] or {}
    rows = promised.get("rpo_rows")
    if rows is not None:
        return Text(f"at most {rows}", f"不超过 {rows} 条") if rows else Text("none", "不得丢失")
    limit = promised.get("rpo_s")
    return NOTHING if limit is None else Text(f"none older than {limit:g} s", f"不早于故障前 {limit:g} 秒")
