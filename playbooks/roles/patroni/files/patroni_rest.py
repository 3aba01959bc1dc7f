"""Patroni's REST interface and systemd, as the tools on a database host use them."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SETTINGS = Path("/etc/govcloud/patroni.json")
TLS = Path("/etc/govcloud/tls")
ASK_SECONDS = 3.0
# Patroni answers a switchover or a restart when it is done.
ACT_SECONDS = 60.0


class Refused(Exception):
    """What was asked cannot be done now; the text says why and what to do."""


@dataclass(frozen=True)
class Node:
    """This host's node; `status` and `config` are Patroni's own documents."""

    name: str
    scope: str
    url: str
    authorization: str
    context: ssl.SSLContext | None

    @classmethod
    def read(cls, path: Path = SETTINGS) -> Node:
        """Return the node that the play described in `path`."""
        said = json.loads(path.read_text(encoding="utf-8"))
        login = base64.b64encode(f"{said['rest_user']}:{said['rest_password']}".encode()).decode()
        url = f"https://{said['address']}:{said['rest_port']}"
        return cls(said["name"], said["scope"], url, f"Basic {login}", tls())

    def get(self, path: str) -> dict[str, Any]:
        """Return the document at `path`, whatever its HTTP status; empty when Patroni does not answer."""
        return ask(self.url + path, self.context)

    def act(self, method: str, path: str, body: dict[str, Any]) -> None:
        """Do what changes something; Refused with Patroni's words when it does not."""
        asked = urllib.request.Request(self.url + path, json.dumps(body).encode(), method=method)  # noqa: S310 (https by `read`)
        asked.add_header("Authorization", self.authorization)
        asked.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(asked, timeout=ACT_SECONDS, context=self.context):  # noqa: S310 (as above)
                return
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace").strip()
            raise Refused(f"{self.name}: Patroni refused {method} {path}: {said}") from error
        except OSError as error:
            raise Refused(f"{self.name}: Patroni did not answer {method} {path}: {error}") from error

    def status(self) -> dict[str, Any]:
        return self.get("/patroni")

    def members(self) -> list[dict[str, Any]]:
        return list(self.get("/cluster").get("members", []))


def tls() -> ssl.SSLContext:
    """Return TLS with the cloud's CA and this host's certificate."""
    context = ssl.create_default_context(cafile=str(TLS / "ca.crt"))
    context.load_cert_chain(TLS / "host.crt", TLS / "host.key")
    return context


def ask(url: str, context: ssl.SSLContext | None) -> dict[str, Any]:
    """Return the document at a node's https address, whatever its HTTP status; empty when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=ASK_SECONDS, context=context) as answer:  # noqa: S310 (https by the callers)
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        return _document(error.read())
    except (OSError, ValueError):
        return {}


def _document(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def role(status: dict[str, Any]) -> str:
    """Return `primary`, `standby_leader` or `replica`; empty when unknown."""
    said = str(status.get("role", ""))
    return "primary" if said == "master" else said


def in_order(status: dict[str, Any]) -> bool:
    """Tell whether a node does its part: a leader runs, a replica or standby leader streams."""
    if status.get("state") not in {"running", "streaming"}:
        return False
    return role(status) == "primary" or status.get("replication_state") == "streaming"


def wait(what: str, done: Callable[[], bool], deadline: float) -> None:
    """Return when `done`; Refused with `what` at the deadline (seconds since the epoch)."""
    while not done():
        if time.time() > deadline:
            raise Refused(what)
        time.sleep(0.5)


def systemctl(*words: str) -> str:
    """Run systemctl; return what it printed."""
    return subprocess.run(["systemctl", *words], check=True, timeout=150, capture_output=True, text=True).stdout.strip()
