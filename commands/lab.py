"""The lab commands: call the room, show what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from commands.durations import span
from console import Table, Voice
from failures import Text

if TYPE_CHECKING:
    from lab.hosts.roster import HostStatus
    from lab.status import SiteStatus

_SITE = Text("site", "数据中心")
_ON, _OFF = Text("on", "开机"), Text("off", "关机")
_YES, _NO, _BY_UP = Text("yes", "是"), Text("MISSING", "缺少"), Text("installed by `lab up`", "由 lab up 安装")
_STAGES = {
    "installed": Text("OpenStack is installed", "OpenStack 已安装"),
    "checked": Text("the machine offers what is needed", "本机满足要求"),
    "base": Text("the base system of the hosts is built", "主机基础系统已生成"),
    "template": Text("the template is made", "模板已生成"),
    "prepared": Text("prepared", "已准备"),
    "ready": Text("ready", "就绪"),
    "published": Text("clouds.yaml is written", "clouds.yaml 已写出"),
}
_STATES = {
    "up": Text("up", "运行"),
    "down": Text("down", "停止"),
    "cut": Text("cut", "已切断"),
    "off": Text("no power", "断电"),
    "partial": Text("partial", "部分运行"),
}


def check(voice: Voice, path: Path | None) -> int:
    import topology
    from lab.check import check as run
    from lab.place import find_place
    from topology.load import load_cloud

    cloud = load_cloud(path or Path(topology.__path__[0]) / "quanzhou.yaml")
    rows = run(cloud, find_place(cloud.name))
    missing = [row for row in rows if not row.ok and not row.by_up]
    document = [{"id": r.id, "ok": r.ok, "by_up": r.by_up, "what": r.what.en, "fix": r.fix.en} for r in rows]
    voice.document({"ok": not missing, "exit_code": int(bool(missing)), "rows": document})
    heads = (Text("what", "检查项"), Text("there", "具备"), Text("what to do", "处理办法"))
    shown = tuple((r.what, _YES if r.ok else _BY_UP if r.by_up else _NO, "" if r.ok else r.fix) for r in rows)
    voice.table(Table(heads, shown))
    return int(bool(missing))


def listener(voice: Voice) -> Callable[[str, str, float], None]:
    """Return what tells the user of every stage that has ended: site, stage, seconds."""

    def listen(site: str, stage: str, seconds: float) -> None:
        what = _STAGES.get(stage, Text(stage, stage))
        head = f"{span(seconds):>6} {site}".rstrip()
        voice.note(Text(f"{head}: {what.en}", f"{head}：{what.zh}"))

    return listen


def up(voice: Voice, path: Path, boot: Literal["services", "all"] | None) -> int:
    from lab.hosts.recipe import recipes_of
    from lab.place import find_place
    from lab.up import up as run
    from topology.load import load_cloud

    cloud = load_cloud(path)
    raised = run(cloud, find_place(cloud.name), listener(voice), recipes=recipes_of(cloud, path), boot=boot)
    sites: list[dict[str, Any]] = [{"site": s.name, "entry": s.entry, "auth_url": s.auth_url} for s in raised.sites]
    clouds = str(raised.clouds_yaml)
    voice.document({"ok": True, "exit_code": 0, "changed": raised.changed, "clouds_yaml": clouds, "sites": sites})
    voice.table(
        Table(
            (_SITE, Text("cloud", "clouds.yaml 条目"), Text("Keystone", "Keystone")),
            tuple((s["site"], s["entry"], s["auth_url"]) for s in sites),
        )
    )
    if not raised.changed:
        voice.say(Text("the lab is up already", "实验环境已在运行"))
    if raised.hint:
        voice.note(raised.hint)
    return 0


def down(voice: Voice, path: Path, *, keep: bool) -> int:
    from lab.down import down as run
    from lab.place import find_place
    from topology.load import load_cloud

    cloud = load_cloud(path)
    run(cloud.name, find_place(cloud.name), wipe=not keep)
    voice.document({"ok": True, "exit_code": 0, "lab": cloud.name, "kept": keep})
    voice.say(Text(f"the lab {cloud.name} is down", f"实验环境 {cloud.name} 已拆除"))
    return 0


def status(voice: Voice, path: Path) -> int:
    from commands.faults import fault_rows, line_rows, line_table
    from lab.place import find_place
    from lab.status import status as run
    from lab.wan.report import look
    from lab.wan.settle import read_faults
    from topology.load import load_cloud

    cloud = load_cloud(path)
    place = find_place(cloud.name)
    rows, lines = run(cloud, place), look(place.run)
    well = all(row.state == "up" for row in rows) and all(line.state == "up" for line in lines)
    sites = [
        {
            "site": r.site,
            "state": r.state,
            "url": r.url,
            "answers": {str(service): seconds for service, seconds in r.answers.items()},
            "memory_mib": round(r.memory_mib),
            "uptime_s": round(r.uptime_s),
            "hosts": [asdict(host) for host in r.hosts],
        }
        for r in rows
    ]
    faults = fault_rows(read_faults(place.run))
    voice.document(
        {"ok": well, "exit_code": int(not well), "sites": sites, "lines": line_rows(lines), "faults": faults}
    )
    heads = (
        _SITE,
        Text("state", "状态"),
        Text("answers", "应答服务"),
        Text("hosts", "主机"),
        Text("MiB", "内存 MiB"),
        Text("up for", "运行时长"),
    )
    shown = tuple(
        (r.site, _STATES[r.state], _answers(r.answers), _running(r.hosts), _mib(r), span(r.uptime_s)) for r in rows
    )
    voice.table(
        Table((*heads, Text("Keystone", "Keystone")), tuple((*row, r.url) for row, r in zip(shown, rows, strict=True)))
    )
    if lines:
        voice.table(line_table(lines))
    if any(row.hosts for row in rows):
        voice.table(_host_table(rows))
    return int(not well)


def _running(hosts: Sequence[HostStatus]) -> str:
    return f"{sum(host.running for host in hosts)}/{len(hosts)}"


def _mib(row: SiteStatus) -> str:
    return f"{row.memory_mib + sum(host.memory_mib for host in row.hosts):.0f}"


def _host_table(rows: Sequence[SiteStatus]) -> Table:
    heads = (Text("host", "主机"), _SITE, Text("state", "状态"), Text("address", "地址"), Text("MiB", "内存 MiB"))
    hosts = [host for row in rows for host in row.hosts]
    shown = ((h.name, h.site, _ON if h.running else _OFF, h.address, f"{h.memory_mib:.0f}") for h in hosts)
    return Table(heads, tuple(shown))


def _answers(answers: Any) -> str:
    return f"{sum(1 for seconds in answers.values() if seconds is not None)}/{len(answers)}"
