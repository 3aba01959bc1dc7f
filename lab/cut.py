"""Cuts a site's control plane off from everything outside it, and heals it."""

from __future__ import annotations

from failures import OutsideFailed, Text, WrongUsage
from lab.commands import run
from lab.namespaces import exists
from lab.place import Place
from lab.site import INSIDE, LabSite
from lab.up import known_sites
from topology.model import Cloud

TABLE = "govcloud_cut"
# Adding before deleting makes the deletion work whether the table was there or not, in one transaction.
CLEAR = f"add table inet {TABLE}\ndelete table inet {TABLE}\n"
DROP = f"""table inet {TABLE} {{
  chain in {{ type filter hook input priority -300; policy accept; iifname "{INSIDE}" drop; }}
  chain out {{ type filter hook output priority -300; policy accept; oifname "{INSIDE}" drop; }}
}}
"""


def cut(cloud: Cloud, place: Place, site: str) -> None:
    """Drop every packet between the site and the outside; calls inside the site go on. Repeating changes nothing."""
    _apply(_find(cloud, place, site), CLEAR + DROP)


def heal(cloud: Cloud, place: Place, site: str) -> None:
    """Let packets pass again. Repeating changes nothing."""
    _apply(_find(cloud, place, site), CLEAR)


def is_cut(site: LabSite) -> bool:
    """Tell whether the site is cut."""
    tables = run("nsenter", f"--net=/run/netns/{site.namespace}", "nft", "list", "tables")
    return TABLE in tables


def _apply(site: LabSite, rules: str) -> None:
    run("nsenter", f"--net=/run/netns/{site.namespace}", "nft", "-f", "-", stdin=rules)


def _find(cloud: Cloud, place: Place, name: str) -> LabSite:
    found = next((site for site in known_sites(cloud, place) if site.name == name), None)
    if found is None:
        names = ", ".join(cloud.sites)
        raise WrongUsage(
            Text(f"no site is called {name}", f"没有名为 {name} 的站点"),
            where=cloud.name,
            fix=Text(f"the sites are: {names}", f"站点有：{names}"),
        )
    if not exists(found.namespace):
        raise OutsideFailed(
            Text("the site is not up", "该站点没有启动"),
            where=name,
            fix=Text("govcloud lab up TOPOLOGY", "govcloud lab up 拓扑文件"),
        )
    return found
