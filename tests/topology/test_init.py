"""A new topology."""

from __future__ import annotations

from pathlib import Path

import pytest

from failures import InputInvalid, OutsideFailed
from topology.init import write_template
from topology.load import load_cloud, read


def test_new_topology_has_no_findings(tmp_path: Path) -> None:
    """What a newcomer starts from is right, as a file and as a folder."""
    topology, recipe = write_template(tmp_path / "mycity")

    assert read(topology).findings == ()
    assert load_cloud(topology.parent).name == "mycity"
    assert recipe == tmp_path / "mycity" / "images" / "debian-12.yaml"


def test_new_topology_names_files_that_exist(tmp_path: Path) -> None:
    """The image it names is written too."""
    topology, _ = write_template(tmp_path)

    assert all((tmp_path / image.file).is_file() for image in load_cloud(topology).images.values())


def test_new_topology_takes_a_given_name(tmp_path: Path) -> None:
    """The name goes into the file and its own name."""
    topology, _ = write_template(tmp_path, "harbour")

    assert topology.name == "harbour.yaml"
    assert load_cloud(topology).name == "harbour"
    assert "@" not in topology.read_text(encoding="utf-8")


def test_new_topology_in_folder_of_another_name_has_a_default(tmp_path: Path) -> None:
    """A folder's name that is no name is not used."""
    (topology, _) = write_template(tmp_path / "My City!")

    assert topology.name == "mycity.yaml"


@pytest.mark.parametrize("name", ["Harbour", "../x", "a b", "", "x" * 32, "{{ x }}", "a\n"])
def test_new_topology_of_wrong_name_is_refused(tmp_path: Path, name: str) -> None:
    """Nothing is written under a name that is not one."""
    with pytest.raises(InputInvalid):
        write_template(tmp_path / "new", name)

    assert list(tmp_path.iterdir()) == []


def test_new_topology_never_overwrites(tmp_path: Path) -> None:
    """A second time is refused and leaves the file as it is."""
    topology, _ = write_template(tmp_path, "harbour")
    topology.write_text("mine")

    with pytest.raises(InputInvalid) as caught:
        write_template(tmp_path, "harbour")

    assert topology.read_text() == "mine"
    assert str(topology) in caught.value.say("en")


def test_new_topology_keeps_an_image_recipe_that_is_there(tmp_path: Path) -> None:
    """Somebody's own recipe stays."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "debian-12.yaml").write_text("mine")

    assert write_template(tmp_path, "harbour") == [tmp_path / "harbour.yaml"]
    assert (tmp_path / "images" / "debian-12.yaml").read_text() == "mine"


def test_new_topology_below_a_file_is_an_error_with_advice(tmp_path: Path) -> None:
    """A place that cannot be a folder is named."""
    (tmp_path / "file").write_text("x")

    with pytest.raises(OutsideFailed) as caught:
        write_template(tmp_path / "file" / "new", "harbour")

    assert "file" in caught.value.where
