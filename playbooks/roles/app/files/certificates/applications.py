"""An application as a citizen sends it, the receipt given for it, and receipt numbers."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from certificates.words import KINDS

ALPHABET = (
    "0123456789ABCDEFGHJKMNPQRSTVWXY"  # nothing to misread (I, L, O, U); a prime count, so that one wrong letter shows
)
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
NUMBER = re.compile(rf"\d{{8}}-[{ALPHABET}]{{10}}-[{ALPHABET}]")
LONGEST = 60
BEIJING = timezone(timedelta(hours=8))
UNREADABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True)
class Application:
    """What is asked for: `kind` is a key of KINDS, `key` names this application for every repetition of it."""

    key: str
    kind: str
    applicant: str
    contact: str = ""


@dataclass(frozen=True)
class Receipt:
    """What the service stands for once it is given: `site` and `time` say where and when it was received."""

    number: str
    kind: str
    applicant: str
    state: str
    site: str
    time: datetime
    repeated: bool = False


@dataclass(frozen=True)
class Refused(Exception):
    """The fields that cannot be accepted, each a key of REFUSALS."""

    fields: tuple[str, ...]


def readable(text: str) -> bool:
    return len(text) <= LONGEST and not any(unicodedata.category(letter) in UNREADABLE for letter in text)


def read_application(fields: Mapping[str, object], key: str = "") -> Application:
    """Return the application in `fields`, under `key`, else the field `key`, else a new one.

    Raises: Refused, with every field that is wrong.
    """
    texts = {
        name: value.strip() if isinstance(value := fields.get(name, ""), str) else None
        for name in ("kind", "applicant", "contact", "key")
    }
    name, contact = texts["applicant"], texts["contact"]
    key = key or texts["key"] or ("" if texts["key"] is None else secrets.token_urlsafe(18))
    wrong = {
        "kind": texts["kind"] not in KINDS,
        "applicant": not name or not readable(name),
        "contact": contact is None or not readable(contact),
        "key": not KEY.fullmatch(key),
    }
    if any(wrong.values()):
        raise Refused(tuple(field for field, refused in wrong.items() if refused))
    return Application(key, str(texts["kind"]), str(name), str(contact))


def check_letter(text: str) -> str:
    """Return the letter that makes a mistyped or swapped character of `text` show."""
    values = (ALPHABET.index(letter) for letter in text if letter in ALPHABET)
    return ALPHABET[sum(place * value for place, value in enumerate(values, 1)) % len(ALPHABET)]


def new_number(day: date) -> str:
    """Return a number nobody can guess: the day, 50 random bits, a check letter."""
    text = f"{day:%Y%m%d}-" + "".join(secrets.choice(ALPHABET) for _ in range(10))
    return f"{text}-{check_letter(text)}"


def read_number(text: str) -> str:
    """Return the receipt number written in `text` in its one spelling, or "" if it cannot be one."""
    spelled = text.strip().upper().replace("O", "0").replace("I", "1").replace("L", "1")
    whole = NUMBER.fullmatch(spelled) and check_letter(spelled[:-2]) == spelled[-1]
    return spelled if whole else ""


def masked(name: str) -> str:
    """Return `name` with all but its first letter hidden, as a receipt is shown to whoever has its number."""
    return name[:1] + "*" * min(len(name) - 1, 2)
