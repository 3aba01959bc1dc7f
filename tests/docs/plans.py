"""The plans as a diagram of states: the planner is asked, world after world, what it does next and what is so then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dr_drills.planning.plan import plan
from dr_drills.planning.steps import Case, Kind, Plan
from dr_drills.planning.world import NodeView, Role, Seen, Side, SiteView, World
from dr_drills.rehearsal.forecast import mended, struck
from dr_drills.rehearsal.script import PlannedFault

A, B, DR = "A", "B", "DR"
CITY = (A, B)


@dataclass(frozen=True)
class Edge:
    """What leads from one state to another: `what` a plan, a loss or the return of what was lost, `steps` its rows."""

    before: str
    after: str
    what: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Story:
    """Sites are lost, a plan answers, they come back, another plan makes all well; `then` None: all is well already."""

    losses: tuple[str, ...]
    kind: Kind
    case: Case
    then: Kind | None = None
    back_to: str = ""


STORIES = (
    Story((), Kind.SWITCHOVER, Case((), B)),
    Story((A,), Kind.FAILOVER_BY_LEASE, Case((A,), B), Kind.REPROTECT, B),
    Story((A,), Kind.FAILOVER, Case((A,), B), Kind.REPROTECT, B),
    Story((A, DR), Kind.TAKEOVER, Case((A, DR), B), Kind.TAKE_BACK, B),
    Story(CITY, Kind.CITY_FAILOVER, Case(CITY, DR), Kind.FAILBACK, A),
    Story((), Kind.CITY_SWITCHOVER, Case((), DR), Kind.FAILBACK, A),
)


def healthy() -> World:
    """Return the world in which A leads, B has every write, and the DR site follows."""
    roles = {A: Role.PRIMARY, B: Role.STANDBY, DR: Role.STANDBY_LEADER}
    return World(
        sites={site: SiteView() for site in roles},
        nodes={site: NodeView(role) for site, role in roles.items()},
        city=CITY,
        dr=DR,
        holder=A,
        copies=frozenset({B}),
    )


def lost(world: World, *sites: str) -> World:
    """Return the world in which sites are cut off; what a person proved of them stays so."""
    return struck(world, [PlannedFault("cut", "site", site, 0.0, None) for site in sites])


def done(kind: Kind, world: World, case: Case) -> tuple[World, tuple[str, ...]]:
    """Return the world that a plan is expected to leave, and the rows that it took; an assertion fails on a refusal."""
    made = plan(kind, world, case)
    assert isinstance(made, Plan), (kind, made)
    for step in made.steps:
        world = step.rule.expect(world, case, step.target)
    return world, tuple(dict.fromkeys(step.rule.id for step in made.steps))


def state(world: World) -> str:
    """Return what a world is like: who leads or led, who has every write, who follows, who is lost or stopped."""
    leader = DR if world.nodes[DR].role is Role.PRIMARY else world.holder
    dark = [site for site, view in world.sites.items() if view.reached is not Seen.YES]
    off = [site for site, view in world.sites.items() if view.off is Seen.YES and site not in dark]
    out = {*dark, *off}
    copies = sorted(set(world.copies or ()) - out) if leader in CITY else []
    parts = [f"{leader} led" if leader in out else f"{leader} leads"]
    parts += [f"{' and '.join(copies)} synchronous"] if copies else []
    parts += ["the city follows"] if world.following(Side.CITY) is Seen.YES else []
    parts += ["DR follows"] if leader in CITY and world.following(Side.DR) is Seen.YES and DR not in out else []
    parts += [f"{' and '.join(dark)} lost"] if dark else []
    parts += [f"{' and '.join(off)} stopped"] if off else []
    return ", ".join(parts)


def edges() -> tuple[Edge, ...]:
    """Return every edge once, story after story."""
    told = (edge for story in STORIES for edge in _told(story))
    return tuple(dict.fromkeys((*told, *_stopped_for_nothing())))


def _stopped_for_nothing() -> Iterator[Edge]:
    """Yield how the city is stopped for a take-over that never comes, and started again."""
    well, case = healthy(), Case(CITY, A)
    stopped = well.with_site(A, off=Seen.YES).with_site(B, off=Seen.YES)
    yield Edge(state(well), state(stopped), "A and B stopped")
    after, steps = done(Kind.RESTART, stopped, case)
    yield Edge(state(stopped), state(after), str(Kind.RESTART), steps)


def _told(story: Story) -> Iterator[Edge]:
    well = healthy()
    world = lost(well, *story.losses)
    if story.losses:
        yield Edge(state(well), state(world), f"{' and '.join(story.losses)} lost")
    after, steps = done(story.kind, world, story.case)
    yield Edge(state(world), state(after), str(story.kind), steps)
    if story.then:
        back = mended(after)
        if story.losses:
            yield Edge(state(after), state(back), "the lost are back")
        end, steps = done(story.then, back, replace(story.case, to=story.back_to))
        yield Edge(state(back), state(end), str(story.then), steps)


def diagram() -> str:
    """Return the edges as a state diagram of Mermaid."""
    found = edges()
    names = {text: f"s{n}" for n, text in enumerate(dict.fromkeys(s for e in found for s in (e.before, e.after)), 1)}
    lines = ["stateDiagram-v2", f"    [*] --> {names[state(healthy())]}"]
    lines += [f'    state "{text}" as {name}' for text, name in names.items()]
    # one plan can go two ways between the same states; the table below the diagram has both
    lines += dict.fromkeys(f"    {names[edge.before]} --> {names[edge.after]}: {edge.what}" for edge in found)
    return "\n".join(lines)
