"""Configuration files of one site's services, rendered from its place and the declared capacity."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.hosts.roster import HOSTS
from lab.services import SERVICES
from lab.site import LabSite, share

Boot = Literal["services", "all"]
"""Which servers become hosts: those that carry a service, or all."""
Sections = Mapping[str, Mapping[str, object]]

POOL = {"max_pool_size": 10, "max_overflow": 20}
NO_NOTIFICATIONS = {"driver": "noop"}
URLS = {service.name: service for service in SERVICES}
NEVER = -1  # interval of a periodic task that has nothing to do here
LATEST_MTU = 1500


def ini(sections: Sections) -> str:
    """Return the text of an oslo.config file."""
    blocks = (
        "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in options.items())])
        for name, options in sections.items()
    )
    return "\n\n".join(blocks) + "\n"


@dataclass(frozen=True)
class Hosting:
    """How servers become hosts: which do, where base systems are kept, and the Python that builds them."""

    boot: Boot
    cache: Path
    python: Path = Path(sys.executable)


def render(site: LabSite, venv: Path, password: str, hosting: Hosting) -> dict[str, str]:
    """Return {file name: text}; every service reads exactly the file that carries its name."""
    return {
        "keystone.conf": ini(_keystone(site)),
        "placement.conf": ini(_placement(site, password)),
        "glance-api.conf": ini(_glance(site, venv, password)),
        "neutron.conf": ini(_neutron(site, venv, password)),
        "nova.conf": ini(_nova(site, password, hosting)),
        "cinder.conf": ini(_cinder(site, venv, password)),
    }


def database(site: LabSite, name: str) -> dict[str, object]:
    """Return the options of a [database] section; the socket's folder is closed to other users."""
    return {"connection": f"mysql+mysqldb://root@localhost/{name}?unix_socket={site.socket}&charset=utf8mb4", **POOL}


def _credentials(site: LabSite, user: str, password: str) -> dict[str, object]:
    return {
        "auth_type": "password",
        "auth_url": site.auth_url,
        "username": user,
        "password": password,
        "project_name": "service",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
        "region_name": site.name,
    }


def _token_check(site: LabSite, user: str, password: str) -> dict[str, object]:
    options = _credentials(site, user, password)
    del options["region_name"]
    return {
        **options,
        "www_authenticate_uri": site.auth_url,
        "service_token_roles_required": "true",
        "service_token_roles": "admin,service",
        "cache": "govlab.tokens",
        "token_cache_time": 600,
        "interface": "public",
    }


def _lock(site: LabSite, service: str) -> dict[str, object]:
    return {"lock_path": f"{site.state}/{service}-lock"}


def _keystone(site: LabSite) -> Sections:
    fernet = {"key_repository": f"{site.state}/fernet"}
    return {
        "DEFAULT": {"use_stderr": "true", "transport_url": "fake://"},
        "database": database(site, "keystone"),
        "token": {"provider": "fernet", "expiration": 86400},
        "fernet_tokens": fernet,
        "fernet_receipts": fernet,
        "credential": {"key_repository": f"{site.state}/credential"},
        "identity": {"password_hash_rounds": 4, "max_password_length": 72},  # bcrypt's limit; beyond it warns each time
        "cache": {"enabled": "true", "backend": "dogpile.cache.memory"},
        "oslo_messaging_notifications": NO_NOTIFICATIONS,
    }


def _placement(site: LabSite, password: str) -> Sections:
    return {
        "DEFAULT": {"use_stderr": "true"},
        "api": {"auth_strategy": "keystone"},
        "placement_database": database(site, "placement"),
        "keystone_authtoken": _token_check(site, "placement", password),
    }


def _glance(site: LabSite, venv: Path, password: str) -> Sections:
    staging = {"filesystem_store_datadir": f"{site.state}/staging"}
    return {
        "DEFAULT": {
            "use_stderr": "true",
            "transport_url": "fake://",
            "enabled_backends": "file:file",
            "enabled_import_methods": "[glance-direct]",
            "node_staging_uri": f"file://{site.state}/staging",
        },
        "database": database(site, "glance"),
        "keystone_authtoken": _token_check(site, "glance", password),
        "paste_deploy": {"flavor": "keystone", "config_file": f"{venv}/etc/glance/glance-api-paste.ini"},
        "glance_store": {"default_backend": "file"},
        "file": {"filesystem_store_datadir": f"{site.state}/images"},
        "os_glance_staging_store": staging,
        "os_glance_tasks_store": {"filesystem_store_datadir": f"{site.state}/tasks"},
        "oslo_concurrency": _lock(site, "glance"),
        "oslo_messaging_notifications": NO_NOTIFICATIONS,
    }


def _neutron(site: LabSite, venv: Path, password: str) -> Sections:
    return {
        "DEFAULT": {
            "use_stderr": "true",
            "transport_url": "fake://",
            "state_path": site.state,
            "host": f"{site.name}-ctl",
            "core_plugin": "ml2",
            "service_plugins": "router,qos,network_ip_availability",
            "global_physnet_mtu": LATEST_MTU,
            "api_paste_config": f"{venv}/etc/neutron/api-paste.ini",
            "notify_nova_on_port_status_changes": "false",
            "notify_nova_on_port_data_changes": "true",
            "network_auto_schedule": "false",
            "router_auto_schedule": "false",
            "dhcp_agent_notification": "false",
        },
        "database": database(site, "neutron"),
        "keystone_authtoken": _token_check(site, "neutron", password),
        "nova": _credentials(site, "nova", password),
        "placement": _credentials(site, "placement", password),
        "oslo_concurrency": _lock(site, "neutron"),
        "oslo_messaging_notifications": NO_NOTIFICATIONS,
        "ml2": {
            "type_drivers": "flat,vlan,vxlan",
            "project_network_types": "vxlan",
            "mechanism_drivers": "govlab",
            "extension_drivers": "port_security,qos",
        },
        "ml2_type_flat": {"flat_networks": "public"},
        "ml2_type_vlan": {"network_vlan_ranges": "public:100:3999"},
        "ml2_type_vxlan": {"vni_ranges": "1:65535"},
        "govlab": {"nudge": site.run / "net.nudge"},
    }


def _hosts(site: LabSite, hosting: Hosting) -> dict[str, object]:
    """Return what the compute hosts offer and how they boot."""
    return {
        "hosts": json.dumps(share(site.capacity, site.name)),
        "boot": hosting.boot,
        "namespace": site.namespace,
        "folder": site.folder / HOSTS,
        "network": site.run / "net.sock",
        "cache": hosting.cache,
        "python": hosting.python,
    }


def _nova(site: LabSite, password: str, hosting: Hosting) -> Sections:
    hosts = share(site.capacity, site.name)
    nova = _credentials(site, "nova", password)
    return {
        "DEFAULT": {
            "use_stderr": "true",
            "transport_url": "fake://",
            "state_path": site.state,
            "host": next(iter(hosts)),
            "my_ip": site.address,
            "compute_driver": "govlab.BootingHost",
            "resume_guests_state_on_host_boot": "true",
            "enabled_apis": "osapi_compute",
            "cpu_allocation_ratio": "1.0",
            "ram_allocation_ratio": "1.0",
            "disk_allocation_ratio": "1.0",
            "reserved_host_memory_mb": 0,
            "reserved_host_disk_mb": 0,
            "allow_resize_to_same_host": "true",
            "vif_plugging_is_fatal": "false",
            "vif_plugging_timeout": 0,
            "report_interval": 30,
            "service_down_time": 150,
            "update_resources_interval": NEVER,
            "sync_power_state_interval": NEVER,
            "shelved_poll_interval": NEVER,
            "running_deleted_instance_poll_interval": 0,
        },
        "govlab": _hosts(site, hosting),
        "api": {"auth_strategy": "keystone"},
        "api_database": database(site, "nova_api"),
        "database": database(site, "nova"),
        "keystone_authtoken": _token_check(site, "nova", password),
        "service_user": {**nova, "send_service_user_token": "true"},
        "placement": _credentials(site, "placement", password),
        "neutron": _credentials(site, "neutron", password),
        "glance": {"region_name": site.name},
        "cinder": {
            **_credentials(site, "cinder", password),
            "os_region_name": site.name,
            "catalog_info": "block-storage::publicURL",
        },
        "keystone": nova,
        "image_cache": {"manager_interval": NEVER},
        "vnc": {"enabled": "false"},
        "oslo_concurrency": _lock(site, "nova"),
        "oslo_messaging_notifications": NO_NOTIFICATIONS,
    }


def _cinder(site: LabSite, venv: Path, password: str) -> Sections:
    return {
        "DEFAULT": {
            "use_stderr": "true",
            "transport_url": "fake://",
            "state_path": site.state,
            "host": site.name,
            "auth_strategy": "keystone",
            "api_paste_config": f"{venv}/etc/cinder/api-paste.ini",
            "resource_query_filters_file": f"{venv}/etc/cinder/resource_filters.json",
            "enabled_backends": "govlab",
            "default_volume_type": "__DEFAULT__",
            "osapi_volume_listen": site.address,
            "osapi_volume_listen_port": URLS["cinder"].port,
            "osapi_volume_workers": 1,
            "glance_api_servers": site.url(URLS["glance"]),
            "report_interval": 30,
            "service_down_time": 150,
        },
        "govlab": {
            "volume_driver": "govlab.volumes.SparseFileDriver",
            "volume_backend_name": "govlab",
            "govlab_folder": f"{site.state}/volumes",
            "govlab_capacity_gb": site.capacity.disk_tb * 1024,
        },
        "database": database(site, "cinder"),
        "keystone_authtoken": _token_check(site, "cinder", password),
        "service_user": {**_credentials(site, "cinder", password), "send_service_user_token": "true"},
        "nova": _credentials(site, "nova", password),
        "oslo_concurrency": _lock(site, "cinder"),
        "coordination": {"backend_url": f"file://{site.state}/coordination"},
        "oslo_messaging_notifications": NO_NOTIFICATIONS,
    }
