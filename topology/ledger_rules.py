"""What holds for an address ledger, as rows: the id a finding carries, and why."""

from __future__ import annotations

from failures import Text
from topology.rules import Rule

SYNTAX = Rule("T401", Text("A ledger is the YAML that govcloud wrote.", "地址台账是 govcloud 写出的 YAML。"))
SHAPE = Rule("T402", Text("A ledger is plain mappings of names to numbers.", "地址台账只是名称到编号的映射。"))
VERSION = Rule("T403", Text("A ledger of a newer version is not guessed at.", "不猜测更新版本台账的含义。"))
KEY = Rule("T404", Text("A ledger has known keys, each once.", "台账的键须已知且不重复。"))
NAME = Rule("T405", Text("Only sites and departments hold numbers.", "只有中心和部门持有编号。"))
NUMBER = Rule(
    "T406",
    Text("A number is whole and not negative; a department's is 1 or more.", "编号为非负整数, 部门的编号从 1 起。"),
)
RANGE = Rule("T407", Text("A number in use lies inside every zone.", "在用编号须落在每个网络区之内。"))
DOUBLE = Rule("T408", Text("A number has one holder.", "一个编号只有一个持有者。"))
BOTH = Rule("T409", Text("A name is in use or retired, not both.", "名称或在用或停用, 不可兼有。"))

LEDGER_RULES = (SYNTAX, SHAPE, VERSION, KEY, NAME, NUMBER, RANGE, DOUBLE, BOTH)
