"""The network process of one site: keeps its edge and routers what Neutron says, for the servers that are booted."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from lab.daemons import detach, hold, tell_ready
from lab.edge.api import Api
from lab.edge.firewall import render
from lab.edge.picture import Picture
from lab.edge.plan import plan_site
from lab.edge.program import Programmer
from lab.edge.reading import Reader
from lab.namespaces import within
from lab.passwords import write_private
from lab.wan.settle import read_wiring, reroute

GATHER_S = 0.5
"""How long a nudge waits for others: OpenStack changes many things in a row."""
REST, REST_S = 4.0, 10.0
"""After a look nudges wait so many times as long as it took, but no longer than this: Neutron, which is asked, has
other things to do while a city is built. A host that boots is never kept waiting.
"""
LOOK_AGAIN_S = 180.0
RETRY_S = 1.0
ASKED_S = 60.0


@dataclass(frozen=True)
class Spec:
    """What a site's agent is told at its start; `mark` begins its routers' names, `passwords` is a file."""

    site: str
    control: str
    edge: str
    mark: str
    address: str
    passwords: str
    run: str

    @property
    def folder(self) -> Path:
        return Path(self.run) / self.site


class Agent:
    """Looks when nudged, when asked, and every three minutes."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._reader = Reader(Api(spec.address, Path(spec.passwords)).ask)
        self._programmer = Programmer(spec.edge, spec.mark)
        self._state = threading.Condition()
        self._asked = self._answered = 0
        self._nudged = True
        self._picture = Picture()
        self._told: set[str] = set()
        self._announced: tuple[str, ...] | None = None

    def nudge(self, words: str) -> None:
        """Note that something changed; it counts when one of the words is about what is in force."""
        told = set(words.split())
        with self._state:
            self._told |= {word for word in told if ":" not in word}
            if self._picture.concerns() & told:
                self._nudged = True
                self._state.notify_all()

    def sync(self) -> bool:
        """Return when what is there now is in force; False when that takes too long."""
        with self._state:
            self._asked += 1
            mine = self._asked
            self._state.notify_all()
            return self._state.wait_for(lambda: self._answered >= mine, ASKED_S)

    def work(self) -> None:
        """Look for ever."""
        rest = 0.0
        while True:
            asked = self._wait(rest)
            began = time.monotonic()
            try:
                self._look()
            except Exception:  # noqa: BLE001 - whatever Neutron or the kernel refuse now they may grant in a moment
                traceback.print_exc()
                self._again(RETRY_S)
            else:
                with self._state:
                    self._answered = asked
                    self._state.notify_all()
            rest = min(REST_S, REST * (time.monotonic() - began))

    def _wait(self, rest: float) -> int:
        """Return the number of the last question once it is time to look again."""
        with self._state:
            self._state.wait_for(self._is_asked, rest)
            self._state.wait_for(lambda: self._nudged or self._is_asked(), LOOK_AGAIN_S)
            self._state.wait_for(self._is_asked, GATHER_S)
            self._nudged = False
            return self._asked

    def _is_asked(self) -> bool:
        return self._asked > self._answered

    def _again(self, seconds: float) -> None:
        time.sleep(seconds)
        with self._state:
            self._nudged = True

    def _look(self) -> None:
        began = time.monotonic()
        with self._state:
            told, self._told = self._told, set()
        self._reader.learn(told)
        picture = within(self._spec.control, lambda: self._reader.read(self._programmer.taps()))
        plan = plan_site(picture, self._spec.mark)
        self._programmer.program(plan, render(picture))
        with self._state:
            self._picture = picture
        self._announce(plan.announced)
        print(
            f"{len(picture.ports)} port(s) in force after {time.monotonic() - began:.2f} s", file=sys.stderr, flush=True
        )

    def _announce(self, prefixes: tuple[str, ...]) -> None:
        if prefixes != self._announced:
            wiring = read_wiring(Path(self._spec.run))
            write_private(wiring.announced(self._spec.site), json.dumps(prefixes))
            reroute(wiring)
            self._announced = prefixes


def _hear_nudges(agent: Agent, path: Path) -> None:
    with _bound(path, socket.SOCK_DGRAM) as nudges:
        while True:
            agent.nudge(nudges.recv(65536).decode(errors="replace"))


def _bound(path: Path, kind: socket.SocketKind) -> socket.socket:
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, kind)
    made.bind(str(path))
    return made


def _answer(agent: Agent, line: socket.socket) -> None:
    """Answer one question: `sync` with `ok` once all is in force, anything else with `what?`."""
    with line:
        line.settimeout(ASKED_S)
        try:
            word = line.recv(64).decode(errors="replace").strip()
            said = ("ok" if agent.sync() else "late") if word == "sync" else "what?"
            line.sendall(f"{said}\n".encode())
        except OSError:
            return  # who asked has gone


def main() -> None:
    """Serve one site until killed."""
    spec = Spec(**json.loads(Path(sys.argv[1]).read_text()))
    detach()
    hold(spec.folder / "net.lock")
    agent = Agent(spec)
    questions = _bound(spec.folder / "net.sock", socket.SOCK_STREAM)
    questions.listen(64)
    threading.Thread(target=_hear_nudges, args=(agent, spec.folder / "net.nudge"), daemon=True).start()
    threading.Thread(target=agent.work, daemon=True).start()
    tell_ready()
    while True:
        line, _ = questions.accept()
        threading.Thread(target=_answer, args=(agent, line), daemon=True).start()


if __name__ == "__main__":
    main()
