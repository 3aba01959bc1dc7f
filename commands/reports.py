"""Shows the reports of drills, and checks that nobody changed the evidence."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import Table, Voice
from failures import AnswerNo, GovcloudError, InputInvalid, OutsideFailed, Text

if TYPE_CHECKING:
    from dr_drills.journal.verify import Finding

_VERDICTS = {"pass": Text("pass", "通过"), "fail": Text("FAIL", "未通过"), "unknown": Text("unknown", "无法判定")}
_EXITS = {"pass": 0, "fail": 1, "unknown": 5}
_RULES = (Text("rule", "规则"), Text("is", "判定"), Text("what must hold", "要求"), Text("finding", "依据"))
_STEPS = (
    Text("step", "步骤"),
    Text("target", "对象"),
    Text("predicted s", "预测(秒)"),
    Text("measured s", "实测(秒)"),
    Text("budget s", "预算(秒)"),
    Text("done", "完成"),
)
_OUTAGES = (
    Text("client", "客户端"),
    Text("service", "服务"),
    Text("outage s", "中断(秒)"),
    Text("bounds s", "上下界(秒)"),
)
_FINDINGS = (Text("rule", "规则"), Text("is", "判定"), Text("line", "行"), Text("what", "问题"))


@dataclass(frozen=True)
class Shown:
    """The report of a run."""

    report: Mapping[str, Any]

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 5 unknown."""
        return _EXITS[self.report["verdict"]]

    @property
    def messages(self) -> tuple[GovcloudError, ...]:
        return ()

    def document(self) -> dict[str, Any]:
        return dict(self.report)


@dataclass(frozen=True)
class Checked:
    """What speaks against the evidence at `path`."""

    path: Path
    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """0 when nothing does, 1 when it was changed, 5 when that cannot be known."""
        verdicts = {str(finding.verdict) for finding in self.findings}
        return 1 if "fail" in verdicts else 5 if verdicts else 0

    @property
    def messages(self) -> tuple[GovcloudError, ...]:
        if self.exit_code == 1:
            what = Text("this is not the evidence that was written", "这不是当初写下的证据")
            return (AnswerNo(what, where=str(self.path)),)
        if self.exit_code:
            what = Text("whether this is all that was written cannot be known", "无法得知这是否为当初写下的全部内容")
            fix = Text("compare with a head kept at another site: --head FILE", "请与异地保存的链头比对：--head FILE")
            return (OutsideFailed(what, where=str(self.path), fix=fix),)
        return ()

    def document(self) -> dict[str, Any]:
        return {
            "ok": not self.exit_code,
            "path": str(self.path),
            "findings": [finding.document() for finding in self.findings],
        }


def show(voice: Voice, run: str, html: Path | None) -> int:
    """Print a run's report as its journal gives it now; with `html`, write its page there too."""
    from dr_drills.journal.heads import put_whole
    from dr_drills.report.files import PAGE, document_of
    from dr_drills.report.page import render

    folder = folder_of(run)
    shown = Shown(document_of(folder))
    if html:
        put_whole(html, render(shown.report))
    code = voice.report(shown, report_tables)
    page = html or folder / PAGE
    if page.is_file():
        voice.note(Text(f"the page: {page}", f"报告页面：{page}"))
    return code


def verify(voice: Voice, path: Path, head: Path | None, head_from: str | None = None) -> int:
    """Check a run's folder or a journal, with a head that another site kept as a file or in its store."""
    from commands.drill_stores import kept_head
    from dr_drills.report.files import audit

    checked = Checked(path, audit(path, head, kept_head(path, voice.note) if head_from else None))
    if not checked.findings:
        voice.say(Text(f"{path}: whole and unchanged", f"{path}：完整且未被改动"))
    return voice.report(checked, finding_tables)


def folder_of(run: str) -> Path:
    """Return the folder of a run that is named by its path or its id. Raises InputInvalid."""
    from dr_drills.rehearsal.runs import drills_folder
    from stacks.rollout.home import clouds_at, home_of, root_folder

    named = Path(run)
    if named.is_dir():
        return named
    homes = (home_of(cloud, os.environ) for cloud in clouds_at(root_folder(os.environ)))
    found = [folder for home in homes if named.name == run and (folder := drills_folder(home) / run).is_dir()]
    if len(found) != 1:
        raise InputInvalid(
            Text("there is no such run", "没有这次演练")
            if not found
            else Text("several clouds have it", "多个云有同名演练"),
            where=run,
            fix=Text("name its folder", "请给出其目录"),
        )
    return found[0]


def report_tables(shown: Shown) -> Iterator[Table]:
    """Yield the verdict's rules, the steps and the outages."""
    report = shown.report
    title = Text(f"{report['run']}: {report['verdict']}", f"{report['run']}：{_VERDICTS[report['verdict']].zh}")
    rows = report["reasons"]
    yield Table(
        _RULES,
        tuple((r["rule"], _VERDICTS[r["verdict"]], Text(**r["reason"]), Text(r["en"], r["zh"])) for r in rows),
        title,
    )
    yield Table(_STEPS, tuple(_step(row) for row in report["steps"]))
    yield Table(
        _OUTAGES,
        tuple(
            (
                str(r["client"]),
                str(r["service"]),
                _number(r["seconds"]),
                f"{_number(r['low_s'])} - {_number(r['high_s'])}",
            )
            for r in report["outages"]
        ),
    )


def finding_tables(checked: Checked) -> Iterator[Table]:
    """Yield what was found, line by line."""
    yield Table(
        _FINDINGS,
        tuple((f.rule, _VERDICTS[str(f.verdict)], str(f.line or "-"), f.message) for f in checked.findings),
    )


def _step(row: Mapping[str, Any]) -> tuple[str, ...]:
    times = (_number(row[name]) for name in ("predicted_s", "measured_s", "budget_s"))
    return str(row["rule"]), str(row["target"]), *times, str(row["answer"] or "-")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
