"""What a second person signs: who agrees to which plan of which topology, and when."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Self

from dr_drills.journal.event import canonical
from failures import InputInvalid, Text

WHAT = "govcloud drill approval: rows may be lost"
NAME = re.compile(r"\w[\w.@-]{0,63}")
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Statement:
    """`signed_at` is UTC, ISO 8601; `nonce` lets one approval be told from another of the same plan."""

    cloud: str
    plan_sha256: str
    topology_sha256: str
    who: str
    signed_at: str
    nonce: str
    what: str = WHAT

    @classmethod
    def new(cls, cloud: str, plan_sha256: str, topology_sha256: str, who: str) -> Self:
        """Return the statement of a person now. Raises InputInvalid for what is no name or no digest."""
        if not NAME.fullmatch(who):
            raise InputInvalid(Text("this is no name of a person", "不是有效的人员名称"), where=who)
        if not DIGEST.fullmatch(plan_sha256):
            raise InputInvalid(
                Text("this is no digest of a plan", "不是计划的摘要"),
                where=plan_sha256,
                fix=Text("it is what `govcloud drill plan` ends with", "见 `govcloud drill plan` 输出的末行"),
            )
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(cloud, plan_sha256, topology_sha256, who, at, secrets.token_hex(16))

    @property
    def text(self) -> str:
        """Return the only text that stands for it: what is signed."""
        return canonical(asdict(self)).decode()

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.signed_at)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the statement of a text. Raises ValueError for any other text."""
        try:
            found = cls(**json.loads(text))
            moment = found.at
        except (TypeError, AttributeError) as error:
            raise ValueError("not the fields of an approval") from error
        if found.text != text or found.what != WHAT or moment.tzinfo is None or not NAME.fullmatch(found.who):
            raise ValueError("not as an approval is written")
        return found
