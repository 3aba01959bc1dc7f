"""The secrets of one cloud: one passphrase and one salt for all its stacks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from failures import Text
from stacks.engine.journal import sync_folder
from stacks.engine.secrets import Secrets
from stacks.rollout.home import Home, naming, passphrase


def open_secrets(home: Home, environ: Mapping[str, str], note: Callable[[Text], None]) -> Secrets:
    """Return the cloud's secrets; the first time, a salt (and a key file, if no passphrase is set) is made durable.

    Raises:
        InputInvalid: the passphrase is not the one this cloud was first deployed with.
    """
    home.make()
    phrase = passphrase(home, environ)
    if phrase.made:
        note(
            Text(
                f"a new key that seals all state was written to {phrase.made}: keep a copy elsewhere",
                f"已生成封存全部状态的密钥：{phrase.made}，请另存一份副本",
            )
        )
    file = home.folder / "salt"
    if file.exists():
        return Secrets(phrase.text, file.read_text(encoding="ascii").strip())
    sealed = Secrets(phrase.text)
    fresh = file.with_suffix(".new")
    with (
        naming(file),
        os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as out,
    ):
        out.write(sealed.salt + "\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    sync_folder(home.folder)
    return sealed
