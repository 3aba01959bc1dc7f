"""Kills the controller of a drill right behind one act of its journal, and has another go on with the run."""

from __future__ import annotations

import json
import re
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dr_drills.journal.event import EventKind
from tests.lab.command import Ended, Govcloud

ACTS = frozenset(
    {
        EventKind.FAULT_INTENT,
        EventKind.FAULT_INJECTED,
        EventKind.STEP_INTENT,
        EventKind.STEP_DONE,
        EventKind.HEAL_INTENT,
        EventKind.HEALED,
    }
)
LOOK_S = 0.02
LIMIT_S = 600.0


@dataclass(frozen=True)
class Controller:
    """The command on one machine; `drills` is where it keeps its runs."""

    govcloud: Govcloud
    topology: Path
    drills: Path

    def runs(self) -> set[Path]:
        return set(self.drills.glob("*/journal.jsonl"))

    def kill_behind(self, nth: int, words: Sequence[str]) -> tuple[Path, str] | None:
        """Start a drill and kill -9 it once its journal has `nth` acts; return its folder and the last act.

        None when it came to its end before.
        """
        before, started = self.runs(), self.govcloud.start("drill", "run", self.topology, *words, "--json")
        try:
            while started.process.poll() is None:
                for journal in self.runs() - before:
                    acts = list(_acts(journal))
                    if len(acts) >= nth:
                        started.signal(signal.SIGKILL)
                        return journal.parent, acts[-1]
                time.sleep(LOOK_S)
        finally:
            out, err = started.process.communicate(timeout=LIMIT_S)
        assert started.process.returncode in {0, 6}, f"{words}: {started.process.returncode}\n{out}\n{err}"
        return None

    def leading_site(self) -> str:
        """Return where the primary is now: another place after each failover."""
        databases = self.govcloud.run("status", self.topology, "--json").document["things"]["postgresql"].values()
        servers = [server for one in databases if not one["facts"]["standby"] for server in one["facts"]["servers"]]
        return str(next(server["site"] for server in servers if server["role"] == "primary"))

    def resume(self) -> Ended:
        """Go on with what is left here."""
        return self.govcloud.start("drill", "resume", self.topology, "--json").ended(LIMIT_S)

    def break_glass(self, run: str, people: Mapping[str, Path]) -> Ended:
        """Go on with a run of which only a member of the store without a majority knows; `people` are who signs."""
        words = ("drill", "resume", self.topology, run, "--break-glass")
        asked = self.govcloud.run(*words, "--json", expect=4).document["error"]["fix"]
        found = re.search(r"[0-9a-f]{64}", asked)
        assert found, asked
        signed = [word for who, key in people.items() for word in ("--signed", self.sign(found[0], who, key))]
        return self.govcloud.start(*words, *signed, "--json").ended(LIMIT_S)

    def lose(self, run: Path) -> None:
        """Lose all that this controller kept of a run, as when its whole site is lost."""
        shutil.rmtree(run)

    def agree(self, words: Sequence[str], who: str, key: Path) -> tuple[str, ...]:
        """Have a second person sign the plan of a drill that may lose rows; return the words that go with it."""
        planned = self.govcloud.run("drill", "plan", self.topology, *words, "--json").document
        return ("--approval", str(self.sign(planned["plan_sha256"], who, key)), "--allow-data-loss")

    def sign(self, plan: str, who: str, key: Path) -> Path:
        """Have somebody sign a digest and return the signature."""
        signed = key.with_name(f"{who}.approval")
        signed.unlink(missing_ok=True)
        asked = ("--plan", plan, "--as", who, "--key", key, "--to", signed)
        self.govcloud.run("drill", "approve", self.topology, *asked)
        return signed


def _acts(journal: Path) -> Iterator[str]:
    for line in journal.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            event: dict[str, Any] = json.loads(line)
            if event["kind"] in ACTS:
                yield f"{event['kind']} {event['row']}"
