"""A place at another site that is a folder of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dr_drills.journal.heads import put_whole


@dataclass(frozen=True)
class FolderDestination:
    folder: Path

    @property
    def name(self) -> str:
        return str(self.folder)

    def put(self, name: str, text: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        put_whole(self.folder / name, text)
