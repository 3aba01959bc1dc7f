"""Going on without a majority: from what one real member remembers, and only if two persons signed that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from dr_drills.journal.break_glass import break_glass, digest_to_sign, last_seen
from dr_drills.journal.event import EventKind
from dr_drills.journal.file import JOURNAL
from dr_drills.probes.budget import NoAnswer
from failures import GateRefused
from tests.dr_drills.journal.conftest import ADDRESSES, Trio
from tests.dr_drills.journal.test_shared import CUT, RUN, begun, kept, kinds, resumed

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Signature:
    who: str
    digest: str
    key: str


def test_break_glass_with_a_majority_is_refused(trio: Trio, tmp_path: Path) -> None:
    """Nothing is broken where nothing is stuck."""
    begun(tmp_path, trio).close()

    with pytest.raises(GateRefused, match="majority of the store answers"):
        break_glass(tmp_path / RUN, trio.quorum(), (), {})


@pytest.mark.parametrize(
    "by",
    [
        (),
        (("lin", "k1"),),
        (("lin", "k1"), ("lin", "k2")),
        (("lin", "k1"), ("chen", "k1")),
        (("lin", "k1"), ("", "k2")),
    ],
)
def test_break_glass_without_two_persons_is_refused(
    by: tuple[tuple[str, str], ...], trio: Trio, tmp_path: Path
) -> None:
    """One person is not two, whatever they sign twice and under whose name; nothing is written."""
    with begun(tmp_path / "a", trio) as journal:
        digest = digest_to_sign(RUN, journal.events[-1])
    trio.stop(0, 1)

    with pytest.raises(GateRefused, match="two persons must sign"):
        break_glass(tmp_path / "b" / RUN, trio.quorum(), [Signature(who, digest, key) for who, key in by], {})
    assert not (tmp_path / "b" / RUN / JOURNAL).exists()


def test_break_glass_goes_on_from_what_one_member_has_seen(trio: Trio, tmp_path: Path) -> None:
    """From the last survivor's memory, signed by two over that very event; later the store takes the longer chain."""
    with begun(tmp_path / "a", trio) as journal:
        journal.append(EventKind.FAULT_INTENT, "cut-site", **CUT)
        head = journal.head
    trio.stop(0, 1)
    seen = last_seen(trio.quorum(), RUN)
    signed = [Signature(who, digest_to_sign(RUN, seen.events[-1]), f"key of {who}") for who in ("lin", "chen")]
    with break_glass(tmp_path / "b" / RUN, trio.quorum(), signed, {"operator": "lin"}) as here:
        told = here.events[2]
        here.append(EventKind.STEP_DONE, "promote-dr", step="promote-dr")

    assert seen.events[-1].digest == head.digest
    assert (told.kind, told.data["signed"], told.data["member"]) == (
        EventKind.BREAK_GLASS,
        ["lin", "chen"],
        ADDRESSES[2],
    )
    trio.heal()
    with resumed(tmp_path / "b", trio):
        pass
    assert kept(trio) == kinds(tmp_path / "b")


def test_break_glass_outranks_what_the_city_wrote_meanwhile(trio: Trio, tmp_path: Path) -> None:
    """Two persons decided: the city's controller is superseded, its events stay as evidence, its fault is healed."""
    journal = begun(tmp_path / "a", trio)
    assert journal.settle()
    trio.stop(0, 1)
    seen = last_seen(trio.quorum(), RUN)
    signed = [Signature(who, digest_to_sign(RUN, seen.events[-1]), f"key of {who}") for who in ("lin", "chen")]
    break_glass(tmp_path / "b" / RUN, trio.quorum(), signed, {}).close()
    journal.append(EventKind.FAULT_INTENT, "cut-site", **CUT)
    trio.heal()
    assert journal.settle(15)
    journal.close()
    with resumed(tmp_path / "b", trio) as here:
        fault = here.events[-1]

    assert (fault.kind, fault.data["target"]) == (EventKind.FAULT_INTENT, CUT["target"])
    assert kept(trio) == kinds(tmp_path / "b")


def test_last_seen_without_any_member_is_no_answer(trio: Trio) -> None:
    """Where all is dark nothing is invented."""
    trio.stop(0, 1, 2)

    with pytest.raises(NoAnswer, match="no member"):
        last_seen(trio.quorum(), RUN)
