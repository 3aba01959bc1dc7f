"""The typed scalars."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from topology.values import Duration, Network, Title, duration

SECONDS: TypeAdapter[int] = TypeAdapter(Duration)


@given(st.integers(0, 999_999))
def test_duration_written_and_read_is_the_same(seconds: int) -> None:
    """Whatever unit is chosen, no second is lost."""
    assert SECONDS.validate_python(duration(seconds)) == seconds


def test_duration_uses_the_largest_whole_unit() -> None:
    """As people write it."""
    assert [duration(s) for s in (0, 90, 120, 7200, 86400)] == ["0s", "90s", "2m", "2h", "1d"]


@pytest.mark.parametrize("value", ["4", "4w", "-4h", "4 h", "", "4h\n", 4, None, "1234567s"])
def test_duration_of_other_form_is_refused(value: object) -> None:
    """A bare number could mean anything."""
    with pytest.raises(ValidationError, match="number with a unit"):
        SECONDS.validate_python(value)


@pytest.mark.parametrize("value", ["10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "::/0", "256.0.0.0/8", 10, "10.0.0.0/8\n"])
def test_network_of_other_form_is_refused(value: object) -> None:
    """Host bits, a missing prefix and other families are errors."""
    with pytest.raises(ValidationError, match="first address and prefix length"):
        TypeAdapter(Network).validate_python(value)


def test_title_with_a_line_break_is_refused() -> None:
    """The model holds this itself, for data that came from no file."""
    with pytest.raises(ValidationError, match="control characters"):
        TypeAdapter(Title).validate_python("a\nb")
