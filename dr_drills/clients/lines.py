"""The lines of one client to a database, through whichever proxy leads there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Lock

from dr_drills.clients.session import Session
from dr_drills.probes.database import Login
from dr_drills.probes.trust import Keys

CANCEL_S = 0.2


class Lines:
    """Sessions that are kept between attempts; after a failure all idle ones are dropped and the next way is taken.

    While one attempt dials a way, the next dials another one, so that a dark proxy does not hide the others.
    """

    def __init__(self, ways: Sequence[Login], keys: Keys, *, writes: bool) -> None:
        self._ways, self._keys, self._writes = tuple(ways), keys, writes
        self._lock = Lock()
        self._idle: list[Session] = []
        self._dialled: list[Login] = []
        self._way = self._ways[0]

    def take(self, until_s: float) -> Session:
        """Return a session, a new one when none is idle. Raises NoAnswer."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
            way = self._free_way()
            self._dialled.append(way)
        try:
            return Session(way, self._keys, until_s - time.monotonic(), writes=self._writes)
        except BaseException:
            self._turn_from(way)
            raise
        finally:
            with self._lock:
                self._dialled.remove(way)

    def give(self, session: Session) -> None:
        """Keep a session that did well."""
        with self._lock:
            self._way = session.login
            self._idle.append(session)

    def drop(self, session: Session) -> None:
        """Part with a session that failed, or hangs."""
        self._turn_from(session.login)
        session.cancel(CANCEL_S)
        session.close()

    def close(self) -> None:
        """Part with all idle sessions."""
        with self._lock:
            parted, self._idle = self._idle, []
        for session in parted:
            session.close()

    def _free_way(self) -> Login:
        return next((way for way in self._from_here() if way not in self._dialled), self._way)

    def _turn_from(self, way: Login) -> None:
        with self._lock:
            if way == self._way:
                self._way = (*self._from_here(), way)[1]
        self.close()

    def _from_here(self) -> tuple[Login, ...]:
        here = self._ways.index(self._way)
        return (*self._ways[here:], *self._ways[:here])
