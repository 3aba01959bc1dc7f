"""The shape of the language."""

from __future__ import annotations

from topology.model import Application, Cloud, FlavorSize, Opening
from topology.shape import object_at, objects


def test_object_at_follows_mappings_lists_and_objects() -> None:
    """A path leads to the object whose keys stand there."""
    assert object_at(()) is Cloud
    assert object_at(("departments", "x", "applications", "y")) is Application
    assert object_at(("templates", "x", "openings", 0)) is Opening
    assert object_at(("services", "x", "flavor")) is FlavorSize


def test_object_at_a_value_or_nowhere_is_none() -> None:
    """Scalars, sections and unknown paths hold no object."""
    assert object_at(("cloud",)) is None
    assert object_at(("sites",)) is None
    assert object_at(("sites", "x", "nothing", "y")) is None


def test_objects_name_every_place_once() -> None:
    """Each place is listed, a mapping or list as a star."""
    places = [place for place, _ in objects()]

    assert len(places) == len(set(places))
    assert {"", "sites.*.capacity", "links.*", "departments.*.applications.*.title"} <= set(places)
