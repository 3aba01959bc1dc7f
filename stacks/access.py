"""Reads from clouds.yaml how a site is reached by a department, and which generation of it that is: no secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from failures import InputInvalid, Text

GENERATION = "govcloud_generation"
"""Of an entry whose cloud may be thrown away and made again at the same address: another value each time."""


@dataclass(frozen=True)
class SiteAccess:
    """Where a site's Keystone is and how its certificate is checked; None keeps the provider's default."""

    auth_url: str
    region: str | None = None
    ca_file: str | None = None
    insecure: bool | None = None
    endpoint_type: str | None = None


def read_access(entry: str) -> SiteAccess:
    """Return the access of an entry in clouds.yaml; InputInvalid when there is none."""
    import openstack.config  # noqa: PLC0415 - a third of a second, only where a department is built
    from openstack.exceptions import ConfigException  # noqa: PLC0415 - as above

    try:
        region = openstack.config.OpenStackConfig().get_one(cloud=entry)
        auth_url = str(region.auth["auth_url"])
    except (ConfigException, KeyError) as error:
        raise InputInvalid(
            Text(f"clouds.yaml has no usable entry {entry}: {error}", f"clouds.yaml 中没有可用的条目 {entry}：{error}"),
            where=entry,
            fix=Text("add the entry, or set OS_CLIENT_CONFIG_FILE", "请添加该条目，或设置 OS_CLIENT_CONFIG_FILE"),
        ) from error
    verify = region.config.get("verify", True)
    return SiteAccess(
        auth_url=auth_url,
        region=region.region_name or None,
        ca_file=region.config.get("cacert") or None,
        insecure=True if verify in {False, "false", "False"} else None,
        endpoint_type=region.config.get("interface") or None,
    )


def read_generations(entries: Mapping[str, str]) -> dict[str, str]:
    """Return the generation of each site's cloud, "" for one that is never thrown away; `entries` by site."""
    import openstack.config  # noqa: PLC0415 - as above
    from openstack.exceptions import ConfigException  # noqa: PLC0415 - as above

    try:
        known = openstack.config.OpenStackConfig().cloud_config["clouds"]
    except ConfigException:
        known = {}
    # `former/` has a folder of this name: text that could be a path counts as none
    told = {site: str((known.get(entry) or {}).get(GENERATION, "")) for site, entry in entries.items()}
    return {site: text if text.isalnum() else "" for site, text in told.items()}
