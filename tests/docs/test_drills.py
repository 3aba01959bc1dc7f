"""The page about drills is what the tables say."""

from __future__ import annotations

from dr_drills.planning.plan import TABLE
from dr_drills.scenarios.catalogue import names
from tests.docs.drills import PAGE, PART, PARTS, refreshed
from tests.docs.plans import diagram, edges


def test_drill_page_has_its_made_parts_as_the_tables_are_now() -> None:
    """`make docs` brings them up to date."""
    text = PAGE.read_text(encoding="utf-8")

    assert {match[1] for match in PART.finditer(text)} == set(PARTS)
    assert refreshed(text) == text


def test_drill_page_with_a_row_changed_by_hand_is_noticed() -> None:
    """The comparison above can fail."""
    text = PAGE.read_text(encoding="utf-8")
    changed = text.replace("s1 --> s2: switchover", "s2 --> s1: switchover")

    assert changed != text
    assert refreshed(changed) == text


def test_drill_page_shows_every_scenario_and_every_plan() -> None:
    """Nothing that the tables hold is left out of what is made of them."""
    text = PAGE.read_text(encoding="utf-8")

    assert all(f"| `{name}` |" in text for name in names())
    assert set(map(str, TABLE)) <= {edge.what for edge in edges()}


def test_plan_diagram_has_a_way_back_from_every_state_to_one_with_a_copy() -> None:
    """No plan ends where no other leads on: whatever was lost, the service is protected again."""
    found = edges()
    protected = {
        state for edge in found for state in (edge.before, edge.after) if "lost" not in state and "synchronous" in state
    }
    left = {state for edge in found for state in (edge.before, edge.after)} - protected
    while reached := {edge.before for edge in found if edge.before in left and edge.after not in left}:
        left -= reached

    assert protected
    assert left == set()


def test_plan_diagram_names_each_state_once() -> None:
    """Mermaid draws a state per name; each line of the diagram stands once."""
    lines = diagram().splitlines()

    assert lines[0] == "stateDiagram-v2"
    assert len(set(lines)) == len(lines)
    assert sum(" as s" in line for line in lines) == len({s for edge in edges() for s in (edge.before, edge.after)})
