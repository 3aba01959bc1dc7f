"""Installs what the sites run on: MariaDB and tools from Debian, OpenStack from PyPI."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from failures import OutsideFailed, Text
from lab.clock import FAKETIME
from lab.commands import run
from lab.indexes import uv_settings
from lab.locks import locked

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
PYTHON = Path("/usr/bin/python3")  # Debian's, for which Debian's MySQLdb is built: half the CPU of pymysql
MYSQLDB = Path("/usr/lib/python3/dist-packages/MySQLdb")
POLICY = Path("/usr/sbin/policy-rc.d")
APT_S, PIP_S = 600.0, 900.0


class Need(NamedTuple):
    """A file that a Debian package brings."""

    path: Path
    package: str


NEEDS = (
    Need(Path("/usr/sbin/mariadbd"), "mariadb-server"),
    Need(Path("/usr/bin/mariadb"), "mariadb-client"),
    Need(Path("/usr/bin/eatmydata"), "eatmydata"),
    Need(MYSQLDB, "python3-mysqldb"),
    Need(Path("/usr/sbin/nft"), "nftables"),
    Need(Path("/bin/ip"), "iproute2"),
    Need(Path("/usr/bin/nsenter"), "util-linux"),
    Need(Path("/usr/bin/systemd-nspawn"), "systemd-container"),
    Need(Path("/usr/sbin/mkfs.ext4"), "e2fsprogs"),
    Need(Path("/usr/bin/mmdebstrap"), "mmdebstrap"),
    Need(FAKETIME, "libfaketime"),
)


def missing_packages() -> list[str]:
    """Return the Debian packages that are still to be installed."""
    return [need.package for need in NEEDS if not need.path.exists()]


@contextlib.contextmanager
def _no_daemons() -> Iterator[None]:
    """Keep packages from starting their daemons, as Debian's policy-rc.d allows."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def install_packages() -> list[str]:
    """Install the missing Debian packages and return their names; touches nothing when none is missing."""
    missing = missing_packages()
    if missing:
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        with _no_daemons():
            run("apt-get", "update", "-qq", seconds=APT_S, environ=quiet)
            run(
                *("apt-get", "install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"),
                *missing,
                seconds=APT_S,
                environ=quiet,
            )
    return missing


def venv_path(cache: Path) -> Path:
    """Return where the pinned OpenStack lives; other pins live elsewhere."""
    return cache / f"openstack-{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]}"


def install_openstack(cache: Path) -> Path:
    """Return the folder of a complete OpenStack environment, made when it is missing."""
    venv = venv_path(cache)
    done = venv / ".complete"
    if done.exists():
        return venv
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / f"{venv.name}.lock", seconds=PIP_S):
        if not done.exists():
            _make_venv(venv)
            done.touch()
    return venv


def _make_venv(venv: Path) -> None:
    uv, index = find_uv(), uv_settings(os.environ)
    run(uv, "venv", "-q", "--clear", "--python", PYTHON, venv)
    run(
        *(uv, "pip", "install", "-q", "--no-deps", "--python", venv / "bin/python", "-r", REQUIREMENTS),
        seconds=PIP_S,
        environ=index,
    )
    packages = next((venv / "lib").glob("python3*/site-packages"))
    # OpenStack's own tests are two fifths of all there is to compile, and nothing here imports them.
    run(venv / "bin/python", "-m", "compileall", "-qq", "-j", "0", "-x", "/tests/", packages, seconds=PIP_S)
    (packages / "MySQLdb").symlink_to(MYSQLDB)


def find_uv() -> Path:
    """Return the path of uv, from our own environment or from PATH."""
    if importlib.util.find_spec("uv"):
        from uv import find_uv_bin  # noqa: PLC0415 - optional

        return Path(os.fspath(find_uv_bin()))
    found = shutil.which("uv")
    if found is None:
        raise OutsideFailed(
            Text("uv is not installed", "没有安装 uv"),
            fix=Text("install it with: pip install uv", "请执行：pip install uv"),
        )
    return Path(found)
