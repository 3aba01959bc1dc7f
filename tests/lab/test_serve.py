"""A whole city with replicated services: deployed, used, looked at, hurt and repaired."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from dr_drills.probes.application import apply, look_up
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.patroni import read_patroni
from dr_drills.probes.scene import Place
from tests.lab.serve.citizen import Citizen
from tests.lab.serve.cityhall import DEPLOY_SECONDS, CityHall
from tests.lab.yard import LAB

pytestmark = [*LAB, pytest.mark.city, pytest.mark.timeout(1200)]

LINE_GAP_S = 5.0
"""No single line may keep citizens from a receipt for longer: traffic moves to the other one."""
BLOCKED_S = 2.0
"""A write that waits for a copy waits longer than any that does not."""
LAG_S = 5.0
CITIZENS = 4


def test_deploy_again_changes_nothing_on_any_host(hall: CityHall) -> None:
    """Every play over every host a second time: not one task changes anything."""
    ended = hall.govcloud.start("deploy", hall.path, "--yes", "--json", "--refresh").ended(DEPLOY_SECONDS)

    assert ended.code == 0, ended.text
    assert ended.document["configure"]["changed"] == 0, ended.text
    assert not Path("/tmp/govcloud-title-ran").exists()  # the payload in the department's title


def test_receipt_written_at_one_site_is_read_at_the_other(hall: CityHall) -> None:
    """Through the service itself, with TLS that trusts the cloud's authority alone."""
    north, south = (
        next(p for p in hall.scene.running("app_database") if p.site == site) for site in ("north", "south")
    )

    given = apply(hall.web, north.address, "written-in-the-north", "王小明")
    seen = look_up(hall.web, south.address, given.number)

    assert (given.site, given.answered_by) == ("north", "north")
    assert seen is not None
    assert (seen.site, seen.answered_by) == ("north", "south")


def test_status_of_a_healthy_city_says_who_leads(hall: CityHall) -> None:
    """All is well, one primary, one synchronous copy, and a margin of one member."""
    ended = hall.govcloud.run("status", hall.path, "--json", expect=None)

    assert ended.code == 0, ended.text


def test_status_with_a_dark_site_answers_in_time_and_calls_it_unknown(hall: CityHall) -> None:
    """What cannot be seen is unknown, never well."""
    hall.govcloud.run("lab", "cut", hall.path, "--site", "away")
    try:
        ended = hall.govcloud.run("status", hall.path, "--json", expect=None)
    finally:
        hall.govcloud.run("lab", "heal", hall.path)

    assert ended.code == 5, ended.text
    assert "unknown" in ended.out
    print(f"status with a dark site: {ended.seconds:.1f} s")
    assert ended.seconds < 15


def test_cutting_either_direct_line_is_hardly_noticed(hall: CityHall) -> None:
    """Traffic moves to the other line; no receipt is lost."""
    app = next(iter(hall.scene.running("app_database")))
    with Citizen(hall.scene, hall.keys, "lines") as citizen:
        for line in ("north-south-one", "north-south-two"):
            time.sleep(2)
            hall.govcloud.run("lab", "cut", hall.path, "--link", line)
            time.sleep(4)
            hall.govcloud.run("lab", "heal", hall.path, "--link", line)
        time.sleep(2)

    print(f"{len(citizen.acknowledged)} receipts, longest gap {citizen.longest_gap():.1f} s")
    assert len(citizen.acknowledged) > 20
    assert citizen.longest_gap() < LINE_GAP_S
    assert citizen.lost(app.address) == []


def role_of(hall: CityHall, role: str) -> Place:
    """Return the database server of the active sites that has a role now."""
    servers = (place for place in hall.scene.running("patroni_scope") if place.active)
    return next(place for place in servers if read_patroni(hall.web, place.address).role == role)


def test_write_is_not_acknowledged_before_the_other_site_has_it(hall: CityHall) -> None:
    """With its copy cut off a write blocks; acknowledged is what the copy has, or what nobody waits for any more."""
    app = next(iter(hall.scene.running("app_database")))
    began = time.monotonic()
    apply(hall.web, app.address, "before-the-copy-is-cut", "王小明")
    usual_s = time.monotonic() - began
    copy = role_of(hall, "replica")
    hall.govcloud.run("lab", "cut", hall.path, "--host", copy.host)
    try:
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            apply(hall.web, app.address, "while-the-copy-is-cut", "王小明")
        blocked_s = time.monotonic() - began
    finally:
        hall.govcloud.run("lab", "heal", hall.path, "--host", copy.host)
    until = time.monotonic() + 60
    while True:
        try:
            given = apply(hall.web, app.address, "while-the-copy-is-cut", "王小明")
            break
        except NoAnswer:
            assert time.monotonic() < until

    print(f"a write takes {usual_s:.2f} s, without the copy it had no answer after {blocked_s:.2f} s")
    assert usual_s < BLOCKED_S < blocked_s
    assert look_up(hall.web, app.address, given.number) is not None


def dr_lag(hall: CityHall) -> tuple[int | None, float | None]:
    """Return how far the copy at the DR site is behind, in bytes and seconds, as `status` says it."""
    things = hall.govcloud.run("status", hall.path, "--json", expect=None).document["things"]
    server = things["postgresql"]["records-away"]["facts"]["servers"][0]
    return server["lag_bytes"], server["lag_seconds"]


def test_lag_of_the_dr_site_is_told_under_load(hall: CityHall) -> None:
    """Small while citizens apply, seen to grow when its lines are slow, and gone once all is quiet."""
    with ExitStack() as crowd:
        for number in range(CITIZENS):
            crowd.enter_context(Citizen(hall.scene, hall.keys, f"lag-{number}"))
        usual = [dr_lag(hall) for _ in range(5)]
        hall.govcloud.run("lab", "slow", hall.path, "--site", "away", "--latency", "150")
        try:
            slowed = [dr_lag(hall) for _ in range(5)]
        finally:
            hall.govcloud.run("lab", "heal", hall.path, "--site", "away")
    time.sleep(3)

    print(f"behind under load: {usual}; over slow lines: {slowed}")
    assert all(seconds is not None and seconds < LAG_S for _, seconds in usual)
    assert max(behind or 0 for behind, _ in slowed) > 0
    assert dr_lag(hall)[0] == 0


def test_server_deleted_by_hand_is_made_and_configured_again(hall: CityHall) -> None:
    """Through the OpenStack API alone: gone, then `deploy` repairs it and the cluster takes it back."""
    copy = role_of(hall, "replica")
    connection = hall.connect(copy.site)
    server = next(s for s in connection.compute.servers(all_projects=True) if s.name == copy.host)
    connection.compute.delete_server(server)
    connection.compute.wait_for_delete(server, wait=60)

    ended = hall.govcloud.start("deploy", hall.path, "--yes", "--refresh", "--json").ended(DEPLOY_SECONDS)

    assert ended.code == 0, ended.text
    assert {row["verdict"] for row in ended.document["verify"]["rows"]} == {"pass"}
    assert read_patroni(hall.web, copy.address).role == "replica"


def test_secrets_of_the_city_are_nowhere_in_clear(hall: CityHall) -> None:
    """Passwords of the cluster are in no file of the operator's machine and in no process's words."""
    canaries = [text for text in hall.keys.passwords.values() if len(text) > 15]
    assert canaries
    words = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, timeout=30, check=True).stdout
    files = [p for root in ("/dev/shm", "/run") for p in Path(root).rglob("*govcloud*") if p.is_file()]
    files += [path for path in hall.home.rglob("*") if path.is_file()]
    files += [path for path in (hall.folder / "lab").rglob("*.log") if path.is_file()]

    found = [str(p) for p in files if any(secret.encode() in p.read_bytes() for secret in canaries)]

    assert found == []
    assert not any(secret in words for secret in canaries)
