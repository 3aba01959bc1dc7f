"""The report of a run beside its journal: made from what lies in the run's folder, and checked against it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dr_drills.approvals.signing import signed_by
from dr_drills.clients.attempts import Attempt
from dr_drills.clients.record import ATTEMPTS, read_record
from dr_drills.journal.event import Event, EventKind
from dr_drills.journal.file import HEAD, JOURNAL
from dr_drills.journal.heads import put_text, put_whole, read_head
from dr_drills.journal.verify import Finding, Head, check, sound_events
from dr_drills.report.assemble import report_of
from dr_drills.report.page import render
from dr_drills.verdicts import Verdict
from failures import InputInvalid, OutsideFailed, Text

DOCUMENT, PAGE = "report.json", "report.html"
REASONS: dict[str, Text] = {
    "V10": Text("The clients' attempts are those that were measured.", "客户端尝试记录与测量时一致。"),
    "V11": Text("report.json says what the journal says.", "report.json 与日志一致。"),
    "V12": Text("report.html shows what report.json says.", "report.html 与 report.json 一致。"),
    "V13": Text("Approvals were signed with the keys that they name.", "批准由其所列密钥签名。"),
}


def document_of(folder: Path, copies: Iterable[str] = (), head: Head | None = None) -> dict[str, Any]:
    """Return the report of a run's folder as its journal gives it now, `head` in place of one that is not beside it.

    Raises InputInvalid where there is no journal.
    """
    raw = _journal(folder)
    events = sound_events(raw)
    findings = [
        *check(raw, read_head(folder / HEAD) or head),
        *_attempt_findings(folder, events),
        *_signature_findings(events),
    ]
    document = report_of(events, findings, attempts_of(folder), copies)
    return {**document, "made_by": made_by()}


def write_report(folder: Path, copies: Iterable[str] = ()) -> dict[str, Any]:
    """Write report.json and report.html into a run's folder, each whole or not at all; return the document."""
    document = document_of(folder, copies)
    put_text(folder / DOCUMENT, document)
    put_whole(folder / PAGE, render(document))
    return document


def audit(path: Path, head: Path | None = None, kept: Head | None = None) -> tuple[Finding, ...]:
    """Return what speaks against a run's folder, or a journal alone; offline.

    The journal is compared with the head beside it and with `head` and `kept`, copies from elsewhere; attempts and
    report with the journal. Raises InputInvalid for what is no journal or no head.
    """
    folder = path if path.is_dir() else path.parent
    raw = _journal(path)
    heads = [found for found in (read_head(folder / HEAD), read_head(head) if head else None, kept) if found]
    if head and read_head(head) is None:
        raise InputInvalid(Text("there is no such file", "文件不存在"), where=str(head))
    found = dict.fromkeys(finding for one in heads or (None,) for finding in check(raw, one))
    found.update(dict.fromkeys(_signature_findings(sound_events(raw))))
    if path.is_dir():
        found.update(dict.fromkeys(_attempt_findings(folder, sound_events(raw))))
        if not found:
            found.update(dict.fromkeys(_report_findings(folder, heads[0])))
    return tuple(found)


def attempts_of(folder: Path) -> tuple[Attempt, ...]:
    """Return the attempts in a run's folder, none where there is no record. Raises GovcloudError for a damaged one."""
    return read_record(folder / ATTEMPTS) if (folder / ATTEMPTS).is_file() else ()


@cache
def made_by() -> str:
    """Return the digest of the code that makes reports: another one may well say the same in other words."""
    files = sorted(f for f in Path(__file__).parent.rglob("*") if f.suffix in {".py", ".html", ".css", ".svg"})
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _journal(path: Path) -> bytes:
    file = path / JOURNAL if path.is_dir() else path
    if not file.is_file():
        raise InputInvalid(
            Text("no run has its journal here", "此处没有演练日志"),
            where=str(path),
            fix=Text("name the folder of a run, or its journal", "请给出演练目录或其日志文件"),
        )
    return file.read_bytes()


def _attempt_findings(folder: Path, events: tuple[Event, ...]) -> Iterator[Finding]:
    """Compare the attempts with the digest that was measured with them, where one was."""
    told = [e.data["attempts_sha256"] for e in events if e.kind == EventKind.MEASURED and "attempts_sha256" in e.data]
    if not told:
        return
    file = folder / ATTEMPTS
    if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != told[-1]:
        yield _finding("V10", f"{ATTEMPTS} is not the one that was measured", f"{ATTEMPTS} 不是测量所用的记录")


def _signature_findings(events: tuple[Event, ...]) -> Iterator[Finding]:
    """Check with ssh-keygen that each approval was signed by the key it names; whose key that is was checked then."""
    for event in events:
        if event.kind != EventKind.APPROVAL or not event.data.get("signature"):
            continue
        line = event.seq + 1
        try:
            key = signed_by(str(event.data.get("statement", "")), str(event.data["signature"]))
        except OutsideFailed as error:
            yield Finding("V13", Verdict.UNKNOWN, line, error.what)
            continue
        if key is None or key != event.data.get("key"):
            yield Finding(
                "V13",
                Verdict.FAIL,
                line,
                Text("the approval is not signed with the key it names", "批准并非由其所列密钥签名"),
            )


def _report_findings(folder: Path, head: Head) -> Iterator[Finding]:
    if not (folder / DOCUMENT).is_file():
        return
    try:
        document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
        copies = [str(name) for name in document["chain"]["copies"]]
        page = (folder / PAGE).read_text(encoding="utf-8") if (folder / PAGE).is_file() else None
    except (ValueError, TypeError, KeyError, RecursionError):
        yield _finding("V11", f"{DOCUMENT} or {PAGE} cannot be read", f"{DOCUMENT} 或 {PAGE} 无法读取")
        return
    yield from _compared(document, document_of(folder, copies, head), page)


def _compared(document: Mapping[str, Any], due: Mapping[str, Any], page: str | None) -> Iterator[Finding]:
    if document.get("made_by", due["made_by"]) != due["made_by"]:
        yield Finding(
            "V11",
            Verdict.UNKNOWN,
            0,
            Text(
                f"{DOCUMENT} was made by another version: `report show` makes it again from the journal",
                f"{DOCUMENT} 由其他版本生成：请用 `report show` 依据日志重新生成",
            ),
        )
        return
    if {**document, "made_by": due["made_by"]} != due:
        yield _finding("V11", f"{DOCUMENT} does not say what the journal says", f"{DOCUMENT} 与日志不符")
    if page is not None and page != render(due):
        yield _finding("V12", f"{PAGE} does not show what the journal says", f"{PAGE} 与日志不符")


def _finding(rule: str, en: str, zh: str) -> Finding:
    return Finding(rule, Verdict.FAIL, 0, Text(en, zh))
