"""The host keys of servers: read from their consoles, kept in a known_hosts file that remembers which server it was."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from inventories.runtime import write_private

BEGIN, END = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"
_KEY = re.compile(r"\b(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) ([A-Za-z0-9+/]{40,2000}={0,2})(?=\s|$)")
_WORDS = 5


@dataclass(frozen=True)
class HostKeys:
    """The keys (`type base64`) that a server showed on its console."""

    host: str
    address: str
    server: str
    keys: tuple[str, ...]


def parse_console(text: str) -> tuple[str, ...]:
    """Return the keys of the last whole block that cloud-init wrote to a console; empty when there is none yet."""
    _, begun, rest = text.rpartition(BEGIN)
    block, ended, _ = rest.partition(END)
    if not begun or not ended:
        earlier = text.rpartition(BEGIN)[0] if begun else ""
        return parse_console(earlier) if BEGIN in earlier else ()
    found = (f"{kind} {blob}" for kind, blob in _KEY.findall(block) if _holds(kind, blob))
    return tuple(dict.fromkeys(found))


def _holds(kind: str, blob: str) -> bool:
    """Return whether a key's data says itself that it is of this kind."""
    try:
        data = base64.b64decode(blob, validate=True)
    except binascii.Error:
        return False
    name = kind.encode()
    return data[:4] == len(name).to_bytes(4) and data[4 : 4 + len(name)] == name


class KnownHosts:
    """The file of all host keys of a cloud: `address type key host server`, read by ssh as it stands."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, HostKeys]:
        """Return the keys by host; a line that is not ours is left out."""
        if not self.path.exists():
            return {}
        found: dict[str, HostKeys] = {}
        for line in self.path.read_text(encoding="utf-8").splitlines():
            words = line.split(" ")
            if len(words) == _WORDS:
                address, kind, blob, host, server = words
                before = found[host].keys if host in found else ()
                found[host] = HostKeys(host, address, server, (*before, f"{kind} {blob}"))
        return found

    def unknown(self, servers: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
        """Return the hosts (host -> address, server id) whose present server has not shown its keys yet."""
        known = self.read()
        return tuple(
            host
            for host, (address, server) in servers.items()
            if host not in known or (known[host].address, known[host].server) != (address, server)
        )

    def keep(self, fresh: Iterable[HostKeys]) -> None:
        """Put these keys in the place of what was known of their hosts and addresses."""
        new = {keys.host: keys for keys in fresh}
        taken = {keys.address for keys in new.values()}
        kept = {host: keys for host, keys in self.read().items() if keys.address not in taken}
        lines = [
            f"{keys.address} {key} {keys.host} {keys.server}"
            for _, keys in sorted((kept | new).items())
            for key in keys.keys
        ]
        write_private(self.path, "\n".join([*lines, ""]))
