"""Keystone's database: bootstrapped, with the service users and a catalogue that a site fills with its addresses."""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

import keystone.conf
import keystone.server
from keystone.cmd import bootstrap
from keystone.common import cache, fernet_utils, provider_api
from keystone.common.sql import upgrades
from keystone.credential.providers import fernet as credential_fernet


def make(etc: str) -> None:
    """Make the database; the catalogue comes as JSON in GOVLAB_CATALOG: [{service, kind, url}]."""
    keystone.server.configure(config_files=[f"{etc}/keystone.conf"])
    upgrades.offline_sync_database_to_version()
    _make_keys()
    cache.configure_cache()
    catalog = json.loads(os.environ["GOVLAB_CATALOG"])
    region = os.environ["GOVLAB_REGION"]
    _bootstrap()
    _add_service_users([row["service"] for row in catalog if row["service"] != "keystone"])
    _add_catalog(catalog, region)


def _make_keys() -> None:
    """Make throw-away keys: bootstrap wants them, a site makes its own."""
    conf = keystone.conf.CONF
    for repository, count, name in (
        (conf.fernet_tokens.key_repository, 3, "fernet_tokens"),
        (conf.credential.key_repository, credential_fernet.MAX_ACTIVE_KEYS, "credential"),
    ):
        keys = fernet_utils.FernetUtils(repository, count, name)
        keys.create_key_directory(os.getuid(), os.getgid())
        keys.initialize_key_repository(os.getuid(), os.getgid())


def _bootstrap() -> None:
    work = bootstrap.Bootstrapper()
    work.admin_username, work.admin_role_name, work.project_name = "admin", "admin", "admin"
    work.admin_password = uuid.uuid4().hex
    work.service_role_name, work.service_name, work.immutable_roles = "service", "keystone", True
    work.bootstrap()


def _new(**values: Any) -> dict[str, Any]:
    return {"id": uuid.uuid4().hex, "enabled": True, **values}


def _add_service_users(names: list[str]) -> None:
    api = provider_api.ProviderAPIs
    project = _new(
        name="service",
        domain_id="default",
        parent_id="default",
        is_domain=False,
        description="",
        options={},
        tags=[],
    )
    api.resource_api.create_project(project["id"], project)
    roles = [role["id"] for role in api.role_api.list_roles() if role["name"] in {"admin", "service"}]
    for name in names:
        user = {"name": name, "domain_id": "default", "password": uuid.uuid4().hex, "enabled": True}
        identity = api.identity_api.create_user(user)["id"]
        for role in roles:
            api.assignment_api.add_role_to_user_and_project(identity, project["id"], role)


def _add_catalog(catalog: list[dict[str, str]], region: str) -> None:
    api = provider_api.ProviderAPIs
    api.catalog_api.create_region({"id": region})
    known = {service["type"]: service for service in api.catalog_api.list_services()}
    for row in catalog:
        service = known.get(row["kind"])
        if service is None:
            service = _new(type=row["kind"], name=row["service"])
            api.catalog_api.create_service(service["id"], service)
        for interface in ("public", "internal", "admin"):
            endpoint = _new(service_id=service["id"], interface=interface, url=row["url"], region_id=region)
            api.catalog_api.create_endpoint(endpoint["id"], endpoint)
