"""The command line: words, exit codes, one JSON document, two languages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import cli
from commands.frame import Defect, run, start
from commands.words import GROUPS, WORDS
from console import Voice, language, printable
from failures import AnswerNo, GateRefused, GovcloudError, InputInvalid, OutcomeUnknown, OutsideFailed, Text, WrongUsage
from tests.stacks.city import write_city

HEAVY = ("pulumi", "openstack", "ansible_runner", "pydantic", "yaml", "rich", "topology", "stacks", "lab")
PROGRAM = Path(sys.executable).with_name("govcloud")


def names() -> Iterator[str]:
    for name, entry in get_command(cli.app).commands.items():  # type: ignore[attr-defined]  # the root is a group
        yield name
        yield from (f"{name} {sub}" for sub in getattr(entry, "commands", {}))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOVCLOUD_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.mark.parametrize("name", sorted(names()))
def test_help_of_every_command_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each --help ends with a line that can be typed."""
    code = start(cli.app, [*name.split(), "--help"])
    shown = capsys.readouterr().out
    assert code == 0
    assert f"  govcloud {name}" in shown


def test_words_and_commands_are_the_same_set() -> None:
    """No command without words, no words without a command."""
    assert set(names()) == set(WORDS) | set(GROUPS)


def test_help_without_arguments_is_shown_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing asked is wrong usage, answered with the help."""
    assert start(cli.app, []) == 2
    assert "Usage: govcloud" in capsys.readouterr().out


@pytest.mark.parametrize(
    "line", ["nope", "deploy", "deploy x --nope", "deploy x --parallel 0", "deploy x --engine magic"]
)
def test_wrong_usage_ends_with_2(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong words are told on stderr, with the way to the help."""
    assert start(cli.app, line.split()) == 2
    told = capsys.readouterr()
    assert "--help" in told.err
    assert told.out == ""


def test_wrong_usage_with_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts get a document for every ending."""
    assert start(cli.app, ["deploy", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "WrongUsage"


def test_missing_file_ends_with_3(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be read is named."""
    assert start(cli.app, ["plan", str(home / "none.yaml")]) == 3
    assert "none.yaml" in capsys.readouterr().err


def test_broken_topology_ends_with_3_and_all_findings(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that needs a topology tells every error of it."""
    path = write_city(home, {"health": 1})
    path.write_text(path.read_text().replace("vcpus: 1,", "vcpus: one,").replace("role: active", "roll: active", 1))
    assert start(cli.app, ["plan", str(path), "--json"]) == 3
    assert len(json.loads(capsys.readouterr().out)["findings"]) >= 2


def test_validate_of_a_broken_topology_ends_with_1(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Findings are the answer of validate, and the answer is no."""
    path = write_city(home, {"health": 1})
    path.write_text(path.read_text().replace("vcpus: 1,", "vcpus: one,"))
    assert start(cli.app, ["validate", str(path)]) == 1
    assert "smalltown.yaml:11" in capsys.readouterr().out


def test_deploy_of_an_unreachable_cloud_ends_with_its_code(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without entries in clouds.yaml every site is told once, and nothing is built."""
    (home / "clouds.yaml").write_text("clouds: {}\n")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(home / "clouds.yaml"))
    assert start(cli.app, ["deploy", str(write_city(home, {"health": 1})), "--yes", "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert {error["where"] for error in document["errors"]} == {"east", "west"}


def test_options_before_and_after_the_command_are_the_same(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json and --lang work at both places."""
    path = str(write_city(home, {"health": 1}))
    shown = []
    for line in (["--json", "--lang", "zh", "validate", path], ["validate", path, "--json", "--lang", "zh"]):
        start(cli.app, line)
        shown.append(json.loads(capsys.readouterr().out))
    assert shown[0] == shown[1]


def test_language_asked_for_wins_over_the_locale() -> None:
    """--lang, then LC_ALL, LC_MESSAGES, LANG."""
    chinese = {"LANG": "zh_CN.UTF-8"}
    assert language(chinese) == "zh"
    assert language({**chinese, "LC_ALL": "C.UTF-8"}) == "en"
    assert language(chinese, "en") == "en"
    assert language({}) == "en"


def test_messages_in_chinese_are_chinese(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failure speaks the language asked for."""
    start(cli.app, ["state", "export", "c.east.none", "--lang", "zh"])
    assert "没有这个栈" in capsys.readouterr().err


def test_help_in_a_chinese_locale_is_chinese() -> None:
    """The locale chooses the language of the help."""
    environ = {"PATH": "/usr/bin:/bin", "LC_ALL": "zh_CN.UTF-8", "PYTHONUTF8": "1"}
    shown = subprocess.run(
        [PROGRAM, "deploy", "--help"], env=environ, capture_output=True, text=True, timeout=30, check=True
    )
    assert "建设整个云" in shown.stdout


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (AnswerNo, 1),
        (WrongUsage, 2),
        (InputInvalid, 3),
        (GateRefused, 4),
        (OutsideFailed, 5),
        (OutcomeUnknown, 6),
        (Defect, 5),
    ],
)
def test_failures_end_with_their_code(failure: type[GovcloudError], code: int) -> None:
    """Each kind of failure has its exit code."""

    def work() -> int:
        raise failure(Text("a", "b"))

    assert run(Voice("en"), work) == code


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(13, "Permission denied", "/x"), 3, "/x: Permission denied"),
        (OSError(28, "No space left on device", "/x"), 5, "/x: no space left"),
        (RuntimeError("odd"), 5, "internal error, this is a defect: RuntimeError: odd"),
    ],
)
def test_exceptions_become_messages(
    error: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback reaches a user who did not ask for one."""

    def work() -> int:
        raise error

    assert run(Voice("en"), work) == code
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """--debug is for those who repair."""

    def work() -> int:
        raise RuntimeError("odd")

    run(Voice("en", debug=True), work)
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.slow
def test_reader_that_went_away_leaves_the_exit_code(home: Path) -> None:
    """`govcloud ... | head` ends with the code that the work deserved, and quietly."""
    with subprocess.Popen([PROGRAM, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.close()
        assert process.wait(timeout=60) == 0
        assert process.stderr
        assert process.stderr.read() == ""


def test_api_answers_cannot_steer_the_terminal() -> None:
    """Escape sequences in what others say are taken out."""
    assert printable("a\x1b[31mb\x07\n泉州") == "a[31mb\n泉州"


@pytest.mark.slow
def test_output_that_is_piped_has_no_colour(home: Path) -> None:
    """Nobody wants escape sequences in a file, also when colour is forced."""
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(home), "GOVCLOUD_HOME": str(home / "home"), "FORCE_COLOR": "1"}
    shown = subprocess.run([PROGRAM, "state", "verify"], env=environ, capture_output=True, check=True, timeout=60)
    assert b"stacks" in shown.stdout
    assert b"\x1b" not in shown.stdout + shown.stderr


def test_import_of_cli_loads_no_room() -> None:
    """--help and completion stay fast."""
    line = f"import sys, cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True, timeout=30)
    assert found.stdout.strip() == "[]"


@pytest.mark.slow
def test_help_costs_little_more_than_the_library_that_draws_it() -> None:
    """The best of five runs against the same for `import typer`: 0.11 s of CPU against 0.09 s on an idle machine."""
    help_, floor = zip(
        *((_cpu_of(str(PROGRAM), "--help"), _cpu_of(sys.executable, "-c", LIBRARY)) for _ in range(5)), strict=True
    )
    assert min(help_) / min(floor) < 2


LIBRARY = "import typer, typer.core, typer.main, typer.completion"


def _cpu_of(*command: str) -> float:
    line = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, timeout=30);"
    line += "used = resource.getrusage(resource.RUSAGE_CHILDREN); print(used.ru_utime + used.ru_stime)"
    shown: Any = subprocess.run([sys.executable, "-c", line, *command], capture_output=True, check=True, timeout=60)
    return float(shown.stdout)


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """--version needs no command."""
    assert start(cli.app, ["--version"]) == 0
    assert capsys.readouterr().out.startswith("govcloud ")


def test_completion_offers_commands() -> None:
    """Shells complete the names of commands."""
    environ = {
        "PATH": "/usr/bin:/bin",
        "_GOVCLOUD_COMPLETE": "complete_bash",
        "COMP_WORDS": "govcloud de",
        "COMP_CWORD": "1",
    }
    shown = subprocess.run([PROGRAM], env=environ, capture_output=True, text=True, check=True, timeout=30)
    assert set(shown.stdout.split()) == {"deploy", "destroy"}
