"""Approvals as files, the file that says whose keys count, and what makes an approval count for a run."""

from __future__ import annotations

import json
import stat
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dr_drills.approvals.signing import names_of, sign, verified
from dr_drills.approvals.statement import Statement
from failures import GateRefused, InputInvalid, Text

VALID = timedelta(hours=24)
SKEW = timedelta(minutes=5)
LARGEST = 64 << 10
SUFFIX = ".approvers"
NAME = "approvers"


@dataclass(frozen=True)
class Approval:
    """A statement's text and the signature of it."""

    statement: str
    signature: str

    @property
    def text(self) -> str:
        return json.dumps(vars(self), ensure_ascii=False, indent=1) + "\n"

    @property
    def said(self) -> Statement:
        """Return what was signed. Raises InputInvalid when it is no approval."""
        try:
            return Statement.parse(self.statement)
        except ValueError as error:
            raise InputInvalid(Text(f"this is no approval: {error}", f"不是批准文件：{error}")) from error


@dataclass(frozen=True)
class Agreement:
    """An approval whose signature was checked: `key` is the fingerprint, `names` is everybody who holds that key."""

    approval: Approval
    key: str
    names: tuple[str, ...]

    @property
    def who(self) -> str:
        return self.approval.said.who

    def document(self) -> dict[str, Any]:
        """Return it as JSON values, as an event has it."""
        said = self.approval.said
        facts = {"who": said.who, "key": self.key, "names": list(self.names), "signed_at": said.signed_at}
        return {**facts, "plan_sha256": said.plan_sha256, **vars(self.approval)}


@dataclass(frozen=True)
class Due:
    """What a run needs an approval of: its plan now, by somebody who is none of `operators` and signed with no key of
    theirs; `used` are the statements that other runs had.
    """

    cloud: str
    plan_sha256: str
    topology_sha256: str
    operators: frozenset[str]
    own_keys: frozenset[str] = frozenset()
    used: Collection[str] = ()


def approve(statement: Statement, key: Path) -> Approval:
    """Return the approval of a person who holds a key. Raises InputInvalid when it does not sign."""
    return Approval(statement.text, sign(statement.text, key))


def read_approval(path: Path) -> Approval:
    """Return the approval in a file. Raises InputInvalid when there is none."""
    with path.open("rb") as file:
        raw = file.read(LARGEST)
    try:
        found = json.loads(raw.decode("utf-8"))
        return Approval(str(found["statement"]), str(found["signature"]))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputInvalid(
            Text("this is no approval", "不是批准文件"),
            where=str(path),
            fix=Text("it is made by `govcloud drill approve`", "应由 `govcloud drill approve` 生成"),
        ) from error


def find_approval(path: Path, plan: str) -> Approval | None:
    """Return the approval in a file, or the latest one of a plan in a folder of them; None when that has none."""
    if not path.is_dir():
        return read_approval(path)
    found = (_of_plan(file, plan) for file in path.iterdir() if file.is_file())
    return max((one for one in found if one), key=lambda one: one.said.signed_at, default=None)


def _of_plan(file: Path, plan: str) -> Approval | None:
    """Return the approval in a file if it is one of the plan: other files in a folder are nobody's fault."""
    try:
        found = read_approval(file)
        signed = found.said.plan_sha256
    except InputInvalid:
        return None
    return found if signed == plan else None


def approvers_file(topology: Path, home: Path) -> Path:
    """Return the file that says whose keys count: with the topology, where changes are reviewed, else in its home.

    Raises GateRefused when there is none, or when others than its owner may write it.
    """
    own = topology / NAME if topology.is_dir() else topology.with_suffix(SUFFIX)
    path = next((one for one in (own, home / NAME) if one.is_file()), None)
    if path is None:
        raise GateRefused(
            Text("nobody's keys count yet: there is no approvers file", "尚无批准人文件：没有任何人的密钥有效"),
            where=str(own),
            fix=Text(
                "write one line per person: NAME ssh-ed25519 AAAA... (see ssh-keygen, ALLOWED SIGNERS)",
                "每人一行：姓名 ssh-ed25519 AAAA...(格式见 ssh-keygen 的 ALLOWED SIGNERS)",
            ),
        )
    if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise GateRefused(
            Text("others than its owner may write the approvers file", "批准人文件可被所有者以外的用户写入"),
            where=str(path),
            fix=Text(f"chmod go-w {path}", f"请执行 chmod go-w {path}"),
        )
    return path


def agreement(approval: Approval, approvers: bytes) -> Agreement:
    """Return an approval once its signature is checked. Raises GateRefused for a forged one or a stranger's."""
    said = approval.said
    key = verified(approval.statement, approval.signature, said.who, approvers)
    return Agreement(approval, key, names_of(approval.signature, approvers))


def refuse(found: Agreement, due: Due, now: datetime | None) -> None:
    """Raise GateRefused when an approval is not one for this run; `now` is None where its age counts no more."""
    said = found.approval.said
    ages = now is not None and not -SKEW <= now - said.at <= VALID
    rows = (
        (said.cloud != due.cloud, Text(f"it is for the cloud {said.cloud}", f"针对的是 {said.cloud}")),
        (said.plan_sha256 != due.plan_sha256, Text("it is stale: of another plan", "已过期：针对另一份计划")),
        (said.topology_sha256 != due.topology_sha256, Text("it is stale: of another topology", "已过期：拓扑已变化")),
        (
            bool({said.who, *found.names} & due.operators),
            Text("its signer is the operator: a second person is needed", "签名人就是操作员：需要第二人"),
        ),
        (
            found.key in due.own_keys,
            Text("it was signed with a key of the operator's own", "使用了操作员自己的密钥签名"),
        ),
        (
            ages,
            Text(
                f"it is stale: signed at {said.signed_at}, good for 24 h",
                f"已过期：签于 {said.signed_at}，有效 24 小时",
            ),
        ),
        (said.text in due.used, Text("it was used by another run", "已被另一次演练使用")),
    )
    for refused, why in rows:
        if refused:
            raise GateRefused(
                Text(f"the approval does not count: {why.en}", f"批准无效：{why.zh}"),
                where=said.who,
                fix=Text(
                    f"govcloud drill approve TOPOLOGY --plan {due.plan_sha256} --as NAME --key FILE",
                    f"govcloud drill approve 拓扑文件 --plan {due.plan_sha256} --as 姓名 --key 密钥",
                ),
            )
