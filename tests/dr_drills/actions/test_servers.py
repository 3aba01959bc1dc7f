"""Databases stopped for good, and who may say so."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from dr_drills.actions.route import route
from dr_drills.actions.servers import START as START_WORDS
from dr_drills.actions.servers import STOP as STOP_WORDS
from dr_drills.actions.servers import prove_off, start
from dr_drills.observe.evidence import Proof, ProofKind
from dr_drills.planning.rows_city import START
from dr_drills.planning.rows_shared import PROVE_OFF, routed
from dr_drills.planning.steps import Case
from dr_drills.planning.world import Side
from dr_drills.probes.budget import NoAnswer
from failures import OutcomeUnknown, OutsideFailed, Text
from tests.dr_drills import city
from tests.dr_drills.actions.hostlike import Said
from tests.dr_drills.actions.scripted import CASE, LOST, step, tools
from tests.dr_drills.actions.units import Units, install

VOUCHED = Proof(ProofKind.PERSON, "li", Text("seen", "已确认"))
DARK = Said(dark=frozenset({city.PRIMARY}))


class Cloud:
    """Says of every server the same."""

    def __init__(self, *, off: bool) -> None:
        self._off = off

    def off(self, host: str) -> bool:
        return self._off


def test_proof_of_the_host_counts_when_its_database_was_stopped() -> None:
    """The host stopped it, and says that nothing runs."""
    made = tools()
    made.hosts = Said()
    prove_off(made, LOST, CASE, step(PROVE_OFF, "donghai"))

    assert made.proven.off["donghai"].kind is ProofKind.HOST


def test_proof_of_the_cloud_counts_when_the_host_is_dark() -> None:
    """A server that is shut off runs no database."""
    made = tools()
    made.hosts, made.power = DARK, Cloud(off=True)
    prove_off(made, LOST, CASE, step(PROVE_OFF, "donghai"))

    assert made.proven.off["donghai"].kind is ProofKind.POWER


def test_proof_of_a_person_counts_when_nobody_else_can_tell() -> None:
    """He vouched for this site, by name."""
    made = tools()
    made.hosts, made.power, made.vouched = DARK, Cloud(off=False), {"donghai": VOUCHED}
    prove_off(made, LOST, CASE, step(PROVE_OFF, "donghai"))

    assert made.proven.off == {"donghai": VOUCHED}


@pytest.mark.parametrize(
    ("hosts", "power", "vouched"),
    [
        (DARK, None, {}),
        (DARK, Cloud(off=False), {}),
        (None, None, {}),
        (DARK, None, {"anxi": VOUCHED}),
    ],
)
def test_site_that_nobody_proves_off_is_not(hosts: Said | None, power: Cloud | None, vouched: dict[str, Proof]) -> None:
    """Dark is not off, and another site's proof is none."""
    made = tools()
    made.hosts, made.power, made.vouched = hosts, power, vouched

    with pytest.raises(OutcomeUnknown):
        prove_off(made, LOST, CASE, step(PROVE_OFF, "donghai"))
    assert not made.proven.off


def test_host_whose_database_goes_on_is_believed_before_anyone_else() -> None:
    """It was entered and says so; neither its cloud nor a person can know better."""
    made = tools()
    made.hosts, made.power = Said(failing=frozenset({city.PRIMARY})), Cloud(off=True)
    made.vouched = {"donghai": VOUCHED}

    with pytest.raises(OutsideFailed, match="it failed"):
        prove_off(made, LOST, CASE, step(PROVE_OFF, "donghai"))
    assert not made.proven.off


def test_site_that_is_started_is_proven_off_no_more() -> None:
    """What was proven counts until the database may run again, also where starting it failed."""
    made = tools()
    made.note(made.proven.proven_off("donghai", VOUCHED).proven_off("anxi", VOUCHED).compared(forked=False))
    made.hosts = Said()
    start(made, LOST, CASE, step(START, "donghai"))

    assert (set(made.proven.off), made.proven.forked) == ({"anxi"}, None)
    assert made.hosts.ran == [(city.PRIMARY, START_WORDS)]


def test_database_that_a_plan_stopped_refuses_to_start_until_a_plan_starts_it(tmp_path: Path) -> None:
    """Also for a play that configures its host: the unit has an assertion that fails while the file is there."""
    install(tmp_path, "#!/bin/sh\n[ $1 != is-active ]\n")
    hosts, kept = Units({city.PRIMARY: tmp_path}), tmp_path / "units/patroni.service.d/govcloud-stopped.conf"
    with suppress(OutsideFailed):  # whether a PostgreSQL runs on this machine is not the point
        hosts.run(city.PRIMARY, ("sh", "-c", STOP_WORDS), 10)

    assert kept.read_text(encoding="utf-8").splitlines()[1:] == ["[Unit]", f"AssertPathExists=!{kept}"]
    hosts.run(city.PRIMARY, ("sh", "-c", START_WORDS), 10)
    assert not kept.exists()


@pytest.mark.parametrize(("to", "word"), [("changle", Side.DR), ("anxi", Side.CITY)])
def test_route_leads_every_proxy_to_the_side_of_the_new_primary(to: str, word: Side) -> None:
    """One word in one file, replaced as a whole; a proxy of a lost site may be dark."""
    made, dark = tools(), "entrance-donghai-1"
    hosts = Said(dark=frozenset({dark}))
    made.hosts = hosts
    route(made, LOST, Case(("donghai",), to), step(routed(word), to))

    assert {host for host, _ in hosts.ran} == {"entrance-anxi-1", "entrance-changle-1"}
    assert all(f"echo {word} >" in said for _, said in hosts.ran)


def test_route_that_a_proxy_was_not_told_is_no_answer() -> None:
    """A proxy of a site that is not given up must be told."""
    made = tools()
    made.hosts = Said(dark=frozenset({"entrance-anxi-1"}))

    with pytest.raises(NoAnswer):
        route(made, LOST, Case(("donghai",), "changle"), step(routed(Side.DR), "changle"))
