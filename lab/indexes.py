"""What pip is told about package indexes on this machine, in uv's words; run as a script it prints shell exports."""

from __future__ import annotations

import configparser
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple


class Setting(NamedTuple):
    """One setting that both tools know; `between` is what uv wants between several values."""

    pip: str
    uv: str
    between: str = ""


# uv does not read pip's settings, and a machine behind a mirror usually has only those.
SETTINGS = (
    Setting("index-url", "UV_DEFAULT_INDEX"),
    Setting("extra-index-url", "UV_INDEX", " "),
    Setting("find-links", "UV_FIND_LINKS", ","),
    Setting("trusted-host", "UV_INSECURE_HOST", " "),
    Setting("cert", "SSL_CERT_FILE"),
)
SECTIONS = ("install", "global")


def uv_settings(environ: Mapping[str, str], root: Path = Path("/")) -> dict[str, str]:
    """Return the variables for uv that say what pip is told and that `environ` does not say already."""
    files = [_read(path) for path in _files(environ, root)]
    found = {s: _told(s.pip, environ, files) for s in SETTINGS if not environ.get(s.uv)}
    lent = {s.uv: s.between.join(values) if s.between else values[-1] for s, values in found.items() if values}
    # Pinned versions and hashes decide what is right, so any of the indexes may serve it.
    return {**lent, "UV_INDEX_STRATEGY": "unsafe-best-match"} if "UV_INDEX" in lent else lent


def _told(name: str, environ: Mapping[str, str], files: list[configparser.RawConfigParser]) -> list[str]:
    """Return the values that pip would use: of the environment, else of the first file that has them."""
    spoken = environ.get(f"PIP_{name.upper().replace('-', '_')}")
    if spoken:
        return spoken.split()
    values = (file.get(section, name, fallback="") for file in files for section in SECTIONS)
    return next((value.split() for value in values if value.strip()), [])


def _files(environ: Mapping[str, str], root: Path) -> Iterator[Path]:
    """Yield pip's configuration files, the strongest first."""
    home = Path(environ.get("HOME") or "/root")
    if environ.get("PIP_CONFIG_FILE"):
        yield Path(environ["PIP_CONFIG_FILE"])
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf"
    yield home / ".pip/pip.conf"
    yield root / "etc/pip.conf"
    yield root / "etc/xdg/pip/pip.conf"


def _read(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        print(f"{path}: not understood, left out", file=sys.stderr)
    return parser


if __name__ == "__main__":
    for key, value in uv_settings(os.environ).items():
        print(f"export {key}={shlex.quote(value)}")
