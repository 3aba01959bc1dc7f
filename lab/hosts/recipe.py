"""The recipe of a base image: what Glance holds and the lab builds a root filesystem from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, StringConstraints, ValidationError

from failures import InputInvalid, Text
from topology.model import Cloud
from topology.values import Strict

SUFFIXES = (".yaml", ".yml")

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Package = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+.-]{1,63}$")]


class Recipe(Strict):
    """A Debian release, what is installed of it, and the user that the key pair of a server is given to."""

    suite: Word
    architecture: Literal["amd64", "arm64"]
    components: Annotated[tuple[Word, ...], Field(min_length=1)] = ("main",)
    variant: Literal["minbase", "essential", "apt", "important"] = "minbase"
    user: Word = "debian"
    packages: Annotated[tuple[Package, ...], Field(max_length=500)] = ()


def recipes_of(cloud: Cloud, topology: Path) -> list[Path]:
    """Return the files of the cloud's images that are recipes; the others are for clouds that are no lab."""
    folder = topology if topology.is_dir() else topology.parent
    files = [folder / image.file for image in cloud.images.values() if image.file.endswith(SUFFIXES)]
    return [file for file in files if file.exists()]


def parse(text: str) -> Recipe:
    """Return the recipe; InputInvalid when the text is something else, such as the bytes of another image."""
    try:
        return Recipe.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        said = str(error).splitlines()[0]
        raise InputInvalid(
            Text(f"the image is no recipe of a base system: {said}", f"该镜像不是基础系统的配方：{said}"),
            where="image",
            fix=Text("see topology/images/debian-12.yaml for one", "样例见 topology/images/debian-12.yaml"),
        ) from error
