"""Debian's package metadata as text: what apt says of a package, and the index files of a flat repository."""

from __future__ import annotations

import hashlib
import lzma
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_STRICT = re.compile(r"([a-z0-9][a-z0-9+.-]*)(?::\w+)?\s*\(=")
_STATUS = "Status: install ok installed"


@dataclass(frozen=True)
class Stanza:
    """One package as Debian's index describes it."""

    text: str

    def field(self, name: str) -> str:
        """Return a field's value with its continuation lines joined, "" where there is none."""
        found = re.search(rf"^{re.escape(name)}:[ \t]*(.*(?:\n[ \t].*)*)", self.text, re.MULTILINE)
        return " ".join(found[1].split()) if found else ""

    @property
    def name(self) -> str:
        return self.field("Package")

    @property
    def version(self) -> str:
        return self.field("Version")

    @property
    def size(self) -> int:
        return int(self.field("Size"))

    @property
    def file(self) -> str:
        """Return the file's name in Debian's archive."""
        return self.field("Filename").rpartition("/")[2]

    @property
    def fetched(self) -> str:
        """Return the name under which `apt-get download` leaves the file; the colon of an epoch is %3a there."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.field('Architecture')}.deb"

    def bound_to(self) -> frozenset[str]:
        """Return the packages that must have exactly one version for this one to be installed."""
        needs = f"{self.field('Depends')}, {self.field('Pre-Depends')}"
        return frozenset(_STRICT.findall(needs))

    def installed(self) -> str:
        """Return the stanza as the dpkg of a host that has the package writes it."""
        first, _, rest = self.text.partition("\n")
        return f"{first}\n{_STATUS}\n{rest}".rstrip() + "\n"

    def listed(self) -> str:
        """Return the stanza for an index whose files lie in debs/."""
        lines = re.sub(r"^Filename:.*$", f"Filename: debs/{self.file}", self.text, flags=re.MULTILINE)
        return lines.rstrip() + "\n"


def parse(text: str) -> Iterator[Stanza]:
    """Yield the stanzas of a text in the format of Debian's package index."""
    yield from (Stanza(part.strip("\n") + "\n") for part in re.split(r"\n\s*\n", text) if part.strip())


def index_files(stanzas: list[Stanza], suite: str, architecture: str) -> Mapping[str, bytes]:
    """Return the files {name: content} that make a folder of .deb files a repository for apt."""
    packages = "\n".join(s.listed() for s in sorted(stanzas, key=lambda s: (s.name, s.version))).encode()
    # The same packages must give the same bytes on every machine: no date of making.
    lists = {"Packages": packages, "Packages.xz": lzma.compress(packages, preset=6)}
    sums = "".join(f" {hashlib.sha256(data).hexdigest()} {len(data)} {name}\n" for name, data in lists.items())
    release = (
        f"Origin: govcloud\nLabel: govcloud\nSuite: {suite}\nCodename: {suite}\n"
        f"Architectures: {architecture}\nDescription: what this cloud's hosts install\nSHA256:\n{sums}"
    )
    return {**lists, "Release": release.encode()}
