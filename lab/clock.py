"""A clock of its own for one unit of a host, since all hosts of a lab share their kernel's."""

from __future__ import annotations

import shutil
import sysconfig
import time
from pathlib import Path
from typing import Protocol

from failures import OutsideFailed, Text

FAKETIME = Path(f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/faketime/libfaketime.so.1")
PRELOADED = "usr/local/lib/govcloud-drill-clock.so"
AHEAD_S = 3600
WORDS = (f"LD_PRELOAD=/{PRELOADED}", f"FAKETIME=+{AHEAD_S}", "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DISABLE_SHM=1")
DROP_IN = "/run/systemd/system/{unit}.service.d/govcloud-drill-clock.conf"
PUT = """
mkdir -p "$(dirname "$1")"
printf '[Service]\\nEnvironment=%s\\n' "$2" > "$1"
systemctl daemon-reload
"""
TAKE = """
rm -f "$1"
rmdir --ignore-fail-on-non-empty "$(dirname "$1")" 2> /dev/null || true
systemctl daemon-reload
"""


class Inside(Protocol):
    """Runs words as root in the host and returns what they print; raises OutsideFailed."""

    def __call__(self, *words: str) -> str: ...


def put_ahead(root: Path, inside: Inside, unit: str) -> None:
    """Have a unit of the host at `root` run AHEAD_S ahead from its next start on; OutsideFailed when it would not."""
    shutil.copyfile(FAKETIME, root / PRELOADED)
    told = float(inside("env", *WORDS, "date", "+%s"))
    if told < time.time() + AHEAD_S / 2:
        raise OutsideFailed(
            Text("the host's C library takes no clock but its own", "主机的 C 库不接受其他时钟"),
            where=str(root),
            fix=Text("use an image of the release this machine has", "请使用与本机相同版本的镜像"),
        )
    inside("bash", "-c", PUT, "put", DROP_IN.format(unit=unit), " ".join(WORDS))


def put_right(root: Path, inside: Inside, unit: str) -> None:
    """Have the unit start with the host's clock again from its next start on; may be repeated."""
    inside("bash", "-c", TAKE, "take", DROP_IN.format(unit=unit))
    (root / PRELOADED).unlink(missing_ok=True)
