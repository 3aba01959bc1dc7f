"""Lays the head of a journal down at other sites, from a thread of its own: nobody waits for a site that is cut off."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from functools import partial

from dr_drills.journal.heads import Destination
from dr_drills.journal.verify import Head
from failures import GovcloudError, of_system


class Copies:
    """The newest head goes to each place; one that cannot be written to hinders no other."""

    def __init__(self, places: Sequence[Destination]) -> None:
        self._places = tuple(places)
        self._head: Head | None = None
        self._done: dict[str, int] = {}
        self._tried: dict[str, int] = {}
        self._open = True
        self._turn = threading.Condition()
        self._threads = [threading.Thread(target=self._work, args=(place,), daemon=True) for place in self._places]
        for thread in self._threads:
            thread.start()

    def put(self, head: Head) -> None:
        """Have the head laid down everywhere, in place of any older one."""
        with self._turn:
            self._head = head
            self._turn.notify_all()

    def settle(self, wait_s: float) -> tuple[str, ...]:
        """Wait that long for every place to be tried, and return the names of those that have the newest head."""
        with self._turn:
            head = self._head
            if head is None:
                return ()
            self._turn.wait_for(lambda: len(_from(self._tried, head.seq)) == len(self._places), wait_s)
            return _from(self._done, head.seq)

    def close(self, wait_s: float) -> None:
        self.settle(wait_s)
        with self._turn:
            self._open = False
            self._turn.notify_all()

    def _has_news(self, tried: int) -> bool:
        return not self._open or (self._head is not None and self._head.seq > tried)

    def _work(self, place: Destination) -> None:
        tried = -1
        while True:
            with self._turn:
                self._turn.wait_for(partial(self._has_news, tried))
                head = self._head
                if not self._open or head is None:
                    return
            tried = head.seq
            failed = put_head(place, head)
            with self._turn:
                self._tried[place.name] = tried
                if failed is None:
                    self._done[place.name] = tried
                self._turn.notify_all()


def _from(seqs: Mapping[str, int], seq: int) -> tuple[str, ...]:
    return tuple(name for name, reached in seqs.items() if reached >= seq)


def put_head(place: Destination, head: Head) -> GovcloudError | None:
    """Lay a head down at a place; return why it could not be."""
    try:
        place.put(f"{head.run}.head.json", json.dumps(head.document(), indent=1))
    except GovcloudError as error:
        return error
    except OSError as error:
        return of_system(error)
    return None
