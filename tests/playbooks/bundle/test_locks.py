"""Locks are read as pip reads them, and nothing without a hash is."""

from __future__ import annotations

import pytest

from playbooks.bundle.locks import Pin, pins, requirements

A, B = "a" * 64, "b" * 64


def test_pins_over_several_lines_are_read() -> None:
    """The form that `uv pip compile` writes: a backslash before each hash, comments between."""
    text = f"# by hand\npython_Etcd==0.4.5 \\\n    --hash=sha256:{A} \\\n    --hash=sha256:{B}\n    # via patroni\nh11==1 --hash=sha256:{A}\n"
    assert list(pins(text)) == [Pin("python-etcd", "0.4.5", frozenset({A, B})), Pin("h11", "1", frozenset({A}))]


@pytest.mark.parametrize("line", ["h11", "h11>=1", "h11==1", "h11==1 --hash=md5:00", "-r other.txt"])
def test_pins_without_version_or_hash_are_refused(line: str) -> None:
    """What pip would refuse, or install unchecked, is no pin."""
    with pytest.raises(ValueError, match=r"h11|other"):
        list(pins(line))


def test_requirements_read_again_are_the_same_pins() -> None:
    """What is written for the hosts is a lock itself."""
    found = [Pin("h11", "1", frozenset({A, B})), Pin("psutil", "7.2", frozenset({B}))]
    assert list(pins(requirements(reversed(found)))) == found
