"""What plain scalars mean."""

from __future__ import annotations

import math

import pytest
import yaml

from topology.scalars import resolve

AGREED = [
    "~",
    "null",
    "",
    "true",
    "False",
    "0",
    "-7",
    "443",
    "0x1F",
    "0.5",
    "-1.25",
    "5.",
    "1.5e+3",
    ".inf",
    "east",
    "4h",
]
DOUBTFUL = ["no", "On", "yes", "OFF", "1:30", "0777", "1_000", "0b11", "1e3", "2026-07-01", "<<", "=", "0o17", "08"]
TEXT = ["east", "10.64.0.0/12", "4h", "site-loss", "Sat 02:00", "nobody", "fibre", "-x", "1.2.3", "one"]


@pytest.mark.parametrize("text", AGREED)
def test_scalar_that_readers_agree_on_means_the_same_as_in_pyyaml(text: str) -> None:
    """Our meaning is that of the common YAML 1.1 reader, with no doubt raised."""
    resolved = resolve(text)

    assert resolved.doubt is None
    assert resolved.value == yaml.safe_load(text)
    assert type(resolved.value) is type(yaml.safe_load(text))


@pytest.mark.parametrize("text", DOUBTFUL)
def test_scalar_that_readers_disagree_on_raises_a_doubt(text: str) -> None:
    """What YAML 1.1 and 1.2 read differently is kept as text and marked."""
    assert resolve(text).doubt is not None
    assert resolve(text).value == text


@pytest.mark.parametrize("text", TEXT)
def test_scalar_that_is_text_stays_text(text: str) -> None:
    """Names, networks, durations and schedules need no quotes."""
    assert resolve(text) == ("str", text, None)


def test_scalar_nan_is_a_number() -> None:
    """NaN is read, for the model to refuse."""
    value = resolve(".nan").value

    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize("text", ["9" * 19, "0x" + "f" * 17, "1." + "0" * 400])
def test_scalar_of_too_many_digits_overflows(text: str) -> None:
    """A number that long is an error, whatever it means."""
    with pytest.raises(OverflowError):
        resolve(text)
