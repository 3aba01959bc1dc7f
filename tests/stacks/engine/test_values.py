"""Tests of stacks.engine.values."""

from __future__ import annotations

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from stacks.engine.provider import Unsupported
from stacks.engine.values import (
    SIGNATURE,
    UNKNOWN,
    from_struct,
    has_secret,
    has_unknown,
    keep_secret,
    mask,
    reveal,
    to_struct,
    without_unknown,
    wrap,
)

_LEAVES = st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=8)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


@pytest.mark.slow
@given(st.dictionaries(st.text(max_size=4), _VALUES, max_size=4))
def test_struct_any_value_comes_back_as_it_was(values: dict[str, object]) -> None:
    """What goes into a Struct comes out of it, whole numbers as int."""
    assert from_struct(to_struct(values)) == values


def test_from_struct_asset_is_refused_by_name() -> None:
    """An asset is refused, not passed on as a strange map."""
    struct = struct_pb2.Struct()
    struct.update({"file": {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "path": "x"}})

    with pytest.raises(Unsupported, match="assets"):
        from_struct(struct)


def test_reveal_without_secrets_returns_the_same_object() -> None:
    """Nothing is copied when there is nothing to reveal."""
    value = {"a": [1, {"b": "c"}]}

    assert reveal(value) is value


def test_reveal_nested_secret_shows_only_what_was_hidden() -> None:
    """Secrets at any depth are shown; the original keeps its marks."""
    value = {"a": [wrap("x"), 1], "b": wrap({"c": wrap("y")})}

    assert reveal(value) == {"a": ["x", 1], "b": {"c": "y"}}
    assert has_secret(value)


def test_mask_secret_hides_its_value() -> None:
    """A masked value shows no secret text."""
    assert mask({"a": [wrap("x")], "b": 1}) == {"a": ["[secret]"], "b": 1}


def test_has_unknown_finds_it_at_any_depth() -> None:
    """An unknown inside a list inside a map counts; a text that contains it does not."""
    assert has_unknown({"a": [{"b": UNKNOWN}]})
    assert not has_unknown({"a": f"x{UNKNOWN}"})


def test_without_unknown_keeps_the_former_value_or_none_at_all() -> None:
    """An output that did not become known keeps what it was, and is left out if it was nothing."""
    assert without_unknown({"a": UNKNOWN, "b": UNKNOWN, "c": 1}, {"a": "old"}) == {"a": "old", "c": 1}


def test_keep_secret_named_or_of_a_secret_input_is_marked() -> None:
    """An output is secret when the program says so and when the input of its name is."""
    kept = keep_secret({"password": "p", "token": "t", "name": "n"}, {"password": wrap("p"), "name": "n"}, {"token"})

    assert kept == {"password": wrap("p"), "token": wrap("t"), "name": "n"}


def test_keep_secret_text_that_shows_under_another_key_is_marked() -> None:
    """A secret does not leak through an output of another name that repeats it."""
    kept = keep_secret(
        {"all": {"x": "canary-text!"}, "url": "u:canary-text!@h"}, {"meta": {"x": wrap("canary-text!")}}, set()
    )

    assert has_secret(kept["all"])
    assert has_secret(kept["url"])
