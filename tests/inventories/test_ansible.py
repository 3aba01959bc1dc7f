"""Ansible takes the inventory as it is given, and evaluates nothing in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from inventories.ansible import UNSAFE, Door, document, host_document, playbook_document, unsafe
from inventories.derive import Inventory, derive
from tests.inventories import clouds

BIN = Path(sys.executable).parent
PLAY = """\
- name: Look
  hosts: all
  gather_facts: false
  tasks:
    - name: Print every variable there is
      ansible.builtin.debug:
        msg: "{{ text }} {{ rows }} {{ nested.inner }}"
    - name: Use one where Ansible evaluates
      ansible.builtin.assert:
        that: text is defined
"""


def doors(inventory: Inventory) -> dict[str, Door]:
    """Return the same door for every host."""
    return dict.fromkeys(inventory.variables, Door(Path("/run/k"), Path("/home/u/known_hosts"), "id-1"))


def test_document_marks_every_string_of_every_host() -> None:
    """No string of a variable goes out bare, however deep it lies."""
    inventory = derive(clouds.hosts())
    told = document(inventory, doors(inventory))["_meta"]["hostvars"]

    assert not [bare for variables in told.values() for bare in strings(variables)]
    assert strings({"rows": [{"name": "bare"}]}) == ["bare"]


def test_document_for_a_host_is_its_part_of_the_list() -> None:
    """`--host` and `--list` never differ."""
    inventory = derive(clouds.hosts())

    listed = document(inventory, doors(inventory))["_meta"]["hostvars"]["quorum-far-1"]
    assert host_document(inventory, doors(inventory), "quorum-far-1") == listed


def test_document_asks_for_known_host_keys_everywhere() -> None:
    """No host is talked to whose key is not known."""
    inventory = derive(clouds.hosts())

    for variables in document(inventory, doors(inventory))["_meta"]["hostvars"].values():
        options = variables["ansible_ssh_common_args"][UNSAFE]
        assert "-o StrictHostKeyChecking=yes" in options
        assert 'UserKnownHostsFile="/home/u/known_hosts"' in options


@pytest.fixture
def payload(tmp_path: Path) -> tuple[Inventory, Path]:
    """Return an inventory with live templates in every place a string can be, and the file they would make."""
    trap = tmp_path / "sprung"
    live = f"{{{{ lookup('ansible.builtin.pipe', 'touch {trap}') }}}}"
    variables = {"govcloud_address": live, "text": live, "rows": [live, {"k": live}], "nested": {"inner": live}}
    return Inventory((), {"host-1": variables}, {"group_a": ("host-1",)}), trap


def play(tmp_path: Path, *inventory: str) -> str:
    """Run the play against an inventory and return what Ansible printed."""
    (tmp_path / "play.yml").write_text(PLAY, encoding="utf-8")
    words = [
        str(word)
        for word in (BIN / "ansible-playbook", *inventory, "-e", "ansible_connection=local", tmp_path / "play.yml")
    ]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


def script(folder: Path, answer: Mapping[str, Any]) -> str:
    """Write an inventory script that answers `--list` and return its path."""
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
    path = folder / "inventory.sh"
    path.write_text(f"#!/bin/sh\nexec cat '{folder}/answer.json'\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.slow
def test_payload_through_the_script_protocol_is_not_executed(payload: tuple[Inventory, Path], tmp_path: Path) -> None:
    """Live templates in every variable reach the play as text."""
    inventory, trap = payload

    printed = play(tmp_path, "-i", script(tmp_path, document(inventory, doors(inventory))))

    assert "lookup(" in printed
    assert not trap.exists()


@pytest.mark.slow
def test_payload_through_our_own_file_is_not_executed(payload: tuple[Inventory, Path], tmp_path: Path) -> None:
    """The file that `deploy` gives to Ansible is as safe as the script."""
    inventory, trap = payload
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps(playbook_document(inventory, doors(inventory))), encoding="utf-8")

    printed = play(tmp_path, "-i", str(file))

    assert "lookup(" in printed
    assert not trap.exists()


@pytest.mark.slow
def test_payload_without_the_mark_is_executed(payload: tuple[Inventory, Path], tmp_path: Path) -> None:
    """The trap works: the same text unmarked runs, so the tests above can fail."""
    inventory, trap = payload
    bare = {"_meta": {"hostvars": {"host-1": dict(inventory.variables["host-1"])}}, "all": {"hosts": ["host-1"]}}

    play(tmp_path, "-i", script(tmp_path, bare))

    assert trap.exists()


def test_unsafe_leaves_numbers_and_truth_as_they_are() -> None:
    """Only strings can be templates."""
    assert unsafe({"a": 1, "b": True, "c": None, "d": ("x",)}) == {
        "a": 1,
        "b": True,
        "c": None,
        "d": [{UNSAFE: "x"}],
    }


def strings(value: object) -> list[str]:
    """Return every string value that carries no mark."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [] if set(value) == {UNSAFE} else [bare for item in value.values() for bare in strings(item)]
    return [bare for item in value for bare in strings(item)] if isinstance(value, list) else []
