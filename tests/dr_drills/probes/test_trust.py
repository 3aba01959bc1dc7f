"""Keys of an operator."""

from __future__ import annotations

from pathlib import Path

from dr_drills.probes.trust import Keys, context, in_memory
from tests.dr_drills.pretence import KEYS


def test_keys_when_printed_show_nothing() -> None:
    """No log or traceback can hold what the keys are."""
    keys = Keys(KEYS.authority, KEYS.certificate, KEYS.key, {"certificates": "pa55word"})

    assert repr(keys) == "Keys()"


def test_context_trusts_the_authority_alone() -> None:
    """The machine's own list of authorities says nothing about this cloud."""
    assert len(context(KEYS).get_ca_certs()) == 1


def test_text_in_memory_is_gone_after_the_block() -> None:
    """The path can be read inside the block, and lies on no disk."""
    with in_memory("a secret") as path:
        assert Path(path).read_text(encoding="utf-8") == "a secret"
        assert "memfd:" in str(Path(path).readlink())

    assert not Path(path).exists() or "memfd:govcloud" not in str(Path(path).readlink())
