"""What the engine's tests share: a cloud, a state folder, and a way to run programs over both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stacks.engine.events import Outcome, Progress
from stacks.engine.host import RunRequest, run
from stacks.engine.secrets import Secrets
from stacks.engine.state import StackState
from tests.stacks.engine.fake_cloud import Clouds, FakeCloud

PASSPHRASE = "a phrase for tests"
_SALT = Secrets(PASSPHRASE).salt
STACK = "city.lab.base"


class Bench:
    """Runs programs over one stack and one cloud."""

    def __init__(self, folder: Path, cloud: FakeCloud) -> None:
        self.folder, self.cloud, self.connect = folder, cloud, Clouds(cloud)
        self.told: list[Progress] = []

    def state(self, passphrase: str = PASSPHRASE, stack: str = STACK) -> StackState:
        return StackState.open(self.folder, stack, Secrets(passphrase, _SALT))

    def run(
        self, mode: Any, program: Callable[[], object] | None = None, *, stack: str = STACK, **options: Any
    ) -> Outcome:
        request = RunRequest(
            **{
                "project": "govcloud",
                "connect": self.connect,
                "mode": mode,
                "parallel": 4,
                "settle": 0.3,
                "listen": self.told.append,
                **options,
            }
        )

        def declare() -> None:
            assert program is not None
            program()

        return run(self.state(stack=stack), declare if program else None, request)

    def update(self, program: Callable[[], object], **options: Any) -> Outcome:
        return self.run("update", program, **options)

    def preview(self, program: Callable[[], object], **options: Any) -> Outcome:
        return self.run("preview", program, **options)


def ops(outcome: Outcome) -> dict[str, str]:
    """Return what happened by resource name, components, providers and what stayed the same left out."""
    return {
        change.urn.rpartition("::")[2]: change.op.value
        for change in outcome.changes
        if change.type.startswith("openstack:") and change.op.value != "same"
    }


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def bench(tmp_path: Path, cloud: FakeCloud) -> Bench:
    return Bench(tmp_path / "state", cloud)
