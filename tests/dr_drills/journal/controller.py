"""A controller in a process of its own: begins or resumes a run, says so, then dies as told; argv is its orders."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from dr_drills.journal import holder
from dr_drills.journal.elsewhere import Elsewhere
from dr_drills.journal.event import EventKind
from dr_drills.journal.file import Journal
from dr_drills.journal.quorum import Quorum
from dr_drills.probes import etcd as probe
from dr_drills.probes.trust import Keys


def main(folder: str, keys: str, port: str, addresses: str, ttl: str, boot: str, fate: str) -> None:
    """Write a fault's intent; then `die` by kill -9, or `stay`. A `boot` of its own makes it another machine."""
    probe.PORT = int(port)
    if boot:
        setattr(holder, "boot_id", lambda: boot)  # noqa: B010 - the name is one that the module only imports
    authority, certificate, key = (
        Path(keys, name).read_text(encoding="ascii") for name in ("ca", "operator", "operator-key")
    )
    elsewhere = Elsewhere(
        Quorum("quorum", tuple(addresses.split(",")), Keys(authority, certificate, key)), ttl_s=int(ttl)
    )
    journal = Journal.begin(Path(folder), Path(folder).name, {}, elsewhere=elsewhere)
    journal.append(EventKind.FAULT_INTENT, "cut-site", fault="cut", target={"kind": "site", "name": "donghai"})
    sys.stdout.write("written\n")
    sys.stdout.flush()
    if fate == "die":
        os.kill(os.getpid(), 9)
    time.sleep(120)


if __name__ == "__main__":
    main(*sys.argv[1:])
