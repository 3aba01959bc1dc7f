"""What is known of configured hosts survives, and a host is made from all that matters."""

from __future__ import annotations

from pathlib import Path

from playbooks.configured import ConfiguredHosts, Entry, Standing, host_digest


def entry(host: str, standing: Standing = Standing.DONE) -> Entry:
    return Entry(host, "server-1", "digest", standing, "2026-01-01T00:00:00+08:00")


def test_entries_put_are_read_beside_the_others(tmp_path: Path) -> None:
    """A host's entry takes the place of its earlier one only."""
    store = ConfiguredHosts(tmp_path / "configured.json")
    store.put([entry("a"), entry("b", Standing.ACTING)])
    store.put([entry("b")])

    assert ConfiguredHosts(tmp_path / "configured.json").read() == {"a": entry("a"), "b": entry("b")}
    assert [path.name for path in tmp_path.iterdir()] == ["configured.json"]


def test_entries_that_are_damaged_count_as_none(tmp_path: Path) -> None:
    """Every host is looked at again, which does no harm."""
    for text in ("", "{", '[{"host": "a"}]', '[{"host": "a", "standing": "odd"}]'):
        (tmp_path / "configured.json").write_text(text, encoding="utf-8")
        assert ConfiguredHosts(tmp_path / "configured.json").read() == {}


def test_host_digest_changes_with_each_thing_a_host_is_made_from() -> None:
    """Variables, plays, certificate, bundle: each of them alone."""
    base = host_digest({"a": 1}, ["p"], "cert", "bundle")

    others = {
        host_digest({"a": 2}, ["p"], "cert", "bundle"),
        host_digest({"a": 1}, ["q"], "cert", "bundle"),
        host_digest({"a": 1}, ["p"], "new", "bundle"),
        host_digest({"a": 1}, ["p"], "cert", "other"),
    }
    assert base not in others
    assert len(others) == 4
    assert host_digest({"a": 1}, ["p"], "cert", "bundle") == base
