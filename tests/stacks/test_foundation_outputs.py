"""What a department reads of a foundation that may not be there yet."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest

from stacks.foundation_outputs import output_of


def read(monkeypatch: pytest.MonkeyPatch, name: str, *, preview: bool) -> tuple[bool, Any]:
    """Return whether an output of a foundation that has only `roles` is known, and its value."""
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: preview)

    async def look() -> tuple[bool, Any]:
        outputs = pulumi.Output.from_input({"roles": "of the site"})
        found = output_of(cast("pulumi.StackReference", SimpleNamespace(outputs=outputs)), name)
        return await found.is_known(), await found.future()

    return asyncio.run(look())


@pytest.mark.parametrize("preview", [True, False])
def test_output_that_is_there_is_known(monkeypatch: pytest.MonkeyPatch, *, preview: bool) -> None:
    """A preview knows what was built."""
    assert read(monkeypatch, "roles", preview=preview) == (True, "of the site")


def test_output_of_a_foundation_to_be_is_unknown_in_a_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first plan of a department comes before its foundation is built."""
    known, _ = read(monkeypatch, "groups", preview=True)

    assert not known


def test_output_that_is_missing_when_building_ends_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is built on a foundation that lacks what the department needs."""
    with pytest.raises(KeyError, match="groups"):
        read(monkeypatch, "groups", preview=False)
