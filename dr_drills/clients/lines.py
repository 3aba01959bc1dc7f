"""The lines of one client to a database, through whichever proxy leads there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock, Thread

from dr_drills.clients.session import Away, Session
from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.database import Login
from dr_drills.probes.trust import Keys

CANCEL_S = 0.2
TRIAL = 0.5
"""The share of an attempt's time for a way that is only tried: the rest is for the one that did well last."""
POOL, FILL_S = 5, 2.0
"""Sessions a client keeps from its first success on, as pools do: who dials when a line goes dark loses its call."""


class Lines:
    """Sessions that are kept between attempts; after a failure those of its way are dropped and the next one is taken.

    While one attempt dials a way, the next dials another one, so that a dark proxy does not hide the others.
    """

    def __init__(
        self, ways: Sequence[Login], keys: Keys, *, writes: bool, dial: Callable[..., Session] = Session
    ) -> None:
        self._ways, self._keys, self._writes, self._dial = tuple(ways), keys, writes, dial
        self._lock = Lock()
        self._idle: list[Session] = []
        self._dialled: list[Login] = []
        self._way = self._ways[0]
        self._filled = self._closed = False

    def take(self, until_s: float) -> Session:
        """Return a session, a new one when none is idle. Raises NoAnswer."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
            usual, way = self._way, self._free_way()
        if way == usual:
            return self._dialled_to(way, until_s)
        began_s = time.monotonic()
        try:
            return self._dialled_to(way, began_s + TRIAL * (until_s - began_s))
        except Away:
            raise
        except NoAnswer:
            return self._dialled_to(self._way, until_s)

    def give(self, session: Session) -> None:
        """Keep a session that did well."""
        with self._lock:
            self._way = session.login
            self._idle.append(session)
            first, self._filled = not self._filled, True
        if first:
            Thread(target=self._fill, args=(session.login,), daemon=True).start()

    def drop(self, session: Session) -> None:
        """Part with a session that failed, or hangs."""
        self._turn_from(session.login)
        session.cancel(CANCEL_S)
        session.close()

    def close(self) -> None:
        """Part with all idle sessions, for good."""
        self._closed = True
        self._part(self._ways)

    def _fill(self, way: Login) -> None:
        until_s = time.monotonic() + FILL_S
        with suppress(NoAnswer):
            for _ in range(POOL - 1):
                session = self._dial(way, self._keys, until_s - time.monotonic(), writes=self._writes)
                with self._lock:
                    self._idle.append(session)
                if self._closed:
                    self._part(self._ways)
                    return

    def _dialled_to(self, way: Login, until_s: float) -> Session:
        with self._lock:
            self._dialled.append(way)
        try:
            return self._dial(way, self._keys, until_s - time.monotonic(), writes=self._writes)
        except BaseException:
            self._turn_from(way)
            raise
        finally:
            with self._lock:
                self._dialled.remove(way)

    def _free_way(self) -> Login:
        return next((way for way in self._from_here() if way not in self._dialled), self._way)

    def _turn_from(self, way: Login) -> None:
        with self._lock:
            if way == self._way:
                self._way = (*self._from_here(), way)[1]
        self._part([way])

    def _part(self, ways: Sequence[Login]) -> None:
        with self._lock:
            parted = [session for session in self._idle if session.login in ways]
            self._idle = [session for session in self._idle if session.login not in ways]
        for session in parted:
            session.close()

    def _from_here(self) -> tuple[Login, ...]:
        here = self._ways.index(self._way)
        return (*self._ways[here:], *self._ways[:here])
