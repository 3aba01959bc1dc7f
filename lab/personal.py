"""What makes a cloned database a site's own: its region, addresses, passwords and keys."""

from __future__ import annotations

from pathlib import Path

from lab.openstack.database import query
from lab.passwords import Passwords, fernet_key, keystone_hash, write_private
from lab.services import SERVICES
from lab.site import LabSite

REPOSITORIES = ("fernet", "credential")


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
    rows = [
        "use keystone;",
        f"insert ignore into region (id, description, extra) values ('{site.name}', '', '{{}}');",
    ]
    rows += [
        f"update endpoint join service on endpoint.service_id = service.id set endpoint.url = '{site.url(service)}', "
        f"endpoint.region_id = '{site.name}' where service.type = '{service.kind}';"
        for service in SERVICES
    ]
    return "\n".join([*rows, "delete from region where id = 'REGION';\n"])


def password_rows(passwords: Passwords) -> str:
    """Return the SQL that sets the administrator's and the services' passwords."""
    names = ", ".join(f"'{service.name}'" for service in SERVICES if service.name != "keystone")
    join = "update password join local_user on password.local_user_id = local_user.id set password.password_hash ="
    return (
        f"{join} '{keystone_hash(passwords.admin)}' where local_user.name = 'admin';\n"
        f"{join} '{keystone_hash(passwords.service)}' where local_user.name in ({names});\n"
    )
