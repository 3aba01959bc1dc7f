"""Tests of stacks.engine.state and stacks.engine.deployment."""

from __future__ import annotations

import copy
import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from failures import InputInvalid, OutsideFailed
from stacks.engine.deployment import dependencies, ordered
from stacks.engine.secrets import Secrets
from stacks.engine.state import StackState
from stacks.engine.values import SECRET, SIGNATURE, wrap
from tests.stacks.engine.conftest import _SALT, PASSPHRASE

_ROOT = "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s"
_A, _B = "urn:pulumi:s::p::t::a", "urn:pulumi:s::p::t::b"


def _resource(urn: str, id_: str = "1", **more: Any) -> dict[str, Any]:
    return {"urn": urn, "custom": True, "id": id_, "type": "t", "inputs": {}, "outputs": {}, **more}


def _open(folder: Path, name: str = "s") -> StackState:
    return StackState.open(folder, name, Secrets(PASSPHRASE, _SALT))


def _same(one: StackState, other: StackState) -> bool:
    return (one.live, one.doomed, one.intents) == (other.live, other.doomed, other.intents)


def test_open_new_stack_is_empty_and_writes_nothing(tmp_path: Path) -> None:
    """Looking at a stack that never was leaves no trace."""
    state = _open(tmp_path / "none")

    assert not state.live
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden"])
def test_open_strange_name_is_refused(tmp_path: Path, name: str) -> None:
    """A stack name cannot leave the folder."""
    with pytest.raises(ValueError, match="stack name"):
        _open(tmp_path, name)


def test_open_again_has_all_that_was_recorded(tmp_path: Path) -> None:
    """Each kind of record comes back from the journal, and again from the checkpoint."""
    state = _open(tmp_path)
    number = state.begin("creating", _resource(_A, ""))
    state.put(_resource(_A), number)
    state.put(_resource(_B, parent=_A, dependencies=[_A], propertyDependencies={"x": [_A]}))
    state.put(_resource(_A, "2"))
    state.rename(_B, f"{_B}2")
    state.begin("deleting", _resource(_A, "1"))
    state.drop(state.begin("updating", _resource(_A, "2")))
    state.put(_resource("urn:pulumi:s::p::t::gone", "9"))
    state.gone(_resource("urn:pulumi:s::p::t::gone", "9"))
    state.close()

    replayed = _open(tmp_path)
    assert _same(replayed, state)
    assert set(replayed.doomed) == {(_A, "1")}
    assert [intent.op for intent in replayed.intents.values()] == ["deleting"]
    replayed.compact()
    compacted = _open(tmp_path)
    assert (compacted.live, compacted.doomed) == (state.live, state.doomed)
    assert list(compacted.intents.values()) == list(state.intents.values())
    assert (tmp_path / "s.journal").read_bytes() == b""


def test_rename_follows_every_mention(tmp_path: Path) -> None:
    """Parents, dependencies and providers that name the old URN name the new one."""
    state = _open(tmp_path)
    state.put(_resource(_A))
    state.put(
        _resource(
            _B, parent=_A, dependencies=[_A], propertyDependencies={"k": [_A]}, provider=f"{_A}::1", deletedWith=_A
        )
    )
    state.rename(_A, f"{_A}2")

    assert _A not in json.dumps(state.deployment()).replace(f"{_A}2", "")


def test_gone_pending_keeps_the_urn_for_its_replacement(tmp_path: Path) -> None:
    """An object deleted to make room leaves its URN, and what replaces it dooms nothing."""
    state = _open(tmp_path)
    state.put(_resource(_A))
    state.gone(_resource(_A), pending=True)
    assert state.live[_A]["pendingReplacement"]

    state.put(_resource(_A, "2"))

    assert not state.doomed
    assert "pendingReplacement" not in state.live[_A]


@pytest.mark.parametrize("step", ["before-rename", "after-rename"])
def test_compact_killed_on_the_way_loses_nothing(tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill between the new checkpoint and the emptied journal changes nothing when it is read again."""
    state = _open(tmp_path)
    state.put(_resource(_A))
    state.compact()
    state.put(_resource(_B))
    state.rename(_A, f"{_A}2")
    state.put(_resource(_A, "3"))

    class KilledError(BaseException):
        pass

    def kill(*_: object) -> None:
        raise KilledError

    target = "pathlib.Path.replace" if step == "before-rename" else "stacks.engine.journal.Journal.clear"
    with monkeypatch.context() as patched:
        patched.setattr(target, kill)
        with pytest.raises(KilledError):
            state.compact()
    state.close()

    again = _open(tmp_path)
    assert _same(again, state)
    again.put(_resource("urn:pulumi:s::p::t::c"))
    again.close()
    assert _same(_open(tmp_path), again)


def test_open_journal_of_another_checkpoint_is_refused(tmp_path: Path) -> None:
    """A journal beside a checkpoint it was not written on is not replayed."""
    state = _open(tmp_path)
    state.put(_resource(_A))
    state.compact()
    old = (tmp_path / "s.json").read_bytes()
    state.put(_resource(_B))
    state.compact()
    state.put(_resource(_A, "2"))
    state.close()
    (tmp_path / "s.json").write_bytes(old)

    with pytest.raises(InputInvalid) as caught:
        _open(tmp_path)

    assert "does not belong" in caught.value.say("en")


@pytest.mark.parametrize("text", ["", "{", '{"version": 2}', '{"version": 3, "deployment": {"resources": [{}]}}', "[]"])
def test_open_corrupt_checkpoint_is_named_and_left_alone(tmp_path: Path, text: str) -> None:
    """A checkpoint that is not one is an invalid input; the file is not touched."""
    (tmp_path / "s.json").write_text(text)

    with pytest.raises(InputInvalid) as caught:
        _open(tmp_path)

    assert "s.json" in caught.value.say("en")
    assert (tmp_path / "s.json").read_text() == text


def test_put_secret_is_nowhere_on_disk_in_clear(tmp_path: Path) -> None:
    """Neither journal nor checkpoint shows a secret; what is not secret is there, so the search can find."""
    state = _open(tmp_path)
    state.begin("creating", _resource(_A, "", inputs={"password": wrap("canary-1"), "name": "visible"}))
    state.put(_resource(_A, outputs={"deep": [{"x": wrap({"y": "canary-2"})}]}))
    journal = (tmp_path / "s.journal").read_text()
    state.compact()
    checkpoint = (tmp_path / "s.json").read_text()

    assert "visible" in journal
    assert "visible" in checkpoint
    assert "canary" not in journal + checkpoint


def test_open_with_secrets_derives_no_key_until_asked(tmp_path: Path) -> None:
    """A list of a stack works with any passphrase; its secrets do not."""
    state = _open(tmp_path)
    state.put(_resource(_A, inputs={"password": wrap("x")}))
    state.compact()

    listed = StackState.open(tmp_path, "s", Secrets("wrong"))

    assert list(listed.live) == [_A]
    with pytest.raises(InputInvalid):
        listed.secrets.open(listed.live[_A])


def test_salt_is_in_the_journal_before_anything_sealed(tmp_path: Path) -> None:
    """A journal alone, with no checkpoint yet, opens its own secrets."""
    state = StackState.open(tmp_path, "s", Secrets(PASSPHRASE))
    state.begin("creating", _resource(_A, "", inputs={"password": wrap("x")}))
    state.close()

    again = StackState.open(tmp_path, "s", Secrets(PASSPHRASE))

    assert again.secrets.open(again.intents[1].resource)["inputs"] == {"password": wrap("x")}


def test_begin_full_disk_raises_and_holds_no_intent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An intent that could not be written was not begun; a result that could not be is kept in memory."""
    state = _open(tmp_path)
    state.put(_resource(_A))

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OutsideFailed):
            state.begin("creating", _resource(_B, ""))
        with pytest.raises(OutsideFailed):
            state.put(_resource(_B))

    assert not state.intents
    state.compact()
    assert set(_open(tmp_path).live) == {_A, _B}


def test_compact_full_disk_keeps_checkpoint_and_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint that finds no room leaves the former one, the journal, and no half file."""
    state = _open(tmp_path)
    state.put(_resource(_A))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OutsideFailed):
            state.compact()
    state.close()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.journal"]
    assert set(_open(tmp_path).live) == {_A}


def test_import_deployment_of_an_export_is_the_same_stack(tmp_path: Path) -> None:
    """What is exported and taken in elsewhere is equal, pending operations and secrets included."""
    state = _open(tmp_path)
    state.put(_resource(_ROOT, "", type="pulumi:pulumi:Stack", custom=False, outputs={"p": wrap("x")}))
    state.put(_resource(_A, parent=_ROOT))
    state.put(_resource(_A, "2", parent=_ROOT))
    state.begin("creating", _resource(_B, "", inputs={"s": wrap("y")}))
    exported = state.deployment()

    other = _open(tmp_path, "other")
    other.import_deployment(copy.deepcopy(exported))

    again = _open(tmp_path, "other").deployment()
    exported["deployment"].pop("manifest"), again["deployment"].pop("manifest")
    assert again == exported
    assert _open(tmp_path, "other").outputs() == {"p": wrap("x")}


def test_import_deployment_shown_secrets_are_sealed(tmp_path: Path) -> None:
    """A deployment exported with its secrets shown is taken in, and nothing of it stays in clear."""
    shown = {SIGNATURE: SECRET, "plaintext": '"canary"'}
    data = {"version": 3, "deployment": {"resources": [_resource(_A, inputs={"p": shown})]}}
    state = _open(tmp_path)

    state.import_deployment(data)

    assert "canary" not in (tmp_path / "s.json").read_text()
    assert state.secrets.open(state.live[_A])["inputs"] == {"p": wrap("canary")}


def test_import_deployment_of_another_secrets_provider_is_refused(tmp_path: Path) -> None:
    """Secrets kept by a key service cannot be opened here; the way out is named and nothing is written."""
    data = {"version": 3, "deployment": {"resources": [], "secrets_providers": {"type": "cloud", "state": {}}}}

    with pytest.raises(InputInvalid) as caught:
        _open(tmp_path).import_deployment(data)

    assert "--show-secrets" in caught.value.say("en")
    assert not list(tmp_path.iterdir())


def test_deployment_names_nothing_that_is_gone(tmp_path: Path) -> None:
    """Pulumi refuses a state that depends on what it does not hold, so such mentions are left out."""
    state = _open(tmp_path)
    state.put(_resource(_B, dependencies=[_A], propertyDependencies={"k": [_A]}, deletedWith=_A))

    (only,) = state.deployment()["deployment"]["resources"]

    assert list(dependencies(only)) == []


def test_ordered_puts_what_is_needed_first() -> None:
    """Dependencies come before dependants, and a circle does not hang."""
    resources = [_resource("c", dependencies=["b"]), _resource("b", parent="a"), _resource("a")]
    circle = [_resource("x", dependencies=["y"]), _resource("y", dependencies=["x"])]

    assert [resource["urn"] for resource in ordered(resources)] == ["a", "b", "c"]
    assert len(ordered(circle)) == 2
