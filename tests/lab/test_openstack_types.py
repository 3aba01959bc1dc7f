"""Every resource type at a real site: made, read, compared, found, changed and deleted, as openstacksdk sees it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from stacks.engine.openstack.provider import connector
from stacks.engine.openstack.rows import untold
from stacks.engine.openstack.types import KINDS
from stacks.engine.provider import Found, RefusedByApi, Window
from tests.lab import census
from tests.lab.type_cases import CASES, Case
from tests.lab.type_world import SECONDS, World
from tests.lab.yard import LAB

pytestmark = [*LAB, pytest.mark.timeout(600)]

ROWS = pytest.mark.parametrize("case", CASES, ids=lambda case: case.type.rsplit(":", 1)[1])
NO_UPDATE = [case for case in CASES if case.changed is None]


@pytest.fixture(scope="module")
def world(testcity: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One site of the lab; what the tests left is removed."""
    entry = testcity.cloud.sites["east"].openstack
    connection = census.connect(entry, testcity.clouds_yaml)
    provider = connector({entry: 8})("openstack", {"cloud": entry})
    made = World(provider, connection, f"t-types-{secrets.token_hex(3)}", tmp_path_factory.mktemp("types"))
    yield made
    made.close()


def create(world: World, case: Case) -> tuple[Found, dict[str, Any]]:
    inputs = {**({"name": world.prefix} if _named(case) else {}), **case.inputs(world)}
    checked = world.check(case.type, inputs)
    return world.provider.create(case.type, checked, SECONDS), checked


def _named(case: Case) -> bool:
    return "name" in KINDS[case.type].by_name


def seen(world: World, case: Case, id_: str) -> Any:
    return case.see(world.see, id_)


def test_every_type_has_a_case() -> None:
    """No type goes untried."""
    assert sorted(case.type for case in CASES) == sorted(KINDS)


@ROWS
def test_object_lives_as_its_inputs_say(world: World, case: Case) -> None:
    """From its creation to its deletion, seen with another client at each step."""
    provider = world.provider
    began = time.time()
    found, inputs = create(world, case)
    try:
        assert seen(world, case, found.id) == case.made(world)
        assert provider.diff(case.type, inputs, inputs, found.outputs).changed == ()
        _read_and_found(world, case, found, inputs)
        _dated(world, case, inputs, began)
        if case.changed is not None:
            inputs, found = _changed(world, case, found, inputs)
            assert seen(world, case, found.id) == case.changed(world)
    finally:
        provider.delete(case.type, found.id, inputs, found.outputs, SECONDS)
    _gone(world, case, found, inputs)


def _read_and_found(world: World, case: Case, found: Found, inputs: dict[str, Any]) -> None:
    """Reading tells what creating told; finding finds it, unless it is known."""
    read = world.provider.read(case.type, found.id, inputs, SECONDS)
    assert read == found.outputs
    assert [item.id for item in world.provider.find(case.type, inputs, frozenset(), SECONDS)] == [found.id]
    assert world.provider.find(case.type, inputs, frozenset({found.id}), SECONDS) == []


def _dated(world: World, case: Case, inputs: dict[str, Any], began: float) -> None:
    """Where its row says that the API tells, an object is a stranger at any time but that of its making."""
    # An interface on a port of the program's own has that port's age.
    told = KINDS[case.type].made is not untold and not inputs.get("portId")
    for window, strange in ((Window(began, time.time()), False), (Window(0, 0), told)):
        (item,) = world.provider.find(case.type, inputs, frozenset(), SECONDS, window)
        assert bool(item.stranger) is strange


def _changed(world: World, case: Case, found: Found, inputs: dict[str, Any]) -> tuple[dict[str, Any], Found]:
    """Change in place, twice: an update is safe to repeat."""
    wanted = world.check(case.type, {**inputs, **case.changes(world)}, inputs)
    difference = world.provider.diff(case.type, inputs, wanted, found.outputs)
    rows = KINDS[case.type].by_name
    given_up = {name for name, value in case.changes(world).items() if value is None and rows[name].computed}
    assert set(difference.changed) == set(case.changes(world)) - given_up
    assert difference.replace == ()
    for _ in range(2):
        outputs = world.provider.update(case.type, found.id, inputs, wanted, difference.changed, SECONDS)
    assert world.provider.diff(case.type, wanted, wanted, outputs).changed == ()
    assert world.provider.diff(case.type, inputs, inputs, outputs).changed != ()
    return wanted, Found(found.id, outputs)


def _gone(world: World, case: Case, found: Found, inputs: dict[str, Any]) -> None:
    """Gone for both clients, and deleting it again is no failure; a quota is back at its default."""
    if case.lasting:
        wanted = (case.made(world), case.changed and case.changed(world))
        assert seen(world, case, found.id) not in wanted
        return
    assert seen(world, case, found.id) is None
    assert world.provider.read(case.type, found.id, inputs, SECONDS) is None
    assert world.provider.find(case.type, inputs, frozenset(), SECONDS) == []
    world.provider.delete(case.type, found.id, inputs, found.outputs, SECONDS)


@pytest.mark.parametrize("case", NO_UPDATE, ids=lambda case: case.type.rsplit(":", 1)[1])
def test_type_without_update_is_replaced_for_every_change(case: Case) -> None:
    """A type that has no case of an update has nothing to update in place, but what only concerns its deletion."""
    kind = KINDS[case.type]
    assert {row.name for row in kind.properties if not row.force_new} <= {"device"}


def test_project_takes_its_default_group_along(world: World) -> None:
    """Neutron makes a group `default` for each project that it hears of, and would keep it for ever."""
    found = world.make("openstack:identity/project:Project", name=world.name("grouped"))
    # Listing a project's groups is what makes Neutron make the default one.
    assert [group.name for group in world.see.network.security_groups(project_id=found.id)] == ["default"]
    world.provider.delete("openstack:identity/project:Project", found.id, {}, {}, SECONDS)
    raw = world.see.network.get("/security-groups", params={"fields": ["id", "project_id"]}).json()["security_groups"]
    assert found.id not in {group["project_id"] for group in raw}


def test_server_is_resized_in_place(world: World) -> None:
    """Resize and confirm, and once more for a run that was interrupted between the two."""
    type_ = "openstack:compute/instance:Instance"
    small, large = world.flavors
    inputs = {"flavorId": small, "imageId": world.image, "networks": [{"uuid": world.network}] if world.subnet else []}
    checked = world.check(type_, {**inputs, "name": world.name("resized")})
    found = world.provider.create(type_, checked, SECONDS)
    try:
        wanted = {**checked, "flavorId": large}
        assert world.provider.diff(type_, checked, wanted, found.outputs).replace == ()
        world.see.compute.resize_server(found.id, large)
        outputs = world.provider.update(type_, found.id, checked, wanted, ["flavorId"], SECONDS)
        server = world.see.compute.get_server(found.id)
        assert (server.status, server.flavor["original_name"]) == ("ACTIVE", world.name("large"))
        assert outputs["flavorId"] == large
    finally:
        world.provider.delete(type_, found.id, checked, found.outputs, SECONDS)


def test_server_that_no_host_can_take_fails_with_novas_reason(world: World) -> None:
    """And is not left behind."""
    type_ = "openstack:compute/instance:Instance"
    huge = world.make("openstack:compute/flavor:Flavor", name=world.name("huge"), ram=2**30, vcpus=1, disk=1)
    inputs = {
        "flavorId": huge.id,
        "imageId": world.image,
        "networks": [{"uuid": world.network}] if world.subnet else [],
    }
    checked = world.check(type_, {**inputs, "name": world.name("impossible")})
    with pytest.raises(RefusedByApi, match=r"(?i)no valid host|quota"):
        world.provider.create(type_, checked, SECONDS)
    assert list(world.see.compute.servers(name=world.name("impossible"))) == []


def test_name_taken_is_refused_with_the_apis_message(world: World) -> None:
    """Somebody else's project of the same name is neither changed nor taken over."""
    theirs = world.see.identity.create_project(name=world.name("theirs"), description="theirs")
    try:
        checked = world.check("openstack:identity/project:Project", {"name": world.name("theirs")})
        with pytest.raises(RefusedByApi) as caught:
            world.provider.create("openstack:identity/project:Project", checked, SECONDS)
        assert caught.value.status == 409
        assert world.see.identity.get_project(theirs.id).description == "theirs"
    finally:
        world.see.identity.delete_project(theirs.id)


def test_changed_by_hand_is_seen_and_put_right(world: World) -> None:
    """Drift: read, compare, update."""
    type_ = "openstack:networking/network:Network"
    checked = world.check(type_, {"name": world.name("drift"), "description": "ours", "tags": ["a"]})
    found = world.provider.create(type_, checked, SECONDS)
    try:
        world.see.network.update_network(found.id, description="by hand")
        read = world.provider.read(type_, found.id, checked, SECONDS) or {}
        difference = world.provider.diff(type_, checked, checked, read)
        assert difference.changed == ("description",)
        world.provider.update(type_, found.id, checked, checked, difference.changed, SECONDS)
        assert world.see.network.get_network(found.id).description == "ours"
    finally:
        world.provider.delete(type_, found.id, checked, found.outputs, SECONDS)


def test_private_key_made_by_nova_belongs_to_its_public_key(world: World) -> None:
    """The create answer is the only place that it is told."""
    found = world.make("openstack:compute/keypair:Keypair", name=world.name("made"))
    private = serialization.load_pem_private_key(found.outputs["privateKey"].encode(), password=None)
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    assert found.outputs["publicKey"].startswith(public.decode())


def test_create_costs_as_many_calls_as_the_apis_ask_for(world: World) -> None:
    """No redundant reading: the create answer gives the outputs."""
    for case, calls in ((_case("groupV3"), 1), (_case("role:"), 1), (_case("secGroupRule"), 1), (_case("router:"), 2)):
        case.inputs(world)
        before = world.provider.calls
        found, inputs = create(world, case)
        assert world.provider.calls - before == calls, case.type
        world.provider.delete(case.type, found.id, inputs, found.outputs, SECONDS)


def _case(part: str) -> Case:
    return next(case for case in CASES if part in case.type)
