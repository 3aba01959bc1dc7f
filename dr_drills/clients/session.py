"""A database session in which every wait ends at a deadline, and that tells what was refused from what is in doubt."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, PollingStatus, TransactionStatus
from psycopg.pq.abc import PGcancelConn, PGconn, PGresult

from dr_drills.probes.budget import NoAnswer
from dr_drills.probes.database import Login, words
from dr_drills.probes.trust import Keys, in_memory
from failures import Text

GOOD = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})
AWAY = "the database system is "
WAITS = {PollingStatus.READING: select.POLLIN, PollingStatus.WRITING: select.POLLOUT}


class Refused(NoAnswer):
    """The server said no while the session went on: what was asked is not done, and will not be."""


class Away(NoAnswer):
    """The database itself says that it takes nobody now: so it does at whatever proxy leads to it."""


@dataclass(frozen=True)
class Reply:
    """The first row as text, and what the server warned of: a commit whose wait for a copy was cancelled succeeds."""

    row: tuple[str, ...]
    warnings: tuple[str, ...]


class Session:
    """One connection; libpq without psycopg's own waits, whose limits begin at two seconds."""

    def __init__(self, login: Login, keys: Keys, seconds: float, *, writes: bool) -> None:
        """Connect within `seconds`. Raises NoAnswer, with nothing asked yet."""
        self.login = login
        self._warnings: list[str] = []
        with ExitStack() as stack:
            authority = stack.enter_context(in_memory(keys.authority))
            told = make_conninfo(**words(login, keys, authority, seconds, writes=writes))
            self._raw: PGconn = pq.PGconn.connect_start(told.encode())
            stack.callback(self._raw.finish)
            _complete(self._raw.connect_poll, self._raw, time.monotonic() + seconds)
            self._raw.nonblocking = 1
            self._raw.notice_handler = self._hear
            self._held = stack.pop_all()

    def ask(self, statement: bytes, parameters: Sequence[bytes], seconds: float) -> Reply:
        """Run one statement in a transaction of its own, and return when that is over.

        Raises Refused when it is certain that nothing was done, else NoAnswer: then it may or may not be done.
        """
        self._warnings.clear()
        try:
            self._raw.send_query_params(statement, parameters)
            results = list(self._results(time.monotonic() + seconds))
        except psycopg.Error as error:
            raise _no_answer(str(error)) from error
        for result in results:
            if result.status not in GOOD:
                raise _failure(result, lives=self._raw.status == ConnStatus.OK)
        return Reply(_row(results[0]), tuple(self._warnings))

    def cancel(self, seconds: float) -> None:
        """Ask the server to give up what it still works on, for at most `seconds`.

        A commit that waits for a copy would otherwise keep its connection for as long as the copy is away.
        """
        if self._raw.transaction_status != TransactionStatus.ACTIVE:
            return
        with suppress(psycopg.Error, NoAnswer):
            line = self._raw.cancel_conn()
            line.start()
            _complete(line.poll, line, time.monotonic() + seconds)

    def close(self) -> None:
        self._held.close()

    def _results(self, until_s: float) -> Iterator[PGresult]:
        """Yield results until the server is ready for more: before that, even a good one is not yet committed."""
        while True:
            while (unsent := self._raw.flush()) or self._raw.is_busy():
                _wait(self._raw.socket, select.POLLIN | (select.POLLOUT if unsent else 0), until_s)
                self._raw.consume_input()
            result = self._raw.get_result()
            if result is None:
                return
            yield result

    def _hear(self, notice: PGresult) -> None:
        if notice.error_field(DiagnosticField.SEVERITY_NONLOCALIZED) == b"WARNING":
            said = notice.error_field(DiagnosticField.MESSAGE_PRIMARY) or b""
            self._warnings.append(said.decode(errors="replace"))


def _complete(poll: Callable[[], int], line: PGconn | PGcancelConn, until_s: float) -> None:
    """Poll until a line is made. Raises NoAnswer."""
    try:
        while (state := PollingStatus(poll())) in WAITS:
            _wait(line.socket, WAITS[state], until_s)
    except psycopg.Error as error:
        raise _no_answer(str(error)) from error
    if state is not PollingStatus.OK:
        said = line.get_error_message()
        raise _no_answer(said, Away if AWAY in said else NoAnswer)


def _wait(line: int, events: int, until_s: float) -> None:
    poll = select.poll()
    poll.register(line, events)
    left_s = until_s - time.monotonic()
    if left_s <= 0 or not poll.poll(left_s * 1000):
        raise NoAnswer(Text("no answer in time", "未在时限内应答"))


def _failure(result: PGresult, *, lives: bool) -> NoAnswer:
    """A session that ends may end after the commit: only an error in one that goes on proves that nothing was done."""
    said = " ".join(result.get_error_message().split())
    proven = lives and result.error_field(DiagnosticField.SEVERITY_NONLOCALIZED) == b"ERROR"
    return Refused(Text(said, said)) if proven else _no_answer(said)


def _no_answer(said: str, kind: type[NoAnswer] = NoAnswer) -> NoAnswer:
    detail = " ".join(said.split())
    return kind(Text(f"the database does not answer: {detail}", f"数据库没有应答：{detail}"))


def _row(result: PGresult) -> tuple[str, ...]:
    if not result.ntuples:
        return ()
    return tuple((result.get_value(0, column) or b"").decode() for column in range(result.nfields))
