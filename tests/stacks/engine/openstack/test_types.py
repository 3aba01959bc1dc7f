"""The type tables against the SDK's classes and the provider that the bridge wraps."""

from __future__ import annotations

import inspect
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from pulumi_openstack import blockstorage, compute, identity, images, networking

from stacks.engine.openstack.diff import diff
from stacks.engine.openstack.rows import Kind, Property, snake
from stacks.engine.openstack.types import KINDS
from tests.stacks.engine.openstack.reference import COMPUTED, FORCES_NEW, IN_PLACE

MODULES = {
    "blockstorage": blockstorage,
    "compute": compute,
    "identity": identity,
    "images": images,
    "networking": networking,
}
LEFT_OUT = {
    "openstack:identity/user:User": "multiFactorAuthRules",
    "openstack:compute/instance:Instance": "hypervisorHostname personalities vendorOptions",
    "openstack:compute/volumeAttach:VolumeAttach": "vendorOptions",
    "openstack:blockstorage/volume:Volume": "backupId consistencyGroupId sourceReplica",
    "openstack:blockstorage/quoteSetV3:QuoteSetV3": "volumeTypeQuota",
    "openstack:networking/router:Router": "externalSubnetIds vendorOptions",
    "openstack:networking/routerInterface:RouterInterface": "forceDestroy",
    "openstack:images/image:Image": "decompress imageSourcePassword imageSourceUrl imageSourceUsername webDownload",
}
"""Inputs of the SDK's classes that the provider refuses."""

SAMPLES: dict[type, tuple[Any, Any]] = {
    str: ("one", "two"),
    int: (3, 5),
    float: (1.5, 2.5),
    bool: (True, False),
    list: (["one"], ["two"]),
    dict: ({"key": "one"}, {"key": "two"}),
}


MADE = {"__defaults": ["name"]}


def compared(kind: Kind) -> list[Property]:
    """Return the rows of which a change matters: where a cache would be is no property of an image."""
    return [row for row in kind.properties if row.name != "imageCachePath"]


@cache
def sdk_class(type_: str) -> Any:
    """Return the SDK's class of a type token."""
    module, name = type_.split(":")[1].split("/", maxsplit=1)[0], type_.rsplit(":", 1)[1]
    return getattr(MODULES[module], name)


KIND = pytest.mark.parametrize("kind", list(KINDS.values()), ids=lambda kind: kind.type.rsplit(":", 1)[1])


def test_sdk_is_the_one_the_tables_were_made_for() -> None:
    """Another version of the SDK needs its classes compared again."""
    assert version("pulumi-openstack") == "5.5.3"


@KIND
def test_type_token_is_that_of_an_sdk_class(kind: Kind) -> None:
    """The class sends exactly this token."""
    assert sdk_class(kind.type).pulumi_type == kind.type


@KIND
def test_inputs_are_those_of_the_sdk_class(kind: Kind) -> None:
    """Every input is either a row of the table or refused by name."""
    parameters = inspect.signature(sdk_class(kind.type)._internal_init).parameters
    given = set(parameters) - {"resource_name", "opts", "__props__", "self"} - {"__self__"}
    left_out = {snake(name) for name in LEFT_OUT.get(kind.type, "").split()}
    assert {snake(row.name) for row in kind.properties} == given - left_out
    assert left_out <= given


@KIND
def test_flags_are_those_of_the_wrapped_provider(kind: Kind) -> None:
    """Force-new and computed, row by row."""
    forces_new, computed = FORCES_NEW[kind.type].split(), COMPUTED[kind.type].split()
    flags = {row.name: (row.force_new, row.computed) for row in kind.properties}
    assert flags == {name: (name in forces_new, name in computed) for name in flags}


@KIND
def test_reference_knows_every_row(kind: Kind) -> None:
    """A row that the wrapped provider does not have would be a typing error."""
    known = " ".join((FORCES_NEW[kind.type], COMPUTED[kind.type], IN_PLACE[kind.type])).split()
    assert {row.name for row in kind.properties} <= set(known)


@KIND
def test_changed_input_replaces_exactly_where_it_forces_new(kind: Kind) -> None:
    """The flag of each row decides what diff says."""
    for row in compared(kind):
        before, after = SAMPLES[row.type]
        found = diff(kind, {**MADE, row.name: before}, {**MADE, row.name: after}, {})
        replace = (row.name,) if row.name in FORCES_NEW[kind.type].split() else ()
        assert (found.changed, found.replace) == ((row.name,), replace), row.name


@KIND
def test_removed_input_changes_exactly_where_it_is_not_computed(kind: Kind) -> None:
    """What the API fills in is left as it is."""
    for row in compared(kind):
        found = diff(kind, {row.name: SAMPLES[row.type][0]}, {}, {})
        assert bool(found.changed) != row.computed, row.name


@KIND
def test_same_input_changes_nothing(kind: Kind) -> None:
    """The negative control."""
    for row in kind.properties:
        inputs = {row.name: SAMPLES[row.type][0]}
        assert diff(kind, inputs, dict(inputs), {}).changed == (), row.name


@KIND
def test_natural_key_is_made_of_inputs(kind: Kind) -> None:
    """An object of an interrupted create is found by what the program said."""
    assert kind.natural_key
    assert set(kind.natural_key) <= set(kind.by_name)


def test_autonamed_inputs_are_the_names() -> None:
    """As the bridge does it: every text property `name`, and nothing else."""
    named = {kind.type for kind in KINDS.values() if any(row.autoname for row in kind.properties)}
    assert named == {type_ for type_, kind in KINDS.items() if "name" in kind.by_name}
    assert all(row.name == "name" for kind in KINDS.values() for row in kind.properties if row.autoname)


def test_secret_outputs_are_those_of_the_sdk() -> None:
    """The SDK's classes name their secret outputs in their constructors."""
    for type_, kind in KINDS.items():
        source = Path(inspect.getfile(sdk_class(type_))).read_text(encoding="utf-8")
        listed = (
            source.split("additional_secret_outputs=[")[1].split("]")[0]
            if "additional_secret_outputs=[" in source
            else ""
        )
        names = {name.strip(' "') for name in listed.split(",") if name.strip()}
        assert kind.secret == names - set(LEFT_OUT.get(type_, "").split()), type_


def test_meta_is_written_as_the_bridge_writes_it() -> None:
    """Timeouts in nanoseconds under the plug-in framework's key."""
    subnet = KINDS["openstack:networking/subnet:Subnet"]
    assert subnet.meta == '{"e2bfb730-ecaa-11e6-8f88-34363bc7c4c0":{"create":600000000000,"delete":600000000000}}'
    assert KINDS["openstack:identity/role:Role"].meta == ""
