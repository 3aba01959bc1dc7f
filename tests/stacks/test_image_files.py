"""Tests of what the files of images hold."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from failures import InputInvalid
from stacks.image_files import image_contents, require_images
from tests.stacks import small


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "images" / "debian-12.raw"
    path.parent.mkdir()
    path.write_bytes(b"first")
    return path


def test_image_contents_are_the_sha256_of_the_files(tmp_path: Path, image: Path) -> None:
    """Paths start from the folder of the topology."""
    assert image_contents(small.cloud(), tmp_path) == {"debian-12": sha256(b"first").hexdigest()}


def test_image_contents_of_a_changed_file_are_others(tmp_path: Path, image: Path) -> None:
    """Also when size and name are the same, and the file is put there by a rename."""
    before = image_contents(small.cloud(), tmp_path)
    newer = tmp_path / "newer"
    newer.write_bytes(b"other")
    os.utime(newer, ns=(1, 1))
    newer.replace(image)

    assert image_contents(small.cloud(), tmp_path) == {"debian-12": sha256(b"other").hexdigest()}
    assert before != image_contents(small.cloud(), tmp_path)


def test_require_images_without_a_file_names_it(tmp_path: Path) -> None:
    """A file that is not there is told before anything is touched."""
    contents = image_contents(small.cloud(), tmp_path)

    assert contents == {"debian-12": ""}
    with pytest.raises(InputInvalid, match="image debian-12 cannot be read") as refused:
        require_images(small.cloud(), contents, tmp_path)
    assert refused.value.where == str(tmp_path / "images" / "debian-12.raw")


def test_require_images_with_every_file_is_content(tmp_path: Path, image: Path) -> None:
    """Nothing is said when all can be read."""
    require_images(small.cloud(), image_contents(small.cloud(), tmp_path), tmp_path)
