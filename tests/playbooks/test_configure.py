"""Configuring a cloud: only what changed, the rest done where one fails, remembered host by host."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from failures import GateRefused, InputInvalid, Text, WrongUsage
from inventories.ansible import Door
from inventories.runtime import file_system
from playbooks import configure as module
from playbooks.board import PlayBoard
from playbooks.configure import World, configure
from playbooks.configured import ConfiguredHosts, Standing
from playbooks.entry import Ways
from playbooks.events import Event, HostTask, Outcome, PlayBegan, RunEnded
from playbooks.order import Play
from playbooks.passes import LAST_TASK
from playbooks.reach import Answer
from playbooks.report import ConfigureReport, Verdict
from playbooks.runner import Run
from playbooks.selection import Options
from stacks.rollout.home import Home, home_of
from tests.inventories import recorded
from tests.inventories.recorded import QUANZHOU, quanzhou, record, server_of
from tests.inventories.test_hostkeys import block, key

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(file_system(Path("/dev/shm")) != "tmpfs", reason="no tmpfs at /dev/shm"),
]

BASE = Play("Base", Path("/x/base.yml"), ("all",), "digest-of-base")
ETCD = Play("Etcd", Path("/x/etcd.yml"), ("runs_etcd",), "digest-of-etcd")
APP = Play("App", Path("/x/app.yml"), ("runs_app",), "digest-of-app")
ALL = Options(yes=True)


class Hall:
    """A terminal that remembers what it was told, and says `answer` to every question."""

    def __init__(self, *, answer: bool = True) -> None:
        self.notes: list[str] = []
        self.asked: list[str] = []
        self._answer = answer

    def note(self, text: Text) -> None:
        self.notes.append(text.en)

    def confirm(self, question: Text, expect: str) -> bool:
        self.asked.append(question.en)
        return self._answer

    @contextmanager
    def watch_plays(self, _: PlayBoard) -> Iterator[None]:
        yield


class Stage:
    """Stands in for Ansible: every play of the run succeeds but where `fails` says otherwise, as Ansible would end."""

    def __init__(self) -> None:
        self.runs: list[tuple[list[str], list[str]]] = []
        self.fails: dict[str, set[str]] = {}
        self.plays = {play.file: play for play in (BASE, ETCD, APP)}
        self.before: Callable[[], None] = lambda: None

    def __call__(self, run: Run, folder: Path, hear: Callable[[Event], None], stop: threading.Event) -> RunEnded:
        self.runs.append(([path.stem for path in run.plays], list(run.limit)))
        self.before()
        alive = list(run.limit)
        for file in run.plays:
            if file not in self.plays:
                for host in alive:
                    hear(HostTask(host, LAST_TASK, Outcome.OK))
                continue
            play = self.plays[file]
            hear(PlayBegan(play.name))
            mine = [host for host in alive if play.groups == ("all",) or play.groups[0] in GROUPS[host]]
            lost = [host for host in mine if host in self.fails.get(play.name, set())]
            for host in mine:
                hear(HostTask(host, "Act", Outcome.FAILED if host in lost else Outcome.CHANGED, "no room"))
            alive = [host for host in alive if host not in lost]
            if mine and len(lost) == len(mine):
                return RunEnded("failed", 2)
        return RunEnded("successful", 0)


HOSTS = quanzhou()
GROUPS = {
    host.name: {"runs_etcd"} if HOSTS.service(host).kind == "etcd" else {f"runs_{HOSTS.service(host).kind}"}
    for host in HOSTS.hosts
}
GROUPS["citizen-db-changle-1"].add("runs_etcd")
SERVERS = {server_of(host): host for host in HOSTS.hosts}
ETCDS = {"quorum-donghai-1", "quorum-anxi-1", "quorum-changle-1", "citizen-db-changle-1"}


def consoles(_: str) -> Callable[[str], str]:
    return lambda server: block(key(list(SERVERS).index(server) + 1))


def enter(address: str, _: Door) -> Answer:
    now = time.time()
    return Answer(0, f"{int(now)}\n1000000\n", "", now, now)


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lay keys into a folder of this test's own."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm", prefix="govcloud-test-"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield
    shutil.rmtree(folder)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return the home of a city all of whose servers are built, with a bundle beside."""
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path))
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "for tests")
    monkeypatch.setattr(module, "read_plays", lambda: (BASE, ETCD, APP))
    monkeypatch.setattr(module, "find_bundle", lambda _, __: tmp_path / "bundle-1")
    made = home_of("quanzhou", {"GOVCLOUD_HOME": str(tmp_path)})
    record(made, HOSTS, "a private key")
    return made


def go(stage: Stage, options: Options = ALL, hall: Hall | None = None, ways: Ways | None = None) -> ConfigureReport:
    return configure(QUANZHOU, options, hall or Hall(), World(ways or Ways(consoles, enter), stage))


def verdicts(report: ConfigureReport) -> dict[str, Verdict]:
    return {end.host: end.verdict for end in report.hosts}


def test_configure_of_a_new_city_configures_every_host(home: Home) -> None:
    """All hosts, one run, each remembered with its server."""
    stage = Stage()
    report = go(stage)

    assert report.exit_code == 0
    assert set(verdicts(report).values()) == {Verdict.CONFIGURED}
    assert [plays for plays, _ in stage.runs] == [["base", "etcd", "app", "configured"]]
    entries = ConfiguredHosts(home.folder / "configured.json").read()
    assert {e.server for e in entries.values()} == set(SERVERS)
    assert {e.standing for e in entries.values()} == {Standing.DONE}


def test_configure_a_second_time_touches_no_host(home: Home) -> None:
    """Nothing has changed, so Ansible is not even started."""
    go(Stage())
    stage = Stage()
    report = go(stage)

    assert stage.runs == []
    assert set(verdicts(report).values()) == {Verdict.UNCHANGED}
    assert report.exit_code == 0


def test_configure_with_refresh_takes_every_host(home: Home) -> None:
    """Also those that nothing changed for."""
    go(Stage())
    stage = Stage()
    go(stage, Options(refresh=True, yes=True))

    assert len(stage.runs[0][1]) == 18


def test_configure_after_a_change_of_one_role_takes_the_hosts_of_its_play(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are left alone."""
    go(Stage())
    changed = Play(ETCD.name, ETCD.file, ETCD.groups, "another digest")
    monkeypatch.setattr(module, "read_plays", lambda: (BASE, changed, APP))
    stage = Stage()
    go(stage)

    assert set(stage.runs[0][1]) == ETCDS


def test_configure_after_a_server_was_made_again_takes_that_host(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another server id is another host, with other host keys."""
    go(Stage())
    old = recorded.server_of
    monkeypatch.setattr(recorded, "server_of", lambda h: "new-id" if h.name == "files-anxi-1" else old(h))
    record(home, HOSTS, "a private key")
    stage = Stage()
    report = go(stage, ways=Ways(lambda _: lambda _: block(key(99)), enter))

    assert stage.runs[0][1] == ["files-anxi-1"]
    assert verdicts(report)["files-anxi-1"] is Verdict.CONFIGURED
    assert f"{key(99)} files-anxi-1 new-id" in (home.folder / "known_hosts").read_text(encoding="utf-8")


def test_configure_where_one_host_fails_finishes_the_others(home: Home) -> None:
    """Exit code 5; host, task, reason, next step; the next run takes that host alone."""
    stage = Stage()
    stage.fails = {"Etcd": {"quorum-anxi-1"}}
    report = go(stage)

    assert report.exit_code == 5
    (error,) = report.messages
    assert (error.where, error.what.en) == ("quorum-anxi-1", "Etcd, task 'Act': no room")
    assert "run the same command again" in error.fix.en
    again = Stage()
    assert go(again).exit_code == 0
    assert again.runs == [(["base", "etcd", "configured"], ["quorum-anxi-1"])]


def test_configure_where_a_whole_play_fails_goes_on_behind_it(home: Home) -> None:
    """Ansible gives up when nobody is left in a play; the other hosts still get their later plays."""
    stage = Stage()
    stage.fails = {"Etcd": ETCDS}
    report = go(stage)

    assert [plays for plays, _ in stage.runs] == [["base", "etcd", "app", "configured"], ["app", "configured"]]
    assert {host for host, verdict in verdicts(report).items() if verdict is Verdict.FAILED} == ETCDS
    assert sum(verdict is Verdict.CONFIGURED for verdict in verdicts(report).values()) == 14
    assert not set(stage.runs[1][1]) & ETCDS


def test_configure_killed_amid_a_run_takes_its_hosts_again(home: Home) -> None:
    """What was under way is written down before it begins."""

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    stage = Stage()
    stage.before = die
    with pytest.raises(Killed):
        go(stage, Options(limit=("quorum",), yes=True))
    entries = ConfiguredHosts(home.folder / "configured.json").read()
    assert {e.standing for e in entries.values()} == {Standing.ACTING}

    again = Stage()
    go(again, Options(limit=("service_quorum",), yes=True))
    assert set(again.runs[0][1]) == {"quorum-donghai-1", "quorum-anxi-1", "quorum-changle-1"}


def test_configure_keeps_silent_hosts_out_and_does_the_rest(home: Home) -> None:
    """A host that cannot be entered is named; Ansible does not wait for it."""
    silent = HOSTS.by_name["files-changle-1"].address

    def knock(address: str, door: Door) -> Answer:
        return Answer(255, "", "Host key verification failed.", 0, 0) if address == silent else enter(address, door)

    stage = Stage()
    report = go(stage, Options(limit=("files",), yes=True), ways=Ways(consoles, knock))

    assert report.exit_code == 5
    assert verdicts(report)["files-changle-1"] is Verdict.FAILED
    assert "files-changle-1" not in stage.runs[0][1]


def test_configure_makes_secrets_once_and_keeps_them(home: Home) -> None:
    """The second run reads what the first made."""
    go(Stage())
    before = (home.folder / "secrets.json").read_bytes()
    go(Stage(), Options(refresh=True, yes=True))

    assert (home.folder / "secrets.json").read_bytes() == before


def test_configure_without_the_secrets_of_running_hosts_is_refused(home: Home) -> None:
    """No new secrets, no run."""
    go(Stage())
    (home.folder / "secrets.json").unlink()
    stage = Stage()

    with pytest.raises(GateRefused, match="18 host"):
        go(stage)
    assert stage.runs == []
    assert not (home.folder / "secrets.json").exists()


def test_configure_with_the_wrong_passphrase_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is touched."""
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")
    stage = Stage()

    with pytest.raises(InputInvalid, match="passphrase"):
        go(stage)
    assert stage.runs == []


def test_configure_without_a_bundle_names_the_command_that_makes_one(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hosts could install nothing."""
    monkeypatch.setattr(module, "find_bundle", lambda _, __: None)

    with pytest.raises(InputInvalid, match="packages for the hosts are not here") as caught:
        go(Stage())
    assert "govcloud bundle" in caught.value.fix.en


def test_configure_when_nobody_says_yes_touches_no_host(home: Home) -> None:
    """The question says how many hosts."""
    hall, stage = Hall(answer=False), Stage()

    with pytest.raises(GateRefused, match="not confirmed"):
        go(stage, Options(limit=("quorum",)), hall)
    assert hall.asked == ["quanzhou: configure 3 host(s). Type yes to go on:"]
    assert stage.runs == []


def test_configure_limited_to_a_name_that_is_not_there_is_wrong_usage(home: Home) -> None:
    """A typing error does not pass for success."""
    with pytest.raises(WrongUsage, match="no host, service or group quorums"):
        go(Stage(), Options(limit=("quorums",), yes=True))


def test_configure_of_an_unbuilt_city_names_every_host_and_makes_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Build comes first."""
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path))
    stage = Stage()
    report = go(stage)

    assert set(verdicts(report).values()) == {Verdict.NOT_TRIED}
    assert report.exit_code == 5
    assert stage.runs == []
    assert not (tmp_path / "passphrase").exists()


def test_configure_with_a_reason_that_holds_a_secret_does_not_tell_it(home: Home) -> None:
    """Also where a role forgot to hide its result."""
    told: list[str] = []

    def run(run: Run, folder: Path, hear: Callable[[Event], None], stop: threading.Event) -> RunEnded:
        secret = run.secrets["patroni_passwords"]["superuser"]["__ansible_unsafe"]
        told.append(secret)
        hear(PlayBegan("Base"))
        for host in run.limit:
            hear(HostTask(host, "Act", Outcome.FAILED, f"password {secret} is too long"))
        return RunEnded("failed", 2)

    report = configure(QUANZHOU, Options(("files",), yes=True), Hall(), World(Ways(consoles, enter), run))

    assert told[0] not in repr(report.document())
    assert "password [secret] is too long" in report.messages[0].what.en
