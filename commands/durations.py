"""Lengths of time as people read them."""

from __future__ import annotations


def span(seconds: float) -> str:
    """Return seconds as `42s` or `3m05s`."""
    whole = round(seconds)
    return f"{whole}s" if whole < 60 else f"{whole // 60}m{whole % 60:02d}s"
