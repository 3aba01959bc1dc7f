"""What a plain YAML scalar means, where all YAML readers agree, and which ones do not."""

from __future__ import annotations

import re
from typing import NamedTuple

from failures import Text

MAX_DIGITS = 18
_PLAIN = re.compile(
    r"""
    (?P<null>~|null|Null|NULL|)
    |(?P<bool>true|True|TRUE|false|False|FALSE)
    |(?P<int>[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+)
    |(?P<float>[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))
    |(?P<merge><<)
    |(?P<word>yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)
    |(?P<clock>[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)
    |(?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\s].*)?)
    |(?P<number>[-+]?0[0-9_]+|[-+]?0[bo][0-9_]+|[-+]?0x[0-9a-fA-F_]+|[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|=)
    """,
    re.VERBOSE,
)
_FIRST = frozenset("0123456789+-.~<=nNtTfFyYoO") | {""}
_DOUBTS = {
    "word": Text("true or false", "真或假"),
    "clock": Text("a number in base 60", "六十进制数"),
    "date": Text("a date", "日期"),
    "number": Text("a number of another value", "另一个数值"),
    "merge": Text("a merge key", "合并键"),
}
Plain = str | int | float | bool | None


class Resolved(NamedTuple):
    """A scalar's kind and value; `doubt` says what another YAML reader would take it for."""

    kind: str
    value: Plain
    doubt: Text | None = None


def resolve(text: str) -> Resolved:
    """Return what a plain (unquoted) scalar means.

    Raises:
        OverflowError: a number of more than 18 digits.
    """
    if text[:1] not in _FIRST:
        return Resolved("str", text)
    match = _PLAIN.fullmatch(text)
    kind = match.lastgroup if match else None
    if kind is None:
        return Resolved("str", text)
    if kind in _DOUBTS:
        return Resolved("str", text, _DOUBTS[kind])
    return Resolved(kind, _convert(kind, text))


def _convert(kind: str, text: str) -> Plain:
    if kind in {"int", "float"} and len(text) > MAX_DIGITS:
        raise OverflowError(text[:MAX_DIGITS])
    match kind:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text, 16) if text.startswith("0x") else int(text)
        case _:
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
