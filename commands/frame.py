"""Registers commands so that every one speaks, fails and exits alike."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from commands.words import GROUPS, WORDS, Words
from console import Voice, language
from failures import GovcloudError, Interrupted, Text, WrongUsage, of_system

LANG = language(os.environ)


class Lang(StrEnum):
    EN = "en"
    ZH = "zh"


class Defect(GovcloudError):
    """Something we did not foresee: ours to repair, not the user's."""


AsJson = Annotated[
    bool, typer.Option("--json", help=Text("one JSON document on stdout", "标准输出为一个 JSON 文档").say(LANG))
]
Spoken = Annotated[
    Lang | None,
    typer.Option(
        "--lang", help=Text("language of messages (default: from the locale)", "消息语言(默认取自区域设置)").say(LANG)
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help=Text("show tracebacks", "显示程序回溯").say(LANG))]
_SHARED = {"as_json": AsJson, "lang": Spoken, "debug": Debug}
_DEFAULTS = {"as_json": False, "lang": None, "debug": False}


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the value alone
    if wanted:
        from importlib.metadata import version

        typer.echo(f"govcloud {version('govcloud')}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_version, is_eager=True, help=Text("print the version", "显示版本").say(LANG)),
]


def command(app: typer.Typer, name: str, group: str = "") -> Callable[[Callable[..., int | None]], Callable[..., None]]:
    """Register a function `(voice, ...) -> exit code or None`; its help comes from the table of words."""
    words = WORDS[f"{group} {name}".strip()]

    def register(function: Callable[..., int | None]) -> Callable[..., None]:
        framed = _framed(function)
        app.command(name, help=words.text.say(LANG), epilog=_epilog(words.examples))(framed)
        return framed

    return register


def application(about: Words) -> typer.Typer:
    """Return the root of all commands."""
    return typer.Typer(
        name="govcloud",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        help=about.text.say(LANG),
        epilog=_epilog(about.examples),
    )


def _epilog(examples: tuple[str, ...]) -> str:
    head = Text("Example:", "示例：").say(LANG)
    return "\n".join(["\b", head, *(f"  {line}" for line in examples)])


def group(name: str, parent: typer.Typer) -> typer.Typer:
    """Return a new group of commands under `parent`."""
    made = typer.Typer(rich_markup_mode=None, epilog=_epilog(GROUPS[name].examples))
    parent.add_typer(made, name=name, help=GROUPS[name].text.say(LANG))
    return made


def _framed(function: Callable[..., int | None]) -> Callable[..., None]:
    @wraps(function)
    def framed(*, as_json: bool, lang: Lang | None, debug: bool, context: typer.Context, **given: Any) -> None:
        before = context.find_root().params
        voice = Voice(
            language(os.environ, lang or before.get("lang")),
            as_json=as_json or bool(before.get("as_json")),
            debug=debug or bool(before.get("debug")),
        )
        _quiet_libraries(debug=voice.debug)
        raise typer.Exit(run(voice, lambda: function(voice, **given)))

    shared = [inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)]
    shared += [
        inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, annotation=t, default=_DEFAULTS[n])
        for n, t in _SHARED.items()
    ]
    own = [
        p.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for p in inspect.signature(function, eval_str=True).parameters.values()
    ]
    parameters = [*own[1:], *shared]
    framed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # the signature Typer reads
    framed.__annotations__ = {p.name: p.annotation for p in parameters}
    return framed


def _quiet_libraries(*, debug: bool) -> None:
    """Keep what libraries log off the terminal, where it would stand between our messages."""
    import logging

    logging.basicConfig(level=logging.INFO if debug else logging.CRITICAL + 1)


def run(voice: Voice, work: Callable[[], int | None]) -> int:
    """Do the work of a command and return its exit code; no exception gets past."""
    try:
        return work() or 0
    except typer.Exit as end:
        return end.exit_code
    except GovcloudError as error:
        return voice.fail(error)
    except KeyboardInterrupt as error:
        return voice.fail(_caused(Interrupted(Text("interrupted", "已中断")), error))
    except OSError as error:
        return voice.fail(of_system(error))
    except Exception as error:  # noqa: BLE001 - a user must never meet a traceback without --debug
        return voice.fail(_caused(_defect(error), error))


def _defect(error: Exception) -> Defect:
    detail = f"{type(error).__name__}: {error}"
    what = Text(f"internal error, this is a defect: {detail}", f"内部错误，这是程序缺陷：{detail}")
    return Defect(
        what, fix=Text("run it again with --debug and report what it prints", "请加 --debug 重新执行并反馈输出内容")
    )


def _caused(failure: GovcloudError, cause: BaseException) -> GovcloudError:
    failure.__cause__ = cause
    return failure


def start(app: typer.Typer, arguments: list[str]) -> int:
    """Run the command line over `arguments` and return the exit code; wrong usage is 2."""
    voice = Voice(_asked(arguments), as_json="--json" in arguments, debug="--debug" in arguments)

    def work() -> int:
        try:
            code = app(args=arguments or ["--help"], prog_name="govcloud", standalone_mode=False)
        except TyperException as wrong:
            raise _usage(wrong) from wrong
        if not arguments:
            return WrongUsage.exit_code
        return code if isinstance(code, int) else 0

    return run(voice, work)


def _asked(arguments: list[str]) -> str:
    """Return the language for words about arguments that could not be understood."""
    named = [*arguments, *[a.partition("=")[2] for a in arguments if a.startswith("--lang=")]]
    after = named[named.index("--lang") + 1 :][:1] if "--lang" in named else named[len(arguments) :][:1]
    return language(os.environ, after[0] if after and after[0] in set(Lang) else None)


def _usage(wrong: TyperException) -> WrongUsage:
    context = getattr(wrong, "ctx", None)
    command_path = context.command_path if context else "govcloud"
    fix = Text(f"{command_path} --help", f"{command_path} --help")
    message = wrong.format_message()
    return WrongUsage(Text(message, f"命令用法错误：{message}"), fix=fix)


def main_of(app: typer.Typer) -> None:
    """Run `app` over the process's arguments and exit."""
    sys.exit(start(app, sys.argv[1:]))
