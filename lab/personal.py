"""What makes a cloned database a site's own: its region, addresses, passwords and keys."""

from __future__ import annotations

from pathlib import Path

from lab.openstack.database import query
from lab.passwords import Passwords, fernet_key, keystone_hash, write_private
from lab.services import SERVICES
from lab.site import LabSite

REPOSITORIES = ("fernet", "credential")
# Names, kinds and addresses have patterns that leave no room for quotes.
REGION_ROW = "insert ignore into region (id, description, extra) values ('{region}', '', '{{}}');"
ENDPOINT_ROW = (
    "update endpoint join service on endpoint.service_id = service.id "
    "set endpoint.url = '{url}', endpoint.region_id = '{region}' where service.type = '{kind}';"
)
USER_ROW = (
    "update password join local_user on password.local_user_id = local_user.id "
    "set password.password_hash = '{hash}' where local_user.name in ({names});"
)


def personalise(site: LabSite, passwords: Passwords) -> None:
    """Write keys and rows once; again only when the site's address has changed."""
    for repository in REPOSITORIES:
        _make_keys(site.state / repository)
    done = site.state / "personal"
    mark = f"{site.name} {site.address}\n"
    if not done.exists() or done.read_text() != mark:
        query(site.socket, catalog_rows(site) + password_rows(passwords))
        write_private(done, mark)


def _make_keys(repository: Path) -> None:
    """Make keystone's two keys: 1 signs, 0 is the next; a repository cut short is completed."""
    repository.mkdir(mode=0o700, exist_ok=True)
    for key in ("0", "1"):
        if not (repository / key).exists():
            write_private(repository / key, fernet_key())


def catalog_rows(site: LabSite) -> str:
    """Return the SQL that gives the site's region and addresses to the services of the catalogue."""
    endpoints = (ENDPOINT_ROW.format(url=site.url(s), region=site.name, kind=s.kind) for s in SERVICES)
    rows = ["use keystone;", REGION_ROW.format(region=site.name), *endpoints, "delete from region where id = 'REGION';"]
    return "\n".join(rows) + "\n"


def password_rows(passwords: Passwords) -> str:
    """Return the SQL that sets the administrator's and the services' passwords."""
    services = ", ".join(f"'{service.name}'" for service in SERVICES if service.name != "keystone")
    return "\n".join(
        [
            USER_ROW.format(hash=keystone_hash(passwords.admin), names="'admin'"),
            USER_ROW.format(hash=keystone_hash(passwords.service), names=services),
        ],
    )
