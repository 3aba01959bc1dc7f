"""Makes the databases of keystone or nova in this process; the other services have one command that does it."""

from __future__ import annotations

import importlib
import sys


def main() -> None:
    """Run `schema.py keystone|nova ETC`."""
    service, etc = sys.argv[1:3]
    sys.argv = ["govlab-schema"]
    importlib.import_module(f"govlab.{service}_schema").make(etc)


if __name__ == "__main__":
    main()
