"""Passwords are compared with what PostgreSQL stores, so that only a changed one is set."""

from __future__ import annotations

import base64

import pytest

from patroni_databases import verifier, verifies

# RFC 7677, section 3.
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
STORED = (
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
    "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
)


def test_verifier_is_the_standards() -> None:
    """The example of the RFC comes out."""
    assert verifier("pencil", SALT) == STORED


@pytest.mark.parametrize(
    ("stored", "password", "same"),
    [(STORED, "pencil", True), (STORED, "pencils", False), (None, "pencil", False), ("md5abc", "pencil", False)],
)
def test_verifies_tells_the_password_from_others(stored: str | None, password: str, *, same: bool) -> None:
    """No password, another kind of verifier, another password: all are to be set anew."""
    assert verifies(stored, password) is same
