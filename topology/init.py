"""A new topology, commented, to start from."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from failures import InputInvalid, OutsideFailed, Text
from topology.values import NAME_PATTERN

DEFAULT_NAME = "mycity"
IMAGE = "debian-12.yaml"


def write_template(directory: Path, name: str | None = None) -> list[Path]:
    """Write `<name>.yaml` and the image recipe it names into `directory`; return the files written.

    Without a name, the cloud is named after the folder. A recipe that is already there is kept.

    Raises:
        InputInvalid: the name is not one, or the topology is already there.
        OutsideFailed: the folder cannot be written.
    """
    chosen = _name(directory, name)
    target, image = directory / f"{chosen}.yaml", directory / "images" / IMAGE
    package = files("topology")
    text = (package / "templates" / "new.yaml").read_text(encoding="utf-8")
    text = text.replace("@NAME@", chosen).replace("@FILE@", target.name)
    recipe = (package / "images" / IMAGE).read_text(encoding="utf-8")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _create(target, text)
        image.parent.mkdir(exist_ok=True)
        return [target] if image.exists() else [target, _create(image, recipe)]
    except FileExistsError as error:
        what = Text("this is already there; nothing was changed", "目标已存在;未做任何更改")
        fix = Text("choose another folder, or move it away", "请另选文件夹,或先将其移走")
        raise InputInvalid(what, where=str(error.filename), fix=fix) from error
    except OSError as error:
        what = Text(f"cannot be written: {error.strerror}", f"无法写入:{error.strerror}")
        fix = Text("choose a folder you may write to", "请选择可写的文件夹")
        raise OutsideFailed(what, where=str(error.filename or directory), fix=fix) from error


def _name(directory: Path, name: str | None) -> str:
    if name is None:
        folder = directory.resolve().name.lower()
        return folder if re.fullmatch(NAME_PATTERN, folder) else DEFAULT_NAME
    if not re.fullmatch(NAME_PATTERN, name):
        what = Text(f"{name!r} is not a name", f"{name!r} 不是合法的名称")
        fix = Text("a name is a-z, 0-9 and -, at most 31 characters", "名称只含 a-z、0-9 和 -,最长 31 个字符")
        raise InputInvalid(what, fix=fix)
    return name


def _create(path: Path, text: str) -> Path:
    with path.open("x", encoding="utf-8") as stream:
        stream.write(text)
    return path
