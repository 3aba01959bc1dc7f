"""The lab commands: call the room, show what it says."""

from __future__ import annotations

from pathlib import Path

from console import Voice


def check(voice: Voice, path: Path | None) -> int:
    from lab.check import check as run

    return voice.report(run(path), lambda report: report.tables())


def up(voice: Voice, path: Path) -> int:
    from lab.up import up as run
    from topology.load import load_cloud

    return voice.report(run(load_cloud(path), path, voice.note), lambda report: report.tables())


def down(voice: Voice, path: Path | None) -> int:
    from lab.down import down as run

    return voice.report(run(path, voice.note), lambda report: report.tables())


def status(voice: Voice, path: Path | None) -> int:
    from lab.status import status as run

    return voice.report(run(path), lambda report: report.tables())


def cut(voice: Voice, path: Path, site: str) -> int:
    from lab.cut import cut as run

    return voice.report(run(path, site), lambda report: report.tables())


def heal(voice: Voice, path: Path, site: str | None) -> int:
    from lab.cut import heal as run

    return voice.report(run(path, site), lambda report: report.tables())
