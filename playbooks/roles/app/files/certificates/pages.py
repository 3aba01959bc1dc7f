"""The pages a citizen sees, in Chinese or English, and the receipt as a program reads it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from certificates.applications import BEIJING, Receipt, masked
from certificates.words import KINDS, PAGE, REFUSALS, STATES, Language

LANGUAGES: tuple[Language, ...] = ("zh", "en")
PAGES = Environment(
    loader=PackageLoader("certificates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def choose_language(asked: str, accepted: str) -> Language:
    """Return the language `asked` for, else the first the browser accepts that we speak, else Chinese."""
    wanted = [asked, *(part.split(";")[0].strip() for part in accepted.split(","))]
    spoken = {
        word.lower(): language
        for language in LANGUAGES
        for word in (language, f"{language}-cn", f"{language}-us", f"{language}-gb")
    }
    return next((spoken[word.lower()] for word in wanted if word.lower() in spoken), "zh")


def page(name: str, language: Language, **values: Any) -> str:
    """Return the HTML of `templates/<name>.html`."""
    words = {key: text.say(language) for key, text in PAGE.items()}
    return PAGES.get_template(f"{name}.html").render(words=words, language=language, **values)


def start_page(
    language: Language, fields: Mapping[str, str] | None = None, refused: Sequence[str] = (), notice: str = ""
) -> str:
    """Return the forms, filled with `fields`; a fresh key in each, so that sending one twice is one application."""
    filled = {"kind": "", "applicant": "", "contact": "", "key": secrets.token_urlsafe(18), "number": ""} | dict(
        fields or {}
    )
    if "key" in refused or "taken" in refused:
        filled["key"] = secrets.token_urlsafe(18)
    kinds = [(kind, text.say(language)) for kind, text in KINDS.items()]
    problems = [(field, REFUSALS[field].say(language)) for field in refused]
    return page(
        "start",
        language,
        kinds=kinds,
        fields=filled,
        problems=problems,
        notice=PAGE[notice].say(language) if notice else "",
    )


def receipt_page(language: Language, receipt: Receipt) -> str:
    rows = {
        "number": receipt.number,
        "kind": KINDS[receipt.kind].say(language),
        "applicant": masked(receipt.applicant),
        "state": STATES[receipt.state].say(language),
        "site": receipt.site,
        "time": receipt.time.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S %z"),
    }
    return page("receipt", language, rows=rows)


def states_page(language: Language, counts: Mapping[str, int]) -> str:
    return page("states", language, rows=[(text.say(language), counts.get(state, 0)) for state, text in STATES.items()])


def receipt_fields(receipt: Receipt, answered_by: str) -> dict[str, object]:
    """Return the receipt for JSON: where it was received (`site`) and which site answers now (`answered_by`)."""
    return {
        "receipt": receipt.number,
        "kind": receipt.kind,
        "applicant": masked(receipt.applicant),
        "state": receipt.state,
        "site": receipt.site,
        "time": receipt.time.astimezone(BEIJING).isoformat(),
        "repeated": receipt.repeated,
        "answered_by": answered_by,
    }


def state_fields(counts: Mapping[str, int]) -> list[dict[str, object]]:
    return [
        {"state": state, "zh": text.zh, "en": text.en, "count": counts.get(state, 0)} for state, text in STATES.items()
    ]
