"""Debian's packages through the machine's own apt: its sources, keys and proxies, a state of our own."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from failures import InputInvalid, OutsideFailed, Text
from playbooks.bundle.stanzas import Stanza, parse

SECONDS = 900
ETC = Path("/etc/apt")
_INSTALLS = re.compile(r"^Inst (\S+)(?: \[[^]]*\])? \((\S+) ", re.MULTILINE)
_COMPLAINT = re.compile(r"^[EW]: (.+)$", re.MULTILINE)
# Packages of other makers on the machine's list must never get into the cloud.
_PREFERENCES = "".join(
    f"Package: *\nPin: release o=Debian,n={{suite}}{part}\nPin-Priority: 500\n\n"
    for part in ("", "-updates", "-security")
)
_OTHERS = "Package: *\nPin: release o=*\nPin-Priority: -1\n"
_SETTINGS = """\
Dir::Etc "{etc}";
Dir::State "{root}/state";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Etc::parts "{root}/none";
Dir::Etc::main "{root}/none.conf";
Dir::Etc::preferences "{root}/preferences";
Dir::Etc::preferencesparts "{root}/none";
APT::Architecture "{architecture}";
APT::Architectures "{architecture}";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "60";
Acquire::https::Timeout "60";
"""
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")
# What the machine says of other things (languages, its own hooks, parts of the index) is its own affair.
_LENT = re.compile(r"^Acquire::(?!Languages|IndexTargets|Retries).*;$", re.MULTILINE)


@dataclass(frozen=True)
class Apt:
    """An apt with the sources and keys in `etc`, whose state lies in `root`; nothing of the machine is changed."""

    root: Path
    suite: str
    architecture: str
    etc: Path = ETC

    def prepare(self) -> str:
        """Write the settings, fetch the lists of packages; return what apt complained about.

        Raises:
            InputInvalid: the machine has no apt, or none of its sources has the suite.
        """
        for name in ("state/lists/partial", "cache/archives/partial", "none"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        settings = _SETTINGS.format(root=self.root, etc=self.etc, architecture=self.architecture)
        lent = "\n".join(_LENT.findall(_run(["apt-config", "dump"]).stdout))
        (self.root / "apt.conf").write_text(f"{lent}\n{settings}", encoding="utf-8")
        (self.root / "preferences").write_text(_PREFERENCES.format(suite=self.suite) + _OTHERS, encoding="utf-8")
        self.pretend_installed([])
        updated = self._apt("apt-get", "-q", "update")
        complaints = "; ".join(_COMPLAINT.findall(updated.stderr))
        if not re.search(rf"o=Debian,.*n={self.suite},", self._apt("apt-cache", "policy").stdout):
            raise _no_suite(self.suite, complaints)
        return complaints

    def pretend_installed(self, stanzas: Iterable[Stanza]) -> None:
        """Let apt plan for a host that has exactly these packages."""
        (self.root / "status").write_text("\n".join(s.installed() for s in stanzas), encoding="utf-8")

    def required(self) -> list[str]:
        """Return the packages that every Debian has: essential, required, and apt itself."""
        every = self._apt("apt-cache", "dumpavail").stdout.split("\n\n")
        always = (part for part in every if "\nEssential: yes\n" in part or "\nPriority: required\n" in part)
        return sorted({"apt", *(stanza.name for stanza in parse("\n\n".join(always)))})

    def plan(self, role: str, packages: Iterable[str]) -> list[tuple[str, str]]:
        """Return what installing `packages` would add, as (name, version).

        Raises:
            OutsideFailed: apt cannot: a package is unknown or its dependencies cannot be met.
        """
        simulated = self._apt("apt-get", "-q", "-s", "install", *packages)
        if simulated.returncode:
            raise _unplannable(role, " ".join(_COMPLAINT.findall(simulated.stderr)) or simulated.stdout.strip())
        return [(name.partition(":")[0], version) for name, version in _INSTALLS.findall(simulated.stdout)]

    def stanzas(self, wanted: Iterable[tuple[str, str]]) -> list[Stanza]:
        """Return what the index says of packages given as (name, version)."""
        names = [f"{name}={version}" for name, version in sorted(set(wanted))]
        return list(parse(self._apt("apt-cache", "show", *names).stdout)) if names else []

    def download(self, stanzas: Sequence[Stanza], folder: Path) -> None:
        """Fetch the packages into `folder`; apt verifies them by the signed index.

        Raises:
            OutsideFailed: a package could not be fetched.
        """
        names = [f"{s.name}={s.version}" for s in stanzas]
        fetched = self._apt("apt-get", "-q", "download", *names, folder=folder)
        if fetched.returncode:
            raise _unfetched(_COMPLAINT.findall(fetched.stderr))
        for stanza in stanzas:
            (folder / stanza.fetched).rename(folder / stanza.file)

    def _apt(self, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        return _run(list(words), folder, {"APT_CONFIG": str(self.root / "apt.conf")})


def _run(
    words: list[str], folder: Path | None = None, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    told = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    told |= {name: os.environ[name] for name in _PROXIES if name in os.environ} | (environ or {})
    try:
        return subprocess.run(words, cwd=folder, env=told, capture_output=True, text=True, timeout=SECONDS, check=False)
    except FileNotFoundError as error:
        what = Text(f"{words[0]} is missing on this machine", f"本机没有 {words[0]}")
        fix = Text(
            "run this on Debian 12, or bring a bundle folder here", "请在 Debian 12 上运行，或把软件包目录拷贝到此处"
        )
        raise InputInvalid(what, fix=fix) from error
    except subprocess.TimeoutExpired as error:
        what = Text(f"{words[0]} did not end in {SECONDS} s", f"{words[0]} 在 {SECONDS} 秒内没有结束")
        fix = Text("check the network, then run this again: what came is kept", "请检查网络后重试；已下载的会保留")
        raise OutsideFailed(what, fix=fix) from error


def _no_suite(suite: str, complaints: str) -> InputInvalid:
    what = Text(f"no source of this machine's apt offers Debian {suite}", f"本机 apt 源中没有 Debian {suite}")
    said = f" ({complaints})" if complaints else ""
    fix = Text(
        f"add a Debian {suite} mirror to /etc/apt/sources.list.d, then run this again{said}",
        f"请在 /etc/apt/sources.list.d 中加入 Debian {suite} 镜像后重试{said}",
    )
    return InputInvalid(what, where="/etc/apt", fix=fix)


def _unplannable(role: str, said: str) -> OutsideFailed:
    what = Text(f"role {role}: apt cannot install its packages: {said}", f"角色 {role}：apt 无法安装其软件包：{said}")
    fix = Text(
        "check the names there, and that the machine's sources are complete (main, updates, security)",
        "请检查其中的名称，以及本机软件源是否完整（main、updates、security）",
    )
    return OutsideFailed(what, where="playbooks/bundle.yaml", fix=fix)


def _unfetched(complaints: list[str]) -> OutsideFailed:
    said = "; ".join(complaints[:5])
    fix = Text(
        "check the mirror in /etc/apt, then run this again: what came is kept",
        "请检查 /etc/apt 中的镜像后重试；已下载的会保留",
    )
    return OutsideFailed(Text(f"could not fetch: {said}", f"无法下载：{said}"), where="apt", fix=fix)
