"""Each service of a cloud proves itself by use, after it was configured."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from dr_drills.probes.scene import Variables, scene
from dr_drills.probes.trust import Keys
from dr_drills.probes.web import Web
from dr_drills.verdicts import Row, Verdict, exit_code
from dr_drills.verify.proof import prove
from dr_drills.verify.proofs import PROOFS
from dr_drills.verify.tools import Tools
from failures import AnswerNo, GovcloudError, OutsideFailed, Text

CALL_SECONDS = 5.0
"""For one call of a proof."""
PATIENCE = 60.0
"""For all of them: after a change, health checks and followers need some seconds to agree."""


@dataclass(frozen=True)
class VerifyReport:
    """A row per proof, in the order of the table of proofs."""

    rows: tuple[Row, ...]

    @property
    def exit_code(self) -> int:
        """0 when every proof holds, 1 when one does not, 5 when one could not be tried."""
        return exit_code(self.rows)

    @property
    def messages(self) -> tuple[GovcloudError, ...]:
        """Return one message for each proof that does not hold."""
        return tuple(_message(row) for row in self.rows if row.verdict is not Verdict.PASS)

    def document(self) -> dict[str, Any]:
        return {
            "ok": self.exit_code == 0,
            "exit_code": self.exit_code,
            "rows": [row.document() for row in self.rows],
        }


def verify(hosts: Variables, keys: Keys, seconds: float = PATIENCE, only: Collection[str] = ()) -> VerifyReport:
    """Let every service prove itself, or those in `only`; `hosts` are the inventory's variables by host.

    Proofs run at once and are tried again until they hold, for about `seconds`. What they write, they take away.
    """
    everyone = scene(hosts)
    tools = Tools(everyone, keys, Web(keys, CALL_SECONDS), CALL_SECONDS)
    proofs = [proof for row in PROOFS for proof in row.proofs(tools) if not only or proof.subject in only]
    rows = prove(tuple(proofs), seconds)
    return VerifyReport((*rows, *tools.tidy()))


def _message(row: Row) -> GovcloudError:
    where = f"{row.subject} ({row.where})" if row.where else row.subject
    fix = Text(
        "govcloud status shows the whole; then run deploy again", "可用 govcloud status 查看全貌，然后重新执行 deploy"
    )
    kind = AnswerNo if row.verdict is Verdict.FAIL else OutsideFailed
    return kind(Text(f"{row.rule} {row.message.en}", f"{row.rule} {row.message.zh}"), where=where, fix=fix)
