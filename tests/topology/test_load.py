"""Loading: a cloud, or findings with places; never a crash."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from failures import InputInvalid, TopologyInvalid
from tests.topology.town import TOWN, city, town
from topology.load import Reading, load_cloud, read

GOOD: dict[str, Any] = yaml.safe_load(TOWN)
STRANGE = st.sampled_from(
    [None, True, 0, -1, 10**17, 0.5, float("nan"), "", "x", "no", "{{ x }}", "\x00", "\u202e", [], {}, [1], {"x": 1}]
) | st.text(max_size=5)


def paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value below `node`."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for key, value in entries for found in ((*path, key), *paths(value, (*path, key)))]


ALL_PATHS = paths(GOOD)


def mutate(data: Any, path: tuple[Any, ...], kind: str, value: Any) -> None:
    """Delete, replace or rename what stands at `path`; nothing where an earlier change removed it."""
    try:
        for part in path[:-1]:
            data = data[part]
        old = data[path[-1]]
    except (KeyError, IndexError, TypeError):
        return
    if isinstance(data, str):
        return
    if kind == "delete":
        del data[path[-1]]
    elif kind == "rename" and isinstance(data, dict):
        data[str(value)] = data.pop(path[-1])
    elif kind == "brace":
        data[path[-1]] = "{{ " + str(old) + " }}"
    else:
        data[path[-1]] = value


def read_text(text: str | bytes) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "town.yaml")
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        return read(path)


def check_sound(reading: Reading) -> None:
    """A reading is a cloud without errors, or errors that each have a place."""
    assert (reading.cloud is None) == bool(reading.findings)
    for finding in reading.findings:
        assert finding.place.line >= 1
        assert finding.place.column >= 1
        assert finding.say("en").replace("\n", "").isprintable()
        assert finding.say("zh").replace("\n", "").isprintable()


@pytest.mark.slow
@settings(max_examples=80)
@given(st.lists(st.tuples(st.sampled_from(ALL_PATHS), st.sampled_from(["delete", "rename", "brace", "set"]), STRANGE)))
def test_town_with_any_changes_gives_a_cloud_or_findings(changes: list[tuple[Any, ...]]) -> None:
    """Deleted keys, other types, other names and braces never crash the loader."""
    data = copy.deepcopy(GOOD)
    for change in changes:
        mutate(data, *change)

    check_sound(read_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False)))


@pytest.mark.slow
@settings(max_examples=80)
@given(
    st.integers(0, len(TOWN) - 1),
    st.integers(0, 20),
    st.text(max_size=4) | st.sampled_from(["*quota", "&a", "- ", "\t"]),
)
def test_town_with_any_cut_in_its_text_gives_a_cloud_or_findings(start: int, length: int, text: str) -> None:
    """Text cut out and put in anywhere never crashes the loader."""
    check_sound(read_text(TOWN[:start] + text + TOWN[start + length :]))


@pytest.mark.slow
@given(st.sampled_from([p for p in ALL_PATHS if "title" not in p]))
def test_braces_outside_titles_are_always_refused(path: tuple[Any, ...]) -> None:
    """No field but a title lets a template through."""
    data = copy.deepcopy(GOOD)
    mutate(data, path, "brace", None)

    assert "T015" in {f.id for f in read_text(yaml.safe_dump(data, allow_unicode=True)).findings}


def test_load_cloud_of_good_topology_returns_the_cloud(tmp_path: Path) -> None:
    """Values arrive typed, in the order of the file."""
    cloud = load_cloud(town(tmp_path))

    assert cloud.name == "smalltown"
    assert list(cloud.sites) == ["east", "west"]
    assert cloud.tiers["standard"].rto == 4 * 3600
    assert cloud.links[0].latency_ms == 0.5
    assert cloud.departments["schools"].quota == cloud.departments["health"].quota


def test_load_cloud_of_bad_topology_raises_every_error_at_once(tmp_path: Path) -> None:
    """Text, schema, reference and check errors come in one run, in the order of the file."""
    path = town(
        tmp_path,
        ("city: home", "city: no"),
        ("role: dr", "role: passive"),
        ("between: [east, west]", "between: [east, east]"),
        ("tier: standard, count", "tier: gold, count"),
        ("{vcpus: 8,", "{vcpus: 8, vcpu: 9,"),
    )

    with pytest.raises(TopologyInvalid) as caught:
        load_cloud(path)

    found = [(f.id, f.path) for f in caught.value.findings]
    assert found == [
        ("T014", "sites.east.city"),
        ("T112", "sites.west.role"),
        ("T301", "links.0.between.1"),
        ("T101", "departments.health.quota.vcpu"),
        ("T101", "departments.schools.quota.vcpu"),
        ("T207", "departments.health.applications.portal.tier"),
    ]
    assert caught.value.exit_code == 3


def test_load_cloud_of_missing_file_raises_input_invalid(tmp_path: Path) -> None:
    """What cannot be read at all has no findings."""
    with pytest.raises(InputInvalid) as caught:
        load_cloud(tmp_path / "none.yaml")

    assert not isinstance(caught.value, TopologyInvalid)


def test_read_of_good_topology_gives_files_and_digest(tmp_path: Path) -> None:
    """The digest is that of the contents: it changes with a comment too."""
    first = read(town(tmp_path))
    second = read(town(tmp_path, ("cloud: smalltown", "cloud: smalltown # a comment")))

    assert first.files == (tmp_path / "town.yaml",)
    assert first.cloud == second.cloud
    assert first.digest != second.digest


def test_read_keeps_the_places_of_a_good_topology(tmp_path: Path) -> None:
    """Later checks can name the line of any value."""
    places = read(town(tmp_path)).places

    assert str(places.value(("links", 0, "between", 1))).endswith("town.yaml:7:22")
    assert str(places.key(("sites", "west"))).endswith("town.yaml:5:3")


def test_cloud_written_as_json_loads_as_the_same_cloud(tmp_path: Path) -> None:
    """Durations and networks are written as the language writes them."""
    cloud = load_cloud(town(tmp_path))
    path = tmp_path / "again.yaml"
    path.write_text(cloud.model_dump_json(exclude_none=True))

    assert load_cloud(path) == cloud


@pytest.mark.slow
def test_large_topology_loads_without_findings(tmp_path: Path) -> None:
    """Five hundred departments in one file are no special case."""
    path = tmp_path / "city.yaml"
    path.write_text(city(500), encoding="utf-8")

    assert len(load_cloud(path).departments) == 500
