"""Plays are read from the playbooks themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from playbooks import order
from playbooks.order import groups_of, read_plays


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """Return a site of two plays, the second with a role that needs another."""
    (tmp_path / "site.yml").write_text(
        "- ansible.builtin.import_playbook: base.yml\n- import_playbook: db.yml\n- import_playbook: later.yml\n"
    )
    (tmp_path / "base.yml").write_text("- name: Base\n  hosts: all\n  roles: [base]\n")
    (tmp_path / "db.yml").write_text("- name: Database\n  hosts: runs_db:runs_etcd\n  roles: [{role: db}]\n")
    for role, meta in (("base", ""), ("db", "dependencies: [store]\n"), ("store", "")):
        (tmp_path / "roles" / role / "meta").mkdir(parents=True)
        (tmp_path / "roles" / role / "meta" / "main.yml").write_text(meta or "dependencies: []\n")
    return tmp_path


@pytest.fixture(autouse=True)
def forget() -> None:
    """Read every folder anew."""
    order._folder_digest.cache_clear()


def digests(books: Path) -> dict[str, str]:
    order._folder_digest.cache_clear()
    return {play.name: play.digest for play in read_plays(books / "site.yml")}


def test_read_plays_follows_the_site_in_its_order(books: Path) -> None:
    """A file that is not there is left out."""
    plays = read_plays(books / "site.yml")

    assert [(play.name, play.file.name, play.groups) for play in plays] == [
        ("Base", "base.yml", ("all",)),
        ("Database", "db.yml", ("runs_db", "runs_etcd")),
    ]


def test_play_concerns_hosts_of_its_groups(books: Path) -> None:
    """`all` is everybody."""
    base, database = read_plays(books / "site.yml")

    assert base.concerns(())
    assert database.concerns(("site_east", "runs_etcd"))
    assert not database.concerns(("site_east",))


@pytest.mark.parametrize(
    ("changed", "names"),
    [("roles/db/tasks.yml", {"Database"}), ("roles/store/x", {"Database"}), ("roles/base/x", {"Base"})],
)
def test_digest_changes_with_the_files_of_the_roles_of_that_play(books: Path, changed: str, names: set[str]) -> None:
    """A role's own files and those of roles it needs; other plays keep theirs."""
    before = digests(books)
    (books / changed).write_text("new")
    after = digests(books)

    assert {name for name in before if before[name] != after[name]} == names


def test_digest_changes_with_what_all_roles_share(books: Path) -> None:
    """Files beside the plays belong to every play."""
    before = digests(books)
    (books / "files").mkdir()
    (books / "files" / "put.py").write_text("new")

    assert not set(before.items()) & set(digests(books).items())


def test_pattern_beyond_a_list_of_groups_counts_as_all(books: Path) -> None:
    """What cannot be judged is configured rather than forgotten."""
    (books / "db.yml").write_text("- name: Database\n  hosts: runs_*:!site_far\n")

    assert read_plays(books / "site.yml")[1].groups == ("all",)


def test_read_plays_of_the_shipped_site_knows_every_role_it_names() -> None:
    """The plays of the product have a name each, and groups the inventory gives."""
    plays = read_plays()

    assert len({play.name for play in plays}) == len(plays)
    assert {group for play in plays for group in play.groups} <= {"all", *(f"runs_{p}" for p in PARTS)}


PARTS = ("etcd", "patroni", "haproxy", "dns", "backup", "app", "repository")


def test_groups_of_turns_groups_into_those_of_each_host() -> None:
    """Hosts of groups become groups of hosts."""
    assert groups_of({"a": ["x", "y"], "b": ["x"]}) == {"x": ("a", "b"), "y": ("a",)}
