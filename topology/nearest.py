"""The nearest known word to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from failures import Text


def nearest(word: object, known: Iterable[str]) -> str | None:
    """Return the known word most like `word`, None when none is near."""
    close = get_close_matches(str(word)[:100], list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def choose(word: object, known: Iterable[str]) -> Text:
    """Return the advice to use the nearest known word, else the list of known words, at most 12."""
    words = list(known)
    close = nearest(word, words)
    if close:
        return Text(f"did you mean {close}?", f"是否应为 {close}?")
    if not words:
        return Text("none is defined yet", "尚未定义任何一个")
    listed = ", ".join(words[:12]) + (", ..." if len(words) > 12 else "")
    return Text(f"known here: {listed}", f"此处可用:{listed}")
