"""Starts the folder of a new bundle from the files of earlier ones; prints what is missing as JSON."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path


def gather(home: Path, name: str) -> list[str]:
    """Return the files that bundle `name` in `home` still lacks; spoilt ones are removed, those of others linked."""
    lines = (home / f"{name}.sums").read_text(encoding="utf-8").splitlines()
    wanted = {file: value for value, _, file in (line.partition("  ") for line in lines)}
    folder = home / name
    folder.mkdir(exist_ok=True)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if digest(path) != wanted.get(str(path.relative_to(folder))):
            path.unlink()
    missing = [file for file in wanted if not (folder / file).exists() and not linked(folder, file, wanted[file])]
    clear(home, name)
    return missing


def linked(folder: Path, file: str, value: str) -> bool:
    for found in folder.parent.glob(f"bundle-*/{file}"):
        if digest(found) == value:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            os.link(found, folder / file)
            return True
    return False


def clear(home: Path, name: str) -> None:
    """Remove every bundle but the new one and the one that is served."""
    kept = {name, (home / "bundle").resolve().name}
    for path in home.glob("bundle-*"):
        if path.name.removesuffix(".sums") not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    print(json.dumps(gather(Path(sys.argv[1]), sys.argv[2])))
