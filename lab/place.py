"""Where one lab lives on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_LABS = Path("/var/lib/govcloud/lab")
DEFAULT_CACHE = Path("/var/cache/govcloud")
RUN = Path("/run/govcloud")


@dataclass(frozen=True)
class Place:
    """Folders and names of one lab; everything it makes carries `mark` or lies below `root` or `run`."""

    cloud: str
    root: Path
    cache: Path
    run: Path
    clouds_yaml: Path
    prefix: str = "gc"

    @property
    def mark(self) -> str:
        """Begin of every namespace's name; no cloud's name has a dot, so no lab's mark begins another's."""
        return f"{self.prefix}.{self.cloud}."

    @property
    def sites(self) -> Path:
        return self.root / "sites"


def find_place(cloud: str, environ: Mapping[str, str] = os.environ) -> Place:
    """Return the place of the lab of `cloud`, as the environment and the defaults have it."""
    home = Path(environ.get("HOME") or "/root")
    return Place(
        cloud=cloud,
        root=Path(environ.get("GOVCLOUD_LAB_ROOT") or DEFAULT_LABS).absolute() / cloud,
        cache=Path(environ.get("GOVCLOUD_CACHE") or DEFAULT_CACHE).absolute(),
        run=RUN / cloud,
        clouds_yaml=Path(
            environ.get("OS_CLIENT_CONFIG_FILE") or home / ".config" / "openstack" / "clouds.yaml",
        ).absolute(),
    )
