"""Approvals with real keys: what counts, and what is refused with a reason."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dr_drills.approvals.approval import (
    Agreement,
    Approval,
    Due,
    agreement,
    approve,
    approvers_file,
    read_approval,
    refuse,
)
from dr_drills.approvals.signing import fingerprint, signed_by
from dr_drills.approvals.statement import Statement
from failures import GateRefused, InputInvalid

PLAN, TOPOLOGY = "a" * 64, "b" * 64
DUE = Due("quanzhou", PLAN, TOPOLOGY, frozenset({"lin.wei"}))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give each person a key of his own."""
    folder = tmp_path_factory.mktemp("keys")

    def key_of(name: str) -> Path:
        if not (folder / name).exists():
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(folder / name)]
            subprocess.run(words, check=True, timeout=20)
        return folder / name

    return key_of


def public(key: Path) -> str:
    return key.with_name(f"{key.name}.pub").read_text(encoding="utf-8").strip()


def signed(keys: Callable[[str], Path], who: str = "chen.jing", **changes: str) -> Approval:
    return approve(replace(Statement.new("quanzhou", PLAN, TOPOLOGY, who), **changes), keys(who))


def allowed(keys: Callable[[str], Path], *names: str) -> bytes:
    return "".join(f"{name} {public(keys(name))}\n" for name in names).encode()


def checked(keys: Callable[[str], Path], approval: Approval) -> Agreement:
    return agreement(approval, allowed(keys, "chen.jing", "lin.wei"))


def test_approval_of_a_second_person_counts_and_names_the_key(keys: Callable[[str], Path], tmp_path: Path) -> None:
    """What is written into a file and read again is the same, down to the key's fingerprint."""
    path = tmp_path / "a.approval"
    path.write_text(signed(keys).text, encoding="utf-8")
    found = checked(keys, read_approval(path))

    refuse(found, DUE, datetime.now(UTC))
    assert found.who == "chen.jing"
    assert found.key == fingerprint(public(keys("chen.jing")))
    assert found.document()["plan_sha256"] == PLAN


@pytest.mark.parametrize(
    ("due", "later", "word"),
    [
        (replace(DUE, plan_sha256="c" * 64), timedelta(), "another plan"),
        (replace(DUE, topology_sha256="c" * 64), timedelta(), "another topology"),
        (replace(DUE, cloud="fuzhou"), timedelta(), "for the cloud quanzhou"),
        (replace(DUE, operators=frozenset({"chen.jing"})), timedelta(), "the operator"),
        (DUE, timedelta(hours=25), "good for 24 h"),
        (DUE, timedelta(hours=-1), "good for 24 h"),
    ],
)
def test_approval_that_is_stale_or_the_operators_own_is_refused(
    keys: Callable[[str], Path], due: Due, later: timedelta, word: str
) -> None:
    """The message says what it is, and the way out names the plan that is due."""
    with pytest.raises(GateRefused, match=word) as refused:
        refuse(checked(keys, signed(keys)), due, datetime.now(UTC) + later)

    assert due.plan_sha256 in refused.value.fix.en


def test_approval_with_a_key_of_the_operators_own_is_refused(keys: Callable[[str], Path]) -> None:
    """Another name in the approvers file does not make a second person of him."""
    found = checked(keys, signed(keys))

    with pytest.raises(GateRefused, match="own"):
        refuse(found, replace(DUE, own_keys=frozenset({found.key})), None)


def test_approval_whose_key_belongs_to_the_operator_too_is_refused(keys: Callable[[str], Path]) -> None:
    """A key that two names share is one person."""
    shared = f"chen.jing,lin.wei {public(keys('chen.jing'))}\n".encode()

    with pytest.raises(GateRefused, match="the operator"):
        refuse(agreement(signed(keys), shared), DUE, datetime.now(UTC))


def test_approval_that_another_run_had_is_refused(keys: Callable[[str], Path]) -> None:
    """One signature is for one run."""
    found = checked(keys, signed(keys))

    with pytest.raises(GateRefused, match="another run"):
        refuse(found, replace(DUE, used=[found.approval.statement]), datetime.now(UTC))


def test_approval_with_a_changed_word_is_forged(keys: Callable[[str], Path]) -> None:
    """A plan that was put in place of the signed one does not pass."""
    made = signed(keys, plan_sha256="d" * 64)
    forged = replace(made, statement=made.statement.replace("d" * 64, PLAN))

    assert signed_by(made.statement, made.signature) is not None
    assert signed_by(forged.statement, forged.signature) is None
    with pytest.raises(GateRefused, match="forged"):
        checked(keys, forged)


def test_approval_by_a_strangers_key_is_refused(keys: Callable[[str], Path]) -> None:
    """Neither a name that is not listed nor a listed name with another key counts."""
    stranger = approve(Statement.new("quanzhou", PLAN, TOPOLOGY, "mallory"), keys("mallory"))
    posing = approve(Statement.new("quanzhou", PLAN, TOPOLOGY, "chen.jing"), keys("mallory"))

    for made in (stranger, posing):
        with pytest.raises(GateRefused, match="not one of"):
            checked(keys, made)


def test_approval_after_the_keys_time_is_refused(keys: Callable[[str], Path]) -> None:
    """The approvers file says until when a key counts."""
    over = f'chen.jing valid-before="20200101" {public(keys("chen.jing"))}\n'.encode()

    with pytest.raises(GateRefused, match="not one of"):
        agreement(signed(keys), over)


@pytest.mark.parametrize("text", ["", "[]", "{}", "\xff", json.dumps({"statement": 1}), "[" * 100000])
def test_approval_file_with_anything_else_is_invalid(tmp_path: Path, text: str) -> None:
    """What is no approval is told apart from one that does not count."""
    path = tmp_path / "a.approval"
    path.write_text(text, encoding="latin-1")

    with pytest.raises(InputInvalid):
        read_approval(path)


def test_approval_of_no_digest_or_no_name_is_invalid() -> None:
    """A slip of the hand is told before anything is signed."""
    for plan, who in (("a1b2", "chen.jing"), (PLAN, "*"), (PLAN, "-f")):
        with pytest.raises(InputInvalid):
            Statement.new("quanzhou", plan, TOPOLOGY, who)


def test_approvers_file_lies_with_the_topology_before_the_home(tmp_path: Path) -> None:
    """The reviewed one counts first; one that others may write counts nothing, and none at all says how to make one."""
    topology, home = tmp_path / "city.yaml", tmp_path / "home"
    home.mkdir()
    with pytest.raises(GateRefused, match="no approvers file"):
        approvers_file(topology, home)
    (home / "approvers").touch(0o600)
    assert approvers_file(topology, home) == home / "approvers"
    (tmp_path / "city.approvers").touch(0o644)
    assert approvers_file(topology, home) == tmp_path / "city.approvers"
    (tmp_path / "city.approvers").chmod(0o666)
    with pytest.raises(GateRefused, match="others"):
        approvers_file(topology, home)
