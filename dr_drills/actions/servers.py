"""Stops, starts and wipes databases on their own hosts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from dr_drills.actions.tools import Tools
from dr_drills.observe.evidence import Proof, ProofKind
from dr_drills.observe.keys import path_of, read_first
from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import World
from dr_drills.probes.budget import NoAnswer, Unknown, ask
from dr_drills.probes.etcd import delete
from dr_drills.probes.scene import Place
from failures import NOTHING, OutcomeUnknown, OutsideFailed, Text

STOP_SECONDS = 60.0
START_SECONDS = 60.0
WIPE_SECONDS = 600.0
NOTHING_RUNS = "! systemctl is-active --quiet patroni && ! pgrep -u postgres -x postgres >/dev/null"
KEPT_DOWN = "/etc/systemd/system/patroni.service.d/govcloud-stopped.conf"
# A Patroni that was killed leaves its PostgreSQL running. It is disabled, so that a host that boots does not resume;
# and while the file is there any start fails, so that a play that configures the host does not resume either.
STOP = (
    f"mkdir -p {KEPT_DOWN.rpartition('/')[0]} && "
    "printf '# kept down by a plan, until the plan that takes it back starts it\\n[Unit]\\nAssertPathExists=!%s\\n' "
    f"{KEPT_DOWN} > {KEPT_DOWN} && systemctl daemon-reload || exit 1; "
    "systemctl disable --now patroni; "
    "if [ -e /var/lib/postgresql/15/main/postmaster.pid ]; then runuser -u postgres -- "
    "/usr/lib/postgresql/15/bin/pg_ctl -D /var/lib/postgresql/15/main -m fast -w -t 30 stop; fi; "
    f"{NOTHING_RUNS}"
)
WIPE = f"{NOTHING_RUNS} && rm -rf -- /var/lib/postgresql/15/main"
START = f"rm -f {KEPT_DOWN} && systemctl daemon-reload && systemctl enable --now patroni"
BY_HOST = Text("its service is disabled and no PostgreSQL runs", "服务已停用，且没有 PostgreSQL 在运行")
BY_POWER = Text("its server is shut off", "其云服务器已关机")


def prove_off(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Stop the databases of a site on their hosts, or take what its cloud or a person says for it.

    Raises OutcomeUnknown when none of them can say so, OutsideFailed when a host that was entered says otherwise.
    """
    del world, case
    if not tools.database.at(step.target):
        raise OutcomeUnknown(Text("it has no database to prove off", "该中心没有可证明的数据库"), where=step.target)
    told = ask({p: partial(_stopped, tools, p) for p in tools.database.at(step.target)}, STOP_SECONDS + 10)
    if runs := next((said for said in told.values() if isinstance(said, OutsideFailed)), None):
        raise runs
    proofs = [said for said in told.values() if isinstance(said, Proof)]
    if len(proofs) == len(told):
        tools.note(tools.proven.proven_off(step.target, proofs[0]))
        return
    if step.target in tools.vouched:
        tools.note(tools.proven.proven_off(step.target, tools.vouched[step.target]))
        return
    reasons = [said.reason for said in told.values() if isinstance(said, Unknown)]
    raise OutcomeUnknown(
        reasons[0] if reasons else NOTHING,
        where=step.target,
        fix=Text(
            "shut its servers off, or let a person who saw it vouch for it", "请关闭其云服务器，或由现场确认的人员作证"
        ),
    )


def _stopped(tools: Tools, place: Place) -> Proof | OutsideFailed:
    """Return the proof, or what a host said that did not stop its database: no other word counts against that."""
    try:
        return _stopped_by_host(tools, place)
    except NoAnswer:
        if tools.power is None or not tools.power.off(place.host):
            raise
        return Proof(ProofKind.POWER, place.site, BY_POWER)
    except OutsideFailed as error:
        return error


def _stopped_by_host(tools: Tools, place: Place) -> Proof:
    if tools.hosts is None:
        raise NoAnswer(Text("no way into the hosts", "无法登录主机"))
    tools.hosts.run(place.host, ("sh", "-c", STOP), STOP_SECONDS)
    return Proof(ProofKind.HOST, place.host, BY_HOST)


def start(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Start the databases of a site. Raises OutsideFailed when one does not."""
    del world, case
    start_all(tools, tools.database.at(step.target))


def start_all(tools: Tools, places: Iterable[Place]) -> None:
    """Start Patroni on these servers, also when they boot again. Raises OutsideFailed, NoAnswer."""
    hosts = tools.hosts
    assert hosts is not None
    wanted = tuple(places)
    tools.note(tools.proven.started(*(place.site for place in wanted)))
    words = ("sh", "-c", START)
    told = ask({p: partial(hosts.run, p.host, words, START_SECONDS) for p in wanted}, START_SECONDS + 1)
    _insist(told)


def rebuild_city(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Wipe the city's stopped databases, so that they are made anew from the DR primary.

    The cluster's mark that it was made must go too: with it and without data, every node waits for another one.
    Raises OutsideFailed when a database runs.
    """
    del world, step
    hosts, city = tools.hosts, tools.database.city
    assert hosts is not None
    questions = {p: partial(hosts.run, p.host, ("sh", "-c", WIPE), WIPE_SECONDS) for p in city.places}
    _insist(ask(questions, WIPE_SECONDS + 10))
    web = tools.web(5.0)
    address, keys = read_first(web, city, case.to)
    delete(web, address, path_of(keys.scope, "initialize"))
    tools.note(tools.proven.compared(forked=False))


def _insist(told: dict[Place, str | Unknown]) -> None:
    failed = {place.host: said.reason for place, said in told.items() if isinstance(said, Unknown)}
    if failed:
        raise OutsideFailed(
            Text(
                "; ".join(f"{host}: {reason.en}" for host, reason in failed.items()),
                "；".join(f"{host}：{reason.zh}" for host, reason in failed.items()),
            )
        )
