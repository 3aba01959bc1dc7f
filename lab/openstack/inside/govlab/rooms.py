"""Lets a service use the lab's own modules without putting their neighbours on its path."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
ROOMS = ("failures", "lab")
"""Only what needs nothing but the standard library may be imported from the lab."""


def admit() -> None:
    """Make the rooms importable; repeating it changes nothing."""
    for name in ROOMS:
        if name not in sys.modules:
            folder = ROOT / name
            file = folder / "__init__.py" if folder.is_dir() else ROOT / f"{name}.py"
            within = [str(folder)] if folder.is_dir() else None
            spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=within)
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
