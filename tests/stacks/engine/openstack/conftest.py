"""A fake site, and a provider that is logged in to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from stacks.engine.openstack.provider import OpenStackProvider, connector
from tests.stacks.engine.openstack.fake_site import FakeSite


@pytest.fixture
def site() -> Iterator[FakeSite]:
    fake = FakeSite()
    yield fake
    fake.close()


@pytest.fixture
def provider(site: FakeSite) -> OpenStackProvider:
    return connector()("openstack", site.inputs())


@pytest.fixture
def clouds_yaml(site: FakeSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write a clouds.yaml with the fake site under the entry that is returned."""
    given = site.inputs()
    entry = {
        "auth": {
            "auth_url": given["authUrl"],
            "username": given["userName"],
            "password": given["password"],
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        "region_name": "east",
    }
    path = tmp_path / "clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": {"east": entry}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    return "east"
