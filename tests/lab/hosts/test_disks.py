"""The names of a host's volumes."""

from __future__ import annotations

from pathlib import Path

from lab.hosts.disks import name_all
from lab.hosts.spec import Volume

FIRST = Volume("aaaaaaaa-1111-2222-3333-444444444444", "/dev/vdb", "/volumes/a")
SECOND = Volume("bbbbbbbb-1111-2222-3333-444444444444", "/dev/vdc", "/volumes/b")


def test_name_all_keeps_exactly_the_volumes(tmp_path: Path) -> None:
    """A detached volume's name goes, the others lead to their devices."""
    name_all(tmp_path, [FIRST, SECOND])
    name_all(tmp_path, [SECOND])

    names = {link.name: str(link.readlink()) for link in (tmp_path / "by-id").iterdir()}
    assert names == {"virtio-bbbbbbbb-1111-2222-3": "../../vdc"}
