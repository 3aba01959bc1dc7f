"""One host: a systemd-nspawn container on a copy-on-write view of its base; its control group says whether it runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

from failures import OutsideFailed, Text
from lab.commands import QUICK_S, run
from lab.hosts import cards, disks, finish, groups
from lab.hosts.seed import seed
from lab.hosts.spec import Card, Spec, Volume, read_spec
from lab.namespaces import NETNS, ensure, exists

START_S = 10.0
CONSOLE_KEPT = 256 * 1024
CLEAN_END = signal.SIGRTMIN + 4  # what systemd takes for "power off"
# Enters the control groups, then runs the words in the file; again when the host reboots itself, which ends with 133.
KEEPER = """
words=$1; base=$2; shift 2
for group; do echo $$ > "$group/cgroup.procs"; done
mkdir -p "$base/keeper" && echo $$ > "$base/keeper/cgroup.procs"
run() { echo $BASHPID > "$base/cgroup.procs"; exec "${line[@]}"; }
while mapfile -d "" line < "$words"; (run); [ $? -eq 133 ]; do :; done
"""
PROPAGATE = Path("/run/systemd/nspawn/propagate")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Machine:
    """A host by its folder, which carries the server's identity, and the namespace of its site."""

    site: str
    folder: Path

    @property
    def uuid(self) -> str:
        return self.folder.name

    @property
    def namespace(self) -> str:
        return f"{self.site}.h-{self.uuid[:13]}"

    @property
    def edge(self) -> str:
        return f"{self.site}.edge"

    @property
    def group(self) -> str:
        return f"{self.site}/{self.uuid}"

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def own(self) -> Path:
        """Where the host's own disk is mounted: whatever differs from its base."""
        return self.folder / "own"

    @property
    def console(self) -> Path:
        return self.folder / "console.log"

    @property
    def known(self) -> bool:
        """Tell whether the host has been specified here."""
        return (self.folder / "spec.json").exists()

    @property
    def spec(self) -> Spec:
        return read_spec(self.folder / "spec.json")

    def save(self, spec: Spec) -> None:
        """Remember the spec; it is never seen half-written."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / "spec.new"
        draft.touch(mode=0o600)
        draft.write_text(spec.dump())
        draft.replace(self.folder / "spec.json")

    def running(self) -> bool:
        return groups.populated(self.group)

    def init(self) -> int | None:
        """Return the host's first process, None while there is none."""
        for pid in groups.processes(self.group):
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                ids = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
                if len(ids) > 1 and ids[-1] == "1":
                    return pid
        return None

    def boot(self) -> None:
        """Start the host unless it runs; returns when its first process does, OutsideFailed when it does not come."""
        if self.running():
            return
        spec = self.spec
        self._mount(Path(spec.base), spec.disk_gb)
        ensure(self.namespace)
        self._have_edge()
        cards.plug(self.namespace, self.edge, spec.cards)
        groups.remove(self.group, itself=False)  # what a killed host leaves there would stop the next
        groups.make(self.group, spec.memory_mb)
        self._write_words(spec)
        self._start()

    def _have_edge(self) -> None:
        try:
            ensure(self.edge)
        except OutsideFailed:
            if not exists(self.edge):  # else another host of the site was quicker
                raise

    def _mount(self, base: Path, disk_gb: int) -> None:
        disks.mount_own(self.folder / "disk.img", self.own, disk_gb)
        for folder in (self.own / "upper", self.own / "work", self.root):
            folder.mkdir(exist_ok=True)
        if not self.root.is_mount():
            # The kernel's mark of an unclean end; a lab does not outlive its machine, and what was written is there.
            run("rm", "-rf", self.own / "work" / "work" / "incompat")
            layers = f"lowerdir={base}/root,upperdir={self.own}/upper,workdir={self.own}/work,volatile"
            run("mount", "-t", "overlay", self.namespace, "-o", layers, self.root)
        seeded = self.folder / "seeded"
        if not seeded.exists():
            seed(self.root, self.spec, (base / "user").read_text())
            seeded.touch()

    def _write_words(self, spec: Spec) -> None:
        disks.name_all(self.folder / "disk", spec.volumes)
        draft = self.folder / "words.new"
        draft.write_bytes(b"\0".join(word.encode() for word in self._words(spec)))
        draft.replace(self.folder / "words")

    def _words(self, spec: Spec) -> list[str]:
        binds = [f"--bind={disks.loop(volume.file)}:{volume.device}" for volume in spec.volumes]
        return [
            *("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--console=pipe"),
            *(f"--directory={self.root}", f"--machine={self.uuid}", f"--hostname={spec.name}"),
            *(f"--network-namespace-path=/run/netns/{self.namespace}", "--resolv-conf=off", "--timezone=off"),
            *("--link-journal=no", "--kill-signal=SIGRTMIN+4", "--capability=CAP_NET_ADMIN"),
            *(f"--bind={self.console}:{finish.CONSOLE}", f"--bind={self.folder}/disk:/dev/disk", *binds),
        ]

    def _start(self) -> None:
        self._trim_console()
        entered = [str(folder) for folder in groups.folders(self.group)]
        with self.console.open("ab") as output:
            subprocess.run(
                ["setsid", "--fork", "bash", "-c", KEEPER, "keeper", self.folder / "words", entered[0], *entered],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=QUICK_S,
                check=True,
                cwd="/",
                env={
                    "PATH": PATH,
                    "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
                    "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
                },
            )
        self._await_init()

    def _await_init(self) -> None:
        end = time.monotonic() + START_S
        began = False
        while self.init() is None:
            began = began or self.running()
            if time.monotonic() > end or (began and not self.running()):
                said = self.console.read_text(errors="replace")[-400:].strip()
                raise OutsideFailed(
                    Text(f"the host did not start: {said}", f"主机没有启动：{said}"),
                    where=self.uuid,
                    fix=Text("govcloud lab check", "govcloud lab check"),
                )
            time.sleep(0.01)

    def _trim_console(self) -> None:
        if self.console.exists() and self.console.stat().st_size > CONSOLE_KEPT:
            kept = self.console.read_bytes()[-CONSOLE_KEPT:]
            self.console.write_bytes(kept)

    def stop(self, grace: float = 0.0) -> None:
        """End the host: in order within `grace` seconds, else at once."""
        init = self.init()
        if grace and init:
            with contextlib.suppress(ProcessLookupError):
                os.kill(init, CLEAN_END)
            groups.emptied(self.group, grace)
        if not groups.kill(self.group):
            raise OutsideFailed(Text("the host cannot be killed", "主机无法终止"), where=self.uuid)

    def remove(self) -> None:
        """End the host and take away everything it had."""
        self.stop()
        volumes = self.spec.volumes if self.known else ()
        cards.drop_namespace(self.namespace)
        for point in (self.root, self.own):
            if point.is_mount():
                run("umount", "--lazy", point)
        for volume in volumes:
            disks.release(volume.file)
        groups.remove(self.group)
        self.forget()
        run("rm", "-rf", "--one-file-system", self.folder, seconds=120)

    def forget(self) -> None:
        """Remove what systemd-nspawn keeps for the host outside its folder."""
        shutil.rmtree(PROPAGATE / self.uuid, ignore_errors=True)

    def attach_volume(self, volume: Volume) -> None:
        """Give the host a disk, now and at every boot."""
        spec = self.spec
        others = [other for other in spec.volumes if other.device != volume.device]
        self._change(replace(spec, volumes=(*others, volume)))
        if init := self.init():
            disks.show(init, volume)

    def detach_volume(self, device: str) -> None:
        """Take the disk away."""
        spec = self.spec
        init = self.init()
        for volume in [volume for volume in spec.volumes if volume.device == device]:
            if init:
                disks.hide(init, volume)
            self._change(replace(spec, volumes=tuple(other for other in spec.volumes if other != volume)))
            disks.release(volume.file)

    def attach_card(self, card: Card) -> None:
        """Give the host a network card, now and at every boot."""
        spec = self.spec
        self._change(replace(spec, cards=(*spec.cards, card)))
        if self.running():
            cards.plug(self.namespace, self.edge, [card])

    def detach_card(self, port: str) -> None:
        """Take the network card with this port away."""
        spec = self.spec
        for card in [card for card in spec.cards if card.port == port]:
            if (NETNS / self.namespace).exists():
                cards.unplug(self.namespace, card)
            self._change(replace(spec, cards=tuple(other for other in spec.cards if other != card)))

    def resize(self, memory_mb: int) -> None:
        """Give the host another memory at its next boot."""
        spec = self.spec
        if spec.memory_mb != memory_mb:
            self.save(replace(spec, memory_mb=memory_mb))

    def next_card(self) -> int:
        """Return the number that a further network card gets."""
        return 1 + max((int(card.device.removeprefix("eth")) for card in self.spec.cards), default=-1)

    def printed(self) -> bytes:
        """Return what the host wrote to its console."""
        return self.console.read_bytes() if self.console.exists() else b""

    def _change(self, spec: Spec) -> None:
        self.save(spec)
        if self.running():
            self._write_words(spec)

    def journal(self, lines: int = 300) -> str:
        """Return the host's own journal of this boot; empty when it is off or does not answer."""
        init = self.init()
        if init is None:
            return ""
        show = ("journalctl", "--boot", "--no-pager", f"--lines={lines}", "--output=short-monotonic")
        try:
            return run("nsenter", f"--target={init}", "--mount", "--pid", "--root", "--", *show, seconds=10)
        except OutsideFailed:
            return ""
