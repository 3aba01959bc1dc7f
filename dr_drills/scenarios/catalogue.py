"""The scenarios that come with govcloud, by name."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from dr_drills.scenarios.load import load_scenario
from dr_drills.scenarios.scenario import Scenario
from failures import Text, WrongUsage

FOLDER = Path(__file__).parent


def names() -> tuple[str, ...]:
    """Return the names there are, in order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def find(name: str) -> Path:
    """Return the file of a scenario by its name, or the path that `name` is when it ends with .yaml."""
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    if name not in names():
        near = ", ".join(get_close_matches(name, names()) or names())
        raise WrongUsage(
            Text(f"no scenario is called {name}", f"没有名为 {name} 的场景"),
            fix=Text(f"did you mean: {near}; `govcloud drill list`", f"可选：{near}；见 `govcloud drill list`"),
        )
    return FOLDER / f"{name}.yaml"


def named(name: str) -> Scenario:
    """Return a scenario by its name or file; WrongUsage for a name that is none."""
    return load_scenario(find(name))
