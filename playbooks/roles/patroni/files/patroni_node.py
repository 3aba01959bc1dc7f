#!/usr/bin/env python3
"""Looks at the database node of this host, settles it, and turns it to new settings without unsettling the others."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from patroni_dynamic import patch_of
from patroni_rest import SETTINGS, Node, Refused, ask, in_order, role, systemctl, tls, wait

REST_PORT = 8008
DATA = Path("/var/lib/postgresql/15/main")
VENV = Path("/opt/govcloud/patroni")
YAML = Path("/etc/patroni/patroni.yml")
CERTIFICATE = Path("/etc/govcloud/tls/host.crt")
UNIT = Path("/etc/systemd/system/patroni.service")
# Touched when the running Patroni has read its settings anew.
LOADED = Path("/run/govcloud-patroni-loaded")
# How long PostgreSQL may take to start again before another node may take over.
RESTART_SECONDS = 50
LEADERS = ("primary", "standby_leader")
# A container sees the memory of the whole machine, which it shares with others.
CONTAINER_SHARE = 16


def look(scope: str, peers: list[str]) -> dict[str, Any]:
    """Return the versions that are installed (None: not), the memory to count on in MiB, and a cluster in our place."""
    told = _words([str(VENV / "bin" / "patroni"), "--version"])
    debian = _words(["dpkg-query", "-W", "-f", "${Status} ${Version}", "patroni"])
    total = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"))
    memory = int(total[1]) // 1024 if total else 1024
    return {
        "promoted": None if (DATA / "PG_VERSION").exists() else promoted(scope, peers),
        "patroni": told.split()[-1] if told else "0",
        "debian": debian.split()[-1] if debian.startswith("install ok installed") else None,
        "memory_mb": memory // (CONTAINER_SHARE if Path("/run/systemd/container").exists() else 1),
    }


def promoted(scope: str, peers: list[str]) -> str | None:
    """Return the other cluster that is primary while nobody of `scope` runs; None when a new node does no harm."""
    found = None
    for status in [ask(f"https://{peer}:{REST_PORT}/patroni", tls()) for peer in peers]:
        theirs = status.get("patroni", {}).get("scope")
        if theirs == scope and status.get("state") in {"running", "streaming"}:
            return None
        if theirs and theirs != scope and role(status) == "primary":
            found = str(theirs)
    return found


def settle(node: Node, wanted: dict[str, Any], standbys: int, deadline: float) -> list[str]:
    """Wait until the node is in order; a leader then gives its cluster what is declared. Return what changed.

    Args:
        node: this host's node.
        wanted: {dynamic, standby, databases, passwords} as the play declares them.
        standbys: how many other nodes of the cluster the play reached: one of them must become synchronous.
        deadline: seconds since the epoch.
    """
    changes: list[str] = []
    if not in_order(node.status()):
        # What it waits for may be in the settings it has not read yet.
        changes += reload(began())
    wait(f"{node.name} is not in order: see 'journalctl -u patroni'", lambda: in_order(node.status()), deadline)
    if role(node.status()) not in LEADERS:
        return changes
    # A leader may run for a moment before its cluster's settings are in the store; Patroni refuses changes until then.
    wait(f"{node.scope} has no settings in its store: see /config", lambda: bool(node.get("/config")), deadline)
    patch = patch_of(node.get("/config"), wanted["dynamic"], wanted["standby"])
    if patch:
        node.act("PATCH", "/config", patch)
        # Nodes say which settings wait for a restart when they have looked once more.
        time.sleep(wanted["dynamic"]["loop_wait"] + 1)
        changes.append(f"settings {', '.join(sorted(patch))}")
    if standbys:
        stuck = f"{node.name} leads {node.scope} without a synchronous standby: see /cluster, and the other nodes"
        wait(stuck, lambda: bool(synchronous(node)), deadline)
    if role(node.status()) == "primary":
        changes += provide(wanted)
    return changes


def provide(wanted: dict[str, Any]) -> list[str]:
    """Make the declared databases and owners, as the user postgres."""
    script = Path(__file__).with_name("patroni_databases.py")
    asked = json.dumps({"databases": wanted["databases"], "passwords": wanted["passwords"]})
    words = [str(VENV / "bin" / "python"), str(script)]
    done = subprocess.run(
        words, input=asked, capture_output=True, text=True, timeout=90, check=False, user="postgres", cwd="/"
    )
    if done.returncode:
        raise Refused(f"databases could not be made: {done.stderr.strip().splitlines()[-1:]}")
    return list(json.loads(done.stdout))


def turn(node: Node, wanted_role: str, deadline: float) -> list[str]:
    """Let this node run with its present settings, if it has `wanted_role`; a primary hands over before a stop."""
    if (role(node.status()) in LEADERS) != (wanted_role == "leader"):
        return []
    changes: list[str] = []
    since = began()
    if newest(UNIT, VENV / "requirements.sha256") > since:
        changes += hand_over(node, deadline)
        systemctl("restart", "patroni")
        changes.append("restarted Patroni")
    else:
        changes += reload(since)
    wait(f"{node.name} did not come back: see 'journalctl -u patroni'", lambda: in_order(node.status()), deadline)
    if node.status().get("pending_restart"):
        # In place: a smaller limit reaches the others only through a primary that was started with it.
        node.act("POST", "/restart", {"restart_pending": True, "timeout": RESTART_SECONDS})
        changes.append("restarted PostgreSQL")
        wait(f"{node.name} did not come back: see 'journalctl -u patroni'", lambda: in_order(node.status()), deadline)
    return changes


def began() -> int:
    """Return when the running Patroni was started, in seconds since the epoch."""
    return int(systemctl("show", "patroni", "--property=ExecMainStartTimestamp", "--value", "--timestamp=unix")[1:])


def reload(since: int) -> list[str]:
    """Let Patroni read settings and certificates that are newer than what it has, it being up `since`."""
    if newest(YAML, CERTIFICATE) <= max(since, newest(LOADED)):
        return []
    systemctl("reload", "patroni")
    LOADED.touch()
    time.sleep(2.0)
    return ["reloaded"]


def hand_over(node: Node, deadline: float) -> list[str]:
    """Let the synchronous standby lead before this primary restarts; nothing for others, or without one."""
    heirs = synchronous(node) if role(node.status()) == "primary" else []
    if not heirs:
        return []
    node.act("POST", "/switchover", {"leader": node.name, "candidate": heirs[0]})
    stuck = f"{node.name} handed over to {heirs[0]} but does not follow it: see 'journalctl -u patroni'"
    wait(stuck, lambda: role(node.status()) == "replica" and in_order(node.status()), deadline)
    return [f"handed over to {heirs[0]}"]


def synchronous(node: Node) -> list[str]:
    """Return the names of the synchronous standbys as Patroni knows them."""
    return [m["name"] for m in node.members() if m.get("role") in {"sync_standby", "quorum_standby"}]


def newest(*paths: Path) -> int:
    """Return the latest change of files, in whole seconds since the epoch; 0 when none is there."""
    return max((int(p.stat().st_mtime) for p in paths if p.exists()), default=0)


def _words(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    except FileNotFoundError:
        return ""


def main(words: list[str] | None = None) -> int:
    """Do one thing; prints 'changed: ...' when something was; 0 done, 2 refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=("look", "settle", "turn"))
    parser.add_argument("--role", choices=("replica", "leader"), default="replica")
    parser.add_argument("--scope", default="")
    parser.add_argument("--peers", default="", help="addresses of the other nodes, by comma")
    parser.add_argument("--standbys", type=int, default=0)
    parser.add_argument("--wait", type=float, default=120.0, metavar="SECONDS")
    told = parser.parse_args(words)
    if told.verb == "look":
        print(json.dumps(look(told.scope, told.peers.split(","))))
        return 0
    node, deadline = Node.read(), time.time() + told.wait
    try:
        if told.verb == "settle":
            changes = settle(node, json.loads(SETTINGS.read_text(encoding="utf-8")), told.standbys, deadline)
        else:
            changes = turn(node, told.role, deadline)
    except Refused as why:
        print(why, file=sys.stderr)
        return 2
    print(f"changed: {'; '.join(changes)}" if changes else "as declared")
    return 0


if __name__ == "__main__":
    sys.exit(main())
