"""Compares where the histories of city and DR site part, from the files on their hosts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from dr_drills.actions.tools import Tools
from dr_drills.observe.services import Cluster
from dr_drills.planning.steps import Case, Step
from dr_drills.planning.world import World
from dr_drills.probes.budget import NoAnswer, Unknown, ask
from failures import Text

SECONDS = 20.0
READ = (
    "cd /var/lib/postgresql/15/main/pg_wal 2>/dev/null || exit 0; "
    'for f in *.history; do if [ -e "$f" ]; then echo "## $f"; cat "$f"; echo; fi; done; '
    "/usr/lib/postgresql/15/bin/pg_controldata /var/lib/postgresql/15/main"
)
FILE = re.compile(r"^## ([0-9A-F]{8})\.history$")
FORK = re.compile(r"^(\d+)\s+([0-9A-F]+/[0-9A-F]+)(?:\s|$)")
NOW = re.compile(r"^Latest checkpoint's TimeLineID:\s+(\d+)$")
Forks = tuple[tuple[int, str], ...]
"""Of one timeline, each earlier one and the position in the log at which it was left."""


@dataclass(frozen=True)
class History:
    """The timelines a server knows, by number; `now` is the one it is on, 0 for a server without data."""

    now: int
    timelines: Mapping[int, Forks]


def compare_forks(tools: Tools, world: World, case: Case, step: Step) -> None:
    """Keep as evidence whether the histories parted. Raises NoAnswer when a server's files cannot be read."""
    del world, case, step
    assert tools.database.dr is not None
    city, dr = _histories(tools, tools.database.city), _histories(tools, tools.database.dr)
    if not all(history.now for history in dr):
        raise NoAnswer(Text("the DR site's history cannot be read", "无法读取灾备中心的历史"))
    tools.note(tools.proven.compared(forked=any(parted(one, other) for one in city for other in dr)))


def parted(city: History, dr: History) -> bool:
    """Tell whether a stopped city server's history is another one than that of the promoted DR server.

    Both can have given the same number to a timeline. One that only went on a little on the common timeline is
    rewound when it follows. The timeline the DR server is on began with its own promotion while the city was shut out:
    a city server that has one of that number made another one, even where it parted at the same position.
    """
    if dr.now in city.timelines or city.now >= dr.now:
        return city.now > 0
    common = city.timelines.keys() & dr.timelines.keys()
    return any(city.timelines[number] != dr.timelines[number] for number in common)


def parsed(text: str) -> History:
    """Return the history in what READ prints."""
    timelines: dict[int, list[tuple[int, str]]] = {}
    number, now = 0, 0
    for line in text.splitlines():
        if file := FILE.match(line):
            number = int(file[1], 16)
            timelines[number] = []
        elif (fork := FORK.match(line)) and number:
            timelines[number].append((int(fork[1]), fork[2]))
        elif control := NOW.match(line):
            now = int(control[1])
    return History(max([now, *timelines]) if now else 0, {n: tuple(rows) for n, rows in timelines.items()})


def _histories(tools: Tools, cluster: Cluster) -> list[History]:
    assert tools.hosts is not None
    run = tools.hosts.run
    told = ask({p: partial(run, p.host, ("sh", "-c", READ), SECONDS) for p in cluster.places}, SECONDS + 1)
    if silent := next((said for said in told.values() if isinstance(said, Unknown)), None):
        raise NoAnswer(silent.reason)
    return [parsed(said) for said in told.values() if isinstance(said, str)]
