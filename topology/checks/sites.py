"""Checks of sites and the links between them."""

from __future__ import annotations

from collections.abc import Iterator

from failures import Text
from topology.checks.check import Check, Flaw
from topology.model import Cloud, SiteRole
from topology.rules import Rule


def _own_links(cloud: Cloud) -> Iterator[Flaw]:
    for index, link in enumerate(cloud.links):
        one, other = link.between
        if one == other:
            message = Text(f"this link joins {one} to itself", f"该线路两端都是 {one}")
            yield Flaw(
                ("links", index, "between", 1), message, Text("name two different sites", "请填写两个不同的中心")
            )


def _shared_clouds(cloud: Cloud) -> Iterator[Flaw]:
    first: dict[str, str] = {}
    for name, site in cloud.sites.items():
        other = first.setdefault(site.openstack, name)
        if other != name:
            message = Text(
                f"{site.openstack} is already the OpenStack cloud of {other}",
                f"{site.openstack} 已是 {other} 的 OpenStack 云",
            )
            fix = Text("give each site its own entry of clouds.yaml", "请为每个中心配置各自的 clouds.yaml 条目")
            yield Flaw(("sites", name, "openstack"), message, fix)


def _active_sites(cloud: Cloud) -> Iterator[Flaw]:
    active = sum(site.role is SiteRole.ACTIVE for site in cloud.sites.values())
    needed = cloud.rules.min_active_sites
    if active < needed:
        message = Text(
            f"{needed} active site(s) must always remain, but only {active} exist",
            f"规则要求始终保有 {needed} 个 active 中心,但只有 {active} 个",
        )
        fix = Text(
            "give a site the role active, or lower rules.min_active_sites",
            "请将某个中心设为 active,或调低 rules.min_active_sites",
        )
        path = ("rules", "min_active_sites") if "min_active_sites" in cloud.rules.model_fields_set else ("sites",)
        yield Flaw(path, message, fix)


SITE_CHECKS = (
    Check(Rule("T301", Text("A link joins two different sites.", "线路连接两个不同的中心。")), _own_links),
    Check(
        Rule(
            "T302",
            Text(
                "Two sites on one OpenStack cloud would build over each other and fail together.",
                "两个中心共用一个 OpenStack 云会互相覆盖并同时失效。",
            ),
        ),
        _shared_clouds,
    ),
    Check(
        Rule(
            "T303",
            Text("A cloud has at least as many active sites as its rules demand.", "active 中心数不少于规则的要求。"),
        ),
        _active_sites,
        needs_all=True,
    ),
)
