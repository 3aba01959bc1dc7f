"""Places by path."""

from __future__ import annotations

from pathlib import Path

from topology.compose import compose
from topology.places import Places
from topology.source import Source

TEXT = b"a:\n  b: [x, y]\n  c: 1\n"


def places() -> Places:
    result = compose(Source(Path("t"), "t", TEXT))
    return Places("t", result.data, result.marks)


def test_value_of_scalar_is_where_it_stands() -> None:
    """The value's own line and column."""
    assert str(places().value(("a", "c"))) == "t:3:6"
    assert str(places().value(("a", "b", 1))) == "t:2:10"


def test_value_of_mapping_or_list_is_its_key() -> None:
    """People look for the key, not for what follows it."""
    assert str(places().value(("a", "b"))) == "t:2:3"


def test_key_of_missing_part_is_the_nearest_parent() -> None:
    """What is missing is reported where it belongs."""
    assert str(places().key(("a", "missing", "deep"))) == "t:1:1"
    assert str(places().value(("a", "b", 7))) == "t:2:3"


def test_place_of_nothing_is_the_start_of_the_file() -> None:
    """A missing section has no parent but the file."""
    assert str(places().key(("none",))) == "t:1:1"
    assert str(Places("t").value(())) == "t:1:1"
