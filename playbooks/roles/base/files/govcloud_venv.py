#!/usr/bin/python3
"""Brings a virtual environment to the packages of a role, from the first repository that serves them."""

from __future__ import annotations

import argparse
import hashlib
import json
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

SETTINGS = Path("/etc/govcloud/repositories.json")
CA = "/etc/govcloud/tls/ca.crt"
SECONDS = 5
WHEELS = Path("/usr/share/python-wheels")
"""Where Debian's python3-venv keeps pip: run from there, it need not be installed first, which takes as long again."""


def main() -> int:
    """Print `changed` when there was something to do; 1 when no repository gave the packages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the environment, as /opt/govcloud/app")
    parser.add_argument("role", help="the role whose packages it gets")
    asked = parser.parse_args()
    failures = []
    for url in json.loads(SETTINGS.read_text(encoding="utf-8")):
        try:
            done = bring(asked.folder, requirements(url, asked.role), url)
        except (OSError, subprocess.SubprocessError) as error:
            failures.append(f"{url}: {getattr(error, 'stderr', '') or error}")
            continue
        if done:
            print("changed")
        return 0
    print("no repository gave the packages:", *failures, sep="\n", file=sys.stderr)
    return 1


def requirements(url: str, role: str) -> bytes:
    """Return the role's pinned packages as the repository at `url` has them."""
    context = ssl.create_default_context(cafile=CA)
    page = f"{url}/requirements/{role}.txt"
    with urllib.request.urlopen(page, timeout=SECONDS, context=context) as answer:  # noqa: S310 - of the cloud's list
        return bytes(answer.read())


def bring(folder: Path, wanted: bytes, url: str) -> bool:
    """Install the pinned packages and return whether that was needed; OSError or SubprocessError when it failed."""
    mark, value = folder / "requirements.sha256", hashlib.sha256(wanted).hexdigest()
    if mark.exists() and mark.read_text(encoding="ascii") == value:
        return False
    mark.unlink(missing_ok=True)
    # Made anew rather than mended: what an earlier set left behind would stay importable.
    run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)])
    pinned = folder / "requirements.txt"
    pinned.write_bytes(wanted)
    source = ["--no-index", "--find-links", f"{url}/wheels/", "--cert", CA, "--timeout", str(SECONDS), "--retries", "1"]
    how = ["--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes"]
    run([str(folder / "bin" / "python"), str(pip()), "install", *how, *source, "-r", str(pinned)])
    mark.write_text(value, encoding="ascii")
    return True


def pip() -> Path:
    """Return what Python runs as pip; OSError when python3-venv is not there."""
    found = sorted(WHEELS.glob("pip-*.whl"))
    if not found:
        raise FileNotFoundError(f"{WHEELS}: no pip: install python3-venv")
    return found[-1] / "pip"


def run(words: list[str]) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True, timeout=600)


if __name__ == "__main__":
    sys.exit(main())
