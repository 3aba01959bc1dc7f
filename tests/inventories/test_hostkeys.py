"""Host keys come from consoles, and a new server's take the place of the old one's."""

from __future__ import annotations

import base64
from pathlib import Path

from inventories.hostkeys import BEGIN, END, HostKeys, KnownHosts, parse_console


def key(seed: int, kind: str = "ssh-ed25519") -> str:
    """Return a key line as sshd makes it."""
    name = kind.encode()
    data = len(name).to_bytes(4) + name + (32).to_bytes(4) + bytes([seed]) * 32
    return f"{kind} {base64.b64encode(data).decode()}"


def block(*lines: str) -> str:
    """Return a console's block of keys."""
    return "\r\n".join([BEGIN, *lines, END, ""])


def test_parse_console_reads_the_keys_of_a_block() -> None:
    """Comments and line ends of the console are not part of a key."""
    text = f"[  12.3] boot\r\n{block(key(1) + ' root@host', key(2, 'ssh-rsa') + ' root@host')}login:"

    assert parse_console(text) == (key(1), key(2, "ssh-rsa"))


def test_parse_console_after_a_second_boot_reads_the_last_block() -> None:
    """A rebuilt server shows new keys below the old ones."""
    assert parse_console(block(key(1)) + "reboot\n" + block(key(2))) == (key(2),)


def test_parse_console_with_a_block_under_way_reads_the_whole_one_before() -> None:
    """Half a block says nothing."""
    assert parse_console(block(key(1)) + BEGIN + "\n" + key(2)) == (key(1),)
    assert parse_console(BEGIN + "\n" + key(2)) == ()
    assert parse_console("no keys here") == ()


def test_parse_console_leaves_out_what_is_no_key() -> None:
    """A line whose data is of another kind, or that carries more than a key, is not believed."""
    other = key(1).replace("ssh-ed25519", "ssh-rsa")
    split = key(2)[:30] + "\n" + key(2)[30:]

    assert parse_console(block(other, split, "ssh-ed25519 AAAA; rm -rf /")) == ()


def test_known_hosts_of_a_new_server_replace_those_of_the_old(tmp_path: Path) -> None:
    """One address has the keys of one server only."""
    known = KnownHosts(tmp_path / "known_hosts")
    known.keep([HostKeys("db-1", "10.0.0.2", "old", (key(1),)), HostKeys("db-2", "10.0.0.3", "two", (key(3),))])

    known.keep([HostKeys("db-1", "10.0.0.2", "new", (key(2),))])

    assert (tmp_path / "known_hosts").read_text(encoding="utf-8").splitlines() == [
        f"10.0.0.2 {key(2)} db-1 new",
        f"10.0.0.3 {key(3)} db-2 two",
    ]
    assert (tmp_path / "known_hosts").stat().st_mode & 0o777 == 0o600


def test_known_hosts_for_another_host_at_the_same_address_forget_the_first(tmp_path: Path) -> None:
    """An address that was given to another host is not known under the old name any more."""
    known = KnownHosts(tmp_path / "known_hosts")
    known.keep([HostKeys("db-1", "10.0.0.2", "one", (key(1),))])

    known.keep([HostKeys("app-1", "10.0.0.2", "two", (key(2),))])

    assert list(known.read()) == ["app-1"]


def test_unknown_are_hosts_whose_server_or_address_changed(tmp_path: Path) -> None:
    """The same host on the same server at the same address need not be asked again."""
    known = KnownHosts(tmp_path / "known_hosts")
    known.keep([HostKeys(name, f"10.0.0.{n}", "id", (key(n),)) for n, name in enumerate(("a", "b", "c"), 1)])

    wanted = {"a": ("10.0.0.1", "id"), "b": ("10.0.0.2", "other"), "c": ("10.0.0.9", "id"), "d": ("10.0.0.4", "id")}
    assert known.unknown(wanted) == ("b", "c", "d")
