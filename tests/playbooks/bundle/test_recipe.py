"""What a bundle is made from decides its name, and contradictions are refused before anything is fetched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from failures import InputInvalid
from playbooks.bundle.recipe import HOME, LEAST, Recipe, read_recipe
from topology.load import load_cloud
from topology.model import Cloud, Image

TOPOLOGY = HOME.parent / "topology"


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return load_cloud(TOPOLOGY / "quanzhou.yaml")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a copy of the list of packages and of the locks."""
    shutil.copy(HOME / "bundle.yaml", tmp_path)
    shutil.copytree(HOME / "locks", tmp_path / "locks")
    return tmp_path


def test_recipe_of_the_cloud_has_packages_and_locks_of_every_role(cloud: Cloud) -> None:
    """The list that ships is whole: each role with Python packages has a lock that fits."""
    recipe = read_recipe(cloud, TOPOLOGY)
    assert {"base", "repository", "etcd", "patroni", "haproxy", "dns", "backup", "app", "metrics"} <= set(recipe.debian)
    assert {"build", "patroni", "app"} == set(recipe.locks)
    assert recipe.build <= {pin.name for found in recipe.locks.values() for pin in found}
    patroni = next(pin.version for pin in recipe.locks["patroni"] if pin.name == "patroni")
    assert tuple(int(part) for part in patroni.split(".")[:2]) >= (4, 1)


def test_recipe_of_another_package_is_another_bundle(cloud: Cloud, home: Path) -> None:
    """A package more gives another name, the same text the same."""
    before = read_recipe(cloud, TOPOLOGY, home).fingerprint
    assert before == read_recipe(cloud, TOPOLOGY, home).fingerprint
    text = (home / "bundle.yaml").read_text(encoding="utf-8")
    (home / "bundle.yaml").write_text(text.replace("debian: [haproxy", "debian: [socat, haproxy"), encoding="utf-8")
    assert read_recipe(cloud, TOPOLOGY, home).fingerprint != before


def test_recipe_of_an_unknown_image_counts_on_the_least(cloud: Cloud, home: Path) -> None:
    """Of an image that is no recipe nothing is known but that Ansible works on it."""
    image = Image(file="images/debian-12.qcow2", disk_format="qcow2")
    assert read_recipe(cloud.model_copy(update={"images": {"own": image}}), home, HOME).base == LEAST
    assert read_recipe(cloud, TOPOLOGY).base > LEAST


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("bundle.yaml", "patroni[etcd3]>=4.1", "patroni[etcd3]>=99", "the lock has 4."),
        ("bundle.yaml", '"jinja2>=3.1.6"', "nothing-such", "the lock has nothing"),
        ("locks/app.txt", "typing-extensions==4", "typing-extensions==3", "patroni has typing-extensions 4"),
        ("locks/app.txt", "sha256:", "md5:", "not a pin with hashes"),
        ("bundle.yaml", "roles:", "roles: {", "cannot be used"),
    ],
)
def test_recipe_that_contradicts_itself_is_refused(
    cloud: Cloud, home: Path, file: str, old: str, new: str, said: str
) -> None:
    """The message names the file, the package and both sides."""
    path = home / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputInvalid) as refused:
        read_recipe(cloud, TOPOLOGY, home)
    assert said in refused.value.say("en")
    assert str(home) in refused.value.where


def test_recipe_folder_lies_in_the_cache(cloud: Cloud, tmp_path: Path) -> None:
    """The folder is named by what it is made from."""
    recipe: Recipe = read_recipe(cloud, TOPOLOGY)
    assert recipe.folder(tmp_path) == tmp_path / f"bundle-{recipe.fingerprint}"
