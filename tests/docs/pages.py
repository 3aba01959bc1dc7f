"""The documentation pages and the console blocks in them; `python -m tests.docs.pages` brings help texts up to date."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.house.sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HELP = re.compile(r"```console\n\$ (govcloud[\w -]* --help)\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^(?:\$ |    )?((?:\.venv/bin/)?govcloud [^#|>\n`]+)", re.MULTILINE)
FENCE = re.compile(r"```(?:console|sh)\n(.*?)```", re.DOTALL)


def pages() -> tuple[Path, ...]:
    """Return the README and every page under docs/."""
    return (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def shown_help(text: str) -> dict[str, str]:
    """Return the help texts that a page shows, by command line."""
    return {match[1]: match[2] for match in HELP.finditer(text)}


def real_helps(lines: set[str]) -> dict[str, str]:
    """Return what the commands print on a plain terminal in English; one process for all of them."""
    settings = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "COLUMNS": "80", "NO_COLOR": "1"}
    words = [sys.executable, "-m", "tests.docs.speak", *sorted(lines)]
    done = subprocess.run(words, cwd=ROOT, env=settings, capture_output=True, text=True, check=True, timeout=120)
    spoken: dict[str, str] = json.loads(done.stdout)
    return spoken


def examples(text: str) -> Iterator[str]:
    """Yield every govcloud command line that the code blocks of a page show, help texts left out."""
    for block in FENCE.finditer(HELP.sub("", text)):
        yield from (match[1].strip().removeprefix(".venv/bin/") for match in COMMAND.finditer(block[1]))


def refreshed(text: str) -> str:
    """Return a page with the help texts that the commands print now."""
    real = real_helps(set(shown_help(text)))
    return HELP.sub(lambda match: f"```console\n$ {match[1]}\n{real[match[1]]}```", text)


if __name__ == "__main__":
    for path in pages():
        path.write_text(refreshed(path.read_text(encoding="utf-8")), encoding="utf-8")
