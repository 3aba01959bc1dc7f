"""Hosts that exist only as what they say, and borders that only keep their rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dr_drills.probes.budget import NoAnswer
from failures import OutsideFailed, Text

OTHERS = {"donghai": ("anxi", "changle"), "anxi": ("donghai", "changle"), "changle": ("donghai", "anxi")}


@dataclass
class Said:
    """`dark` hosts cannot be entered, on `failing` ones every command fails; `said` is what the others print."""

    said: Mapping[str, str] = field(default_factory=dict)
    dark: frozenset[str] = frozenset()
    failing: frozenset[str] = frozenset()
    ran: list[tuple[str, str]] = field(default_factory=list)

    def run(self, host: str, words: Sequence[str], seconds: float) -> str:
        if host in self.dark:
            raise NoAnswer(Text("no route", "无路由"))
        self.ran.append((host, words[-1]))
        if host in self.failing:
            raise OutsideFailed(Text("it failed (1)", "执行失败"))
        return self.said.get(host, "")


@dataclass
class Rules:
    """`deaf` borders take no order."""

    deaf: frozenset[str] = frozenset()
    refused: set[tuple[str, str]] = field(default_factory=set)

    def fence(self, site: str) -> None:
        self.refused |= {(other, site) for other in OTHERS[site] if other not in self.deaf}

    def unfence(self, site: str) -> None:
        self.refused -= {(other, site) for other in OTHERS[site] if other not in self.deaf}

    def fenced(self, site: str) -> dict[str, bool]:
        return {other: (other, site) in self.refused for other in OTHERS[site]}
