"""What to do next about a host that failed: rows of what its reason says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from failures import Text

LONGEST = 300


@dataclass(frozen=True)
class Advice:
    """`sign` is looked for in the reason of a failure; the first row that fits counts."""

    id: str
    sign: str
    next: Text


ADVICE = (
    Advice(
        "host-key",
        r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|host key is known for",
        Text(
            "the host shows another key than its server's console did: if it was rebuilt, run again with --refresh; "
            "else find out who answers there",
            "主机出示的密钥与其控制台不同：若曾重建，请加 --refresh 重试；否则请查明是谁在应答",
        ),
    ),
    Advice(
        "login",
        r"Permission denied",
        Text(
            "the host does not accept the department's key: was the server made by govcloud? see `govcloud drift`",
            "主机不接受部门密钥：该服务器是否由 govcloud 创建？请用 `govcloud drift` 核对",
        ),
    ),
    Advice(
        "silent",
        r"timed out|No route to host|Connection refused|unreachable|Connection closed|Connection reset|Broken pipe",
        Text(
            "is the server on? `openstack server show` it, start it, then run the same command again",
            "服务器是否开机？请用 `openstack server show` 查看并启动，然后重新执行",
        ),
    ),
    Advice(
        "disk",
        r"No space left on device|[Dd]isk full|free space|not enough (?:disk )?space",
        Text("make room on the host, then run the same command again", "请在该主机上腾出磁盘空间后重新执行"),
    ),
    Advice(
        "clock",
        r"not (?:yet )?valid (?:until|yet|for another)|certificate is not yet valid|certificate has expired|clock",
        Text(
            "set the host's clock (timedatectl), then run the same command again",
            "请校正该主机时钟(timedatectl)后重新执行",
        ),
    ),
    Advice(
        "patroni-3",
        r"[Pp]atroni (?:version )?3|Patroni >= ?4",
        Text(
            "Patroni 3 loses rows after a healed partition: remove that package from the host, then run again",
            "Patroni 3 在网络恢复后会丢数据：请从主机移除该软件包后重新执行",
        ),
    ),
    Advice(
        "package",
        r"Unable to locate package|No package matching|Failed to fetch|Unable to fetch|Could not resolve|"
        r"No matching distribution|hash(?:es)? (?:do not|mismatch)|apt.*(?:update|cache)",
        Text(
            "its packages come from the cloud's repositories: is one of them up, and filled? `govcloud bundle PATH`, "
            "then run again",
            "软件包来自本云软件源：请确认至少一个软件源正常且已填充(`govcloud bundle PATH`)，然后重新执行",
        ),
    ),
    Advice(
        "lock",
        r"[Cc]ould not get lock|is locked by|dpkg was interrupted",
        Text(
            "an earlier run was cut short on this host: wait a minute, then run the same command again",
            "此前的执行在该主机上中断：请稍候一分钟后重新执行",
        ),
    ),
)
AGAIN = Text(
    "repair that, then run the same command again: hosts that are done are left alone",
    "请处理后重新执行同一命令：已完成的主机不会重复配置",
)


def next_step(reason: str) -> Text:
    """Return what to do about a failure of this reason."""
    return next((row.next for row in ADVICE if re.search(row.sign, reason)), AGAIN)


def bounded(reason: str, secrets: Iterable[str]) -> str:
    """Return a reason in one line of at most 300 characters, in which no secret is left."""
    for secret in secrets:
        if secret:
            reason = reason.replace(secret, "[secret]")
    line = " ".join(reason.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
