"""A small town's topology, right in every respect: what tests start from and make wrong."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
BAD = ROOT / "tests" / "bad"

TOWN = """\
cloud: smalltown
title: {zh: 小城, en: "A small town with {{ braces }} in its title"}
sites:
  east: {role: active, city: home, openstack: east, power: [grid-a], capacity: {vcpus: 64, ram_gb: 256, disk_tb: 8}}
  west: {role: dr, city: far, openstack: west, capacity: {vcpus: 64, ram_gb: 256, disk_tb: 8}}
links:
  - {between: [east, west], kind: leased, latency_ms: 0.5, bandwidth_mbps: 1000, carrier: telecom, duct: d1}
zones:
  extranet: {cidr: 10.64.0.0/12, subnet_prefix: 27}
  edge: {cidr: 172.20.0.0/16, kind: edge}
tiers:
  standard: {rto: 4h, rpo: 15m, gbt20988: 4}
images:
  debian-12: {file: images/debian-12.raw, min_disk_gb: 5}
templates:
  small:
    flavor: {vcpus: 1, ram_gb: 1, disk_gb: 10}
    zone: extranet
    floating: true
    openings: [{port: 443, source: extranet}]
services:
  records: {kind: repository, department: health, placement: {east: 1, west: 1}, zone: extranet, ttl: 30s}
departments:
  health:
    title: {zh: 卫生局, en: Health}
    quota: &quota {vcpus: 8, ram_gb: 16, disk_gb: 100}
    sites: [east]
    applications:
      portal: {template: small, tier: standard, count: 2}
  schools: {quota: *quota}
rules: {min_active_sites: 1}
duties: {operate: {provider: {title: {en: Provider}}}}
drills:
  weekly: {scenario: site-network-loss, site: east, service: records, schedule: "Sat 02:00", window: 2h}
"""


def town(folder: Path, *changes: tuple[str, str], name: str = "town.yaml") -> Path:
    """Write the town into `folder` with each (old, new) of `changes` made; each `old` stands once."""
    text = TOWN
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def shipped() -> list[Path]:
    """Return the topologies that come with the product."""
    found = sorted((ROOT / "topology").glob("*.yaml"))
    return [path for path in found if not path.name.endswith("addresses.yaml")]


def city(departments: int) -> str:
    """Return a topology of many departments with three applications each."""
    head = TOWN.replace("10.64.0.0/12", "10.0.0.0/8").replace("zones:", "management: 192.168.0.0/16\nzones:")
    start = head.index("departments:")
    tenants = [
        f"  dept-{i:04d}:\n"
        f"    title: {{zh: 第{i}局, en: Department {i}}}\n"
        f"    quota: {{vcpus: 64, ram_gb: 256, disk_gb: 4096}}\n"
        f"    applications:\n"
        f"      portal: {{template: small, tier: standard, title: {{zh: 门户}}}}\n"
        f"      office: {{template: small, tier: standard, dr_count: 1}}\n"
        f"      files: {{template: small, tier: standard, count: 3}}\n"
        for i in range(departments)
    ]
    return f"{head[:start]}departments:\n{''.join(tenants)}".replace("department: health", "department: dept-0000")
