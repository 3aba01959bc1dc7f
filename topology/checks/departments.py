"""Checks of departments: where they live, and the names their servers get."""

from __future__ import annotations

from collections.abc import Iterator

from failures import Text
from topology.checks.check import Check, Flaw
from topology.model import Cloud
from topology.rules import Path, Rule

# A host name holds 63 characters; servers add a dash and a number of two digits.
LONGEST = 60


def _twice(cloud: Cloud) -> Iterator[Flaw]:
    for name, department in cloud.departments.items():
        for index, site in enumerate(department.sites):
            if site in department.sites[:index]:
                message = Text(f"{site} is listed twice", f"{site} 重复列出")
                yield Flaw(
                    ("departments", name, "sites", index), message, Text("list each site once", "每个中心只列一次")
                )


def _machines(cloud: Cloud) -> Iterator[tuple[str, Path]]:
    """Yield the stem of the server names of each application and service, with its path."""
    for service, held in cloud.services.items():
        yield from ((f"{service}-{site}", ("services", service)) for site, count in held.placement.items() if count)
    for name, department in cloud.departments.items():
        for application in department.applications:
            yield f"{name}-{application}", ("departments", name, "applications", application)


def _long_names(cloud: Cloud) -> Iterator[Flaw]:
    for stem, path in _machines(cloud):
        if len(stem) > LONGEST:
            message = Text(
                f"the server name {stem} has {len(stem)} characters", f"服务器名 {stem} 有 {len(stem)} 个字符"
            )
            fix = Text(
                f"the two names together, with a dash: at most {LONGEST}", f"两个名称连同连字符至多 {LONGEST} 个字符"
            )
            yield Flaw(path, message, fix)


def _same_names(cloud: Cloud) -> Iterator[Flaw]:
    first: dict[str, Path] = {}
    for stem, path in _machines(cloud):
        other = first.setdefault(stem, path)
        if other != path:
            where = ".".join(map(str, other))
            message = Text(
                f"its servers would be named {stem}, like those of {where}", f"其服务器将命名为 {stem},与 {where} 相同"
            )
            yield Flaw(path, message, Text("rename one of the two", "请将其中之一改名"))


DEPARTMENT_CHECKS = (
    Check(Rule("T331", Text("A department lists a site once.", "部门对每个中心只列一次。")), _twice),
    Check(
        Rule(
            "T332",
            Text(
                "Servers are named DEPARTMENT-APPLICATION-NUMBER or SERVICE-SITE-NUMBER, in 63 characters.",
                "服务器命名为 部门-应用-序号 或 服务-中心-序号;主机名至多 63 个字符。",
            ),
        ),
        _long_names,
    ),
    Check(Rule("T333", Text("Servers have names of their own.", "服务器名称各不相同。")), _same_names),
)
