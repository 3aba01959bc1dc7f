"""Finds the packages that were gathered for a cloud on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from failures import InputInvalid, Text
from playbooks.bundle.recipe import read_recipe
from topology.model import Cloud

DEFAULT_CACHE = "/var/cache/govcloud"


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return GOVCLOUD_CACHE, else the machine's usual place."""
    return Path(environ.get("GOVCLOUD_CACHE") or DEFAULT_CACHE).absolute()


def find_bundle(cloud: Cloud, folder: Path) -> Path | None:
    """Return the bundle that `govcloud bundle` made for a cloud as it is now, whose topology lies in `folder`."""
    found = read_recipe(cloud, folder).folder(cache_folder(os.environ))
    return found if found.is_dir() else None


def no_bundle(source: Path) -> InputInvalid:
    """Return the failure of a run that has no packages to give to the hosts."""
    return InputInvalid(
        Text(
            "the packages for the hosts are not here: hosts have no way to the internet",
            "本机没有主机所需的软件包：主机不能访问互联网",
        ),
        where=str(source),
        fix=Text(
            f"run `govcloud bundle {source}` on a connected machine, once",
            f"请在联网机器上执行一次 `govcloud bundle {source}`",
        ),
    )
