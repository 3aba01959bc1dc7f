"""The house rules hold for every tracked file, and each rule catches its sample."""

from __future__ import annotations

import statistics
import subprocess
import sys

import pytest

from tests.house.rules import KNOWN, RULES, Rule
from tests.house.sources import ROOT, Source, modules, tracked

HEAVY = ("ansible_runner", "grpc", "jinja2", "openstack", "pulumi", "pulumi_openstack", "keystoneauth1")
LOADED = "import sys; import {}; print([name for name in {!r} if name in sys.modules])"


def loaded_by(module: str) -> str:
    line = LOADED.format(module, HEAVY)
    return subprocess.run(
        [sys.executable, "-c", line], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_tracked_files_under_rule_keep_it(rule: Rule) -> None:
    """No tracked file breaks the rule."""
    breaches = [breach for source in tracked() for breach in rule.breaches(source)]

    assert breaches == [], rule.reason


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_given_its_sample_catches_it(rule: Rule) -> None:
    """The rule finds the fault in its own sample, so it can fail."""
    assert list(rule.breaches(rule.sample))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_given_plain_code_stays_quiet(rule: Rule) -> None:
    """The rule finds nothing in a small module that breaks no rule."""
    plain = Source("topology/model.py", '"""One fact."""\n\nfrom failures import Text\n\nNAME = Text("a", "b")\n')

    assert not list(rule.breaches(plain))


def test_modules_taken_together_stay_small() -> None:
    """The median module has at most 150 lines, the median function at most 10."""
    lines = [source.text.count("\n") for source in modules()]
    functions = [
        (node.end_lineno or node.lineno) - node.lineno + 1 for source in modules() for node in source.functions()
    ]

    assert statistics.median(lines) <= 150
    assert statistics.median(functions) <= 10


def test_top_level_taken_together_is_the_floor_plan() -> None:
    """Every tracked module lives in a known room."""
    assert {source.room for source in modules()} <= KNOWN


def test_cli_when_imported_leaves_heavy_libraries_alone() -> None:
    """Importing the command line loads none of the slow libraries."""
    assert loaded_by("cli") == "[]"


def test_heavy_library_when_imported_is_seen() -> None:
    """The measurement above notices a slow library when there is one."""
    assert loaded_by("openstack") != "[]"


def test_lock_file_names_only_the_public_index() -> None:
    """The lock holds on a machine with another index: it names no private one."""
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    hosts = {part.split("/", 1)[0] for part in lock.split("https://")[1:]}

    assert hosts <= {"pypi.org", "files.pythonhosted.org"}
    assert "http://" not in lock
