"""Tests of stacks.engine.secrets."""

from __future__ import annotations

import time

import pytest

from failures import InputInvalid
from stacks.engine.secrets import Secrets
from stacks.engine.values import wrap
from tests.stacks.engine.conftest import PASSPHRASE

# From the tests of Pulumi's own passphrase provider.
CLI_PASSPHRASE = "password"
CLI_SALT = "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ=="


def test_open_sealed_value_gives_it_back() -> None:
    """A sealed value opens to what it was; the sealed form shows nothing of it."""
    secrets = Secrets(PASSPHRASE)
    value = {"a": wrap({"deep": ["canary"]}), "b": 2}

    sealed = secrets.seal(value)

    assert "canary" not in str(sealed)
    assert secrets.open(sealed) == value


def test_seal_nothing_secret_derives_no_key() -> None:
    """A value without secrets is the same object, and no time goes into a key."""
    secrets, value = Secrets("never derived", "v1:AAAAAAAAAAA=:v1:AAAA:AAAA"), {"a": [1]}

    assert secrets.seal(value) is value
    assert secrets.open(value) is value


def test_open_salt_of_the_pulumi_cli_is_proven() -> None:
    """The proof in a salt made by Pulumi's own CLI is accepted with its passphrase."""
    Secrets(CLI_PASSPHRASE, CLI_SALT).prove()


def test_prove_wrong_passphrase_says_what_to_do() -> None:
    """A wrong passphrase is an invalid input with a way out, not a traceback of the cipher."""
    with pytest.raises(InputInvalid) as caught:
        Secrets("wrong", CLI_SALT).prove()

    assert "passphrase" in caught.value.say("en")
    assert "口令" in caught.value.say("zh")


def test_prove_same_salt_twice_derives_once() -> None:
    """A hundred stacks that share a salt pay for one key."""
    salt = Secrets(PASSPHRASE).salt
    Secrets(PASSPHRASE, salt).prove()

    started = time.process_time()
    for _ in range(100):
        Secrets(PASSPHRASE, salt).prove()

    assert time.process_time() - started < 0.1


def test_open_damaged_ciphertext_is_an_invalid_input() -> None:
    """A ciphertext that was altered is named as damage."""
    secrets = Secrets(PASSPHRASE)
    sealed = secrets.seal(wrap("x"))
    sealed["ciphertext"] = sealed["ciphertext"][:-6] + "AAAA=="

    with pytest.raises(InputInvalid, match="encrypted value"):
        secrets.open(sealed)
