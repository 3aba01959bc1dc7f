"""Python packages pinned by version and hash, in the form pip reads and `uv pip compile` writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)$")
_HASH = re.compile(r"^--hash=sha256:([0-9a-f]{64})$")


@dataclass(frozen=True)
class Pin:
    """One version of one package, and the files (SHA-256) that are it."""

    name: str
    version: str
    hashes: frozenset[str]

    def line(self) -> str:
        """Return the pin as pip reads it."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{h}" for h in sorted(self.hashes))])


def canonical(name: str) -> str:
    """Return a package's name in the one spelling that counts."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> Iterator[Pin]:
    """Yield the pins of a lock; ValueError on a line that is none."""
    for line in text.replace("\\\n", " ").splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        head, hashes = _PIN.match(words[0]), [_HASH.match(word) for word in words[1:]]
        if head is None or not hashes or None in hashes:
            raise ValueError(line.strip())
        yield Pin(canonical(head[1]), head[2], frozenset(h[1] for h in hashes if h))


def requirements(found: Iterable[Pin]) -> str:
    """Return pins as a file for `pip install --require-hashes -r`."""
    return "".join(f"{pin.line()}\n" for pin in sorted(found, key=lambda pin: pin.name))
