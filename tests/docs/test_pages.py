"""What the documentation shows is what the tool does."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

import cli
import failures
from tests.docs.pages import examples, pages, real_helps, shown_help
from tests.house.sources import ROOT, modules, tracked

if TYPE_CHECKING:
    from pathlib import Path

SETTING = re.compile(r"\bGOVCLOUD_[A-Z_]+\b")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
ROOMS = ("topology", "stacks", "lab")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def commands() -> set[str]:
    """Return the full name of every command that runs: `deploy`, `lab up`, ..."""
    names = set()
    for name, entry in get_command(cli.app).commands.items():  # type: ignore[attr-defined] # the root is a group
        names |= {f"{name} {sub}" for sub in getattr(entry, "commands", {})} or {name}
    return names


def parse(line: str) -> None:
    """Parse a command line without running it; raise what a user would be told."""
    entry, context, words = get_command(cli.app), None, shlex.split(line)
    while True:
        context = entry.make_context(words[0], words[1:], parent=context)
        if not hasattr(entry, "commands") or "--help" in words:
            return
        words = words[-len(context.args) - 1 :]
        entry = entry.commands[words[0]]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_help_texts_in_page_are_the_real_ones(page: Path) -> None:
    """Every `--help` shown is what the command prints (`make docs` rewrites them)."""
    shown = shown_help(text_of(page))

    assert real_helps(set(shown)) == shown


def test_command_page_taken_whole_shows_every_command() -> None:
    """docs/cli.md shows the help of every command."""
    shown = shown_help(text_of(ROOT / "docs" / "cli.md"))

    assert {f"govcloud {name} --help" for name in commands()} - set(shown) == set()


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_command_lines_in_page_are_understood(page: Path) -> None:
    """Every command line shown has a command, options and values that exist."""
    for line in examples(text_of(page)):
        parse(line)


@pytest.mark.parametrize("line", ["govcloud deploy x --yess", "govcloud deploi x", "govcloud lab upp x"])
def test_command_line_with_fault_is_refused(line: str) -> None:
    """The parser used above notices a wrong word."""
    with pytest.raises(Exception, match=r"yess|deploi|upp"):
        parse(line)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_links_in_page_lead_somewhere(page: Path) -> None:
    """Every link to a file of this tree has a file at its end."""
    missing = [link for link in LINK.findall(text_of(page)) if not (page.parent / link).exists()]

    assert missing == []


def test_settings_in_code_are_in_operations_page() -> None:
    """Every GOVCLOUD_ variable the code reads is documented, and no other is."""
    code = {name for source in modules() if source.room != "tests" for name in SETTING.findall(source.text)}

    assert set(SETTING.findall(text_of(ROOT / "docs" / "operations.md"))) == code


def test_exit_codes_in_operations_page_are_those_of_failures() -> None:
    """The table of exit codes names every failure with its code."""
    rows = re.findall(r"^\| (\d+) \| ([\w, `]+) \|", text_of(ROOT / "docs" / "operations.md"), re.MULTILINE)
    told = {name.strip(" `"): int(code) for code, names in rows for name in names.split(",") if name.strip(" `-")}
    kinds = {
        name: kind.exit_code
        for name, kind in vars(failures).items()
        if isinstance(kind, type) and issubclass(kind, failures.GovcloudError) and kind is not failures.GovcloudError
    }

    assert told == kinds


@pytest.mark.parametrize("room", ROOMS)
def test_room_with_code_has_its_page(room: str) -> None:
    """Each room that holds code has a page of its name, linked from the index."""
    index = text_of(ROOT / "docs" / "index.md")

    assert any(source.room == room for source in tracked())
    assert f"({room}" in index
