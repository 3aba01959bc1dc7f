"""Reading the recipe of a base image."""

from __future__ import annotations

from pathlib import Path

import pytest

import topology
from failures import InputInvalid
from lab.hosts.recipe import parse, recipes_of
from topology.load import load_cloud

TOPOLOGY = Path(topology.__path__[0])
SMALL = "suite: bookworm\narchitecture: amd64\n"


def test_parse_of_the_shipped_recipe_names_its_user_and_no_service() -> None:
    """The image of the example city lets Ansible in as debian; its services come from the cloud's repository."""
    recipe = parse((TOPOLOGY / "images/debian-12.yaml").read_text())

    assert recipe.user == "debian"
    assert {"openssh-server", "python3", "sudo", "cloud-init"} <= set(recipe.packages)
    assert not {"postgresql-15", "etcd-server", "haproxy"} & set(recipe.packages)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x01binary",
        "aaaa" * 100,
        SMALL + "packages: [curl, '$(reboot)']",
        SMALL + "packages: ['--hook=x']",
        SMALL + "user: root;id",
        SMALL + "suite: ../x",
        SMALL + "hooks: [rm]",
    ],
)
def test_parse_of_something_else_is_refused(text: str) -> None:
    """Bytes of another image, unknown keys and values that a command could take for something else."""
    with pytest.raises(InputInvalid, match="no recipe"):
        parse(text)


def test_recipes_of_the_example_are_its_yaml_images() -> None:
    """`lab up` builds what the topology's images say, found beside the topology."""
    path = TOPOLOGY / "quanzhou.yaml"

    assert recipes_of(load_cloud(path), path) == [TOPOLOGY / "images/debian-12.yaml"]
