"""What the pages say, and in which language."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from certificates.applications import Receipt
from certificates.pages import choose_language, receipt_page, start_page, states_page
from certificates.words import KINDS, PAGE, REFUSALS, STATES, Language, Words
from tests.playbooks.app.shelf import NOON

RECEIPT = Receipt("20260301-0123456789-A", "marriage", "王小明", "received", "anxi", NOON)


class Links(HTMLParser):
    """Collects every address a page would load or lead to, and every label and field."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.labels: set[str] = set()
        self.fields: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self.addresses += [given[key] for key in ("href", "src", "action") if key in given]
        if tag == "label":
            self.labels.add(given["for"])
        elif tag in {"input", "select"} and given.get("type") != "hidden":
            self.fields.add(given["id"])


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("en", "zh-CN", "en"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "fr-FR, en;q=0.5", "en"),
        ("", "fr", "zh"),
        ("", "", "zh"),
        ("../etc", "", "zh"),
        ("", "ZH-cn", "zh"),
    ],
)
def test_language_asked_or_accepted_is_spoken(asked: str, accepted: str, language: Language) -> None:
    """What is asked for goes before what the browser says, and Chinese is what remains."""
    assert choose_language(asked, accepted) == language


@pytest.mark.parametrize("texts", [KINDS, STATES, PAGE, REFUSALS])
def test_words_in_every_table_have_both_languages(texts: dict[str, Words]) -> None:
    """No text is left out in either language, and no Chinese text is in English."""
    assert all(text.en and text.zh and not text.zh.isascii() and text.en.isascii() for text in texts.values())


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "page", [start_page, lambda lang: receipt_page(lang, RECEIPT), lambda lang: states_page(lang, {})]
)
def test_page_of_any_kind_loads_nothing_from_elsewhere(page: Callable[[Language], str], language: Language) -> None:
    """Every address stays on this service, and every field has a label."""
    links = Links(page(language))

    assert links.addresses
    assert all(address.startswith(("/", "#")) and not address.startswith("//") for address in links.addresses)
    assert links.fields <= links.labels


def test_start_page_with_hostile_fields_escapes_them() -> None:
    """What a citizen typed comes back as text, never as markup."""
    page = start_page("en", {"applicant": '"><script>alert(1)</script>', "key": "'><b>"}, ["kind"])

    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page


def test_start_page_after_refusal_keeps_what_was_typed_and_its_key() -> None:
    """The corrected form is still the same application."""
    page = start_page("en", {"applicant": "Li Lei", "key": "the-same-key"}, ["kind"])

    assert 'value="Li Lei"' in page
    assert 'value="the-same-key"' in page
    assert REFUSALS["kind"].en in page


def test_start_page_with_key_taken_offers_another() -> None:
    """A key that belongs to another application is not offered again."""
    assert "used-key" not in start_page("zh", {"key": "used-key"}, ["taken"])


def test_receipt_page_shows_beijing_time_and_masks_the_name() -> None:
    """The time is the citizen's, and the page does not tell the name."""
    page = receipt_page("zh", RECEIPT)

    assert "2026-03-01 12:00:00 +0800" in page
    assert "王**" in page
    assert "王小明" not in page


def test_states_page_without_applications_lists_every_state() -> None:
    """A state that nothing is in is still a state."""
    page = states_page("zh", {"issued": 7})

    assert all(text.zh in page for text in STATES.values())
    assert "<td>7</td>" in page
