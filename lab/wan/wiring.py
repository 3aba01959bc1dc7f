"""What is wired in one lab: its sites' edges and the lines between them, as one file that all of its processes read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Node:
    """A site as others see it: `gateway` and `source` are the edge's and the operator's end of the operator's line.

    `seat` is the network of the seat inside, `api` the address of the control plane.
    """

    name: str
    control: str
    edge: str
    operator_link: str
    gateway: str
    source: str
    seat: str
    api: str

    @property
    def fixed(self) -> tuple[str, ...]:
        """What every other site can always reach here."""
        return (self.seat, f"{self.api}/32")


@dataclass(frozen=True)
class Line:
    """One line between two sites; latency is one way."""

    name: str
    ends: tuple[str, str]
    latency_ms: float
    bandwidth_mbps: float
    carrier: str
    transit: bool

    @property
    def device(self) -> str:
        """The name of its interface at both edges; the same whatever lines come or go."""
        return f"w-{hashlib.sha256(self.name.encode()).hexdigest()[:10]}"


@dataclass(frozen=True)
class Wiring:
    """`run` is the lab's folder of sockets and locks."""

    run: Path
    nodes: Mapping[str, Node]
    lines: Mapping[str, Line]

    def announced(self, node: str) -> Path:
        """Return the file in which a site's agent lists the networks that lead to its hosts."""
        return self.run / node / "announced.json"

    def socket(self, line: str) -> Path:
        """Return where the process of a line takes orders; a short name, as the paths of sockets must be."""
        return self.run / "links" / f"{self.lines[line].device}.sock"

    def spec(self, line: str) -> Path:
        """Return the file that tells the process of a line what it is."""
        return self.run / "links" / f"{line}.json"

    def lock(self, line: str) -> Path:
        """Return the file that the process of a line keeps locked as long as it lives."""
        return self.run / "links" / f"{line}.lock"

    def text(self) -> str:
        nodes, lines = (list(map(asdict, part.values())) for part in (self.nodes, self.lines))
        return json.dumps({"run": str(self.run), "nodes": nodes, "lines": lines}, indent=1)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the wiring that `text()` wrote."""
        read = json.loads(text)
        nodes = {row["name"]: Node(**row) for row in read["nodes"]}
        lines = {row["name"]: Line(**{**row, "ends": tuple(row["ends"])}) for row in read["lines"]}
        return cls(Path(read["run"]), nodes, lines)


def wiring_file(run: Path) -> Path:
    return run / "wiring.json"
