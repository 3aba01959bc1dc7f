"""The commands that cut, slow and heal the lab, and what is shown of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import Table, Voice
from failures import Text

if TYPE_CHECKING:
    from lab.cut import Slowness, Targets
    from lab.wan.faults import Fault
    from lab.wan.report import LineStatus

_STATES = {
    "up": Text("up", "正常"),
    "slow": Text("slow", "减速"),
    "cut": Text("cut", "已切断"),
    "down": Text("down", "停止"),
}


def targets(sites: Sequence[str], links: Sequence[str], carriers: Sequence[str], hosts: Sequence[str]) -> Targets:
    from lab.cut import Targets

    return Targets(tuple(sites), tuple(links), tuple(carriers), tuple(hosts))


def slowness(latency: float, loss_percent: float, bandwidth: float | None) -> Slowness:
    from lab.cut import Slowness

    return Slowness(latency, loss_percent / 100, bandwidth)


def cut(voice: Voice, path: Path, targets: Targets) -> int:
    from lab.cut import cut as run
    from lab.place import find_place
    from topology.load import load_cloud

    cloud = load_cloud(path)
    return _tell(voice, path, run(cloud, find_place(cloud.name), targets))


def slow(voice: Voice, path: Path, targets: Targets, slowness: Slowness) -> int:
    from lab.cut import slow as run
    from lab.place import find_place
    from topology.load import load_cloud

    cloud = load_cloud(path)
    return _tell(voice, path, run(cloud, find_place(cloud.name), targets, slowness))


def heal(voice: Voice, path: Path, targets: Targets) -> int:
    from lab.cut import heal as run
    from lab.place import find_place
    from topology.load import load_cloud

    cloud = load_cloud(path)
    return _tell(voice, path, run(cloud, find_place(cloud.name), targets))


def _tell(voice: Voice, path: Path, faults: Sequence[Fault]) -> int:
    """Show the faults that are in force now."""
    voice.document({"ok": True, "exit_code": 0, "faults": fault_rows(faults)})
    for fault in faults:
        place = f"{fault.site}/" if fault.site else ""
        name = f"{fault.kind} {place}{fault.name}"
        voice.say(
            Text(f"cut off: {name}", f"已切断：{name}")
            if fault.act == "cut"
            else Text(f"slowed down: {name} ({_slowed(fault)})", f"已减速：{name}（{_slowed(fault)}）")
        )
    if faults:
        voice.note(Text(f"to undo it: govcloud lab heal {path}", f"恢复：govcloud lab heal {path}"))
    else:
        voice.say(Text("nothing is cut or slowed down", "没有切断或减速"))
    return 0


def _slowed(fault: Fault) -> str:
    parts = [f"+{fault.latency_ms:g} ms"] if fault.latency_ms else []
    parts += [f"-{fault.loss * 100:g} %"] if fault.loss else []
    parts += [f"<= {fault.bandwidth_mbps:g} Mbit/s"] if fault.bandwidth_mbps is not None else []
    return ", ".join(parts)


def fault_rows(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    """Return the faults for a document."""
    return [{key: value for key, value in asdict(fault).items() if key != "taps"} for fault in faults]


def line_rows(lines: Sequence[LineStatus]) -> list[dict[str, Any]]:
    """Return the lines for a document."""
    return [asdict(line) for line in lines]


def line_table(lines: Sequence[LineStatus]) -> Table:
    """Return the lines for a reader; latency is one way."""
    heads = (
        Text("line", "线路"),
        Text("state", "状态"),
        Text("ms", "时延 ms"),
        Text("lost", "丢包"),
        Text("Mbit/s", "Mbit/s"),
        Text("carrier", "运营商"),
        Text("transit", "可转接"),
    )
    return Table(heads, tuple(map(_shown, lines)))


def _shown(line: LineStatus) -> tuple[str | Text, ...]:
    return (
        line.name,
        _STATES[line.state],
        f"{line.declared_ms if line.latency_ms is None else line.latency_ms:g}",
        f"{line.loss * 100:g} %" if line.loss else "",
        f"{line.bandwidth_mbps:g}" if line.bandwidth_mbps is not None else "",
        line.carrier,
        Text("yes", "是") if line.transit else "",
    )
