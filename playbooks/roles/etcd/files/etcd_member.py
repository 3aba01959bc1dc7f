#!/usr/bin/env python3
"""Admits, restarts and proves the member of the consensus store on this host."""

from __future__ import annotations

import argparse
import hashlib
import json
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SETTINGS = Path("/etc/govcloud/etcd.json")
# There from a first start until the member has served once.
FIRST_START = Path("/var/lib/govcloud/etcd-first-start")
TLS = Path("/etc/govcloud/tls")
# What etcd reads when it starts, and a digest of that from when it last did: a play may die between the two.
READ = (SETTINGS, Path("/etc/default/etcd"), Path("/etc/systemd/system/etcd.service.d/govcloud.conf"))
RUNS_WITH = Path("/var/lib/govcloud/etcd-runs-with")
CALL_SECONDS = 3.0
# The store refuses a change of members for some seconds after the last one.
PAUSE_SECONDS = 1.0


class Refused(Exception):
    """The member must not start or restart now; the text says why and what to do."""


class Unanswered(Exception):
    """A member gave no answer, or an error."""


@dataclass(frozen=True)
class Member:
    """A member as declared."""

    name: str
    address: str


@dataclass(frozen=True)
class Settings:
    """What the play says of this member and its cluster."""

    name: str
    cluster: str
    members: tuple[Member, ...]
    data_dir: Path
    client_port: int
    peer_port: int

    @classmethod
    def read(cls, path: Path = SETTINGS) -> Settings:
        """Return the settings in `path`."""
        said = json.loads(path.read_text(encoding="utf-8"))
        members = tuple(Member(m["name"], m["address"]) for m in said["members"])
        return cls(
            said["name"], said["cluster"], members, Path(said["data_dir"]), said["client_port"], said["peer_port"]
        )

    @property
    def me(self) -> Member:
        return next(m for m in self.members if m.name == self.name)

    @property
    def others(self) -> tuple[Member, ...]:
        return tuple(m for m in self.members if m.name != self.name)

    @property
    def has_data(self) -> bool:
        """Tell whether this member holds what a cluster agreed; a first start that never served is no data."""
        unborn = FIRST_START.exists() and FIRST_START.read_text(encoding="utf-8") == first("new")
        return (self.data_dir / "member" / "wal").is_dir() and not unborn

    def client(self, member: Member) -> str:
        return f"https://{member.address}:{self.client_port}"

    def peer(self, member: Member) -> str:
        return f"https://{member.address}:{self.peer_port}"


class Gateway:
    """The store's JSON gateway, spoken to with the host's certificate."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.context = context

    def call(self, url: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a POST of `body`; Unanswered when there is none within CALL_SECONDS."""
        address = f"{url}/v3/{path}"
        asked = urllib.request.Request(address, json.dumps(body).encode(), method="POST")  # noqa: S310 (Settings makes https)
        try:
            with urllib.request.urlopen(asked, timeout=CALL_SECONDS, context=self.context) as answer:  # noqa: S310 (as above)
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            raise Unanswered(error.read().decode(errors="replace").strip()) from error
        except (OSError, ValueError) as error:
            raise Unanswered(str(error)) from error

    def serves(self, url: str) -> bool:
        """Tell whether the member at `url` answers a linearizable read, thus is part of a majority."""
        try:
            self.call(url, "kv/range", {"key": "AA=="})
        except Unanswered:
            return False
        return True


def context() -> ssl.SSLContext:
    """Return TLS with the cloud's CA and this host's certificate."""
    made = ssl.create_default_context(cafile=str(TLS / "ca.crt"))
    made.load_cert_chain(TLS / "host.crt", TLS / "host.key")
    return made


def living(settings: Settings, gateway: Gateway) -> str | None:
    """Return the URL of another member that is part of a majority, or None."""
    return next((url for url in map(settings.client, settings.others) if gateway.serves(url)), None)


def admit(settings: Settings, gateway: Gateway, empty: set[str], deadline: float) -> str:
    """Let this member, which has no data, start: in a new cluster if all have none, else through the living ones.

    Raises:
        Refused: other members may have data and no majority answers.
    """
    others = {m.name for m in settings.others}
    if others <= empty:
        start("new")
        note_settings()
        return f"{settings.name}: first start of {settings.cluster}"
    found = living(settings, gateway)
    while found is None and time.time() < deadline:
        time.sleep(PAUSE_SECONDS)
        found = living(settings, gateway)
    if found is None:
        raise Refused(
            f"{settings.name} has no data, and {', '.join(sorted(others - empty))} may have: no majority "
            f"of {settings.cluster} answers. Bring the other members up, then run this again (without --limit)"
        )
    rejoin(settings, gateway, found, deadline)
    start("existing")
    prove(settings, gateway, deadline)
    note_settings()
    return f"{settings.name}: joined {settings.cluster} again, its data comes from the others"


def rejoin(settings: Settings, gateway: Gateway, url: str, deadline: float) -> None:
    """Make the living members forget this member's lost data, and expect it anew."""
    mine = settings.peer(settings.me)
    while True:
        try:
            known = gateway.call(url, "cluster/member/list", {})["members"]
            old = [m for m in known if m.get("name") == settings.name or mine in m.get("peerURLs", [])]
            for member in [m for m in old if m.get("name")]:
                gateway.call(url, "cluster/member/remove", {"ID": member["ID"]})
            if not old or old[0].get("name"):
                gateway.call(url, "cluster/member/add", {"peerURLs": [mine]})
        except Unanswered as error:
            if time.time() > deadline:
                raise Refused(f"{settings.name} could not be added to {settings.cluster} again: {error}") from error
            time.sleep(PAUSE_SECONDS)
        else:
            return


def start(state: str) -> None:
    """Start without data, as a member of a `new` or an `existing` cluster."""
    FIRST_START.parent.mkdir(exist_ok=True)
    FIRST_START.write_text(first(state), encoding="utf-8")
    system("daemon-reload")
    system("enable", "etcd")
    system("start", "--no-block", "etcd")


def first(state: str) -> str:
    """Return the environment of a first start."""
    return f"ETCD_INITIAL_CLUSTER_STATE={state}\n"


def restart(settings: Settings, gateway: Gateway, deadline: float) -> str:
    """Restart this member if the others are a majority without it; single members just restart."""
    needed = min(len(settings.members) // 2 + 1, len(settings.others))
    serving = sum(gateway.serves(settings.client(m)) for m in settings.others)
    if serving < needed:
        raise Refused(
            f"{settings.name} was not restarted: only {serving} of the {needed} others needed serve. Its new settings "
            "wait; bring the other members up, then run 'systemctl restart etcd' here"
        )
    system("daemon-reload")
    system("restart", "--no-block", "etcd")
    time.sleep(PAUSE_SECONDS)
    said = prove(settings, gateway, deadline)
    note_settings()
    return said


def prove(settings: Settings, gateway: Gateway, deadline: float) -> str:
    """Wait until this member answers a linearizable read; its token of a first start is used up then."""
    while not gateway.serves(settings.client(settings.me)):
        if time.time() > deadline:
            raise Refused(f"{settings.name} does not serve: see 'journalctl -u etcd', and whether the others are up")
        time.sleep(0.3)
    FIRST_START.unlink(missing_ok=True)
    return f"{settings.name} serves"


def system(*words: str) -> None:
    """Run systemctl."""
    subprocess.run(["systemctl", *words], check=True, timeout=60)


def digest() -> str:
    """Return a digest of what etcd reads when it starts."""
    held = hashlib.sha256()
    for path in READ:
        held.update(hashlib.sha256(path.read_bytes() if path.exists() else b"").digest())
    return held.hexdigest()


def note_settings() -> None:
    """Note that the member runs with the settings as they are now."""
    RUNS_WITH.parent.mkdir(exist_ok=True)
    RUNS_WITH.write_text(digest(), encoding="ascii")


def look(settings: Settings) -> str:
    """Return what the play decides by, as JSON."""
    renewed = not (RUNS_WITH.exists() and RUNS_WITH.read_text(encoding="ascii") == digest())
    found = {"name": settings.name, "cluster": settings.cluster, "data": settings.has_data, "renewed": renewed}
    return json.dumps(found)


def main(words: list[str] | None = None) -> int:
    """Do one thing; 0 done, 2 refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=("look", "admit", "restart", "prove"))
    parser.add_argument("--empty", default="", help="members known to have no data, by comma")
    parser.add_argument("--wait", type=float, default=60.0, metavar="SECONDS")
    told = parser.parse_args(words)
    settings, deadline = Settings.read(), time.time() + told.wait
    if told.verb == "look":
        print(look(settings))
        return 0
    gateway = Gateway(context())
    try:
        if told.verb == "admit":
            said = admit(settings, gateway, set(told.empty.split(",")) - {""}, deadline)
        else:
            said = {"restart": restart, "prove": prove}[told.verb](settings, gateway, deadline)
    except Refused as why:
        print(why, file=sys.stderr)
        return 2
    print(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
