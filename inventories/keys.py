"""What an operator's command proves itself with at the services of a cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from failures import Text
from inventories.authority import Pair, new_certificate
from inventories.opening import Opened
from inventories.vault import Vault
from stacks.rollout.home import Home
from stacks.rollout.sealing import open_secrets

SECRETS = "secrets.json"
"""The file in the cloud's folder that keeps its credentials."""
OPERATOR = "operator"
OPERATOR_DAYS = 1


@dataclass(frozen=True)
class OperatorKeys:
    """`certificate` is made for this command and kept nowhere; `passwords` are by account."""

    authority: str
    operator: Pair
    passwords: Mapping[str, str] = field(repr=False)


def vault_of(opened: Opened, environ: Mapping[str, str], note: Callable[[Text], None]) -> Vault:
    """Return the keeper of a cloud's credentials."""
    return _vault(opened.home, environ, note)


def operator_keys(home: Home, environ: Mapping[str, str], note: Callable[[Text], None]) -> OperatorKeys | None:
    """Return keys for one command, None while the cloud has no credentials; makes none.

    Raises InputInvalid when the passphrase does not open them.
    """
    if not (home.folder / SECRETS).exists():
        return None
    kept = _vault(home, environ, note).read(())
    if kept is None:
        return None
    operator = new_certificate(kept.authority, OPERATOR, (OPERATOR,), datetime.now(UTC), OPERATOR_DAYS)
    return OperatorKeys(kept.authority.certificate, operator, kept.passwords)


def _vault(home: Home, environ: Mapping[str, str], note: Callable[[Text], None]) -> Vault:
    return Vault(home.folder / SECRETS, open_secrets(home, environ, note))
