"""The faults a drill may inject: exact meaning, what they can hit, and how healing is understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from failures import Text

TargetKind = Literal["site", "link", "carrier", "feed", "host"]


class InForce(NamedTuple):
    """One fault at one target, as an injector knows it; all three are plain names."""

    fault: str
    kind: str
    name: str


class Injector(Protocol):
    """Does faults to a cloud and undoes them; both are idempotent and raise a GovcloudError when they cannot."""

    def inject(self, fault: str, kind: str, name: str) -> None: ...

    def heal(self, fault: str, kind: str, name: str) -> None: ...

    def in_force(self) -> set[InForce]:
        """Return every fault that is in force now, whoever injected it."""


@dataclass(frozen=True)
class FaultRow:
    """`meaning` says exactly what happens, `healing` what undoes it."""

    id: str
    kinds: tuple[TargetKind, ...]
    meaning: Text
    healing: Text


_LINES: tuple[TargetKind, ...] = ("site", "link", "carrier")
FAULTS: tuple[FaultRow, ...] = (
    FaultRow(
        "cut",
        (*_LINES, "host"),
        Text(
            "nothing passes in or out any more, without a sign to either end; what goes on inside goes on",
            "进出均不通且双方无任何提示；内部照常运行",
        ),
        Text("everything passes again", "恢复连通"),
    ),
    FaultRow(
        "slow-50ms",
        _LINES,
        Text("every packet takes 50 ms longer, each way", "每个报文单程增加 50 毫秒"),
        Text("packets take as long as the line declares", "恢复线路声明的时延"),
    ),
    FaultRow(
        "lossy-2pct",
        _LINES,
        Text("2 % of the packets are lost, each way, at random", "单程随机丢失 2% 的报文"),
        Text("no packet is lost on purpose", "不再人为丢包"),
    ),
    FaultRow(
        "power",
        ("site", "feed", "host"),
        Text(
            "the power is gone at once: every process is killed, nothing is shut down or written back in order",
            "立即断电：所有进程被强制终止，没有正常关机，也没有有序落盘",
        ),
        Text("the power is back, and what ran before is started again", "恢复供电，并重新启动断电前运行的一切"),
    ),
    FaultRow(
        "freeze",
        ("host",),
        Text(
            "every process of the host stops where it is and keeps its connections; its clock goes on",
            "主机的所有进程就地停住并保留连接；时钟照走",
        ),
        Text("the processes go on from where they stopped", "进程从停住处继续"),
    ),
    FaultRow(
        "crash-database",
        ("host",),
        Text(
            "the database and what supervises it get SIGKILL once; systemd may start them again",
            "对数据库及其监管进程发送一次 SIGKILL；systemd 可自行重启",
        ),
        Text("the database is started unless it runs", "数据库未运行则启动"),
    ),
    FaultRow(
        "stop-database",
        ("host",),
        Text("the database is stopped in order and stays stopped", "数据库正常停止并保持停止"),
        Text("the database is started", "启动数据库"),
    ),
    FaultRow(
        "disk-full",
        ("host",),
        Text(
            "the disk of the database has not one free byte: a file of the drill's own takes what was free",
            "数据库磁盘没有任何空余：演练文件占用了全部剩余空间",
        ),
        Text("the file is removed and the database started unless it runs", "删除该文件，数据库未运行则启动"),
    ),
    FaultRow(
        "clock-step",
        ("host",),
        Text(
            "the database and what supervises it are killed once and come back with a clock one hour ahead; what else"
            " runs on the host keeps the right time",
            "数据库及其监管进程被强制终止一次，重启后其时钟快一小时；主机上其他进程的时间不变",
        ),
        Text("they are killed once more and come back with the right time", "再次强制终止，重启后恢复正确时间"),
    ),
    FaultRow(
        "api-outage",
        ("site",),
        Text(
            "OpenStack at the site answers nobody any more; its hosts and lines are untouched",
            "该数据中心的 OpenStack 不再应答；主机与线路不受影响",
        ),
        Text("OpenStack answers again", "OpenStack 恢复应答"),
    ),
)
BY_ID = {row.id: row for row in FAULTS}
