"""Security groups as nft text; the golden file is what nft is given."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.edge.firewall import render
from lab.edge.picture import Picture
from tests.lab.edge.town import read, small_site

GOLDEN = Path(__file__).parents[2] / "golden" / "lab" / "groups.nft"


def test_render_small_site_is_the_golden_text() -> None:
    """Two hosts of one group; GOVCLOUD_GOLDEN=1 writes the file anew."""
    text = render(read(small_site(), "h1", "h2"))
    if os.environ.get("GOVCLOUD_GOLDEN"):
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(text, encoding="utf-8")

    assert text == GOLDEN.read_text(encoding="utf-8")


def test_render_without_hosts_shuts_every_tap() -> None:
    """An interface that nobody knows is shut, also when nobody is known."""
    text = render(Picture())

    assert text.count('"tap*" drop') == 4
    assert "accept" not in text.replace('iifname != "br-*" accept', "").replace('oifname != "br-*" accept', "").replace(
        "ct state established,related accept", ""
    )


def test_render_group_without_members_opens_nothing() -> None:
    """A rule for a group that has no member matches nobody, not everybody."""
    neutron = small_site()
    neutron.rows["ports"] = [
        row for row in neutron.rows["ports"] if neutron.id("clients") not in row["security_groups"]
    ]
    text = render(read(neutron, "h1"))

    assert "tcp dport 22 return" in text
    assert "dport 80" not in text


def test_render_port_without_security_is_known_and_free() -> None:
    """Port security off: the interface is not shut, and no rule holds it."""
    neutron = small_site()
    for row in neutron.rows["ports"]:
        row["port_security_enabled"] = False
    text = render(read(neutron, "h1"))

    assert f'"tap{neutron.id("h1")[:11]}"' in text
    assert "jump from_" not in text.replace("jump from_server", "")
    assert "jump in_" not in text


CASES = (
    ({"protocol": None, "port_range_min": None, "port_range_max": None}, "meta nfproto ipv4"),
    ({"protocol": "tcp", "port_range_min": 80, "port_range_max": 80}, "tcp dport 80"),
    ({"protocol": "17", "port_range_min": 53, "port_range_max": 60}, "udp dport 53-60"),
    ({"protocol": "tcp", "port_range_min": None, "port_range_max": None}, "meta l4proto tcp"),
    ({"protocol": "icmp", "port_range_min": 8, "port_range_max": 0}, "icmp type 8 icmp code 0"),
    ({"protocol": "1", "port_range_min": None, "port_range_max": None}, "meta l4proto icmp"),
    ({"protocol": "112", "port_range_min": None, "port_range_max": None}, "meta l4proto 112"),
    ({"protocol": "tcp", "port_range_min": 0, "port_range_max": 65535}, "tcp dport 0-65535"),
)


@pytest.mark.parametrize(("row", "match"), CASES, ids=lambda case: case if isinstance(case, str) else "")
def test_render_rule_of_each_kind_has_its_match(row: dict[str, object], match: str) -> None:
    """Protocols by name and number, ports, ranges and ICMP types."""
    neutron = small_site()
    neutron.rows["security-group-rules"] = []
    neutron.rule("web", **{**row, "remote_ip_prefix": "10.1.0.0/16"})  # type: ignore[arg-type]  # rows of Neutron

    assert f"    ip saddr 10.1.0.0/16 {match} return\n" in render(read(neutron, "h1"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("nft") is None or os.geteuid() != 0, reason="nft checks a script only for root")
@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(CASES), max_size=4),
    st.sampled_from([None, "0.0.0.0/0", "10.2.0.0/16"]),
    st.sampled_from(["ingress", "egress"]),
    st.sets(st.sampled_from(["h1", "h2", "idle"])),
)
def test_render_of_any_rules_is_what_nft_takes(
    cases: list[tuple[dict[str, object], str]], prefix: str | None, direction: str, hosts: set[str]
) -> None:
    """The text is a script that nft finds nothing wrong with."""
    neutron = small_site()
    for row, _ in cases:
        neutron.rule("web", **{**row, "remote_ip_prefix": prefix, "direction": direction})  # type: ignore[arg-type]  # rows of Neutron
    text = render(read(neutron, *hosts))
    checked = subprocess.run(
        ["nft", "--check", "-f", "-"], input=text, capture_output=True, text=True, check=False, timeout=10
    )

    assert checked.returncode == 0, f"{checked.stderr}\n{text}"
