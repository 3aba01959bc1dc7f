"""The rules for the text of a topology file, before any meaning."""

from __future__ import annotations

from failures import Text
from topology.rules import Rule

NOT_UTF8 = Rule("T001", Text("A topology is UTF-8 text.", "拓扑文件是 UTF-8 文本。"))
CONTROL = Rule(
    "T002",
    Text(
        "Characters that do not show could hide what a file really says.",
        "不可见字符会掩盖文件的真实内容。",
    ),
)
SYNTAX = Rule("T003", Text("The file must be YAML.", "文件必须是 YAML。"))
EMPTY = Rule("T004", Text("An empty file describes nothing.", "空文件什么也没有描述。"))
DOCUMENTS = Rule("T005", Text("One file holds one document.", "一个文件只含一份文档。"))
NOT_MAPPING = Rule(
    "T006", Text("The top of a topology is a mapping of its sections.", "拓扑文件的顶层是各部分的映射。")
)
TOO_DEEP = Rule(
    "T007", Text("Nesting is limited, so that a hostile file costs nothing.", "嵌套层数有限,以防恶意文件。")
)
TOO_MANY = Rule(
    "T008",
    Text(
        "The number of values is limited, counting again whatever an alias repeats.",
        "值的数量有限,别名重复的部分也计入。",
    ),
)
TAG = Rule("T009", Text("Tags could build objects; a topology is plain data.", "标签可构造对象;拓扑文件只含普通数据。"))
TAG_VALUE = Rule("T010", Text("A value fits the tag it is written with.", "值必须与其标签相符。"))
MERGE = Rule(
    "T011",
    Text(
        "Merge keys (<<) hide where a value comes from and are no part of YAML 1.2.",
        "合并键(<<)掩盖值的来源,也不属于 YAML 1.2。",
    ),
)
DUPLICATE = Rule(
    "T012",
    Text("A key stands once: readers would silently drop one of two.", "同一个键只写一次:否则其中一个会被静默丢弃。"),
)
KEY = Rule("T013", Text("Keys are text.", "键必须是文本。"))
DOUBT = Rule(
    "T014",
    Text(
        "Words such as no, 1:30 or 0777 mean different things to different YAML readers.",
        "no、1:30、0777 之类的写法在不同的 YAML 解析器中含义不同。",
    ),
)
BRACES = Rule(
    "T015",
    Text(
        "Text that looks like a template could be executed further on; only titles may hold it.",
        "形似模板的文本可能在后续环节被执行;只有标题可以包含。",
    ),
)
RECURSIVE = Rule("T016", Text("A value cannot contain itself.", "值不能包含自身。"))
ANCHOR = Rule(
    "T017", Text("An alias repeats an anchor set earlier in the same file.", "别名只能引用同一文件中先前的锚点。")
)
NUMBER = Rule("T018", Text("Numbers have a sensible size.", "数字的大小须合理。"))

TEXT_RULES = (
    NOT_UTF8,
    CONTROL,
    SYNTAX,
    EMPTY,
    DOCUMENTS,
    NOT_MAPPING,
    TOO_DEEP,
    TOO_MANY,
    TAG,
    TAG_VALUE,
    MERGE,
    DUPLICATE,
    KEY,
    DOUBT,
    BRACES,
    RECURSIVE,
    ANCHOR,
    NUMBER,
)
