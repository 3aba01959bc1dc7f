"""A bundle is filled by the real apt from a small archive, once, and damage to it is told."""

from __future__ import annotations

import fcntl
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from failures import GateRefused, InputInvalid, OutsideFailed, Text
from playbooks.bundle import sums
from playbooks.bundle.fill import Bundle, batches, bundle
from playbooks.bundle.recipe import Recipe
from playbooks.bundle.stanzas import Stanza
from tests.playbooks.bundle.conftest import Archive

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("apt-get") is None, reason="needs Debian's apt")]
RECIPE = Recipe("bookworm", "amd64", "3.11", frozenset(), {"web": ("web",)}, {"build": ()}, frozenset({"shell"}))


@pytest.fixture
def stocked(archive: Archive) -> Archive:
    """Return an archive in which `web` needs what the image has, what it lacks, and one exact version."""
    archive.add("shell", depends="shell-base")
    archive.add("shell-base")
    archive.add("library", "1:2.0", depends="shell-base (= 1)")
    archive.add("web", depends="shell, library")
    return archive


def fill(archive: Archive, cache: Path, recipe: Recipe = RECIPE, *, refresh: bool = False) -> Bundle:
    def listen(_: Text) -> None:
        """Hear nothing."""

    return bundle(recipe, cache, listen, refresh=refresh, etc=archive.etc)


def debs(made: Bundle) -> set[str]:
    return {path.name for path in (made.folder / "debs").iterdir()}


def test_bundle_has_what_the_image_lacks_and_what_is_bound_to_it(stocked: Archive, tmp_path: Path) -> None:
    """The image's own packages stay out, but for one that must have the very version of a new package."""
    made = fill(stocked, tmp_path / "cache")
    assert debs(made) == {"web_1_amd64.deb", "library_2.0_amd64.deb", "shell-base_1_amd64.deb"}
    assert json.loads((made.folder / "bundle.json").read_text())["debian"] == {"web": ["library=1:2.0", "web=1"]}
    assert (made.fetched, made.packages, made.wheels) == (3, 3, 0)
    assert not list((tmp_path / "cache").glob("*.part"))


def test_bundle_that_is_there_is_not_fetched_again(stocked: Archive, tmp_path: Path) -> None:
    """The second run needs no archive at all."""
    fill(stocked, tmp_path / "cache")
    shutil.rmtree(stocked.home)
    assert fill(stocked, tmp_path / "cache").fetched == 0


def test_bundle_with_damage_is_refused_until_refreshed(stocked: Archive, tmp_path: Path) -> None:
    """The message names the file; a refresh fetches that one alone."""
    made = fill(stocked, tmp_path / "cache")
    spoilt = made.folder / "debs" / "library_2.0_amd64.deb"
    spoilt.write_bytes(b"no")
    with pytest.raises(InputInvalid, match=r"damaged, 1 file.*library_2\.0"):
        fill(stocked, tmp_path / "cache")
    assert fill(stocked, tmp_path / "cache", refresh=True).fetched == 1
    assert sums.damage(sums.read(made.folder), sums.take(made.folder)) == []


def test_bundle_with_a_new_role_fetches_only_the_new_package(stocked: Archive, tmp_path: Path) -> None:
    """What another bundle of the machine has is taken from there."""
    fill(stocked, tmp_path / "cache")
    stocked.add("more")
    made = fill(stocked, tmp_path / "cache", replace(RECIPE, debian={"web": ("web",), "more": ("more",)}))
    assert (made.fetched, made.packages) == (1, 4)


def test_bundle_cut_short_keeps_what_came(stocked: Archive, tmp_path: Path) -> None:
    """A package that cannot be fetched is named; with it back the next run fetches that one alone."""
    missing = stocked.home / "web_1_amd64.deb"
    aside = missing.rename(tmp_path / "aside.deb")
    cache = tmp_path / "cache"
    with pytest.raises(OutsideFailed, match=r"web_1_amd64\.deb"):
        fill(stocked, cache)
    assert not RECIPE.folder(cache).exists()
    aside.rename(missing)
    assert debs(fill(stocked, cache)) == {"web_1_amd64.deb", "library_2.0_amd64.deb", "shell-base_1_amd64.deb"}


def test_bundle_of_an_unknown_package_names_role_and_package(stocked: Archive, tmp_path: Path) -> None:
    """The message says whose package it is."""
    with pytest.raises(OutsideFailed, match=r"role web: .*webb"):
        fill(stocked, tmp_path / "cache", replace(RECIPE, debian={"web": ("webb",)}))


def test_bundle_takes_nothing_from_other_makers(stocked: Archive, tmp_path: Path) -> None:
    """A source that is not Debian's may be on the machine, its packages never get in."""
    stocked.publish(origin="Elsewhere")
    with pytest.raises(InputInvalid, match="no source of this machine's apt offers Debian bookworm"):
        fill(stocked, tmp_path / "cache")


def test_bundle_that_another_process_fills_is_refused(stocked: Archive, tmp_path: Path) -> None:
    """Two at once would spoil each other's work."""
    cache = tmp_path / "cache"
    cache.mkdir()
    with (cache / f"{RECIPE.folder(cache).name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(GateRefused):
            fill(stocked, cache)


def test_batches_keep_order_and_end_at_their_size() -> None:
    """A batch closes with the package that fills it."""
    stanzas = [Stanza(f"Package: p{n}\nSize: {size}\n") for n, size in enumerate((11_000_000, 2_000_000, 5))]
    assert [[s.name for s in batch] for batch in batches(stanzas)] == [["p0", "p1"], ["p2"]]
