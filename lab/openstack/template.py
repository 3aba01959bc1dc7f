"""Pristine databases of all services, made once per recipe and cloned for every site."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Interface
from pathlib import Path

from lab.addresses import SiteLink
from lab.commands import run
from lab.locks import locked
from lab.openstack import config, database, install
from lab.place import Place
from lab.processes import holder, kill
from lab.services import DATABASES, SERVICES, endpoint
from lab.site import LabSite
from topology.model import Capacity

INSIDE = Path(__file__).parent / "inside"
ANYWHERE = "site.invalid"
REGION = "REGION"
SYNC_S = 300.0
AT_ONCE = max(2, os.cpu_count() or 2)
RECIPE = (
    install.REQUIREMENTS,
    Path(__file__),
    Path(database.__file__),
    *(INSIDE / "govlab" / name for name in ("schema.py", "keystone_schema.py", "nova_schema.py")),
)


def template_path(cache: Path) -> Path:
    """Return where the template lives; a changed recipe or another MariaDB makes another one."""
    return cache / f"databases-{digest(RECIPE)}-{_mariadb_version()}"


def digest(files: Iterable[Path]) -> str:
    """Return a short hash of the contents of files, in their order."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()[:12]


def _mariadb_version() -> str:
    return run("mariadbd", "--no-defaults", "--version").split()[2].split("-")[0]


def make_template(place: Place, venv: Path) -> Path:
    """Return the template's folder, made when it is missing."""
    template = template_path(place.cache)
    if template.exists():
        return template
    with locked(place.cache / "databases.lock", seconds=SYNC_S):
        if not template.exists():
            _build(place, venv, template)
    return template


def _build(place: Place, venv: Path, template: Path) -> None:
    """Make every schema in a draft that takes its name only when it is whole."""
    draft = template.with_suffix(".draft")
    left_over = holder(database.data_lock(draft / "db"))
    if left_over:
        kill({left_over})
    shutil.rmtree(draft, ignore_errors=True)
    pristine = _pristine(draft, place)
    for folder in (pristine.etc, pristine.state, pristine.log, pristine.run):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in config.render(pristine, venv, "unused", config.Hosting("services", place.cache)).items():
        (pristine.etc / name).write_text(text)
    database.initialise(pristine.data)
    log = pristine.log / "mariadb.log"
    database.start(pristine.data, pristine.socket, log)
    try:
        database.wait(pristine.data, pristine.socket, log)
        database.query(pristine.socket, "".join(f"create database {name};" for name in DATABASES))
        _sync(pristine, venv)
        run("mariadb-admin", "--no-defaults", "-u", "root", "-S", pristine.socket, "shutdown", seconds=60)
    finally:
        left_over = holder(database.data_lock(pristine.data))
        if left_over:
            kill({left_over})
    for folder in (pristine.etc, pristine.state, pristine.log):
        shutil.rmtree(folder)
    draft.rename(template)


def _pristine(draft: Path, place: Place) -> LabSite:
    nowhere = IPv4Interface("198.18.0.0/30")
    return LabSite(
        name=REGION,
        number=0,
        entry="",
        capacity=Capacity(vcpus=1, ram_gb=1, disk_tb=1),
        namespace="",
        link="",
        outside=nowhere,
        inside=nowhere,
        operator_link="",
        operator_line=SiteLink(nowhere, nowhere),
        seat_line=SiteLink(nowhere, nowhere),
        edge_line=SiteLink(nowhere, nowhere),
        folder=draft,
        run=place.run / "template",
    )


def _sync(pristine: LabSite, venv: Path) -> None:
    """Make the schemas, the longest first, as many at once as there are processors."""
    etc, python, ours = pristine.etc, venv / "bin/python", INSIDE / "govlab/schema.py"
    jobs: Sequence[tuple[Path | str, ...]] = (
        (venv / "bin/neutron-db-manage", "--config-file", etc / "neutron.conf", "upgrade", "heads"),
        (python, ours, "nova", etc),
        (python, ours, "keystone", etc),
        (venv / "bin/cinder-manage", "--config-file", etc / "cinder.conf", "db", "sync"),
        (venv / "bin/glance-manage", "--config-file", etc / "glance-api.conf", "db_sync"),
        (venv / "bin/placement-manage", "--config-file", etc / "placement.conf", "db", "sync"),
    )
    catalog = [{"service": s.name, "kind": s.kind, "url": endpoint(s, ANYWHERE)} for s in SERVICES]
    environ = {
        **inside_environment(venv),
        "GOVLAB_CATALOG": json.dumps(catalog),
        "GOVLAB_REGION": REGION,
    }
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for result in [pool.submit(run, *job, seconds=SYNC_S, environ=environ) for job in jobs]:
            result.result()


def inside_environment(venv: Path) -> dict[str, str]:
    """Return what every process of the OpenStack environment has in its environment."""
    return {
        "PYTHONPATH": str(INSIDE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "2",
        "XDG_CACHE_HOME": str(venv / "cache"),
    }
