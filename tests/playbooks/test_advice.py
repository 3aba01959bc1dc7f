"""Every failure comes with a next step, and with no secret in it."""

from __future__ import annotations

import pytest

from playbooks.advice import ADVICE, AGAIN, bounded, next_step


@pytest.mark.parametrize(
    ("reason", "row"),
    [
        ("Failed to connect to the host via ssh: Host key verification failed.", "host-key"),
        ("debian@10.0.0.2: Permission denied (publickey).", "login"),
        ("ssh: connect to host 10.0.0.2 port 22: Connection timed out", "silent"),
        ("OSError: [Errno 28] No space left on device", "disk"),
        ("Release file is not valid yet (invalid for another 3h)", "clock"),
        ("patroni 3.0.2 is installed", "patroni-3"),
        ("E: Unable to locate package etcd-server", "package"),
        ("Could not get lock /var/lib/dpkg/lock-frontend", "lock"),
    ],
)
def test_next_step_fits_the_reason(reason: str, row: str) -> None:
    """Real words of real failures find their row."""
    assert next_step(reason) == next(advice.next for advice in ADVICE if advice.id == row)


def test_next_step_for_anything_else_is_to_run_again() -> None:
    """There is always something to do."""
    assert next_step("the moon is in the wrong house") == AGAIN


def test_advice_rows_have_ids_of_their_own() -> None:
    """A row can be named."""
    assert len({row.id for row in ADVICE}) == len(ADVICE)


def test_bounded_takes_secrets_out_of_a_reason() -> None:
    """Also where a role forgot to hide them."""
    assert bounded("password 's3cret' is wrong: s3cret", ["s3cret", ""]) == "password '[secret]' is wrong: [secret]"


def test_bounded_makes_one_line_of_at_most_300_characters() -> None:
    """A traceback of a module does not fill the screen."""
    found = bounded("a\n  b\n" + "x" * 1000, [])

    assert found.startswith("a b x")
    assert len(found) == 300
