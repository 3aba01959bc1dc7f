"""The board counts by play and by host."""

from __future__ import annotations

from playbooks.board import PlayBoard
from playbooks.events import HostTask, Outcome, PlayBegan, TaskBegan


def board() -> PlayBoard:
    return PlayBoard([("Base", 2), ("Etcd", 1)], ["a", "b"])


def test_board_before_anything_waits() -> None:
    """All plays are there from the start."""
    assert [(play.name, play.hosts, play.state) for play in board().plays()] == [
        ("Base", 2, "waiting"),
        ("Etcd", 1, "waiting"),
    ]


def test_board_counts_tasks_of_the_running_play() -> None:
    """A task counts for its play and its host; a skipped one for neither."""
    shown = board()
    shown.hear(PlayBegan("Base"))
    shown.hear(TaskBegan("Install"))
    shown.hear(HostTask("a", "Install", Outcome.CHANGED))
    shown.hear(HostTask("b", "Install", Outcome.OK))
    shown.hear(HostTask("b", "Start", Outcome.SKIPPED))

    base = shown.plays()[0]
    assert (base.state, base.now, base.ok, base.changed, base.failed) == ("running", "Install", 1, 1, ())
    assert (shown.hosts()["a"].changed, shown.hosts()["b"].ok) == (1, 1)


def test_board_remembers_where_and_why_a_host_failed() -> None:
    """Play, task and reason stay with the host when the next play begins."""
    shown = board()
    shown.hear(PlayBegan("Base"))
    shown.hear(HostTask("a", "Install", Outcome.FAILED, "no room"))
    shown.hear(PlayBegan("Etcd"))

    host = shown.hosts()["a"]
    assert (host.failed, host.play, host.task, host.reason) == (True, "Base", "Install", "no room")
    assert [(play.state, play.failed) for play in shown.plays()] == [("done", ("a",)), ("running", ())]


def test_board_of_a_failure_that_is_ignored_counts_it_as_done() -> None:
    """Where the role goes on, the host has not failed."""
    shown = board()
    shown.hear(PlayBegan("Base"))
    shown.hear(HostTask("a", "Look", Outcome.IGNORED, "absent"))

    assert not shown.hosts()["a"].failed
    assert shown.plays()[0].failed == ()


def test_board_for_a_play_that_concerns_nobody_stays_where_it_is() -> None:
    """Ansible also tells of plays without hosts."""
    shown = board()
    shown.hear(PlayBegan("Base"))
    shown.hear(PlayBegan("Nobody's"))
    shown.hear(PlayBegan("Etcd"))
    shown.end()

    assert [play.state for play in shown.plays()] == ["done", "done"]
    assert shown.position == 1
