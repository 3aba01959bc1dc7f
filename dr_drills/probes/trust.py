"""What a probe trusts, and what it proves itself with."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from inventories.keys import OperatorKeys


@dataclass(frozen=True)
class Keys:
    """The cloud's authority, an operator's certificate with its key (PEM, empty for none), passwords by account."""

    authority: str = field(repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, found: OperatorKeys) -> Self:
        """Return what an operator's command proves itself with."""
        return cls(found.authority, found.operator.certificate, found.operator.key, found.passwords)


def context(keys: Keys) -> ssl.SSLContext:
    """Return a TLS context that trusts the cloud's authority alone, and presents the operator's certificate."""
    made = ssl.create_default_context(cadata=keys.authority)
    if keys.certificate:
        with in_memory(keys.certificate + "\n" + keys.key) as path:
            made.load_cert_chain(path)
    return made


class in_memory:  # noqa: N801 - reads as the verb of a with statement
    """Lend a text as a path that lies on no disk; gone at the end of the block."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __enter__(self) -> str:
        self._file = os.memfd_create("govcloud", os.MFD_CLOEXEC)
        os.write(self._file, self._text.encode())
        return f"/proc/self/fd/{self._file}"

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
