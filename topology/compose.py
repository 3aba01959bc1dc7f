"""YAML text to plain data with a mark for every key and value, within limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NoReturn

import yaml

from failures import NOTHING, Text
from topology import scalars, textrules
from topology.findings import Finding, Place
from topology.places import Mark, Marks
from topology.rules import MAX_FINDINGS, Path, Rule, show
from topology.source import Source

MAX_DEPTH = 32
MAX_VALUES = 1_000_000
MAX_HIDDEN = 20
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]"
)
_CONFLICT = re.compile("^<<<<<<< ", re.MULTILINE)
_TEMPLATE = re.compile(r"\{[{%#]")
_CORE = "tag:yaml.org,2002:"
_COLLECTIONS = {yaml.MappingStartEvent: "map", yaml.SequenceStartEvent: "seq"}


@dataclass(frozen=True)
class Composed:
    """One file as plain data; `whole` is false when reading stopped before its end."""

    file: str
    data: dict[str, Any]
    marks: Marks
    findings: tuple[Finding, ...]
    whole: bool


class _StoppedError(Exception):
    """Reading cannot go on; the reason is among the findings."""


@dataclass
class _Frame:
    """A mapping or list being filled; `size` counts its values, aliases expanded."""

    node: dict[str, Any] | list[Any]
    mark: Place
    anchor: str | None
    marks: dict[str | int, Mark] = field(default_factory=dict)
    size: int = 1
    key: str | None = None
    key_mark: Place | None = None


def compose(source: Source) -> Composed:
    """Return the data of one file with all findings about its text; never raises on any content."""
    composer = _Composer(source.name)
    try:
        text = composer.decode(source.content)
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            composer.take(event)
        composer.finish()
    except _StoppedError:
        return composer.composed(whole=False)
    except yaml.YAMLError as error:
        composer.syntax(error)
        return composer.composed(whole=False)
    return composer.composed(whole=True)


class _Composer:
    """Turns the parser's events into data without recursion, so depth costs nothing."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.marks: Marks = {}
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int] | None] = {}
        self.root: Any = None
        self.documents = 0
        self.pending: str | None = None
        self.takers: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def decode(self, content: bytes) -> str:
        """Return the text of a file, or stop with the place of the first wrong byte or hidden character."""
        try:
            text = content.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            place = self._offset(content[: error.start].decode("utf-8"))
            what = Text("this file is not UTF-8 text", "该文件不是 UTF-8 文本")
            fix = Text("save it as UTF-8 in your editor", "请在编辑器中另存为 UTF-8")
            self._stop(textrules.NOT_UTF8, place, what, fix)
        for match in islice(_HIDDEN.finditer(text), MAX_HIDDEN):
            self._add(textrules.CONTROL, self._offset(text[: match.start()]), *_hidden(match.group()))
        if self.findings:
            raise _StoppedError
        conflict = _CONFLICT.search(text)
        if conflict:
            what = Text("a merge conflict is left here", "此处残留有合并冲突标记")
            fix = Text("keep one of the two versions and delete the marks", "请保留其中一个版本并删除标记")
            self._stop(textrules.SYNTAX, self._offset(text[: conflict.start()]), what, fix)
        return text

    def take(self, event: yaml.Event) -> None:
        """Add one event of the parser."""
        taker = self.takers.get(type(event))
        if taker:
            taker(event)

    def finish(self) -> None:
        """Check what the whole document turned out to be."""
        start = Place(self.file, 1, 1)
        if self.root is None:
            what = Text("the file is empty", "文件为空")
            fix = Text("`govcloud init` writes a topology to start from", "`govcloud init` 可生成一个起始拓扑")
            self._stop(textrules.EMPTY, start, what, fix)
        if not isinstance(self.root, dict):
            what = Text("the top level is not a mapping", "顶层不是映射")
            fix = Text(
                "start with `cloud: NAME`, then `sites:`, `zones:` and so on",
                "请以 `cloud: 名称` 开头,再写 `sites:`、`zones:` 等",
            )
            self._stop(textrules.NOT_MAPPING, start, what, fix)

    def syntax(self, error: yaml.YAMLError) -> None:
        """Record what the YAML parser says."""
        mark = getattr(error, "problem_mark", None)
        problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
        if "cannot start any token" in problem:
            problem += " (a tab or a reserved character such as @ or `)"
        fix = Text("indent with spaces, put text with : # { [ in quotes", "请用空格缩进,含 : # { [ 的文本请加引号")
        place = _place(self.file, mark) if mark else Place(self.file, 1, 1)
        what = Text(f"not valid YAML: {problem}", f"不是合法的 YAML:{problem}")
        self.findings.append(textrules.SYNTAX.found(place, (), what, fix))

    def composed(self, *, whole: bool) -> Composed:
        """Return the result; data is empty when reading stopped."""
        return Composed(self.file, self.root if whole else {}, self.marks, tuple(self.findings), whole)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            what = Text("a second document begins here", "此处开始了第二份文档")
            fix = Text("remove `---`, or use a folder of files", "请删除 `---`,或改用含多个文件的文件夹")
            self._stop(textrules.DOCUMENTS, _place(self.file, event.start_mark), what, fix)

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        place = _place(self.file, event.start_mark)
        kind = _COLLECTIONS[type(event)]
        if event.tag not in {None, "!", _CORE + kind}:
            self._tag(place, event.tag)
        if len(self.stack) >= MAX_DEPTH:
            what = Text(f"nested deeper than {MAX_DEPTH} levels", f"嵌套超过 {MAX_DEPTH} 层")
            self._stop(textrules.TOO_DEEP, place, what, Text("the language needs about 8 levels", "本语言约需 8 层"))
        if event.anchor:
            self.anchors[event.anchor] = None
        node: dict[str, Any] | list[Any] = {} if kind == "map" else []
        self.stack.append(_Frame(node, place, event.anchor))

    def _end(self, _event: yaml.MappingEndEvent | yaml.SequenceEndEvent) -> None:
        frame = self.stack.pop()
        self.marks[id(frame.node)] = frame.marks
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.node, frame.size)
        self._put(frame.node, frame.mark, frame.size)

    def _alias(self, event: yaml.AliasEvent) -> None:
        place = _place(self.file, event.start_mark)
        known = self.anchors.get(event.anchor or "", (None, 0))
        if event.anchor not in self.anchors:
            what = Text(
                f"*{event.anchor} repeats an anchor that is not set above", f"*{event.anchor} 引用的锚点在上文中不存在"
            )
            self._stop(
                textrules.ANCHOR,
                place,
                what,
                Text("set the anchor with & first, or write the value out", "请先用 & 设置锚点,或直接写出该值"),
            )
        if known is None:
            what = Text(
                f"*{event.anchor} stands inside the value it repeats", f"*{event.anchor} 位于其自身引用的值之内"
            )
            self._stop(textrules.RECURSIVE, place, what, Text("write the value out", "请直接写出该值"))
        self._put(known[0], place, known[1])

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        place = _place(self.file, event.start_mark)
        self.pending = event.value if self._expects_key() else None
        value = self._meaning(event, place)
        if isinstance(value, str):
            self._check(value, place)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._put(value, place, 1)
        self.pending = None

    def _meaning(self, event: yaml.ScalarEvent, place: Place) -> scalars.Plain:
        tag = event.tag if event.tag != "!" else _CORE + "str"
        if tag is None and not event.implicit[0]:
            return str(event.value)
        if tag is not None and not tag.startswith(_CORE):
            self._tag(place, tag)
            return str(event.value)
        return self._resolved(event.value, tag.removeprefix(_CORE) if tag else None, place)

    def _resolved(self, text: str, tag: str | None, place: Place) -> scalars.Plain:
        if tag == "str":
            return text
        try:
            kind, value, doubt = scalars.resolve(text)
        except OverflowError:
            what = Text(f"a number of {len(text)} characters", f"长达 {len(text)} 个字符的数字")
            self._add(textrules.NUMBER, place, what, Text("write a number of a sensible size", "请写大小合理的数字"))
            return text
        if tag is not None and kind != tag:
            if tag in {"int", "float", "bool", "null"}:
                what = Text(f"{show(text)} is no !!{tag}", f"{show(text)} 不是 !!{tag}")
                self._add(textrules.TAG_VALUE, place, what, Text("leave the tag out", "请去掉标签"))
            else:
                self._tag(place, _CORE + tag)
            return text
        merges = text == "<<" and self._expects_key()
        if merges:
            what = Text("merge keys (<<) are not part of this language", "本语言不支持合并键(<<)")
            self._add(textrules.MERGE, place, what, Text("write the keys out", "请把各键直接写出"))
        elif doubt:
            self._add(textrules.DOUBT, place, *_doubtful(text, doubt))
        return value

    def _tag(self, place: Place, tag: str) -> None:
        name = tag.replace(_CORE, "!!", 1)
        what = Text(f"the tag {show(name)} is not allowed", f"不允许使用标签 {show(name)}")
        self._add(
            textrules.TAG,
            place,
            what,
            Text("leave the tag out: a topology is plain data", "请去掉标签:拓扑文件只含普通数据"),
        )

    def _check(self, value: str, place: Place) -> None:
        hidden = (
            _HIDDEN.search(value)
            or ("\n" in value and re.search(r"\n", value))
            or ("\t" in value and re.search(r"\t", value))
        )
        if hidden:
            self._add(textrules.CONTROL, place, *_hidden(hidden.group()))
        if _TEMPLATE.search(value) and not self._in_title():
            what = Text(f"{show(value)} holds template braces", f"{show(value)} 含有模板花括号")
            fix = Text(
                "only titles may hold {{, {% or {#: write plain text", "只有标题可含 {{、{% 或 {#:请改为普通文本"
            )
            self._add(textrules.BRACES, place, what, fix)

    def _in_title(self) -> bool:
        path = self._path()
        return not self._expects_key() and len(path) >= 2 and path[-2] == "title" and path[-1] in {"zh", "en"}

    def _expects_key(self) -> bool:
        frame = self.stack[-1] if self.stack else None
        return frame is not None and isinstance(frame.node, dict) and frame.key_mark is None

    def _put(self, value: Any, place: Place, size: int) -> None:
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        frame.size += size
        if frame.size > MAX_VALUES:
            what = Text(f"more than {MAX_VALUES:,} values", f"值多于 {MAX_VALUES:,} 个")
            self._stop(
                textrules.TOO_MANY, place, what, Text("split the topology or use fewer aliases", "请拆分拓扑或减少别名")
            )
        if isinstance(frame.node, list):
            frame.marks[len(frame.node)] = Mark(self.file, place.line, place.column, place.line, place.column)
            frame.node.append(value)
        elif frame.key_mark is None:
            frame.key_mark, frame.key = place, self._key(value, place)
        else:
            self._entry(frame, value, place)
            frame.key_mark, frame.key = None, None

    def _key(self, value: Any, place: Place) -> str | None:
        if isinstance(value, str):
            return value
        what = Text(f"the key {show(value)} is not text", f"键 {show(value)} 不是文本")
        self.pending = "?" if self.pending is None else self.pending
        self._add(
            textrules.KEY, place, what, Text("put the key in quotes, or choose a name", "请给键加引号,或改用名称")
        )
        return None

    def _entry(self, frame: _Frame, value: Any, place: Place) -> None:
        key, key_mark = frame.key, frame.key_mark
        if key is None or key_mark is None:
            return
        first = frame.marks.get(key)
        if first:
            path = tuple(f.key if isinstance(f.node, dict) else len(f.node) for f in self.stack)
            self._keep(duplicate(tuple(p for p in path if p is not None), key_mark, first.key))
            return
        frame.marks[key] = Mark(self.file, key_mark.line, key_mark.column, place.line, place.column)
        frame.node[key] = value  # type: ignore[call-overload]  # frames with keys are mappings

    def _path(self) -> Path:
        """Return the path of the key or value being read; a key that is no text shows as ?."""
        parts: list[str | int] = []
        for frame in self.stack:
            if isinstance(frame.node, list):
                parts.append(len(frame.node))
            elif frame.key_mark is not None:
                parts.append("?" if frame.key is None else frame.key)
            elif frame is self.stack[-1] and self.pending is not None:
                parts.append(self.pending)
        return tuple(parts)

    def _offset(self, before: str) -> Place:
        lines = re.split(r"\r\n|[\r\n\x85\u2028\u2029]", before)
        return Place(self.file, len(lines), len(lines[-1]) + 1)

    def _add(self, rule: Rule, place: Place, message: Text, fix: Text = NOTHING) -> None:
        self._keep(rule.found(place, self._path(), message, fix))

    def _keep(self, finding: Finding) -> None:
        self.findings.append(finding)
        if len(self.findings) >= MAX_FINDINGS:
            raise _StoppedError

    def _stop(self, rule: Rule, place: Place, message: Text, fix: Text = NOTHING) -> NoReturn:
        self._add(rule, place, message, fix)
        raise _StoppedError


def duplicate(path: Path, second: Place, first: Place) -> Finding:
    """Return the finding that a key stands twice, naming both places."""
    key = path[-1]
    what = Text(f"the key {show(key)} stands twice; first at {first}", f"键 {show(key)} 重复;首次出现于 {first}")
    fix = Text("keep one of the two", "请保留其中一个")
    return textrules.DUPLICATE.found(second, path, what, fix)


def _place(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1)


def _hidden(character: str) -> tuple[Text, Text]:
    name = f"U+{ord(character):04X}"
    what = Text(f"the character {name} does not show", f"字符 {name} 不可见")
    return what, Text("delete it; a text of this language is one visible line", "请删除;本语言的文本为单行可见文本")


def _doubtful(text: str, other: Text) -> tuple[Text, Text]:
    what = Text(
        f"{show(text)} without quotes is {other.en} to some YAML readers and text to others",
        f"不加引号的 {show(text)} 在部分 YAML 解析器中是{other.zh},在另一些中是文本",
    )
    fix = Text(
        f'write "{text}" in quotes if you mean the text, else true, false or a plain decimal number',
        f'若指文本,请写成带引号的 "{text}";否则请写 true、false 或普通十进制数',
    )
    return what, fix
