"""Turns a fresh Debian root into the image of a server: its user, its console, nothing that a host must not share."""

from __future__ import annotations

from pathlib import Path

from lab.commands import run

CONSOLE = "/run/console.log"
"""Where a host finds its console: a file of the machine, bound into it."""

APT = ('Apt::Install-Recommends "false"', 'Acquire::Languages "none"', 'Acquire::Retries "3"')
LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
# A host has no devices, no kernel and no clock of its own, and its network is set from outside.
MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "console-getty.service",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty.target",
    "systemd-modules-load.service",
    "systemd-networkd-wait-online.service",
    "systemd-resolved.service",
    "systemd-timesyncd.service",
    "systemd-udev-trigger.service",
    "systemd-udevd.service",
)
# A host has no disks of its own to find and no command line; each would be asked again whenever a unit is added.
SILENT_GENERATORS = (
    "systemd-cryptsetup-generator",
    "systemd-debug-generator",
    "systemd-fstab-generator",
    "systemd-getty-generator",
    "systemd-gpt-auto-generator",
    "systemd-hibernate-resume-generator",
    "systemd-integritysetup-generator",
    "systemd-rc-local-generator",
    "systemd-run-generator",
    "systemd-system-update-generator",
    "systemd-veritysetup-generator",
)
AUTHORITIES = "etc/ca-certificates.conf"
KEY = "/etc/ssh/ssh_host_ed25519_key"
KEYS_UNIT = f"""[Unit]
Description=SSH host keys: made at the first boot, shown on the console at every boot
Before=ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStartPre=/bin/sh -c 'test -e {KEY} || ssh-keygen -q -t ed25519 -N "" -C root@%H -f {KEY}'
ExecStart=/usr/lib/cloud-init/write-ssh-key-fingerprints
StandardOutput=append:{CONSOLE}

[Install]
WantedBy=multi-user.target
"""
# Only what user data can ask for: the rest is done from outside, before the first boot.
CLOUD_INIT = """datasource_list: [NoCloud]
network: {config: disabled}
manage_etc_hosts: false
ssh_deletekeys: false
ssh_genkeytypes: []
cloud_init_modules: [bootcmd, write-files, set_hostname, users-groups, ssh]
cloud_config_modules: [set-passwords, timezone, runcmd]
cloud_final_modules: [scripts-user]
"""
SSHD = "PermitRootLogin no\nPasswordAuthentication no\nUseDNS no\n"
UNITS = Path("etc/systemd/system")
GENERATORS = Path("etc/systemd/system-generators")


def finish(root: Path, user: str) -> None:
    """Make the user, the settings and the units; the root must not be in use."""
    run("chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", user)
    _write(root / "etc/sudoers.d" / user, f"{user} ALL=(ALL) NOPASSWD:ALL\n", 0o440)
    _write(root / "etc/ssh/sshd_config.d/image.conf", SSHD)
    _write(root / "etc/cloud/cloud.cfg.d/99-image.cfg", CLOUD_INIT)
    _write(root / UNITS / "host-keys.service", KEYS_UNIT)
    _link(root / UNITS / "multi-user.target.wants/host-keys.service", "/etc/systemd/system/host-keys.service")
    _link(root / UNITS / "default.target", "/lib/systemd/system/multi-user.target")
    for unit in MASKED:
        _link(root / UNITS / unit, "/dev/null")
    for generator in SILENT_GENERATORS:
        _link(root / GENERATORS / generator, "/dev/null")
    if (root / AUTHORITIES).exists():
        _write(root / AUTHORITIES, "# No authority of the internet is trusted, which no host reaches.\n")
        run("chroot", root, "update-ca-certificates", "--fresh")
    # A lab does not outlive its machine, so nothing in it waits for a disk.
    _write(root / "etc/dpkg/dpkg.cfg.d/lab", "force-unsafe-io\n")
    _write(root / "etc/machine-id", "")
    _write(root / "etc/apt/sources.list", "")
    for left in (*root.glob("etc/ssh/ssh_host_*"), *root.glob("etc/apt/sources.list.d/*")):
        left.unlink()


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def _link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)
