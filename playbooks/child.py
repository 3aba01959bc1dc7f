"""The process that runs Ansible: told one job on stdin, tells events on stdout, ends when its parent does."""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any, TextIO

import ansible_runner

from playbooks.events import Ear, RunEnded, line
from playbooks.leftovers import clear

KEPT_LINES = 20
POLL_SECONDS = 1


def main() -> None:
    """Run the job and tell how it ended.

    Its parts: `folder` private, in memory; `playbook`, `inventory` and `secrets` are paths; `limit` lists hosts.
    """
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not stand between the events
    job = json.loads(sys.stdin.readline())
    stopped = Flag()
    Thread(target=_await_parent, args=(stopped,), daemon=True).start()
    ended = run(job, told, stopped)
    if stopped.is_set():
        # Ansible's workers outlive it, and nobody else clears up after a parent that was killed.
        clear(Path(job["folder"]))
    told.write(line(ended))
    told.flush()


def run(job: Mapping[str, Any], told: TextIO, stopped: Flag) -> RunEnded:
    """Run Ansible through ansible-runner, which writes no event to a file; events go out as they come."""
    beside: deque[str] = deque(maxlen=KEPT_LINES)
    ear = Ear()

    def hear(event: Mapping[str, Any]) -> bool:
        understood = ear.hear(event)
        if understood:
            told.write(line(understood))
            told.flush()
        elif event.get("event") in {"verbose", "error"}:
            beside.append(str(event.get("stdout") or ""))
        return False

    ended = ansible_runner.run(
        private_data_dir=job["folder"],
        playbook=job["playbook"],
        inventory=[job["inventory"]],
        limit=",".join(job["limit"]),
        cmdline=f"--forks {int(job['forks'])} -e @{job['secrets']}",
        settings={"pexpect_timeout": POLL_SECONDS, "suppress_ansible_output": True},
        event_handler=hear,
        cancel_callback=stopped.is_set,
        suppress_env_files=True,
        quiet=True,
    )
    return RunEnded(str(ended.status), int(ended.rc), "\n".join(part for part in beside if part))


def _await_parent(stopped: Flag) -> None:
    """Stop the run when the parent says so, or is gone."""
    sys.stdin.readline()
    stopped.set()


if __name__ == "__main__":
    main()
