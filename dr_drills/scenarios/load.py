"""From a scenario's file to a Scenario, or to every mistake with its place in the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dr_drills.scenarios.scenario import Scenario
from failures import InputInvalid, Text
from topology.compose import compose
from topology.findings import Place
from topology.places import Places
from topology.source import sources

FIX = Text(
    "see the scenarios that come with govcloud: `govcloud drill show NAME`",
    "可参考自带场景：`govcloud drill show 名称`",
)


def load_scenario(path: Path) -> Scenario:
    """Return the scenario in the file; InputInvalid names the place and the reason of every mistake."""
    source = sources(path)[0]
    document = compose(source)
    if document.findings:
        first = document.findings[0]
        raise InputInvalid(first.message, where=str(first.place), fix=first.fix)
    try:
        return Scenario.model_validate(document.data)
    except ValidationError as error:
        places = Places(source.name, document.data, document.marks)
        raise _refused(list(_mistakes(error, places))) from None


def _mistakes(error: ValidationError, places: Places) -> Iterator[tuple[Place, str]]:
    for problem in error.errors():
        path = problem["loc"]
        yield places.value(tuple(path)), f"{_dotted(path)}: {problem['msg']}" if path else problem["msg"]


def _refused(mistakes: list[tuple[Place, str]]) -> InputInvalid:
    first = mistakes[0][0]
    told = "; ".join(message if place == first else f"{place}: {message}" for place, message in mistakes)
    return InputInvalid(Text(told, f"场景文件有误：{told}"), where=str(first), fix=FIX)


def _dotted(path: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in path)
