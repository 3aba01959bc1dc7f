"""Metrics of a host, as readings."""

from __future__ import annotations

import pytest

from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.exporter import Backup, RoundTrip, parsed

PAGE = """\
# HELP node_time_seconds System time in seconds since epoch (1970).
# TYPE node_time_seconds gauge
node_time_seconds 1.0000010e+06
node_exporter_build_info{branch="x",version="1.5.0"} 1
govcloud_round_trip_seconds{site="anxi"} 0.0021
govcloud_round_trip_timestamp_seconds{site="anxi"} 1.000000e+06
govcloud_round_trip_timestamp_seconds{site="changle"} 999990
govcloud_round_trip_seconds{site="far"} NaN
govcloud_round_trip_timestamp_seconds{site="far"} 1e6
govcloud_backup_timestamp_seconds{stanza="db",kind="full"} 999001
govcloud_backup_timestamp_seconds{stanza="db",kind="incremental"} 999901
govcloud_archive_timestamp_seconds{stanza="db"} 999991
govcloud_backup_timestamp_seconds{stanza="db \\"x\\"",kind="full"} 1
odd line
node_odd one
"""


def test_parsed_metrics_give_ages_by_the_hosts_own_clock() -> None:
    """A wrong clock here or there shifts no age; it shows as skew."""
    found = parsed(PAGE, now=1000007.0)

    assert found.skew == -6
    assert found.version == "1.5.0"
    assert found.backups["db"] == Backup(full=1000, incremental=100, archived=10)


def test_parsed_round_trip_without_an_answer_is_none() -> None:
    """A try to which nothing came back is told from one that was never made."""
    found = parsed(PAGE, now=1000007.0)

    assert found.round_trips == {
        "anxi": RoundTrip(0.0021, 1.0),
        "changle": RoundTrip(None, 11.0),
        "far": RoundTrip(None, 1.0),
    }


def test_parsed_page_without_a_clock_is_no_answer() -> None:
    """Without the host's time no age could be told."""
    with pytest.raises(NoAnswer, match="tell the host's time"):
        parsed("node_load1 0.5\n", now=1.0)
