"""What a host is, as Nova, Neutron and Cinder gave it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from lab.hosts.spec import Card, Spec, Volume, read_card, read_spec, read_volumes

SUBNET = {
    "cidr": "10.64.0.64/26",
    "gateway": {"address": "10.64.0.65"},
    "dns": [{"address": "10.64.0.66"}],
    "ips": [{"address": "10.64.0.70", "type": "fixed"}, {"address": "172.20.0.9", "type": "floating"}],
    "routes": [{"cidr": "10.9.0.0/16", "gateway": {"address": "10.64.0.67"}}],
}
VIF: dict[str, Any] = {
    "id": "12345678-90ab-cdef-1234-567890abcdef",
    "address": "fa:16:3e:00:00:01",
    "network": {"id": "abcdefab-cdef-abcd-efab-cdefabcdefab", "subnets": [SUBNET], "meta": {"mtu": 1450}},
}
SPEC = Spec(
    uuid="0a0b0c0d-1111-2222-3333-444444444444",
    name="db-1",
    base="/cache/base-1",
    memory_mb=512,
    key="ssh-ed25519 AAAA me",
    user_data=None,
    metadata={"tier": "high"},
    cards=(read_card(0, VIF),),
    volumes=(Volume("7ab9cf2c-f3eb-46fc-b486-7a1c2750db80", "/dev/vdb", "/volumes/7ab9cf2c"),),
)


def test_read_card_of_a_port_has_its_addresses_and_routes() -> None:
    """The MAC, the fixed address with its length, the gateway, routes, name servers and MTU are Neutron's."""
    assert read_card(0, VIF) == Card(
        port=VIF["id"],
        network=VIF["network"]["id"],
        device="eth0",
        mac="fa:16:3e:00:00:01",
        mtu=1450,
        addresses=("10.64.0.70/26",),
        routes=("default via 10.64.0.65", "10.9.0.0/16 via 10.64.0.67"),
        nameservers=("10.64.0.66",),
    )


def test_read_card_of_a_second_port_has_no_default_route() -> None:
    """Two default routes would fight; the first card's counts."""
    assert read_card(1, VIF).device == "eth1"
    assert not any(route.startswith("default") for route in read_card(1, VIF).routes)


def test_read_card_without_gateway_or_mtu_takes_the_usual() -> None:
    """An isolated network leads nowhere, and Ethernet's MTU holds where nothing is said."""
    lonely = {**SUBNET, "gateway": None, "routes": []}
    card = read_card(0, {**VIF, "network": {**VIF["network"], "subnets": [lonely], "meta": {}}})

    assert card.routes == ()
    assert card.mtu == 1500


def test_card_names_at_the_edge_fit_the_kernel() -> None:
    """Interface names have at most 15 characters; they begin as everywhere in OpenStack."""
    card = SPEC.cards[0]

    assert (card.tap, card.bridge) == ("tap12345678-90", "br-abcdefab-cd")
    assert max(len(card.tap), len(card.bridge)) <= 15


def test_read_spec_returns_what_was_dumped(tmp_path: Path) -> None:
    """A host boots again from its file alone."""
    (tmp_path / "spec.json").write_text(SPEC.dump())

    assert read_spec(tmp_path / "spec.json") == SPEC
    assert read_spec(tmp_path / "spec.json") != replace(SPEC, memory_mb=1)


def test_spec_address_is_the_first_cards() -> None:
    """What is shown of a host is where it is reached; a host without cards has none."""
    assert SPEC.address == "10.64.0.70"
    assert replace(SPEC, cards=()).address == ""


def test_read_volumes_skips_what_is_not_connected() -> None:
    """Nova lists devices that Cinder has not given yet."""
    connected = {"mount_device": "/dev/vdb", "connection_info": {"data": {"device_path": "/volumes/a"}, "serial": "a"}}
    mappings = {"block_device_mapping": [connected, {"mount_device": "/dev/vdc", "connection_info": None}]}

    assert read_volumes(mappings) == (Volume("a", "/dev/vdb", "/volumes/a"),)
    assert read_volumes(None) == ()


def test_volume_serial_is_a_virtual_machines() -> None:
    """A role finds a volume under the same name in production: virtio and twenty characters of its identity."""
    assert SPEC.volumes[0].serial == "virtio-7ab9cf2c-f3eb-46fc-b"
