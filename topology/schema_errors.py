"""What the model refuses, as findings: a table keyed by pydantic's error type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from failures import Text
from topology.findings import Finding
from topology.model import Cloud
from topology.nearest import choose
from topology.places import Places
from topology.rules import MAX_FINDINGS, Path, Rule, show
from topology.salvage import salvage
from topology.shape import object_at
from topology.textrules import CONTROL
from topology.values import NAME_PATTERN


@dataclass(frozen=True)
class Parsed:
    """`cloud` when all is well; `partial` is what is left without the wrong parts, for further checks."""

    cloud: Cloud | None
    partial: Cloud | None
    findings: list[Finding]


@dataclass(frozen=True)
class Problem:
    """One error of pydantic's, with the path in the topology."""

    path: Path
    value: Any
    context: dict[str, Any]
    message: str

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        return str(self.path[-1]) if self.path else ""


@dataclass(frozen=True)
class SchemaRow:
    """One kind of error: its rule, its words, and whether the key or the value is the place."""

    type: str
    rule: Rule
    message: Callable[[Problem], Text]
    fix: Callable[[Problem], Text]
    at: Literal["key", "value"] = "value"


def parse(data: dict[str, Any], places: Places) -> Parsed:
    """Return the cloud that plain data describes, or what is wrong with it."""
    try:
        cloud = Cloud.model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        return Parsed(
            None, salvage(data, [e["loc"] for e in errors]), [_finding(e, places) for e in errors[:MAX_FINDINGS]]
        )
    return Parsed(cloud, cloud, [])


def _finding(error: ErrorDetails, places: Places) -> Finding:
    row = ROWS.get(error["type"], ROWS["value_error"])
    path, at = error["loc"], row.at
    if path and path[-1] == "[key]":
        path, at = path[:-1], "key"
    problem = Problem(path, error["input"], error.get("ctx", {}), error["msg"])
    place = places.key(path) if at == "key" else places.value(path)
    return row.rule.found(place, path, row.message(problem), row.fix(problem))


def _known_keys(path: Path) -> list[str]:
    found = object_at(path)
    return list(found.model_fields) if found else []


def _wrong(en: str, zh: str) -> Callable[[Problem], Text]:
    """Return a message builder: what is expected, and what stands there."""
    return lambda p: Text(f"{en} is expected, not {show(p.value)}", f"应为{zh},而非 {show(p.value)}")


def _say(en: str, zh: str) -> Callable[[Problem], Text]:
    return lambda _: Text(en, zh)


def _limit(en: str, zh: str, key: str) -> Callable[[Problem], Text]:
    return lambda p: Text(f"{show(p.value)} is {en} {p.context[key]}", f"{show(p.value)} {zh} {p.context[key]}")


def _pattern(p: Problem) -> Text:
    if p.context["pattern"] == NAME_PATTERN:
        return Text(f"{show(p.value)} is not a name", f"{show(p.value)} 不是合法的名称")
    return Text(
        f"{show(p.value)} has characters that {p.name} cannot hold", f"{show(p.value)} 含有 {p.name} 不允许的字符"
    )


def _pattern_fix(p: Problem) -> Text:
    if p.context["pattern"] == NAME_PATTERN:
        return Text(
            "a name starts with a-z and goes on with a-z, 0-9 and -, at most 31 characters",
            "名称以 a-z 开头,后接 a-z、0-9 和 -,最长 31 个字符",
        )
    return Text(f"it must match {p.context['pattern']}", f"须匹配 {p.context['pattern']}")


def _map_fix(p: Problem) -> Text:
    keys = _known_keys(p.path)
    if p.name == "title":
        return Text("write {zh: 标题, en: title}", "请写成 {zh: 标题, en: title}")
    if keys:
        listed = ", ".join(keys[:8])
        return Text(f"write keys and values: {listed}", f"请写键和值:{listed}")
    return Text("write `name: ...` entries below the key", "请在该键下写 `名称: ...` 条目")


def _choices(p: Problem) -> list[str]:
    return [word.strip("'") for word in str(p.context["expected"]).replace(" or ", ", ").split(", ")]


def _row(
    kind: str,
    number: str,
    reason: Text,
    message: Callable[[Problem], Text],
    fix: Callable[[Problem], Text],
    at: Literal["key", "value"] = "value",
) -> SchemaRow:
    return SchemaRow(kind, Rule(number, reason), message, fix, at)


_TYPES = Text("A value has the type of its key.", "值的类型由其键决定。")
_LIMITS = Text("A number stays within the limits of its key.", "数字不得超出其键的范围。")
_LENGTHS = Text("A list or mapping holds as many entries as its key allows.", "列表或映射的条目数由其键决定。")
_TITLES = Text("A title has 1 to 200 characters.", "标题为 1 至 200 个字符。")
_QUOTES = ("write it without quotes, as a plain number", "请不加引号,直接写数字")

SCHEMA_ROWS = (
    _row(
        "extra_forbidden",
        "T101",
        Text("An unknown key would be ignored by others; here it is an error.", "未知的键在别处会被忽略;在此是错误。"),
        lambda p: Text(f"the key {show(p.name)} is not known here", f"此处没有名为 {show(p.name)} 的键"),
        lambda p: choose(p.name, _known_keys(p.path[:-1])),
        "key",
    ),
    _row(
        "missing",
        "T102",
        Text("What has no safe default must be said.", "没有安全默认值的内容必须写明。"),
        lambda p: Text(f"{p.name} is missing", f"缺少 {p.name}"),
        lambda p: Text(f"add `{p.name}: ...` here", f"请在此处添加 `{p.name}: ...`"),
        "key",
    ),
    _row("int_type", "T103", _TYPES, _wrong("a whole number", "整数"), _say(*_QUOTES)),
    _row("float_type", "T104", _TYPES, _wrong("a number", "数字"), _say(*_QUOTES)),
    _row(
        "string_type",
        "T105",
        _TYPES,
        _wrong("text", "文本"),
        _say("write text, in quotes if need be", "请写文本,必要时加引号"),
    ),
    _row(
        "bool_type",
        "T106",
        _TYPES,
        _wrong("true or false", "true 或 false"),
        _say("write true or false", "请写 true 或 false"),
    ),
    _row("dict_type", "T107", _TYPES, _wrong("a mapping", "映射"), _map_fix),
    _row("model_type", "T107", _TYPES, _wrong("a mapping", "映射"), _map_fix),
    _row(
        "tuple_type",
        "T108",
        _TYPES,
        _wrong("a list", "列表"),
        _say("write [a, b], or one `- item` per line", "请写 [a, b],或每行一个 `- 条目`"),
    ),
    _row(
        "string_pattern_mismatch",
        "T109",
        Text(
            "Names and words end up in machine names and commands, so their characters are few.",
            "名称会用于机器名与命令,因此字符集很小。",
        ),
        _pattern,
        _pattern_fix,
    ),
    _row(
        "greater_than_equal",
        "T110",
        _LIMITS,
        _limit("less than", "小于", "ge"),
        lambda p: Text(f"at least {p.context['ge']}", f"至少 {p.context['ge']}"),
    ),
    _row(
        "less_than_equal",
        "T111",
        _LIMITS,
        _limit("more than", "大于", "le"),
        lambda p: Text(f"at most {p.context['le']}", f"至多 {p.context['le']}"),
    ),
    _row(
        "literal_error",
        "T112",
        Text("Some keys take one of a few words.", "有些键只接受少数几个词。"),
        lambda p: Text(f"{show(p.value)} is not a word for {p.name}", f"{show(p.value)} 不是 {p.name} 的可选值"),
        lambda p: choose(p.value, _choices(p)),
    ),
    _row(
        "enum",
        "T112",
        Text("Some keys take one of a few words.", "有些键只接受少数几个词。"),
        lambda p: Text(f"{show(p.value)} is not a word for {p.name}", f"{show(p.value)} 不是 {p.name} 的可选值"),
        lambda p: choose(p.value, _choices(p)),
    ),
    _row(
        "too_short",
        "T113",
        _LENGTHS,
        lambda p: Text(f"{p.name} holds too few entries", f"{p.name} 的条目太少"),
        lambda p: Text(f"at least {p.context['min_length']}", f"至少 {p.context['min_length']} 个"),
    ),
    _row(
        "too_long",
        "T114",
        _LENGTHS,
        lambda p: Text(f"{p.name} holds too many entries", f"{p.name} 的条目太多"),
        lambda p: Text(f"at most {p.context['max_length']}", f"至多 {p.context['max_length']} 个"),
    ),
    _row(
        "string_too_short",
        "T115",
        _TITLES,
        _say("the text is empty", "文本为空"),
        _say("write a title, or leave the key out", "请写标题,或省略该键"),
    ),
    _row(
        "string_too_long",
        "T116",
        _TITLES,
        lambda p: Text(f"the text has {len(p.value)} characters", f"文本有 {len(p.value)} 个字符"),
        lambda p: Text(f"at most {p.context['max_length']}", f"至多 {p.context['max_length']} 个"),
    ),
    _row(
        "duration",
        "T117",
        Text("A duration names its unit.", "时长须带单位。"),
        _wrong("a duration", "时长"),
        _say("write a number with a unit: 30s, 15m, 4h or 7d", "请写数字加单位:30s、15m、4h 或 7d"),
    ),
    _row(
        "network",
        "T118",
        Text("A network names its prefix length and has no host bits.", "网段须带前缀长度且无主机位。"),
        _wrong("an IPv4 network", "IPv4 网段"),
        _say("write the first address and the prefix length: 10.64.0.0/12", "请写首地址与前缀长度:10.64.0.0/12"),
    ),
    _row(
        "value_error",
        "T119",
        Text("Other values the model cannot hold.", "模型无法容纳的其他值。"),
        lambda p: Text(f"{show(p.value)} is refused: {p.message}", f"{show(p.value)} 不被接受:{p.message}"),
        _say("see the language reference", "请参阅语言参考"),
    ),
    SchemaRow("control", CONTROL, _say("a character does not show", "含有不可见字符"), _say("delete it", "请删除")),
)
ROWS = {row.type: row for row in SCHEMA_ROWS}
