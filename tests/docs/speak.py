"""Prints, as JSON, what each command line given as an argument prints."""

from __future__ import annotations

import contextlib
import io
import json
import sys

import cli
from commands.frame import start


def speak(line: str) -> str:
    """Run one command line and return its output without trailing blanks."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        start(cli.app, line.split()[1:])
    return "\n".join(part.rstrip() for part in output.getvalue().strip("\n").splitlines()) + "\n"


if __name__ == "__main__":
    json.dump({line: speak(line) for line in sys.argv[1:]}, sys.stdout)
