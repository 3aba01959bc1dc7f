"""A small Debian of our own: packages made by dpkg-deb, offered to apt by a folder of sources."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

RELEASE = (
    "Origin: Debian\nLabel: Debian\nSuite: stable\nCodename: bookworm\nArchitectures: amd64\nDate: {date}\nSHA256:\n"
)
DATE = "Sat, 01 Nov 2025 00:00:00 UTC"


@dataclass
class Archive:
    """A repository below `home`, and the folder `etc` that stands for a machine's /etc/apt."""

    home: Path
    etc: Path

    def add(self, name: str, version: str = "1", *, depends: str = "", priority: str = "optional") -> None:
        """Make a package and put it into the repository."""
        work = self.home / "work" / name
        (work / "DEBIAN").mkdir(parents=True, exist_ok=True)
        fields = [f"Package: {name}", f"Version: {version}", "Architecture: amd64", f"Priority: {priority}"]
        fields += [f"Depends: {depends}"] if depends else []
        control = "\n".join([*fields, "Maintainer: A <a@example.org>", "Description: a package", ""])
        (work / "DEBIAN" / "control").write_text(control, encoding="utf-8")
        deb = self.home / f"{name}_{version.rpartition(':')[2]}_amd64.deb"
        subprocess.run(["dpkg-deb", "--build", str(work), str(deb)], check=True, capture_output=True, timeout=30)
        (self.home / f"{name}.stanza").write_text(
            f"{control.rstrip()}\nFilename: ./{deb.name}\nSize: {deb.stat().st_size}\n"
            f"SHA256: {hashlib.sha256(deb.read_bytes()).hexdigest()}\n",
            encoding="utf-8",
        )
        self.publish()

    def publish(self, origin: str = "Debian") -> None:
        """Write the index of all packages."""
        stanzas = [path.read_text(encoding="utf-8") for path in sorted(self.home.glob("*.stanza"))]
        packages = "\n".join(stanzas).encode()
        (self.home / "Packages").write_bytes(packages)
        line = f" {hashlib.sha256(packages).hexdigest()} {len(packages)} Packages\n"
        release = RELEASE.format(date=DATE).replace("Origin: Debian", f"Origin: {origin}")
        (self.home / "Release").write_text(release + line, encoding="utf-8")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Return a Debian with what every Debian has: one required package, and apt."""
    made = Archive(tmp_path / "archive", tmp_path / "etc")
    made.home.mkdir()
    (made.etc / "sources.list.d").mkdir(parents=True)
    (made.etc / "sources.list").write_text(f"deb [trusted=yes] file:{made.home} ./\n", encoding="utf-8")
    made.add("apt")
    made.add("base-files", priority="required")
    return made
