"""A drill's journal in the store of its cloud, as commands find it: heads to verify by, runs to take over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import cli
from commands import drill_stores
from commands.drill_stores import fetch_runs
from commands.frame import start
from dr_drills.journal.elsewhere import Elsewhere
from dr_drills.journal.event import EventKind, next_event
from dr_drills.journal.file import HEAD, JOURNAL, Journal, read_events
from failures import Text
from inventories.keys import OperatorKeys
from tests.dr_drills.journal.conftest import Trio
from tests.dr_drills.pretence import AUTHORITY, OPERATOR
from topology.load import load_cloud

pytestmark = pytest.mark.slow

CLOUD, RUN = "testcity", "switchover-20261122T020000Z"


@pytest.fixture
def run(trio: Trio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a run that is over, of a cloud whose store answers."""
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    keys = OperatorKeys(AUTHORITY.certificate, OPERATOR, {})
    monkeypatch.setattr("inventories.keys.operator_keys", lambda *_: keys)
    folder = tmp_path / "stacks" / CLOUD / "drills" / RUN
    with Journal.begin(folder, RUN, {"cloud": CLOUD}, elsewhere=Elsewhere.of([trio.quorum()])) as journal:
        journal.append(EventKind.RUN_ENDED, "", verdict="pass")
        journal.settle()
    return folder


def verify(run: Path) -> int:
    return start(cli.app, ["report", "verify", str(run), "--head-from", "etcd"])


def test_verify_with_the_head_of_the_store_passes(run: Path) -> None:
    """What was written is what is there."""
    assert verify(run) == 0


def test_verify_of_a_shortened_journal_with_the_head_of_the_store_fails(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who drops the end and the head beside it is found out by the head that the sites keep."""
    first, _ = (run / JOURNAL).read_bytes().splitlines(keepends=True)
    (run / JOURNAL).write_bytes(first)
    (run / HEAD).unlink()

    assert verify(run) == 1
    assert "1 dropped from the end" in capsys.readouterr().out


def test_verify_of_a_journal_written_anew_with_the_head_of_the_store_fails(run: Path) -> None:
    """A whole chain with the same name, made afterwards, is another one."""
    began, ended = read_events(run)
    forged = next_event(began, ended.at, ended.clock_s, EventKind.RUN_ENDED, "", {"verdict": "fail"})
    (run / JOURNAL).write_bytes(began.line() + forged.line())
    (run / HEAD).unlink()

    assert verify(run) == 1


def test_verify_without_a_store_that_answers_ends_with_5(run: Path, trio: Trio) -> None:
    """No head is no proof."""
    trio.stop(0, 1)

    assert verify(run) == 5


@pytest.mark.parametrize("facts", [{}, {"cloud": "../elsewhere"}, {"cloud": CLOUD, "stores": 7}])
def test_verify_of_a_journal_without_stores_ends_with_3(facts: dict[str, object], run: Path) -> None:
    """A journal that names no store, or a cloud that is none of this machine's, is told."""
    first = next_event(None, "2026-11-22T02:00:00.000Z", 1.0, EventKind.RUN_BEGAN, "", {"run": RUN, **facts})
    (run / JOURNAL).write_bytes(first.line())

    assert verify(run) == 3


def test_fetch_without_a_majority_tells_what_a_member_remembers(trio: Trio, tmp_path: Path) -> None:
    """Nothing that heals is held up by a store that is dark, and nobody may take its silence for none."""
    told: list[Text] = []
    Journal.begin(tmp_path / "lost" / RUN, RUN, {"cloud": CLOUD}, elsewhere=trio.elsewhere()).close()
    trio.stop(0, 1)

    unasked = fetch_runs(trio.elsewhere(), tmp_path / "new", "", told.append)

    assert ["no runs could be fetched" in text.en for text in told] == [True]
    assert unasked is not None
    assert unasked.remembered == (RUN,)
    assert f"govcloud drill resume TOPOLOGY {RUN} --break-glass" in unasked.failure().fix.en
    assert fetch_runs(replace(trio.elsewhere(), quorum=None), tmp_path, "", told.append) is None


def test_elsewhere_for_healing_without_credentials_is_nowhere(
    topology_of_nobody: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A cloud that was never configured has no store, and that is no failure."""
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path))
    found = drill_stores.elsewhere_for_healing(topology_of_nobody, load_cloud(topology_of_nobody), lambda _: None)
    assert found.quorum is None


@pytest.fixture
def topology_of_nobody() -> Path:
    return Path(__file__).parents[2] / "topology" / "quanzhou.yaml"
