"""What differs, beyond the flags of each row."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from stacks.engine.openstack.provider import connect
from stacks.engine.provider import BROKEN, Diff

PROVIDER = connect("openstack", {"cloud": "nowhere"})
NETWORK = "openstack:networking/network:Network"
SUBNET = "openstack:networking/subnet:Subnet"
PORT = "openstack:networking/port:Port"
RULE = "openstack:networking/secGroupRule:SecGroupRule"
INSTANCE = "openstack:compute/instance:Instance"
MADE = {"__defaults": ["name"], "name": "n-1"}


def diff(type_: str, old: dict[str, Any], new: dict[str, Any], outputs: dict[str, Any] | None = None) -> Diff:
    return PROVIDER.diff(type_, old, new, outputs or {})


@pytest.mark.parametrize(
    ("type_", "name", "one", "other"),
    [
        (INSTANCE, "securityGroups", ["web", "ssh"], ["ssh", "web", "web"]),
        (NETWORK, "tags", ["b", "a"], ["a", "b"]),
        (SUBNET, "cidr", "2001:DB8:0::/64", "2001:db8::/64"),
        (SUBNET, "gatewayIp", "2001:DB8::0001", "2001:db8::1"),
        (SUBNET, "dnsNameservers", ["2001:DB8::0001"], ["2001:db8::1"]),
        (
            SUBNET,
            "allocationPools",
            [{"start": "a", "end": "b"}, {"start": "c", "end": "d"}],
            [{"end": "d", "start": "c"}, {"start": "a", "end": "b"}],
        ),
        (SUBNET, "description", "", None),
        (SUBNET, "noGateway", False, None),
        (RULE, "protocol", "TCP", "tcp"),
        (RULE, "remoteIpPrefix", "10.0.0.1/8", "10.0.0.0/8"),
        (INSTANCE, "availabilityZone", "nova:host1", "nova"),
        (INSTANCE, "powerState", "ACTIVE", "active"),
        (INSTANCE, "networks", [{"uuid": "n", "__defaults": ["accessNetwork"]}], [{"uuid": "n"}]),
    ],
)
def test_spellings_of_the_same_value_are_no_change(type_: str, name: str, one: Any, other: Any) -> None:
    """Sets, addresses, case, empty values, and the keys that the real CLI keeps in nested inputs."""
    assert diff(type_, {name: one}, {name: other}).changed == ()
    assert diff(type_, {name: other}, {name: one}).changed == ()


@pytest.mark.parametrize(
    ("type_", "name", "one", "other"),
    [
        (INSTANCE, "securityGroups", ["web", "ssh"], ["web"]),
        (SUBNET, "cidr", "10.0.0.0/24", "10.0.0.0/25"),
        (SUBNET, "dnsNameservers", ["10.0.0.1", "10.0.0.2"], ["10.0.0.2", "10.0.0.1"]),
        (RULE, "protocol", "tcp", "udp"),
        (INSTANCE, "networks", [{"uuid": "n"}], [{"uuid": "m"}]),
        (INSTANCE, "networks", [{"uuid": "n"}], [{"uuid": "n"}, {"uuid": "m"}]),
    ],
)
def test_values_that_differ_are_a_change(type_: str, name: str, one: Any, other: Any) -> None:
    """The negative control of the spellings."""
    assert diff(type_, {name: one}, {name: other}).changed == (name,)


def test_given_name_makes_a_replacement_delete_first() -> None:
    """Two objects can't have the one name."""
    old, new = {"name": "n", "tenantId": "a", "__defaults": []}, {"name": "n", "tenantId": "b", "__defaults": []}
    assert diff(NETWORK, old, new) == Diff(("tenantId",), ("tenantId",), delete_before_replace=True)


def test_made_name_lets_a_replacement_create_first() -> None:
    """The new object gets another name."""
    found = diff(NETWORK, {**MADE, "tenantId": "a"}, {**MADE, "tenantId": "b"})
    assert (found.replace, found.delete_before_replace) == (("tenantId",), False)


def test_update_never_deletes() -> None:
    """The negative control: without a forced replacement the flag is off, name given or not."""
    assert not diff(NETWORK, {"name": "n", "mtu": 1}, {"name": "n", "mtu": 2}).delete_before_replace


@pytest.mark.parametrize(
    ("cidr", "first"), [("10.0.0.0/23", True), ("10.0.1.0/24", False), ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", True)]
)
def test_subnet_is_deleted_first_only_where_it_overlaps(cidr: str, *, first: bool) -> None:
    """Neutron refuses overlapping subnets in one network; what is not known yet might overlap."""
    old = {**MADE, "networkId": "n", "cidr": "10.0.0.0/24"}
    assert diff(SUBNET, old, {**old, "cidr": cidr}).delete_before_replace is first


def test_rule_with_another_description_alone_is_deleted_first() -> None:
    """Neutron calls it a duplicate."""
    old = {"securityGroupId": "g", "direction": "ingress", "description": "a"}
    assert diff(RULE, old, {**old, "description": "b"}).delete_before_replace
    assert not diff(RULE, old, {**old, "direction": "egress"}).delete_before_replace


def test_port_that_keeps_its_address_is_deleted_first() -> None:
    """The old port holds the address."""
    old = {**MADE, "networkId": "a", "fixedIps": [{"subnetId": "s", "ipAddress": "10.0.0.9"}]}
    assert diff(PORT, old, {**old, "networkId": "b"}).delete_before_replace
    moved = {**old, "networkId": "b", "fixedIps": [{"subnetId": "t", "ipAddress": "10.9.0.9"}]}
    assert not diff(PORT, old, moved).delete_before_replace


def test_volume_attached_elsewhere_is_detached_first() -> None:
    """A volume is attached to one server."""
    type_ = "openstack:compute/volumeAttach:VolumeAttach"
    old = {"instanceId": "a", "volumeId": "v"}
    assert diff(type_, old, {**old, "instanceId": "b"}).delete_before_replace
    assert not diff(type_, old, {**old, "volumeId": "w"}).delete_before_replace


def test_what_the_api_shows_differently_has_changed() -> None:
    """Drift that a refresh found is put right."""
    wanted = {"name": "n", "mtu": 1400, "tags": ["a", "b"]}
    assert diff(NETWORK, wanted, wanted, {"name": "n", "mtu": 1500, "tags": ["a"]}).changed == ("tags", "mtu")


def test_what_the_api_shows_as_wanted_has_not_changed() -> None:
    """Also when the program did not say it before."""
    assert diff(NETWORK, {"name": "n"}, {"name": "n", "mtu": 1400}, {"name": "n", "mtu": 1400}).changed == ()


def test_what_only_inputs_tell_is_compared_with_inputs() -> None:
    """A password is in no answer of any API."""
    type_ = "openstack:identity/user:User"
    assert diff(type_, {"password": "a"}, {"password": "a"}, {"password": "stale"}).changed == ()
    assert diff(type_, {"password": "a"}, {"password": "b"}, {"password": "a"}).changed == ("password",)


CARD = {
    "uuid": "n",
    "name": "net",
    "port": "",
    "fixedIpV4": "10.0.0.5",
    "fixedIpV6": "",
    "mac": "m",
    "accessNetwork": False,
}


@pytest.mark.parametrize(
    ("type_", "name", "wanted", "shown"),
    [
        (INSTANCE, "networks", [{"uuid": "n"}], [CARD]),
        (INSTANCE, "userData", "#!/bin/sh\n", "e1bd94b8d0bd3e1d9e8a1dbd5d5ca47f6f3eb9bb"),
        (
            NETWORK,
            "segments",
            [{"networkType": "vlan"}],
            [{"networkType": "vlan", "physicalNetwork": "p", "segmentationId": 7}],
        ),
        (
            PORT,
            "binding",
            {"vnicType": "normal", "profile": '{ "a": 1 }'},
            {"vnicType": "normal", "profile": '{"a":1}', "hostId": "h", "vifType": "ovs", "vifDetails": {}},
        ),
        (
            "openstack:networking/router:Router",
            "externalFixedIps",
            [{"subnetId": "s"}],
            [{"subnetId": "s", "ipAddress": "172.20.0.9"}],
        ),
    ],
)
def test_outputs_with_more_than_was_wanted_are_no_drift(type_: str, name: str, wanted: Any, shown: Any) -> None:
    """Neither against themselves as old inputs, which is how drift is asked for, nor after a refresh."""
    if name == "userData":
        shown = _sha1(wanted)
    assert diff(type_, {name: shown}, {name: wanted}, {name: shown}).changed == ()
    assert diff(type_, {name: wanted}, {name: wanted}, {name: shown}).changed == ()


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("type_", "name", "wanted", "shown"),
    [
        (INSTANCE, "networks", [{"uuid": "other"}], [CARD]),
        (INSTANCE, "networks", [{"uuid": "n", "fixedIpV4": "10.0.0.6"}], [CARD]),
        (INSTANCE, "userData", "#!/bin/sh\n", "0" * 40),
        (
            NETWORK,
            "segments",
            [{"networkType": "flat"}],
            [{"networkType": "vlan", "physicalNetwork": "p", "segmentationId": 7}],
        ),
        (PORT, "binding", {"profile": '{"a": 2}'}, {"vnicType": "normal", "profile": '{"a":1}'}),
    ],
)
def test_outputs_that_are_not_what_was_wanted_are_drift(type_: str, name: str, wanted: Any, shown: Any) -> None:
    """The negative control."""
    assert diff(type_, {name: wanted}, {name: wanted}, {name: shown}).changed == (name,)


def test_removed_metadata_key_is_a_change() -> None:
    """Although the server still shows all that is wanted."""
    old, new = {"metadata": {"a": "1", "b": "2"}}, {"metadata": {"a": "1"}}
    assert diff(INSTANCE, old, new, old).changed == ("metadata",)


def test_broken_object_is_replaced() -> None:
    """What an interrupted create left in ERROR can't be repaired."""
    inputs = {"name": "s", "__defaults": []}
    assert diff(INSTANCE, inputs, inputs, {"name": "s", BROKEN: "No valid host"}) == Diff(
        ("name",), ("name",), delete_before_replace=True
    )
    assert diff(INSTANCE, inputs, inputs, {"name": "s"}) == Diff()
