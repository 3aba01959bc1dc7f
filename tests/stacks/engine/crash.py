"""Kills a run at every point in turn, in forked processes, and tells what the rerun made of it."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pulumi_openstack as openstack

from stacks.engine.journal import Journal
from stacks.engine.state import StackState
from tests.stacks.engine.conftest import Bench
from tests.stacks.engine.fake_cloud import FakeCloud, FakeProvider, kill_at
from tests.stacks.engine.programs import provider, tenants

_BACK_EVERY = 3
_POINTS, _BLIND_POINTS = 1000, 12
Program = Callable[[], None] | None


def _autonamed(zone: str) -> None:
    volume = openstack.blockstorage.Volume("vol", size=1, availability_zone=zone, opts=_of(provider()))
    pulumi.export("volume", volume.id)


def _moved(owner: str) -> None:
    site = _of(provider())
    projects = {name: openstack.identity.Project(name, name=name, opts=site) for name in ("p1", "p2")}
    network = openstack.networking.Network("net", name="net", tenant_id=projects[owner].id, opts=site)
    openstack.networking.Subnet("sub", name="sub", network_id=network.id, cidr="10.0.0.0/24", opts=site)


def _of(site: pulumi.ProviderResource) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=site)


@dataclass(frozen=True)
class Scenario:
    """A stack brought from one program to another; None as the second means destroy."""

    before: Program
    after: Program


SCENARIOS = {
    "create": Scenario(lambda: None, partial(tenants, "a")),
    "update": Scenario(partial(tenants, "a"), partial(tenants, "a", tags=["gov"])),
    "replace-delete-first": Scenario(partial(tenants, "a"), partial(tenants, "a", cidr="10.9.0.0/24")),
    "replace-create-first": Scenario(partial(_autonamed, "east"), partial(_autonamed, "west")),
    "replace-with-dependants": Scenario(partial(_moved, "p1"), partial(_moved, "p2")),
    "delete": Scenario(partial(tenants, "a"), lambda: None),
    "destroy": Scenario(partial(tenants, "a"), None),
}


def bench(folder: Path) -> Bench:
    return Bench(folder / "state", FakeCloud(folder / "cloud"))


def advance(at: Bench, program: Program) -> list[str]:
    """Run to a program, or destroy; return what failed."""
    outcome = at.run("update" if program else "destroy", program, settle=0.0)
    return [failed.error for failed in outcome.failures]


def census(at: Bench) -> list[list[str]]:
    """Return what the cloud holds, generated ends of names left out."""
    text = json.dumps(at.cloud.census())
    found: list[list[str]] = json.loads(re.sub(r"-[0-9a-f]{7}\\\"", '\\\\"', text))
    return sorted(found)


def faults(at: Bench) -> list[str]:
    """Return how cloud and state differ: each object once in both, nothing pending."""
    state = at.state()
    held = sorted(resource["id"] for resource in state.live.values() if resource["type"].startswith("openstack:"))
    wrong = [] if held == sorted(at.cloud.objects) else [f"state holds {held}, the cloud {sorted(at.cloud.objects)}"]
    wrong += [f"{name} left: {left}" for name, left in (("doomed", state.doomed), ("intents", state.intents)) if left]
    json.dumps(state.deployment())
    return wrong


def _instrument(point: Callable[[str], None], at: Bench) -> None:
    at.cloud.hook = lambda where, *_: point(where)
    for owner, name in (
        (Journal, "_write"),
        (Journal, "clear"),
        (StackState, "_write_checkpoint"),
        (StackState, "close"),
    ):
        setattr(owner, name, _before(getattr(owner, name), point, name))


def _before(inner: Callable[..., Any], point: Callable[[str], None], name: str) -> Callable[..., Any]:
    def wrapped(*args: Any) -> Any:
        point(name)
        return inner(*args)

    return wrapped


def _forked(work: Callable[[], Any]) -> tuple[int, Any]:
    """Run work in a forked process; return its wait status and what it returned."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        with os.fdopen(writer, "w") as out:
            json.dump(work(), out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    return os.waitpid(child, 0)[1], json.loads(text) if text else None


def _doomed_run(folder: Path, program: Program, number: int) -> list[str]:
    at = bench(folder)
    _instrument(kill_at(number), at)
    return advance(at, program)


def _rerun(folder: Path, program: Program) -> dict[str, Any]:
    at = bench(folder)
    failed = advance(at, program)
    return {"failed": failed, "faults": faults(at), "census": census(at)}


def main(scenario: Scenario, folder: Path, last: int) -> None:
    """Print one JSON line per point; `python -m tests.stacks.engine.crash SCENARIO FOLDER [--blind]` calls this.

    Every third time the stack is also brought back to where it came from, instead of on to where it was going.
    """
    # What a first run loads and caches is then there in every fork; its threads have ended.
    for program in (scenario.before, scenario.after):
        advance(bench(folder / "warm"), program)
    gc.freeze()
    base = folder / "base"
    base.mkdir()
    _forked(lambda: advance(bench(base), scenario.before))
    wanted = {}
    for name, program in (("on", scenario.after), ("back", scenario.before)):
        clean = shutil.copytree(base, folder / f"clean-{name}")
        wanted[name] = _forked(partial(_rerun, clean, program))[1]["census"]
    for number in range(1, last + 1):
        point = shutil.copytree(base, folder / f"at-{number}")
        status, _ = _forked(partial(_doomed_run, point, scenario.after, number))
        row = {"n": number, "signal": status, "wanted": wanted}
        if not number % _BACK_EVERY:
            other = shutil.copytree(point, folder / f"back-{number}")
            row["back"] = _forked(partial(_rerun, other, scenario.before))[1]
        row["on"] = _forked(partial(_rerun, point, scenario.after))[1]
        print(json.dumps(row), flush=True)
        if status == 0:
            return


if __name__ == "__main__":
    if "--blind" in sys.argv:
        FakeProvider.find = lambda *_: []  # type: ignore[method-assign]  # the control of the test
    main(SCENARIOS[sys.argv[1]], Path(sys.argv[2]), _BLIND_POINTS if "--blind" in sys.argv else _POINTS)
