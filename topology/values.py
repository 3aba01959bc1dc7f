"""The typed scalars of the topology language: names, titles, durations, networks, ports."""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

NAME_PATTERN = r"^[a-z][a-z0-9-]{0,30}$"
DURATION_PATTERN = r"^[0-9]{1,6}(s|m|h|d)$"
NETWORK_PATTERN = r"^[0-9.]{7,15}/[0-9]{1,2}$"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Strict(BaseModel):
    """Base of every topology object: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


def _seconds(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(DURATION_PATTERN, value):
        raise PydanticCustomError("duration", "a duration is a number with a unit, such as 30s, 15m, 4h or 7d")
    return int(value[:-1]) * _SECONDS[value[-1]]


def duration(seconds: int) -> str:
    """Return seconds as the language writes them, in the largest whole unit: 90 -> 90s, 7200 -> 2h."""
    unit = next(u for u in ("d", "h", "m", "s") if seconds % _SECONDS[u] == 0 and (seconds or u == "s"))
    return f"{seconds // _SECONDS[unit]}{unit}"


def is_duration(info: FieldInfo) -> bool:
    """Return whether a field of the model is a Duration."""
    return any(getattr(mark, "func", None) is _seconds for mark in info.metadata)


def _network(value: Any) -> Any:
    if isinstance(value, IPv4Network):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(NETWORK_PATTERN, value):
            return IPv4Network(value)
    except ValueError:
        pass
    raise PydanticCustomError("network", "a network is its first address and prefix length, such as 10.64.0.0/12")


def _plain(value: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in value):
        raise PydanticCustomError("control", "control characters are not allowed")
    return value


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_plain)]
Duration = Annotated[
    int,
    BeforeValidator(_seconds),
    PlainSerializer(duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN, "examples": ["30s", "15m", "4h"]}),
]
Network = Annotated[
    IPv4Network,
    BeforeValidator(_network),
    WithJsonSchema({"type": "string", "pattern": NETWORK_PATTERN, "examples": ["10.64.0.0/12"]}),
]
Count = Annotated[int, Field(ge=0, le=1000, strict=True)]
Size = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
Positive = Annotated[int, Field(ge=1, le=10_000_000, strict=True)]
Port = Annotated[int, Field(ge=1, le=65535, strict=True)]


class Titles(Strict):
    """Free text for people, in Chinese and English; never leaves Python."""

    zh: Title | None = None
    en: Title | None = None

    def say(self, lang: str, default: str = "") -> str:
        """Return the title in `lang`, else in the other language, else `default`."""
        first, second = (self.zh, self.en) if lang == "zh" else (self.en, self.zh)
        return first or second or default
