"""The words of the page, in both languages."""

from __future__ import annotations

from failures import Text

VERDICTS: dict[str, Text] = {
    "pass": Text("PASS", "通过"),
    "fail": Text("FAIL", "未通过"),
    "unknown": Text("UNKNOWN", "无法判定"),
}
SIGNS: dict[str, str] = {"pass": "✓", "fail": "✗", "unknown": "?"}
ANSWERS: dict[str, Text] = {
    "yes": Text("done", "已完成"),
    "no": Text("not done", "未完成"),
    "unknown": Text("unknown", "未知"),
}
PHASES: dict[str, Text] = {
    "gate": Text("gate", "门禁"),
    "baseline": Text("baseline", "基线"),
    "inject": Text("inject", "注入"),
    "detect": Text("detect", "发现"),
    "decide": Text("decide", "决策"),
    "fence": Text("fence", "隔离"),
    "promote": Text("promote", "提升"),
    "route": Text("route", "切换入口"),
    "verify": Text("verify", "验证"),
    "restore": Text("restore", "恢复保护"),
    "hold": Text("hold", "保持"),
    "heal": Text("heal", "恢复"),
    "rejoin": Text("rejoin", "归队"),
    "count": Text("count", "清点"),
}
KINDS: dict[str, Text] = {
    "run-began": Text("run began", "演练开始"),
    "gate": Text("gate", "门禁"),
    "phase-began": Text("phase began", "阶段开始"),
    "phase-ended": Text("phase ended", "阶段结束"),
    "fault-intent": Text("about to inject", "即将注入故障"),
    "fault-injected": Text("fault in force", "故障已注入"),
    "step-intent": Text("step begins", "步骤开始"),
    "step-done": Text("step ended", "步骤结束"),
    "step-doubt": Text("step in doubt", "步骤存疑"),
    "approval": Text("approval", "批准"),
    "heal-intent": Text("about to heal", "即将恢复"),
    "healed": Text("healed", "已恢复"),
    "measured": Text("measured", "测量"),
    "run-ended": Text("run ended", "演练结束"),
    "torn-tail": Text("torn line cut off", "截去残缺行"),
    "resumed": Text("resumed", "继续执行"),
}
CLIENTS: dict[str, Text] = {
    "writer": Text("writes rows", "写入"),
    "citizen": Text("applies for a certificate", "市民办事"),
    "reader": Text("reads", "只读查询"),
    "resolver": Text("asks the entrance", "域名解析"),
}
ROLES: dict[str, Text] = {"active": Text("active", "双活"), "dr": Text("DR", "灾备")}
STATES: dict[str, Text] = {"lost": Text("hit", "受影响"), "hit": Text("a part hit", "部分受影响"), "well": Text("", "")}
TARGETS: dict[str, Text] = {
    "site": Text("site", "数据中心"),
    "link": Text("line", "线路"),
    "carrier": Text("carrier", "运营商"),
    "host": Text("host", "主机"),
    "service": Text("service", "服务"),
    "feed": Text("power feed", "供电"),
}
LEDGER: tuple[tuple[str, Text, Text], ...] = (
    ("acknowledged", Text("acknowledged", "已确认"), Text("the client was told they are safe", "客户端已收到成功确认")),
    ("lost", Text("lost", "丢失"), Text("acknowledged, and gone after the rejoin", "已确认，但归队后不存在")),
    (
        "recovered",
        Text("recovered", "找回"),
        Text("missing before the rejoin, there after it", "归队前缺失，归队后存在"),
    ),
    ("unexpected", Text("unexpected", "意外"), Text("refused, and there all the same", "已拒绝，却仍然存在")),
    (
        "indeterminate_present",
        Text("in doubt, there", "存疑且存在"),
        Text("no clear answer; the row is there", "未得到明确答复；记录存在"),
    ),
    (
        "indeterminate_absent",
        Text("in doubt, absent", "存疑且不存在"),
        Text("no clear answer; the row is not there", "未得到明确答复；记录不存在"),
    ),
)
