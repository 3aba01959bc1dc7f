"""The phases of a drill, in order, and which phase each action of a plan belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from dr_drills.planning.steps import Action
from failures import Text


@dataclass(frozen=True)
class Phase:
    """`resumes`: a run that died in it goes on with it; else it goes on with healing."""

    id: str
    title: Text
    resumes: bool


PHASES: tuple[Phase, ...] = (
    Phase("gate", Text("health gate", "健康门禁"), resumes=True),
    Phase("baseline", Text("baseline", "基线"), resumes=True),
    Phase("inject", Text("inject", "注入故障"), resumes=False),
    Phase("detect", Text("detect", "发现"), resumes=True),
    Phase("decide", Text("decide", "决策"), resumes=True),
    Phase("fence", Text("fence", "隔离"), resumes=True),
    Phase("promote", Text("promote", "提升"), resumes=True),
    Phase("route", Text("route", "切换入口"), resumes=True),
    Phase("verify", Text("verify", "验证"), resumes=True),
    Phase("restore", Text("restore", "恢复保护"), resumes=True),
    Phase("hold", Text("hold", "稳定观察"), resumes=True),
    Phase("heal", Text("heal", "撤除故障"), resumes=True),
    Phase("rejoin", Text("rejoin", "归队"), resumes=True),
    Phase("count", Text("count", "清点"), resumes=True),
)
TITLES = {phase.id: phase.title for phase in PHASES}
PHASE_OF: dict[Action, str] = {
    **dict.fromkeys(Action, "restore"),
    **dict.fromkeys((Action.FENCE, Action.PROVE_OFF), "fence"),
    **dict.fromkeys(
        (
            Action.SWITCH,
            Action.RELEASE_LEASE,
            Action.AWAIT_LEASE,
            Action.FORCE_STORE,
            Action.PROMOTE_DR,
            Action.DEMOTE_DR,
            Action.ATTACH_CITY,
            Action.PROMOTE_CITY,
        ),
        "promote",
    ),
    Action.ROUTE: "route",
    Action.VERIFY_WRITE: "verify",
}
