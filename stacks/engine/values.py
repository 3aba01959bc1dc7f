"""Property values: protobuf Struct to Python and back, secrets, unknowns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from google.protobuf import struct_pb2

from stacks.engine.provider import Unsupported

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  a public marker of Pulumi's wire format
_FILES = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
_MASK = "[secret]"
_LONG_ENOUGH_TO_RECOGNISE = 8


def from_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Return plain values; whole numbers become int, secrets stay wrapped. Raises Unsupported for files."""
    found = {key: _from_value(value) for key, value in struct.fields.items()}
    if found.get(SIGNATURE) in _FILES:
        raise Unsupported("the embedded engine does not support assets and archives; give the content or a path")
    return found


def _from_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            text = value.string_value
            return UNKNOWN if text.startswith(UNKNOWN) else text
        case "struct_value":
            return from_struct(value.struct_value)
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
    return None


def to_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return the wire form of plain or secret values."""
    struct = struct_pb2.Struct()
    fields = struct.fields
    for key, value in values.items():
        _fill(fields[key], value)
    return struct


def _fill(slot: struct_pb2.Value, value: Any) -> None:
    if value is None:
        slot.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, str):
        slot.string_value = value
    elif isinstance(value, bool):
        slot.bool_value = value
    elif isinstance(value, int | float):
        slot.number_value = value
    elif isinstance(value, Mapping):
        slot.struct_value.SetInParent()
        for key, item in value.items():
            _fill(slot.struct_value.fields[key], item)
    else:
        slot.list_value.SetInParent()
        for item in value:
            _fill(slot.list_value.values.add(), item)


def is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def wrap(value: Any) -> Any:
    """Mark a value secret; None and what is secret already stay as they are."""
    return value if value is None or is_secret(value) else {SIGNATURE: SECRET, "value": reveal(value)}


def reveal(value: Any) -> Any:
    """Return the value without secret marks; the very same object when there are none."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return reveal(value["value"])
        changed = {key: new for key, item in value.items() if (new := reveal(item)) is not item}
        return {**value, **changed} if changed else value
    if isinstance(value, list):
        items = [reveal(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def mask(value: Any) -> Any:
    """Return the value with `[secret]` in the place of secrets."""
    if is_secret(value):
        return _MASK
    if isinstance(value, dict):
        return {key: mask(item) for key, item in value.items()}
    return [mask(item) for item in value] if isinstance(value, list) else value


def has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get(SIGNATURE) == SECRET or any(has_secret(item) for item in value.values())
    return isinstance(value, list) and any(has_secret(item) for item in value)


def has_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return isinstance(value, str) and value == UNKNOWN


def foreseen(value: Any) -> Any:
    """Return the value with its unknown leaves in a form that the SDK passes on one by one.

    The SDK takes a whole structure as unknown when one leaf is; `from_struct` knows these leaves again.
    """
    if isinstance(value, dict):
        return {key: foreseen(item) for key, item in value.items()}
    if isinstance(value, list):
        return [foreseen(item) for item in value]
    return f"{UNKNOWN}:foreseen" if value == UNKNOWN else value


def without_unknown(values: Mapping[str, Any], fallback: Mapping[str, Any]) -> dict[str, Any]:
    """Return the known values; for the others what `fallback` has, if anything."""
    kept = {key: fallback.get(key) if has_unknown(value) else value for key, value in values.items()}
    return {key: value for key, value in kept.items() if key in fallback or not has_unknown(values[key])}


def keep_secret(outputs: Mapping[str, Any], inputs: Mapping[str, Any], named: Mapping[str, Any] | set[str]) -> Any:
    """Return outputs marked secret where named, where the input of that name is, or where a secret text shows."""
    clear = frozenset(_secret_texts(inputs))
    return {
        key: wrap(value) if key in named or has_secret(inputs.get(key)) or _shows(value, clear) else value
        for key, value in outputs.items()
    }


def _secret_texts(value: Any) -> Iterator[str]:
    if is_secret(value):
        yield from _texts(value["value"])
    else:
        for item in _parts(value):
            yield from _secret_texts(item)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    for item in _parts(value):
        yield from _texts(item)


def _parts(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _shows(value: Any, clear: frozenset[str]) -> bool:
    return bool(clear) and any(
        text in clear or any(len(word) >= _LONG_ENOUGH_TO_RECOGNISE and word in text for word in clear)
        for text in _texts(value)
    )
