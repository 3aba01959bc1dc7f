"""Text to plain data with places."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.topology.town import TOWN, city
from topology import compose as composing
from topology.compose import Composed, compose
from topology.rules import MAX_FINDINGS
from topology.source import Source

SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("abcß泉 -:#'\"", max_size=8)
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)
DATA = st.dictionaries(st.text("abc-", min_size=1, max_size=3), NESTED, min_size=1, max_size=3)


def composed(text: str | bytes) -> Composed:
    content = text if isinstance(text, bytes) else text.encode()
    return compose(Source(Path("t.yaml"), "t.yaml", content))


def ids(text: str | bytes) -> list[str]:
    return [finding.id for finding in composed(text).findings]


@pytest.mark.parametrize("text", [TOWN, city(3)])
def test_compose_of_good_text_gives_what_pyyaml_gives(text: str) -> None:
    """The data is that of the common reader, and there are no findings."""
    result = composed(text)

    assert result.data == yaml.safe_load(text)
    assert result.findings == ()
    assert result.whole


@settings(max_examples=40)
@given(DATA)
def test_compose_of_dumped_data_gives_it_back(data: dict[str, object]) -> None:
    """Whatever PyYAML writes with quotes is read back as it was."""
    text = yaml.safe_dump(data, allow_unicode=True, default_style='"')

    assert composed(text).data == yaml.safe_load(text)


def test_compose_marks_every_key_and_value() -> None:
    """A mark holds the file and, from 1, the line and column of key and value."""
    result = composed("a:\n  b: [x, 泉, z]\n")

    inner = result.data["a"]
    assert result.marks[id(inner)]["b"] == ("t.yaml", 2, 3, 2, 6)
    assert result.marks[id(inner["b"])][2] == ("t.yaml", 2, 13, 2, 13)


def test_compose_of_byte_order_mark_ignores_it() -> None:
    """Editors on Windows write one; columns count as if it were not there."""
    result = composed(b"\xef\xbb\xbfcloud: a\n")

    assert result.data == {"cloud": "a"}
    assert result.marks[id(result.data)]["cloud"].key_column == 1


def test_compose_of_windows_line_ends_counts_lines_once() -> None:
    """CRLF is one line break, for the parser and for hidden characters."""
    result = composed("a: 1\r\nb: 2\r\nc: x\u200b\r\n")

    assert [str(f.place) for f in result.findings] == ["t.yaml:3:5"]


def test_compose_of_utf16_is_refused_in_place() -> None:
    """Another encoding is an error at its first byte."""
    assert ids("cloud: a".encode("utf-16")) == ["T001"]


def test_compose_of_alias_shares_the_value() -> None:
    """An alias repeats its anchor; the place is that of the anchor."""
    result = composed("a: &x {b: 1}\nc: *x\n")

    assert result.data["c"] is result.data["a"]
    assert result.findings == ()


def test_compose_of_anchor_set_twice_repeats_the_last() -> None:
    """YAML lets an anchor be set again; an alias means the latest."""
    assert composed("a: &x 1\nb: &x 2\nc: *x\n").data["c"] == 2


def test_compose_at_the_limit_of_values_passes_and_one_more_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The budget counts each value, key entry and container once per alias."""
    monkeypatch.setattr(composing, "MAX_VALUES", 6)

    assert ids("a: [1, 2, 3]\n") == []
    assert ids("a: [1, 2, 3, 4]\n") == ["T008"]


def test_compose_of_braces_in_titles_passes_and_elsewhere_does_not() -> None:
    """Only `title.zh` and `title.en` are free text."""
    assert ids('title: {en: "{{ x }}", zh: "{% x %}"}\n') == []
    assert ids('title: {fr: "{{ x }}"}\n') == ["T015"]
    assert ids('title: ["{{ x }}"]\n') == ["T015"]
    assert ids('title: {"{{ x }}": a}\n') == ["T015"]


def test_compose_of_several_faults_reports_each() -> None:
    """A fault that leaves the rest readable does not stop the reading."""
    assert ids('a: no\nb: !!set {x}\na: 2\nc: "{{ x }}"\n') == ["T014", "T009", "T012", "T015"]


@given(st.binary(max_size=200))
def test_compose_of_any_bytes_gives_data_or_a_finding(content: bytes) -> None:
    """No content raises, and what is not read has a finding with a line."""
    result = composed(content)

    assert result.whole or result.findings
    assert all(finding.place.line >= 1 for finding in result.findings)


@given(st.text(st.sampled_from("ab:- \n\t{}[]&*!?|>%@`'\"#,~<=\x00\u202e"), max_size=60))
def test_compose_of_any_punctuation_gives_data_or_a_finding(text: str) -> None:
    """As above, with the characters that mean something to YAML."""
    result = composed(text)

    assert result.whole or result.findings


def test_compose_of_hidden_characters_without_end_stops_early() -> None:
    """A file full of them costs no more than one with a few."""
    assert ids("\u200b" * 100_000) == ["T002"] * composing.MAX_HIDDEN


def test_compose_of_faults_without_end_stops_early() -> None:
    """Nobody reads more than a thousand findings."""
    assert ids("a: 1\n" * 5_000) == ["T012"] * MAX_FINDINGS
