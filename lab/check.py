"""Tries what a lab needs of this machine, each thing really."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from failures import GateRefused, OutsideFailed, Text
from lab.addresses import collisions
from lab.commands import run
from lab.hosts.groups import UNIFIED
from lab.namespaces import NETNS
from lab.network import machine_routes
from lab.openstack.install import missing_packages
from lab.place import Place
from lab.processes import alive
from topology.model import Cloud

MEMORY_PER_SITE_MIB = 1024
DISK_MIB = 6 * 1024
CAPABILITIES = (("CAP_NET_ADMIN", 12), ("CAP_SYS_ADMIN", 21), ("CAP_SYS_PTRACE", 19), ("CAP_MKNOD", 27))
SHOWN = 3
TRIAL = ".govcloud-check-"
TRACKING = (
    "table inet t { chain c { type filter hook forward priority 0; ct state established accept; ct zone set 1; }; }"
)
TRANSLATION = "table ip t { chain c { type nat hook postrouting priority srcnat; masquerade; }; }"
BRIDGING = "table bridge t { chain c { type filter hook forward priority 0; meta mark set 1; }; }"


@dataclass(frozen=True)
class Row:
    """One thing tried; `by_up` says that `lab up` brings it."""

    id: str
    ok: bool
    what: Text
    fix: Text
    by_up: bool = False


def check(cloud: Cloud, place: Place) -> list[Row]:
    """Return one row per thing the lab needs; takes about 0.1 s and leaves nothing behind.

    What needs a tool that is still to be installed cannot be tried yet and has no row; `up` tries it after installing.
    """
    rows = quick(cloud, place)
    if not all(row.ok for row in rows):
        return rows
    packages = missing_packages()
    rows.append(_packages(packages))
    if not packages:
        sweep(place)
        with _namespace(place) as namespace:
            rows += [_namespaces(namespace), *(_kernel(namespace) if namespace else ())]
        rows.append(_addresses(cloud, place))
    rows += [_overlay(place), _tun(), _loop(), _cgroups()]
    return rows


def quick(cloud: Cloud, place: Place) -> list[Row]:
    """Return the rows that need no tool: who we are, memory and disk."""
    return [_root(), _capabilities(), _memory(cloud, place), _disk(place)]


def refuse(rows: Sequence[Row]) -> None:
    """Raise GateRefused with everything that is missing and that `up` cannot bring."""
    bad = [row for row in rows if not row.ok and not row.by_up]
    if bad:
        raise GateRefused(
            Text("; ".join(row.what.en for row in bad), "；".join(row.what.zh for row in bad)),
            where="lab",
            fix=Text("; ".join(row.fix.en for row in bad), "；".join(row.fix.zh for row in bad)),
        )


def _root() -> Row:
    return Row(
        "root",
        os.geteuid() == 0,
        Text("root: the lab makes network namespaces and mounts", "root：实验环境要创建网络命名空间和挂载"),
        Text("run it with sudo, or in a virtual machine", "请用 sudo 运行，或在虚拟机中运行"),
    )


def _capabilities() -> Row:
    status = Path("/proc/self/status").read_text()
    have = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff")), 16)
    lack = [name for name, bit in CAPABILITIES if not have >> bit & 1]
    names = ", ".join(lack or [name for name, _ in CAPABILITIES])
    return Row(
        "capabilities",
        not lack,
        Text(f"capabilities {names}", f"权能 {names}"),
        Text("in a container: start it privileged, or use a virtual machine", "容器中请以特权方式启动，或使用虚拟机"),
    )


def _memory(cloud: Cloud, place: Place) -> Row:
    wanted = MEMORY_PER_SITE_MIB * sum(not (place.run / site / "ready").exists() for site in cloud.sites)
    lines = Path("/proc/meminfo").read_text().splitlines()
    free = int(next(line.split()[1] for line in lines if line.startswith("MemAvailable"))) // 1024
    return Row(
        "memory",
        free >= wanted,
        Text(f"memory: {free} MiB available, {wanted} needed", f"内存：可用 {free} MiB，需要 {wanted} MiB"),
        Text("end other programs or give the machine more memory", "请结束其他程序，或增加内存"),
    )


def _disk(place: Place) -> Row:
    folders = [_existing(folder) for folder in (place.root, place.cache)]
    free = min(shutil.disk_usage(folder).free for folder in folders) // 2**20
    wanted = 0 if place.root.exists() else DISK_MIB
    return Row(
        "disk",
        free >= wanted,
        Text(f"disk: {free} MiB free, {wanted} needed", f"磁盘：剩余 {free} MiB，需要 {wanted} MiB"),
        Text(
            "free some space, or set GOVCLOUD_LAB_ROOT and GOVCLOUD_CACHE to folders on another disk",
            "请清理磁盘，或把 GOVCLOUD_LAB_ROOT 和 GOVCLOUD_CACHE 设到另一块磁盘",
        ),
    )


def _existing(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


def _packages(missing: Sequence[str]) -> Row:
    names = ", ".join(missing)
    return Row(
        "packages",
        not missing,
        Text(f"Debian packages {names}", f"Debian 软件包 {names}")
        if missing
        else Text("Debian packages", "Debian 软件包"),
        Text("`govcloud lab up` installs them", "govcloud lab up 会自动安装"),
        by_up=shutil.which("apt-get") is not None,
    )


def sweep(place: Place) -> None:
    """Remove what a check that was killed left behind."""
    for left in NETNS.glob(f"{place.prefix}-check-*"):
        if _orphaned(left):
            run("ip", "netns", "delete", left.name)
    for folder in (_existing(place.root), _existing(place.root.parent)):
        for left in folder.glob(f"{TRIAL}*"):
            if _orphaned(left):
                shutil.rmtree(left)


def _orphaned(left: Path) -> bool:
    pid = left.name.rpartition("-")[2]
    return pid.isdigit() and not alive(int(pid))


@contextmanager
def _namespace(place: Place) -> Iterator[str]:
    """Give a network namespace to try things in; an empty name when the machine makes none."""
    name = f"{place.prefix}-check-{os.getpid()}"
    made = _works("ip", "netns", "add", name)
    try:
        yield name if made else ""
    finally:
        if made:
            run("ip", "netns", "delete", name)


def _works(*argv: str | Path, stdin: str = "") -> bool:
    try:
        run(*argv, stdin=stdin, seconds=10)
    except OutsideFailed:
        return False
    return True


def _namespaces(namespace: str) -> Row:
    return Row(
        "netns",
        bool(namespace),
        Text("network namespaces", "网络命名空间"),
        Text(
            "a kernel with CONFIG_NET_NS, and no seccomp or AppArmor profile that forbids them",
            "需要内核 CONFIG_NET_NS，且未被 seccomp 或 AppArmor 禁止",
        ),
    )


def _kernel(namespace: str) -> list[Row]:
    """Try the kernel's bridges, lines and packet filters inside the namespace."""

    def nft(rules: str) -> Callable[[], bool]:
        return lambda: _works("ip", "netns", "exec", namespace, "nft", "-f", "-", stdin=rules)

    def link(*words: str) -> Callable[[], bool]:
        return lambda: _works("ip", "-n", namespace, "link", "add", *words)

    filtering = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    trials: tuple[tuple[str, Callable[[], bool], Text, str], ...] = (
        ("bridge", link("b0", "type", "bridge"), Text("kernel: bridges", "内核：网桥"), "modprobe bridge"),
        ("veth", link("v0", "type", "veth"), Text("kernel: veth pairs", "内核：veth"), "modprobe veth"),
        (
            "nft-conntrack",
            nft(TRACKING),
            Text("nftables: connection tracking", "nftables：连接跟踪"),
            "modprobe nf_conntrack",
        ),
        (
            "nft-nat",
            nft(TRANSLATION),
            Text("nftables: address translation", "nftables：地址转换"),
            "modprobe nft_chain_nat",
        ),
        (
            "nft-bridge",
            nft(BRIDGING),
            Text("nftables: bridge filter", "nftables：网桥过滤"),
            "modprobe nf_tables_bridge",
        ),
        ("br-netfilter", filtering.exists, Text("kernel: br_netfilter", "内核：br_netfilter"), "modprobe br_netfilter"),
    )
    return [Row(id_, attempt(), what, Text(fix, fix)) for id_, attempt, what, fix in trials]


def _addresses(cloud: Cloud, place: Place) -> Row:
    """Compare the zones and the management network with what the machine itself has a way to."""
    all_found = collisions(cloud, machine_routes(place.mark))
    found = "; ".join([*all_found[:SHOWN], *(["..."] if len(all_found) > SHOWN else [])])
    return Row(
        "addresses",
        not found,
        Text(f"addresses that are in use already: {found}", f"地址已被占用：{found}")
        if found
        else Text("the cloud's addresses are free on this machine", "本机未占用该云的地址"),
        Text(
            "give the zone or `management` another range, leave that network, or take the other lab down",
            "请为该网络区或 management 更换地址段、断开该网络，或拆除另一个实验环境",
        ),
    )


def _overlay(place: Place) -> Row:
    """Mount an overlay in a mount namespace that ends with the command, so that nothing can stay mounted."""
    base = _existing(place.root)
    trial = base / f"{TRIAL}{os.getpid()}"
    for name in ("lower", "upper", "work", "merged"):
        (trial / name).mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={trial}/lower,upperdir={trial}/upper,workdir={trial}/work"
    ok = _works("unshare", "--mount", "mount", "-t", "overlay", "overlay", "-o", options, trial / "merged")
    shutil.rmtree(trial)
    return Row(
        "overlay",
        ok,
        Text(f"overlayfs on {base}", f"{base} 上的 overlayfs"),
        Text(
            "set GOVCLOUD_LAB_ROOT to a folder on ext4, xfs or tmpfs",
            "请把 GOVCLOUD_LAB_ROOT 设到 ext4、xfs 或 tmpfs 上的目录",
        ),
    )


def _tun() -> Row:
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
        ok = True
    except OSError:
        ok = False
    return Row(
        "tun",
        ok,
        Text("/dev/net/tun for the lines between sites", "/dev/net/tun：站点间链路"),
        Text("modprobe tun", "modprobe tun"),
    )


def _loop() -> Row:
    return Row(
        "loop",
        os.access("/dev/loop-control", os.R_OK | os.W_OK),
        Text("/dev/loop-control for the disks of hosts", "/dev/loop-control：主机的磁盘"),
        Text("modprobe loop", "modprobe loop"),
    )


def _cgroups() -> Row:
    """Make and remove a control group in the unified tree, alone or beside the old ones, as hosts need it."""
    trial = UNIFIED / f"govcloud-check-{os.getpid()}"
    try:
        trial.mkdir()
        trial.rmdir()
        ok = True
    except OSError:
        ok = False
    return Row(
        "cgroups",
        ok,
        Text(f"a writable control group tree at {UNIFIED}", f"{UNIFIED} 处可写的控制组"),
        Text("in a container: start it privileged, or use a virtual machine", "容器中请以特权方式启动，或使用虚拟机"),
    )
