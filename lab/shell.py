"""Finds the way into a host or into a site."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from failures import OutsideFailed, Text
from lab.hosts.machine import PATH
from lab.hosts.roster import find
from lab.namespaces import NETNS, exists
from lab.place import Place
from lab.up import known_sites
from topology.model import Cloud


def way_in(
    cloud: Cloud, place: Place, name: str, command: Sequence[str], environ: Mapping[str, str] = os.environ
) -> list[str]:
    """Return the words that run the command, or a shell, as root in a host or at the operator's seat in a site.

    Raises WrongUsage for a name that is neither, OutsideFailed when the host or the site is not up.
    """
    sites = {site.name: site for site in known_sites(cloud, place)}
    if name in sites:
        seat = sites[name].seat
        if not exists(seat):
            raise _not_up(name, Text("govcloud lab up TOPOLOGY", "govcloud lab up 拓扑文件"))
        return ["nsenter", f"--net={NETNS / seat}", "--", *(command or [environ.get("SHELL") or "/bin/sh"])]
    init = find(sites.values(), name).init()
    if init is None:
        raise _not_up(name, Text("start its server, or power it on", "请启动该服务器，或给它供电"))
    clean = ["env", "-i", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", f"TERM={environ.get('TERM', 'dumb')}"]
    return [
        "nsenter",
        f"--target={init}",
        "--all",
        "--root",
        "--wdns=/root",
        "--",
        *clean,
        *(command or ["bash", "-l"]),
    ]


def _not_up(name: str, fix: Text) -> OutsideFailed:
    return OutsideFailed(Text("is not up", "没有启动"), where=name, fix=fix)
