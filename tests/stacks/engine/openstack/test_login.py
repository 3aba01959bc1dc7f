"""Logging in: an entry of clouds.yaml, or the inputs of the provider."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.engine.openstack.answers import NotReached
from stacks.engine.openstack.login import login_of
from stacks.engine.openstack.provider import connect
from tests.stacks.engine.openstack.fake_site import PROJECT, FakeSite, answer

ROLES = "/identity/v3/roles"
GET_ROLE = "openstack:identity/getRole:getRole"
ROLE = {"id": "r1", "name": "member", "domain_id": None}


def test_explicit_account_is_a_password_login() -> None:
    """The domains of user and project are the default one unless given."""
    login = login_of({"authUrl": "http://k/v3", "userName": "u", "password": "p", "tenantName": "t"})
    assert login.method == "v3password"
    assert login.auth["user_domain_id"] == login.auth["project_domain_id"] == "default"


def test_application_credential_and_token_choose_their_plugins() -> None:
    """What is given decides."""
    secret = {"applicationCredentialId": "i", "applicationCredentialSecret": "s"}
    assert login_of({"authUrl": "http://k/v3", **secret}).method == "v3applicationcredential"
    assert login_of({"authUrl": "http://k/v3", "token": "t", "tenantId": "p"}).method == "v3token"


def test_secrets_are_not_in_the_representation() -> None:
    """A login may end in a traceback."""
    assert "hunter2" not in repr(login_of({"authUrl": "http://k/v3", "userName": "u", "password": "hunter2"}))


@pytest.mark.parametrize(
    ("inputs", "verify"),
    [({}, True), ({"insecure": "true"}, False), ({"insecure": True}, False), ({"cacertFile": "/ca"}, "/ca")],
)
def test_certificates_are_checked_unless_told_otherwise(inputs: dict[str, Any], *, verify: bool | str) -> None:
    """The bridge sends flags as text."""
    assert login_of({"authUrl": "https://k/v3", **inputs}).verify == verify


def test_entry_of_clouds_yaml_logs_in_with_its_project(site: FakeSite, clouds_yaml: str) -> None:
    """One login without discovery, because the address says the version."""
    site.on("GET", ROLES, answer(200, {"roles": [ROLE]}))
    provider = connect("openstack", {"cloud": clouds_yaml})
    assert provider.invoke(GET_ROLE, {"name": "member"}, 10)["id"] == "r1"
    assert site.logins[0]["auth"]["scope"]["project"]["name"] == "admin"
    assert site.requests() == [f"GET {ROLES}?name=member"]


@pytest.mark.parametrize(
    ("inputs", "scope"),
    [({"tenantId": PROJECT}, {"id": PROJECT}), ({"tenantName": "tax"}, {"name": "tax", "domain": {"name": "Default"}})],
)
def test_tenant_overrides_the_entrys_project(
    site: FakeSite, clouds_yaml: str, inputs: dict[str, str], scope: dict[str, Any]
) -> None:
    """The same account in another project."""
    site.on("GET", ROLES, answer(200, {"roles": [ROLE]}))
    connect("openstack", {"cloud": clouds_yaml, **inputs}).invoke(GET_ROLE, {"name": "member"}, 10)
    assert site.logins[0]["auth"]["scope"] == {"project": scope}


def test_providers_of_the_same_inputs_share_one_token(site: FakeSite, clouds_yaml: str) -> None:
    """One token per cloud and project in a process; another project has its own."""
    site.on("GET", ROLES, answer(200, {"roles": [ROLE]}))
    for inputs in ({}, {}, {"tenantId": PROJECT}):
        connect("openstack", {"cloud": clouds_yaml, **inputs}).invoke(GET_ROLE, {"name": "member"}, 10)
    assert len(site.logins) == 2


def test_missing_entry_is_not_reached_and_named(clouds_yaml: str) -> None:
    """Nothing was sent anywhere."""
    with pytest.raises(NotReached, match=r"site west: clouds\.yaml has no usable entry"):
        connect("openstack", {"cloud": "west"}).invoke(GET_ROLE, {"name": "x"}, 5)
    assert clouds_yaml == "east"
