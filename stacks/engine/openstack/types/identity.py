"""Keystone: projects, users, groups, roles, and who has which role where."""

from __future__ import annotations

from collections.abc import Callable

from stacks.engine.openstack.api import Api
from stacks.engine.openstack.canonical import as_set
from stacks.engine.openstack.resource import CONFLICT_SECONDS
from stacks.engine.openstack.rows import Change, Inputs, Kind, Property, Raw, Special, untold
from stacks.engine.openstack.types.properties import DESCRIPTION, NAME, REGION

_USER_OPTIONS = {
    "ignoreChangePasswordUponFirstUse": "ignore_change_password_upon_first_use",
    "ignoreLockoutFailureAttempts": "ignore_lockout_failure_attempts",
    "ignorePasswordExpiry": "ignore_password_expiry",
    "multiFactorAuthEnabled": "multi_factor_auth_enabled",
}


def _delete_project(api: Api, id_: str, _inputs: Inputs) -> None:
    """Delete the project, and the security group `default` that Neutron made for it and would keep for ever."""
    api.insist(lambda: api.delete("identity", f"/projects/{id_}"), CONFLICT_SECONDS)
    if not api.offers("network"):
        return
    mine = {"tenant_id": id_, "name": "default", "fields": "id"}
    for group in api.get("network", "/security-groups", mine)["security_groups"]:
        api.delete("network", f"/security-groups/{group['id']}")


def _options(inputs: Inputs, names: frozenset[str]) -> Raw:
    return {api: bool(inputs.get(name)) for name, api in _USER_OPTIONS.items() if name in names}


def _user_body(_api: Api, inputs: Inputs, body: Raw) -> Raw:
    options = _options(inputs, frozenset(inputs))
    return body | (inputs.get("extra") or {}) | ({"options": options} if options else {})


def _update_user(api: Api, change: Change) -> Raw:
    body = _user_body(api, {name: change.new.get(name) for name in change.changed}, change.body)
    return dict(api.send("PATCH", "identity", f"/users/{change.id}", {"user": body})["user"])


def _option(name: str) -> Property:
    key = _USER_OPTIONS[name]
    return Property(name, bool, api="", read=lambda raw, _: bool((raw.get("options") or {}).get(key)))


def _role_path(assignment: Inputs) -> str:
    scope = (
        f"/projects/{assignment['projectId']}" if assignment.get("projectId") else f"/domains/{assignment['domainId']}"
    )
    who = f"/users/{assignment['userId']}" if assignment.get("userId") else f"/groups/{assignment['groupId']}"
    return f"{scope}{who}/roles/{assignment['roleId']}"


def _membership_path(membership: Inputs) -> str:
    return f"/groups/{membership['groupId']}/users/{membership['userId']}"


def _link(names: tuple[str, ...], path: Callable[[Inputs], str]) -> Special:
    """Return the verbs of a link between objects: it has no body, and its id is made of theirs."""

    def named(id_: str) -> Raw:
        return dict(zip(names, id_.split("/"), strict=True))

    def there(api: Api, link: Inputs) -> Raw | None:
        return None if api.get_or_none("identity", path(link)) is None else dict(link)

    return Special(
        create=lambda api, link: {**link, **api.send("PUT", "identity", path(link))},
        read=lambda api, id_, _: there(api, named(id_)),
        delete=lambda api, id_, _: api.delete("identity", path(named(id_))),
        find=lambda api, link: [found for found in [there(api, link)] if found],
        identify=lambda raw: "/".join(raw.get(name) or "" for name in names),
    )


def _link_kind(
    type_: str,
    key: str,
    names: tuple[str, ...],
    path: Callable[[Inputs], str],
    exclusive: tuple[tuple[str, str], ...] = (),
) -> Kind:
    """Return the row of a link between the objects whose ids `names` hold."""
    return Kind(
        type_,
        "identity",
        f"/{key}s",
        key,
        (REGION, *(Property(name, api=name, force_new=True) for name in names)),
        made=untold,
        natural_key=names,
        exclusive=exclusive,
        special=_link(names, path),
    )


KINDS = (
    Kind(
        "openstack:identity/project:Project",
        "identity",
        "/projects",
        "project",
        (
            REGION,
            NAME,
            DESCRIPTION,
            Property("domainId", force_new=True, computed=True),
            Property("enabled", bool, default=True),
            Property("isDomain", bool, force_new=True),
            Property("parentId", force_new=True, computed=True),
            Property("tags", list, same=as_set),
        ),
        made=untold,
        natural_key=("name", "domainId"),
        update_method="PATCH",
        special=Special(delete=_delete_project),
    ),
    Kind(
        "openstack:identity/user:User",
        "identity",
        "/users",
        "user",
        (
            REGION,
            NAME,
            DESCRIPTION,
            Property("defaultProjectId", computed=True),
            Property("domainId", computed=True),
            Property("enabled", bool, default=True),
            Property("extra", dict, api="", echo=True),
            Property("password", echo=True),
            *(_option(name) for name in _USER_OPTIONS),
        ),
        made=untold,
        natural_key=("name", "domainId"),
        secret=frozenset({"password"}),
        special=Special(body=_user_body, update=_update_user),
    ),
    Kind(
        "openstack:identity/groupV3:GroupV3",
        "identity",
        "/groups",
        "group",
        (REGION, NAME, DESCRIPTION, Property("domainId", force_new=True, computed=True)),
        made=untold,
        natural_key=("name", "domainId"),
        update_method="PATCH",
    ),
    Kind(
        "openstack:identity/role:Role",
        "identity",
        "/roles",
        "role",
        (REGION, NAME, Property("domainId", computed=True)),
        made=untold,
        natural_key=("name", "domainId"),
        update_method="PATCH",
        own={},
    ),
    _link_kind(
        "openstack:identity/roleAssignment:RoleAssignment",
        "role_assignment",
        ("domainId", "projectId", "groupId", "userId", "roleId"),
        _role_path,
        exclusive=(("domainId", "projectId"), ("groupId", "userId")),
    ),
    _link_kind(
        "openstack:identity/userMembershipV3:UserMembershipV3", "membership", ("userId", "groupId"), _membership_path
    ),
)
