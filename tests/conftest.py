"""Settings of the property tests: no deadline each, because a busy machine is not a fault."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
