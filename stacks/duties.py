"""The duties 管 运 用 as Keystone roles: who may look, who may run, who may consume."""

from __future__ import annotations

from dataclasses import dataclass

from topology.model import Cloud, DutyName


@dataclass(frozen=True)
class DutyRole:
    """`role` is one of Keystone's own default roles, which every service's policy already knows."""

    duty: DutyName
    role: str
    reason: str


DUTY_ROLES = (
    DutyRole("supervise", "reader", "the supervising office sees everything of a department and changes nothing"),
    DutyRole("operate", "manager", "the provider runs what departments own: it moves, stops and repairs servers"),
    DutyRole("use", "member", "the department's own people use what was given to them"),
)
BUILDER_ROLE = "member"
"""What a department's builder account needs to create servers, volumes and ports in its own project."""


def role_of(duty: DutyName) -> str:
    """Return the Keystone role of a duty."""
    return next(row.role for row in DUTY_ROLES if row.duty == duty)


def party_group(cloud: str, duty: DutyName, party: str) -> str:
    """Return the name of the identity group of a party that holds a duty over all departments of a cloud."""
    return f"{cloud}-{duty}-{party}"


def party_groups(cloud: Cloud, duty: DutyName) -> tuple[str, ...]:
    """Return the groups of all parties that hold the duty."""
    parties = {"supervise": cloud.duties.supervise, "operate": cloud.duties.operate, "use": cloud.duties.use}[duty]
    return tuple(party_group(cloud.name, duty, party) for party in sorted(parties))
