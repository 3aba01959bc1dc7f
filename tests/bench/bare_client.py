"""Makes recorded HTTP calls again with the standard library alone, new ids in the place of the old ones."""

from __future__ import annotations

import heapq
import http.client
import json
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-zA-Z_-])[0-9a-f]{32}(?![0-9a-zA-Z_-])")
TRIES = 30


@dataclass
class Call:
    """A call as recorded; `needs` are the numbers of the calls that must have ended before."""

    method: str
    host: str
    port: int
    url: str
    headers: dict[str, str]
    file: str
    body: str
    status: int
    token: str
    answer: str
    needs: set[int] = field(default_factory=set)

    @property
    def mentions(self) -> set[str]:
        return {*ID.findall(self.url), *ID.findall(self.body)}


@dataclass(frozen=True)
class Made:
    """Something that a replayed call made: how to delete it."""

    method: str
    host: str
    port: int
    url: str
    body: str = ""


def read(path: Path) -> list[Call]:
    """Return the recorded calls in the order they were begun, each with what it needs."""
    rows = sorted(json.loads(path.read_text(encoding="utf-8")), key=lambda row: row["began"])
    ends = [row.pop("ended") for row in rows]
    begins = [row.pop("began") for row in rows]
    calls = [Call(**row) for row in rows]
    source: dict[str, int] = {}
    for number in sorted(range(len(calls)), key=lambda n: ends[n]):
        call = calls[number]
        for id_ in {*ID.findall(call.answer), call.token} - {""} - call.mentions:
            source.setdefault(id_, number)
    for number, call in enumerate(calls):
        wanted = {source[id_] for id_ in {*call.mentions, call.headers.get("X-Auth-Token", "")} if id_ in source}
        call.needs = {other for other in wanted if ends[other] <= begins[number]}
        if call.url.endswith("/auth/tokens"):
            call.needs |= _grants(calls[:number], call)
    return calls


def _grants(before: list[Call], login: Call) -> set[int]:
    """Return the grants a login needs: nothing in it names them."""
    ids = login.mentions
    return {number for number, call in enumerate(before) if call.method == "PUT" and len(ids & call.mentions) >= 2}


def _pairs(old: Any, new: Any) -> Iterator[tuple[str, str]]:
    """Yield the strings at the same places of two JSON values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() & new.keys():
            yield from _pairs(old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list):
        for one, other in zip(old, new, strict=False):
            yield from _pairs(one, other)
    elif isinstance(old, str) and isinstance(new, str):
        yield from zip(ID.findall(old), ID.findall(new), strict=False)


class Replay:
    """Runs calls with so many threads, each with connections of its own that are kept."""

    def __init__(self, calls: list[Call], threads: int) -> None:
        self._calls, self._threads = calls, threads
        self._names: dict[str, str] = {}
        self._waits = [set(call.needs) for call in calls]
        self._ready = [number for number, needs in enumerate(self._waits) if not needs]
        self._followers: dict[int, list[int]] = {}
        for number, needs in enumerate(self._waits):
            for other in needs:
                self._followers.setdefault(other, []).append(number)
        self._left = len(calls)
        self._turn = threading.Condition()
        self._local = threading.local()
        self.wrong: list[str] = []
        self.made: list[Made] = []

    def run(self) -> None:
        workers = [threading.Thread(target=self._work) for _ in range(self._threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _work(self) -> None:
        while (number := self._next()) is not None:
            try:
                self._one(self._calls[number])
            except (OSError, ValueError, http.client.HTTPException) as error:
                self.wrong.append(f"{self._calls[number].url}: {error!r}")
            with self._turn:
                self._left -= 1
                for follower in self._followers.get(number, ()):
                    self._waits[follower].discard(number)
                    if not self._waits[follower]:
                        heapq.heappush(self._ready, follower)
                self._turn.notify_all()

    def _next(self) -> int | None:
        with self._turn:
            self._turn.wait_for(lambda: self._ready or not self._left)
            return heapq.heappop(self._ready) if self._ready else None

    def _one(self, call: Call) -> None:
        headers = {key: self._renamed(value) for key, value in call.headers.items()}
        body = Path(call.file).read_bytes() if call.file else self._renamed(call.body).encode()
        url = self._renamed(call.url)
        status, token, answer = self._send(call, url, headers, body)
        if status != call.status:
            self.wrong.append(f"{call.method} {url}: {status} instead of {call.status}: {answer[:200]!r}")
            return
        if token:
            self._names[call.token] = token
        if call.answer:
            old, new = json.loads(call.answer), json.loads(answer)
            self._names.update(_pairs(old, new))
            self._note(call, url, body, new)

    def _note(self, call: Call, url: str, body: bytes, new: Any) -> None:
        if call.method == "PUT" and url.endswith("/add_router_interface"):
            undone = url.replace("/add_", "/remove_")
            self.made.append(Made("PUT", call.host, call.port, undone, body.decode()))
        elif call.method == "POST" and call.status in {200, 201, 202}:
            thing = new if "id" in new else next(iter(new.values()))  # only Glance answers without a wrapper
            if isinstance(thing, dict) and "id" in thing:
                self.made.append(Made("DELETE", call.host, call.port, f"{url}/{thing['id']}"))

    def _renamed(self, text: str) -> str:
        if text in self._names:
            return self._names[text]
        return ID.sub(lambda match: self._names.get(match[0], match[0]), text)

    def _send(self, call: Call, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, str]:
        connections = self._local.__dict__.setdefault("connections", {})
        place = (call.host, call.port)
        if place not in connections:
            connections[place] = http.client.HTTPConnection(*place, timeout=120)
        connections[place].request(call.method, url, body or None, dict(headers))
        answer = connections[place].getresponse()
        return answer.status, answer.headers.get("X-Subject-Token", ""), answer.read().decode("utf-8", "replace")


def main(recording: str, threads: str, made: str) -> int:
    """Replay a recording; write what was made to the file `made`; 1 when an answer was not as recorded."""
    replay = Replay(read(Path(recording)), int(threads))
    replay.run()
    Path(made).write_text(json.dumps([asdict(row) for row in replay.made]), encoding="utf-8")
    print("\n".join(replay.wrong[:20]))
    return int(bool(replay.wrong))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
