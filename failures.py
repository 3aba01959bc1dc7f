"""The errors a user can meet, each with the exit code that scripts rely on.

GovcloudError                5  root; never raised itself
├── AnswerNo                 1  the question was answered: no (error findings, failed verdict, drift)
├── WrongUsage               2  the words of the command are off
├── InputInvalid             3  input cannot be read or is invalid
│   └── TopologyInvalid      3  carries every Finding of the run
├── GateRefused              4  a gate said no (policy, approval, stale plan, window, lock, unsafe state)
├── OutsideFailed            5  something outside failed, the rest was done
│   └── SiteUnreachable      5  a site's API does not answer
├── OutcomeUnknown           6  it may or may not have happened
└── Interrupted            130  stopped by the user, state sound
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topology.findings import Finding


class Text(NamedTuple):
    """One message in both languages of the users."""

    en: str
    zh: str

    def say(self, lang: str) -> str:
        """Return the message in `lang` ("en" or "zh")."""
        return self.zh if lang == "zh" else self.en


NOTHING = Text("", "")


class GovcloudError(Exception):
    """What went wrong, where, and what to do next; `exit_code` is part of the command-line contract."""

    exit_code = 5

    def __init__(self, what: Text, *, where: str = "", fix: Text = NOTHING) -> None:
        super().__init__(what.en)
        self.what, self.where, self.fix = what, where, fix

    def say(self, lang: str) -> str:
        """Return one to three lines: `where: what`, then what to do next."""
        head = f"{self.where}: {self.what.say(lang)}" if self.where else self.what.say(lang)
        fix = self.fix.say(lang)
        return f"{head}\n  -> {fix}" if fix else head


class AnswerNo(GovcloudError):
    exit_code = 1


class WrongUsage(GovcloudError):
    exit_code = 2


class InputInvalid(GovcloudError):
    exit_code = 3


class TopologyInvalid(InputInvalid):
    def __init__(self, findings: Sequence[Finding]) -> None:
        count = len(findings)
        super().__init__(Text(f"the topology has {count} error(s)", f"拓扑文件有 {count} 处错误"))
        self.findings = tuple(findings)


class GateRefused(GovcloudError):
    exit_code = 4


class OutsideFailed(GovcloudError):
    exit_code = 5


class SiteUnreachable(OutsideFailed):
    pass


class OutcomeUnknown(GovcloudError):
    exit_code = 6


class Interrupted(GovcloudError):
    exit_code = 130


_BAD_PATH = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)


def of_system(error: OSError) -> GovcloudError:
    """Return what a refusal of the operating system means to the user; `error` is its cause."""
    where, reason = str(error.filename or ""), error.strerror or str(error) or type(error).__name__
    failure: GovcloudError
    if isinstance(error, _BAD_PATH):
        fix = Text("check the path and its permissions", "请检查路径及其权限")
        failure = InputInvalid(Text(reason, reason), where=where, fix=fix)
    elif error.errno in {errno.ENOSPC, errno.EDQUOT}:
        what = Text("no space left on the disk; nothing is lost", "磁盘空间不足；没有数据丢失")
        fix = Text("free some space and run the command again", "请清理磁盘后重新执行命令")
        failure = OutsideFailed(what, where=where, fix=fix)
    else:
        failure = OutsideFailed(Text(reason, reason), where=where)
    failure.__cause__ = error
    return failure
