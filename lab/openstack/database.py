"""One MariaDB per site: made from a template, started in the site's namespace, asked over its socket."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from failures import OutsideFailed, Text
from lab.commands import QUICK_S, run
from lab.processes import holder
from lab.site import LabSite

START_S = 60.0
# Nothing in a lab outlives its machine, so nothing waits for a disk. What was committed outlives a kill, as at any site
# that loses its power: with a log that is written once a second (0), a server stopped just before came back as active.
OPTIONS = (
    "--no-defaults",
    "--skip-networking",
    "--user=root",
    "--skip-log-bin",
    "--performance-schema=OFF",
    "--innodb-buffer-pool-size=96M",
    "--innodb-log-file-size=32M",
    "--innodb-log-buffer-size=4M",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-doublewrite=0",
    "--innodb-flush-method=nosync",
    "--aria-pagecache-buffer-size=1M",
    "--key-buffer-size=1M",
    "--max-connections=400",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci",
    "--table-open-cache=2000",
)


def data_lock(data: Path) -> Path:
    """Return the file that a running server of this data keeps locked."""
    return data / "ibdata1"


def _scratch(data: Path) -> str:
    """Return the option that gives a server a folder of its own: at its start it deletes what others have in /tmp."""
    folder = data.with_name(f"{data.name}.tmp")
    folder.mkdir(parents=True, exist_ok=True)
    return f"--tmpdir={folder}"


def initialise(data: Path) -> None:
    """Make an empty data directory."""
    run(
        *("/usr/bin/eatmydata", "mariadb-install-db", "--no-defaults", f"--datadir={data}", _scratch(data)),
        *(
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--user=root",
            "--skip-name-resolve",
            "--force",
        ),
        seconds=120,
    )


def start(data: Path, socket: Path, log: Path, namespace: str | None = None) -> None:
    """Start the server unless it runs already; it outlives this process."""
    if holder(data_lock(data)):
        return
    enter = ["/usr/bin/nsenter", f"--net=/run/netns/{namespace}", "--"] if namespace else []
    files = [f"--datadir={data}", _scratch(data), f"--socket={socket}", f"--pid-file={socket}.pid"]
    with log.open("ab") as output:
        subprocess.run(
            ["setsid", "--fork", *enter, "/usr/bin/eatmydata", "/usr/sbin/mariadbd", *OPTIONS, *files],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=QUICK_S,
            check=True,
        )


def wait(data: Path, socket: Path, log: Path) -> None:
    """Return when the server answers; OutsideFailed with its log's name when it does not."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if socket.exists():
            try:
                query(socket, "select 1")
            except OutsideFailed:
                pass
            else:
                return
        time.sleep(0.05)
    raise OutsideFailed(
        Text(f"MariaDB did not start within {START_S:.0f} s", f"MariaDB 在 {START_S:.0f} 秒内没有启动"),
        where=str(data),
        fix=Text(f"see {log}", f"请查看 {log}"),
    )


def query(socket: Path, statements: str) -> str:
    """Return the rows as lines of tab-separated values; the statements are never in a command line."""
    return run("mariadb", "--no-defaults", "-u", "root", "-S", socket, "-N", "-B", stdin=statements)


def clone(template: Path, site: LabSite) -> None:
    """Give the site its databases, unless it has them; a copy cut short is thrown away."""
    if site.data.exists():
        return
    draft = site.data.with_suffix(".new")
    run("rm", "-rf", draft)
    run("cp", "-a", "--reflink=auto", template / "db", draft, seconds=120)
    draft.rename(site.data)
