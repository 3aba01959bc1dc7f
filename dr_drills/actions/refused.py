"""What an action raises when the world will not change by it."""

from __future__ import annotations

from failures import GateRefused


class Refused(GateRefused):
    """It was not done, and will not happen by itself; anything else an action raises leaves that open."""
