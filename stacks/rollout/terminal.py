"""What a plan or a deployment asks of the person at the terminal."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from failures import Text

if TYPE_CHECKING:
    from stacks.rollout.plan import PlanReport
    from stacks.rollout.progress import Board


class Terminal(Protocol):
    def note(self, text: Text) -> None:
        """Tell something that is not part of the answer."""

    def show(self, plan: PlanReport) -> None:
        """Show the plan that is about to be confirmed."""

    def confirm(self, question: Text, expect: str) -> bool:
        """Return whether the person typed `expect`; GateRefused where there is nobody to ask."""

    def watch(self, board: Board) -> AbstractContextManager[None]:
        """Show the board while the block runs."""
