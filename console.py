"""How govcloud speaks on a terminal: language, JSON, colour, tables, questions, failures."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from failures import NOTHING, GovcloudError, Text, TopologyInvalid, WrongUsage

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

    from topology.findings import Finding

Cell = str | Text
WATCH_SECONDS = 5.0


@dataclass(frozen=True)
class Table:
    """Rows of text under headings; a cell is a plain string or a Text in both languages."""

    columns: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: Text = NOTHING


class Report(Protocol):
    """What a command found or did."""

    @property
    def exit_code(self) -> int: ...

    @property
    def messages(self) -> Sequence[GovcloudError]:
        """Return what went wrong, one entry for each thing the user must know."""

    def document(self) -> dict[str, Any]:
        """Return the report as JSON values."""


def language(environ: Mapping[str, str], asked: str | None = None) -> str:
    """Return "zh" or "en": the one asked for, else the first of LC_ALL, LC_MESSAGES, LANG that is set."""
    if asked:
        return asked
    locale = next((environ[k] for k in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(k)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def printable(text: str) -> str:
    """Return `text` without control characters, so that no API answer can steer a terminal."""
    return "".join(c for c in text if c in "\n\t" or (ord(c) >= 32 and not 127 <= ord(c) < 160))


class Voice:
    """One command's way to speak: answers on stdout, everything else on stderr."""

    def __init__(
        self,
        lang: str = "en",
        *,
        as_json: bool = False,
        debug: bool = False,
        out: TextIO | None = None,
        err: TextIO | None = None,
    ) -> None:
        self.lang, self.as_json, self.debug = lang, as_json, debug
        self.out, self.err = out or sys.stdout, err or sys.stderr

    def say(self, text: Text | str) -> None:
        """Print one line of the answer; silent with --json, where the document is the answer."""
        if not self.as_json:
            self._write(self.out, self._words(text) + "\n")

    def note(self, text: Text | str) -> None:
        """Print one line of progress or advice on stderr."""
        self._write(self.err, self._words(text) + "\n")

    def document(self, document: Any) -> None:
        """Print the one JSON document of this command; silent without --json."""
        if self.as_json:
            self._write(self.out, json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")

    def raw(self, text: str) -> None:
        """Print text that is the answer in any mode (a schema, a SARIF document, an exported state)."""
        self._write(self.out, text if text.endswith("\n") else text + "\n")

    def table(self, table: Table, stream: TextIO | None = None) -> None:
        """Print a table on stdout, unless --json claims it, or on the given stream."""
        if not table.rows or (self.as_json and stream is None):
            return
        target = stream or self.out
        if self._words(table.title):
            self._write(target, self._words(table.title) + "\n")
        drawn = self.drawn(table)
        guarded(target, lambda: self.rich(target).print(drawn))

    def drawn(self, table: Table) -> RichTable:
        """Return a table as Rich draws it, in this voice's language."""
        from rich.table import Table as RichTable  # noqa: PLC0415 - --help must not pay for Rich

        drawn = RichTable(box=None, pad_edge=False)
        for column in table.columns:
            drawn.add_column(self._words(column), overflow="fold")
        for row in table.rows:
            drawn.add_row(*(self._words(cell) for cell in row))
        return drawn

    def report(self, report: Report, tables: Callable[[Any], Iterable[Table]]) -> int:
        """Print a report as its document or its tables and return its exit code."""
        self.document(report.document())
        if not self.as_json:
            for table in tables(report):
                self.table(table)
        for error in report.messages:
            self.note(error.say(self.lang))
        return report.exit_code

    def again(self, show: Callable[[], int], *, watch: bool) -> int:
        """Show once, or with `watch` again and again, on a clean screen where there is one, until Ctrl-C."""
        if watch and self.as_json:
            raise WrongUsage(Text("--watch and --json do not go together", "--watch 与 --json 不能同时使用"))
        code = show()
        while watch:
            time.sleep(WATCH_SECONDS)
            if self.out.isatty():
                self.rich(self.out).clear()
            code = show()
        return code

    def ask(self, question: Text, *, expect: str = "yes") -> bool:
        """Return whether the user typed `expect`; the caller has checked that there is a terminal."""
        self._write(self.err, f"{self._words(question)} ")
        return sys.stdin.readline().strip() == expect

    def fail(self, error: GovcloudError) -> int:
        """Print what went wrong and return the exit code."""
        if self.debug:
            traceback.print_exception(error, file=self.err)
        if isinstance(error, TopologyInvalid):
            for finding in error.findings:
                self.note(finding.say(self.lang))
        self.note(error.say(self.lang))
        self.document(failure_document(error, self.lang))
        return error.exit_code

    def rich(self, stream: TextIO) -> Console:
        """Return a Rich console: no markup from data, no colour when piped or with NO_COLOR, no wrapping when piped."""
        from rich.console import Console  # noqa: PLC0415 - --help must not pay for Rich

        tty = stream.isatty()
        return Console(
            file=stream,
            force_terminal=tty,
            no_color=not tty or "NO_COLOR" in os.environ,
            width=None if tty else 400,
            markup=False,
            highlight=False,
            emoji=False,
        )

    def _words(self, text: Text | str) -> str:
        return printable(text if isinstance(text, str) else text.say(self.lang))

    def _write(self, stream: TextIO, text: str) -> None:
        def write() -> None:
            stream.write(text)
            stream.flush()

        guarded(stream, write)


def guarded(stream: TextIO, write: Callable[[], None]) -> None:
    """Write to `stream`; a reader that went away must not end the work that is being reported."""
    try:
        write()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON values; messages in both languages."""
    return {
        "id": finding.id,
        "severity": str(finding.severity),
        "path": finding.path,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "message": finding.message._asdict(),
        "fix": finding.fix._asdict(),
    }


def failure_document(error: GovcloudError, lang: str) -> dict[str, Any]:
    """Return {ok: false, exit_code, error: {kind, where, what, fix}, findings?}."""
    document: dict[str, Any] = {
        "ok": False,
        "exit_code": error.exit_code,
        "error": {
            "kind": type(error).__name__,
            "where": error.where,
            "what": error.what.say(lang),
            "fix": error.fix.say(lang),
        },
    }
    if isinstance(error, TopologyInvalid):
        document["findings"] = [finding_document(f) for f in error.findings]
    return document
