"""Starts the folder of a new bundle from the files of earlier ones; prints what is missing as JSON."""

import hashlib
import json
import os
import sys
from pathlib import Path


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def gather(home: Path, name: str) -> list[str]:
    """Return the files of bundle `name` that no bundle in `home` has; link those that are there, remove spoilt ones."""
    lines = (home / f"{name}.sums").read_text(encoding="utf-8").splitlines()
    wanted = {file: value for value, _, file in (line.partition("  ") for line in lines)}
    folder = home / name
    folder.mkdir(exist_ok=True)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and digest(path) != wanted.get(str(path.relative_to(folder))):
            path.unlink()
    return [
        file
        for file, value in wanted.items()
        if not (folder / file).exists() and not taken(home, folder / file, file, value)
    ]


def taken(home: Path, target: Path, file: str, value: str) -> bool:
    for found in home.glob(f"bundle-*/{file}"):
        if digest(found) == value:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(found, target)
            return True
    return False


if __name__ == "__main__":
    print(json.dumps(gather(Path(sys.argv[1]), sys.argv[2])))
