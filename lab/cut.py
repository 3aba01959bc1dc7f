"""Cuts and slows sites, lines, carriers and hosts on purpose, and heals them; repeating it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from failures import Text, WrongUsage
from lab.hosts.roster import find
from lab.place import Place
from lab.up import known_sites, not_up
from lab.wan.faults import Fault, Kind, healed, injected
from lab.wan.settle import read_faults, read_wiring, settle
from lab.wan.wiring import Wiring
from topology.model import Cloud

KINDS: dict[Kind, Text] = {
    "site": Text("site", "站点"),
    "link": Text("link", "线路"),
    "carrier": Text("carrier", "运营商"),
    "host": Text("host", "主机"),
}


@dataclass(frozen=True)
class Targets:
    """Names as the topology and Nova have them; a host may be written `site/host` where two sites have one."""

    sites: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sites or self.links or self.carriers or self.hosts)


@dataclass(frozen=True)
class Slowness:
    """What is added to the latency (one way, ms), the share lost (0 to 1), and a ceiling for the bandwidth."""

    latency_ms: float = 0.0
    loss: float = 0.0
    bandwidth_mbps: float | None = None


def cut(cloud: Cloud, place: Place, targets: Targets) -> tuple[Fault, ...]:
    """Let nothing pass at the targets any more and return every fault that is now in force.

    A site that is cut loses its lines, the operator's, and its API; what goes on inside it goes on.
    """
    return _inject(cloud, place, targets, lambda fault: fault)


def slow(cloud: Cloud, place: Place, targets: Targets, slowness: Slowness) -> tuple[Fault, ...]:
    """Slow the lines of the targets down and return every fault that is now in force; WrongUsage for a host."""
    if targets.hosts:
        raise WrongUsage(
            Text("a host cannot be slowed down", "主机不能减速"),
            where=targets.hosts[0],
            fix=Text("slow its site or a link down, or cut the host", "请减速其站点或线路，或切断该主机"),
        )
    if slowness == Slowness():
        raise WrongUsage(
            Text("nothing says how slow", "没有说明如何减速"),
            fix=Text("add --latency, --loss or --bandwidth", "请加上 --latency、--loss 或 --bandwidth"),
        )
    return _inject(
        cloud,
        place,
        targets,
        lambda fault: replace(
            fault,
            act="slow",
            latency_ms=slowness.latency_ms,
            loss=slowness.loss,
            bandwidth_mbps=slowness.bandwidth_mbps,
        ),
    )


def heal(cloud: Cloud, place: Place, targets: Targets) -> tuple[Fault, ...]:
    """Undo what was done to the targets, without any everything, and return the faults that stay in force."""
    wiring = wiring_of(place)
    known = read_faults(place.run)
    gone = {fault.target for fault in known}
    if targets:
        gone = {fault.target for fault in _find(cloud, place, wiring, targets, known)}
    left = healed(known, gone)
    settle(wiring, faults=left)
    return left


def _inject(cloud: Cloud, place: Place, targets: Targets, shape: Callable[[Fault], Fault]) -> tuple[Fault, ...]:
    wiring = wiring_of(place)
    if not targets:
        names = ", ".join(f"--{kind}" for kind in KINDS)
        raise WrongUsage(
            Text("nothing says what", "没有说明对象"), fix=Text(f"add one of {names}", f"请加上 {names} 之一")
        )
    known = read_faults(place.run)
    faults = injected(known, map(shape, _find(cloud, place, wiring, targets, ())))
    settle(wiring, faults=faults)
    return faults


def wiring_of(place: Place) -> Wiring:
    """Return how a lab is wired. Raises OutsideFailed for one that is not up."""
    try:
        return read_wiring(place.run)
    except FileNotFoundError:
        raise not_up(place) from None


def _find(cloud: Cloud, place: Place, wiring: Wiring, targets: Targets, known: Collection[Fault]) -> Iterator[Fault]:
    """Yield a cut for each target; WrongUsage with the names there are when one is not among them."""
    carriers = dict.fromkeys(line.carrier for line in wiring.lines.values())
    named: tuple[tuple[Kind, tuple[str, ...], Collection[str]], ...] = (
        ("site", targets.sites, wiring.nodes),
        ("link", targets.links, wiring.lines),
        ("carrier", targets.carriers, carriers),
    )
    for kind, names, there in named:
        for name in names:
            if name not in there:
                raise unknown_name(kind, name, there)
            yield Fault("cut", kind, name)
    yield from (_host(cloud, place, name, known) for name in targets.hosts)


def _host(cloud: Cloud, place: Place, name: str, known: Collection[Fault]) -> Fault:
    """Return the cut of a host: the one that is in force, also when the host is gone, else a new one."""
    site, _, short = name.rpartition("/")
    held = [fault for fault in known if fault.kind == "host" and fault.name == short and site in {"", fault.site}]
    if len(held) == 1:
        return held[0]
    sites = known_sites(cloud, place)
    machine = find(sites, name)
    where = next(site.name for site in sites if site.namespace == machine.site)
    return Fault("cut", "host", machine.spec.name, where, tuple(card.tap for card in machine.spec.cards))


def unknown_name(kind: Kind, name: str, there: Collection[str]) -> WrongUsage:
    """Return why a name is refused, with the names that there are."""
    word, names = KINDS[kind], ", ".join(there)
    return WrongUsage(
        Text(f"no {word.en} is called {name}", f"没有名为 {name} 的{word.zh}"),
        fix=Text(f"there are: {names}", f"现有：{names}") if names else Text("there are none", "现在一个也没有"),
    )
