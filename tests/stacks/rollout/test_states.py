"""States moved in and out, listed, checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from failures import GateRefused, InputInvalid, OutsideFailed, WrongUsage
from stacks.engine.secrets import Secrets
from stacks.engine.state import StackState
from stacks.engine.values import wrap
from stacks.rollout.home import Home
from stacks.rollout.records import Record, Records, Result
from stacks.rollout.sealing import open_secrets
from stacks.rollout.stack_index import known_stacks
from stacks.rollout.states import export_text, import_file, listing, verify
from tests.stacks.city import FakeTerminal

STACK = "smalltown.east.health"
PROVIDER = f"urn:pulumi:{STACK}::govcloud::pulumi:providers:openstack::east"
PROJECT = f"urn:pulumi:{STACK}::govcloud::openstack:identity/project:Project::health"


def resource(urn: str, type_: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "custom": True, "type": type_, "id": "77", "inputs": {}, "outputs": {}, **more}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home", "smalltown")


@pytest.fixture
def state(home: Home) -> StackState:
    """A stack with a provider and a project that holds a secret."""
    state = StackState.open(home.states, STACK, open_secrets(home, {}, lambda _: None))
    state.put(resource(PROVIDER, "pulumi:providers:openstack"))
    reference = f"{PROVIDER}::77"
    state.put(resource(PROJECT, "openstack:identity/project:Project", provider=reference, inputs={"key": wrap("dark")}))
    state.compact()
    state.close()
    return state


def test_listing_counts_objects_and_knows_states_without_a_record(home: Home, state: StackState) -> None:
    """A state alone is unfinished, so that the next deploy looks at it."""
    row = listing(None).rows[0]
    assert (row.stack, row.engine, row.result, row.resources) == (STACK, "embedded", "acting", 1)


def test_export_then_import_gives_the_same_state(home: Home, state: StackState, tmp_path: Path) -> None:
    """What goes out comes in again, secrets sealed on the way."""
    text = export_text(STACK)
    assert json.loads(text)["version"] == 3
    assert "dark" not in text
    (tmp_path / "s.json").write_text(text)
    for path in home.states.iterdir():
        path.unlink()
    import_file(STACK, tmp_path / "s.json", FakeTerminal(), yes=True)
    held = StackState.open(home.states, STACK, Secrets(home.key.read_text().strip()))
    assert set(held.live) == {PROVIDER, PROJECT}
    assert held.secrets.open(held.live[PROJECT]["inputs"])["key"] == wrap("dark")
    assert known_stacks(home)[STACK].result is Result.ACTING


def test_import_over_a_state_asks_first(home: Home, state: StackState, tmp_path: Path) -> None:
    """What is there is not replaced without a yes."""
    (tmp_path / "s.json").write_text(export_text(STACK))
    with pytest.raises(GateRefused, match="not confirmed"):
        import_file(STACK, tmp_path / "s.json", FakeTerminal(says="no"), yes=False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "not a Pulumi deployment"),
        ('{"version": 2, "deployment": {}}', "not a Pulumi deployment"),
        (
            '{"version": 3, "deployment": {"resources": [{"urn": "urn:pulumi:a.b.c::p::t::n", "type": "t"}]}}',
            "stack 'a.b.c'",
        ),
    ],
)
def test_import_of_what_is_no_deployment_of_the_stack_changes_nothing(
    home: Home, state: StackState, tmp_path: Path, text: str, words: str
) -> None:
    """The file is judged before anything is touched."""
    path = home.states / f"{STACK}.json"
    before = path.read_bytes()
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(InputInvalid, match=words):
        import_file(STACK, tmp_path / "s.json", FakeTerminal(), yes=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["../x", "x", "a.b", "A.b.c", "a.b.c.d.e", "a..c"])
def test_names_that_are_none_are_wrong_usage(home: Home, name: str) -> None:
    """The name of a stack becomes a path: only names may."""
    with pytest.raises(WrongUsage, match="not the name of a stack"):
        export_text(name)


def test_export_of_an_unknown_stack_is_invalid_input(home: Home) -> None:
    """Nothing is made up."""
    with pytest.raises(InputInvalid, match="no such stack"):
        export_text(STACK)


def problems() -> str:
    report = verify(None)
    assert report.exit_code == (1 if any(row.problems for row in report.rows) else 0)
    return " ".join(problem for row in report.rows for problem in row.problems)


def test_verify_of_a_sound_state_is_well(home: Home, state: StackState) -> None:
    """Nothing to say, exit code 0."""
    assert problems() == ""


def test_verify_shows_an_operation_that_never_ended(home: Home, state: StackState) -> None:
    """A kill leaves an intent, and verify tells of it."""
    again = StackState.open(home.states, STACK, open_secrets(home, {}, lambda _: None))
    again.begin("creating", resource(PROJECT.replace("::health", "::roads"), "openstack:identity/project:Project"))
    again.close()
    assert "was begun and not ended" in problems()


def test_verify_shows_a_damaged_file_and_the_others(home: Home, state: StackState) -> None:
    """One unreadable state does not hide the rest."""
    (home.states / "smalltown.west.health.json").write_text("{")
    assert "damaged" in problems()
    assert len(verify(None).rows) == 2


def test_verify_shows_a_provider_that_is_not_there(home: Home, state: StackState, tmp_path: Path) -> None:
    """Every resource's provider must be in its stack."""
    path = home.states / f"{STACK}.json"
    data = json.loads(path.read_text())
    kept = [r for r in data["deployment"]["resources"] if r["urn"] != PROVIDER]
    data["deployment"]["resources"] = kept
    path.write_text(json.dumps(data))
    assert f"names {PROVIDER}, which is not in the stack" in problems()


def test_verify_shows_a_passphrase_that_is_not_the_right_one(home: Home, state: StackState) -> None:
    """Secrets nobody can open are a problem."""
    home.key.write_text("another\n")
    assert "passphrase" in problems()


def test_export_of_a_stack_of_the_cli_without_the_cli_says_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its state is not ours to read."""
    home.make()
    Records(home.records).finish(Record(STACK, "east", "department", "d", "p", "pulumi", Result.DONE, "now"))
    monkeypatch.setenv("PATH", str(home.root))
    with pytest.raises(OutsideFailed, match="not on PATH"):
        export_text(STACK)
