"""Folders of runs that never were."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dr_drills.clients.attempts import Attempt
from dr_drills.clients.record import ATTEMPTS
from dr_drills.journal.event import Event, lines_of
from dr_drills.journal.file import HEAD, JOURNAL
from dr_drills.journal.heads import head_of, put_text
from dr_drills.report.files import write_report
from tests.dr_drills.report.runs import attempts, site_lost


def lay(folder: Path, events: Sequence[Event], tried: Sequence[Attempt]) -> Path:
    """Write a run's folder as an executor leaves it, its report included."""
    folder.mkdir(parents=True)
    (folder / JOURNAL).write_bytes(lines_of(events))
    put_text(folder / HEAD, head_of(events).document())
    (folder / ATTEMPTS).write_bytes(recorded(tried))
    write_report(folder, ["anxi"])
    return folder


def recorded(tried: Sequence[Attempt]) -> bytes:
    return b"".join(json.dumps(asdict(one)).encode() + b"\n" for one in tried)


def good_run(folder: Path, **changes: Any) -> Path:
    """Write a run that passes, its attempts told by their digest."""
    digest = hashlib.sha256(recorded(attempts())).hexdigest()
    return lay(folder, site_lost({"attempts_sha256": digest, **changes}), attempts())
