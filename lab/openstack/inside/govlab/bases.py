"""Finds the base system for an image of Glance's."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

from keystoneauth1 import exceptions, loading
from nova import conf

LARGEST = 64 * 1024
"""Bytes: a recipe is a page of text."""
ASK_S, BUILD_S = 30, 1500


class NoBase(Exception):
    """There is no base for the image, and why."""


class Bases:
    """Base folder by image; an image never changes, so each is asked for once."""

    def __init__(self) -> None:
        self._known: dict[str, Path] = {}
        self._lock = threading.Lock()

    def find(self, image: str) -> Path:
        """Return the base of the image, built when `lab up` has not done it; NoBase when the image is no recipe."""
        with self._lock:
            if image not in self._known:
                self._known[image] = make(download(image))
            return self._known[image]


def download(image: str) -> bytes:
    """Return the beginning of an image, at most one byte more than a recipe may have."""
    if not image:
        raise NoBase("the server has no image; a lab boots no volumes")
    auth = loading.load_auth_from_conf_options(conf.CONF, "service_user")
    session = loading.load_session_from_conf_options(conf.CONF, "service_user", auth=auth)
    where = {"service_type": "image", "interface": "public", "region_name": conf.CONF.glance.region_name}
    try:
        with session.get(f"/v2/images/{image}/file", endpoint_filter=where, stream=True, timeout=ASK_S) as answer:
            return answer.raw.read(LARGEST + 1)
    except (exceptions.ClientException, OSError) as error:
        raise NoBase(f"Glance does not give the image: {error}") from error


def make(recipe: bytes) -> Path:
    """Return the base built from the recipe; the builder runs in govcloud's own Python."""
    options = conf.CONF.govlab
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [options.python, "-m", "lab.hosts.base", options.cache],
        input=recipe,
        capture_output=True,
        timeout=BUILD_S,
        check=False,
        env=environ,
    )
    if done.returncode:
        raise NoBase(done.stderr.decode(errors="replace").strip()[-600:])
    return Path(done.stdout.decode().strip())
