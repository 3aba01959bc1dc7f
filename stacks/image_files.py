"""What the files of a cloud's images hold, so that a changed file is seen under an unchanged name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from failures import InputInvalid, Text
from topology.model import Cloud


def image_contents(cloud: Cloud, folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each image's file, looked up below the topology's folder; "" where none can be read."""
    return {name: _content((folder / image.file).resolve()) for name, image in cloud.images.items()}


def require_images(cloud: Cloud, contents: Mapping[str, str], folder: Path) -> None:
    """Raise InputInvalid when an image's file cannot be read: nobody could tell whether it has changed."""
    for name, content in contents.items():
        if not content:
            raise InputInvalid(
                Text(f"the file of image {name} cannot be read", f"无法读取镜像 {name} 的文件"),
                where=str(folder / cloud.images[name].file),
                fix=Text("put it there, or correct images.*.file", "请放置该文件，或修改 images.*.file"),
            )


def _content(path: Path) -> str:
    try:
        there = path.stat()
        return _hashed(path, there.st_size, there.st_mtime_ns)
    except OSError:
        return ""


@lru_cache
def _hashed(path: Path, _size: int, _changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
