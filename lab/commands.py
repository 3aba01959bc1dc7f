"""Runs system commands with a deadline and says what failed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from failures import OutsideFailed, Text

TAIL = 800
QUICK_S = 30.0


def run(
    *argv: str | Path,
    stdin: str = "",
    seconds: float = QUICK_S,
    environ: Mapping[str, str] | None = None,
) -> str:
    """Return what the command printed; OutsideFailed with the end of its output when it fails or takes too long."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env={**os.environ, **(environ or {})},
        )
    except subprocess.TimeoutExpired as late:
        raise OutsideFailed(
            Text(f"{words[0]} took longer than {seconds:.0f} s", f"{words[0]} 超过 {seconds:.0f} 秒没有结束"),
            where=" ".join(words),
        ) from late
    except OSError as missing:
        raise OutsideFailed(
            Text(f"{words[0]} cannot be run: {missing.strerror}", f"{words[0]} 无法运行：{missing.strerror}"),
            where=" ".join(words),
        ) from missing
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-TAIL:]
        raise OutsideFailed(
            Text(f"exit code {done.returncode}: {said}", f"退出码 {done.returncode}：{said}"),
            where=" ".join(words),
        )
    return done.stdout
