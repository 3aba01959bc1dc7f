"""Names of resources: URNs, provider references, aliases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


def make(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return the URN of a resource; the types of its parents are part of it, the stack's is not."""
    above = qualified_type(parent) if parent else ""
    chain = type_ if above in {"", STACK_TYPE} else f"{above}${type_}"
    return f"urn:pulumi:{stack}::{project}::{chain}::{name}"


def qualified_type(urn: str) -> str:
    return urn.split("::", 3)[2]


def type_of(urn: str) -> str:
    return qualified_type(urn).rpartition("$")[2]


def name_of(urn: str) -> str:
    return urn.split("::", 3)[3]


def package_of(type_: str) -> str:
    return type_.partition(":")[0]


def provider_urn(reference: str) -> str:
    """Return the URN in a provider reference `<urn>::<id>`."""
    return reference.rpartition("::")[0]


@dataclass(frozen=True)
class Alias:
    """One alias as the program gives it: a whole URN, or what differs from the present one."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(frozen=True)
class Named:
    """What the URN of a resource is made of."""

    stack: str
    project: str
    parent: str
    type: str
    name: str

    @property
    def urn(self) -> str:
        return make(self.stack, self.project, self.parent, self.type, self.name)


def former(named: Named, aliases: Iterable[Alias], parent_aliases: Iterable[str]) -> tuple[str, ...]:
    """Return the URNs a resource may be known by in older state, its own aliases first, then its parent's."""
    own = [_resolve(named, alias) for alias in aliases]
    inherited = [
        _under(named.parent, parent, base)
        for parent in parent_aliases
        for base in (named.urn, *own)
    ]  # fmt: skip
    return tuple(dict.fromkeys(urn for urn in (*own, *inherited) if urn != named.urn))


def _resolve(named: Named, alias: Alias) -> str:
    if alias.urn:
        return alias.urn
    parent = "" if alias.no_parent else alias.parent or named.parent
    return make(
        alias.stack or named.stack,
        alias.project or named.project,
        parent,
        alias.type or named.type,
        alias.name or named.name,
    )


def _under(parent: str, former_parent: str, urn: str) -> str:
    # A child named after its parent followed the parent's name.
    name, parent_name = name_of(urn), name_of(parent)
    if name.startswith(parent_name):
        name = name_of(former_parent) + name.removeprefix(parent_name)
    stack, project = former_parent.removeprefix("urn:pulumi:").split("::", 2)[:2]
    return make(stack, project, former_parent, type_of(urn), name)
