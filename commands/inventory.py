"""Answers Ansible's dynamic inventory protocol."""

from __future__ import annotations

import json
import os
from pathlib import Path

from console import Voice
from failures import Text, WrongUsage


def answer(voice: Voice, path: Path, *, listing: bool, host: str | None) -> None:
    """Print every group and host, or the variables of one host, as JSON."""
    from inventories.ansible import document, host_document
    from inventories.opening import open_inventory
    from playbooks.stock import find_bundle

    if listing == (host is not None):
        raise WrongUsage(
            Text("say either --list or --host NAME", "请指定 --list 或 --host NAME 之一"),
            fix=Text(f"govcloud inventory {path} --list", f"govcloud inventory {path} --list"),
        )
    opened = open_inventory(path, os.environ, voice.note, find_bundle)
    if host is None:
        found = document(opened.inventory, opened.doors)
    elif host in opened.inventory.variables:
        found = host_document(opened.inventory, opened.doors, host)
    else:
        raise WrongUsage(Text(f"the cloud has no host {host}", f"该云没有主机 {host}"), where=str(path))
    voice.raw(json.dumps(found, ensure_ascii=False, indent=1))
