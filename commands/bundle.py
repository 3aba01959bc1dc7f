"""Gathers what hosts without internet install."""

from __future__ import annotations

import os
import time
from pathlib import Path

from commands.durations import span
from console import Voice
from failures import Text


def fill(voice: Voice, path: Path | None, *, refresh: bool) -> None:
    """Fill the bundle of a topology, or only check it when it is there."""
    import topology
    from playbooks.bundle.fill import bundle
    from playbooks.bundle.recipe import read_recipe
    from playbooks.stock import cache_folder
    from topology.load import load_cloud

    began = time.monotonic()
    source = path or Path(topology.__path__[0]) / "quanzhou.yaml"
    recipe = read_recipe(load_cloud(source), source if source.is_dir() else source.parent)
    made = bundle(recipe, cache_folder(os.environ), voice.note, refresh=refresh)
    voice.document({**made.document(), "seconds": round(time.monotonic() - began, 1)})
    if not made.fetched:
        voice.say(Text("nothing to fetch: the bundle is whole", "没有需要下载的内容：软件包目录完整"))
    size, took = made.size >> 20, span(time.monotonic() - began)
    voice.say(
        Text(
            f"{made.folder}: {made.packages} Debian packages and {made.wheels} wheels, {size} MiB, {took}",
            f"{made.folder}：{made.packages} 个 Debian 软件包，{made.wheels} 个 Python 包，{size} MiB，用时 {took}",
        )
    )
