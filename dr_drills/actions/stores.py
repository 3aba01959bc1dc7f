"""Restarts a consensus store with one member, and takes the others in again, on the members' own hosts."""

from __future__ import annotations

from typing import Any

from dr_drills.actions.refused import Refused
from dr_drills.actions.tools import CALL_SECONDS, Hosts, Tools
from dr_drills.observe.keys import read_first
from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import World
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.etcd import call
from dr_drills.probes.scene import Place
from failures import OutsideFailed, Text

PEER_PORT = 2380
FORCE_SECONDS = 25.0
WIPE_SECONDS = 50.0
JOIN_SECONDS = 20.0
PROVE = ("/usr/bin/python3", "/usr/local/lib/govcloud/etcd_member.py", "prove", "--wait=20")
"""Waits until the member serves, and takes its token of a first start away."""
PROVE_SECONDS = 25.0
HERE = (
    "set -eu; data=$(sed -n 's/^ETCD_DATA_DIR=//p' /etc/default/etcd); token=/var/lib/govcloud/etcd-first-start; "
    'case "$data" in /var/lib/etcd/?*) ;; *) echo "no data directory: $data" >&2; exit 3 ;; esac; '
)
# The unit reads the token at every start, so without it the next start is an ordinary one: nothing has to be reloaded.
FORCE = HERE + (
    "trap 'rm -f \"$token\"' EXIT; trap 'exit 1' HUP INT TERM; systemctl stop etcd; "
    'cp -a --reflink=auto "$data" "$data.before-force-$(date -u +%Y%m%dT%H%M%SZ)"; '
    'mkdir -p "${token%/*}"; echo ETCD_FORCE_NEW_CLUSTER=true > "$token"; systemctl start etcd'
)
# Without data and without a token the unit does not start, whoever boots the host.
WIPE = HERE + 'systemctl stop etcd; rm -rf -- "$data"; rm -f "$token"'
# Until it is admitted it ends at once and is started again each second: once it is, nobody has to start it.
JOIN = HERE + (
    'if [ -e "$data/member/wal" ]; then echo "it has the data of another store" >&2; exit 4; fi; '
    'mkdir -p "${token%/*}"; '
    'printf \'ETCD_INITIAL_CLUSTER_STATE=existing\\nETCD_INITIAL_CLUSTER=%s\\n\' "$1" > "$token.new"; '
    'mv "$token.new" "$token"; systemctl start --no-block etcd'
)
START = ("systemctl", "start", "--no-block", "etcd")


def force_store(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Restart the target's member alone, once, and keep a copy of what it had.

    Raises Refused when a member elsewhere is not given up, OutsideFailed when it does not start, NoAnswer when that is
    open.
    """
    del world
    members = tools.database.city.members
    mine = [place for place in members if place.site == step.target]
    alive = sorted({place.site for place in members} - {step.target, *case.lost})
    if len(mine) != 1 or alive:
        names = ", ".join(alive) or str(len(mine))
        raise Refused(
            Text(f"one member must be left, and none elsewhere: {names}", f"须只剩一个成员，且别处没有：{names}"),
            where=step.target,
        )
    tools.note(tools.proven.with_forced(step.target))
    _hosts(tools).run(mine[0].host, ("sh", "-c", FORCE), FORCE_SECONDS)


def wipe_member(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Stop the members at a site and remove what they hold. Raises OutsideFailed, NoAnswer."""
    del world, case
    for place in _members(tools, step.target):
        _hosts(tools).run(place.host, ("sh", "-c", WIPE), WIPE_SECONDS)
    tools.note(tools.proven.with_wiped(step.target))


def add_member(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Let the running store admit the members at a site, and wait until they serve.

    Raises NoAnswer while the store refuses: it does for some seconds after another one joined. Raises OutsideFailed
    for one that has data of another store, or does not serve.
    """
    del world
    for place in _members(tools, step.target):
        _admit(tools, case, place)
        _hosts(tools).run(place.host, PROVE, PROVE_SECONDS)
    tools.note(tools.proven.with_joined(step.target))


def _admit(tools: Tools, case: Case, place: Place) -> None:
    web, mine = tools.web(CALL_SECONDS), peer(place)
    address, _ = read_first(web, tools.database.city, case.to)
    rows: list[dict[str, Any]] = call(web, address, "cluster/member/list", {}).get("members") or []
    if any(mine in row.get("peerURLs", ()) for row in rows):
        _hosts(tools).run(place.host, START, JOIN_SECONDS)
        return
    if not all(row.get("name") for row in rows):
        raise NoAnswer(Text("another member is joining still", "另一个成员仍在加入"))
    _hosts(tools).run(place.host, ("sh", "-c", JOIN, "join", joining(rows, place)), JOIN_SECONDS)
    call(web, address, "cluster/member/add", {"peerURLs": [mine]})


def joining(rows: list[dict[str, Any]], place: Place) -> str:
    """Return the members as the new one must know them: those of the store now, and itself, no others."""
    known = [f"{row['name']}={url}" for row in rows for url in row.get("peerURLs", ())]
    return ",".join([*known, f"{place.own['etcd_name']}={peer(place)}"])


def peer(place: Place) -> str:
    return f"https://{place.own['etcd_address']}:{PEER_PORT}"


def _members(tools: Tools, site: str) -> list[Place]:
    return [place for place in tools.database.city.members if place.site == site]


def _hosts(tools: Tools) -> Hosts:
    if tools.hosts is None:
        raise OutsideFailed(Text("no way into the hosts", "无法登录主机"))
    return tools.hosts
