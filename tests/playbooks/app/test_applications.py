"""What is accepted as an application and as a receipt number."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.applications import ALPHABET, Application, Refused, masked, new_number, read_application, read_number

GOOD = {"kind": "business", "applicant": " 泉州茶行 ", "contact": "0595-1234567"}


def test_application_with_good_fields_is_read_trimmed() -> None:
    """Spaces around a field do not make another application of it."""
    assert read_application(GOOD, "key-00000001") == Application("key-00000001", "business", "泉州茶行", "0595-1234567")


def test_application_without_key_gets_one_of_its_own() -> None:
    """Two applications that name no key are two applications."""
    assert read_application(GOOD).key != read_application(GOOD).key


def test_application_with_key_in_its_fields_keeps_it() -> None:
    """A form carries its key in a field, where a program sends a header."""
    assert read_application(GOOD | {"key": "from-the-form"}).key == "from-the-form"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "passport"),
        ("kind", ["business"]),
        ("applicant", ""),
        ("applicant", "   "),
        ("applicant", "x" * 61),
        ("applicant", "a\x00b"),
        ("applicant", "\u202egnihton"),
        ("applicant", None),
        ("contact", "1" * 61),
        ("contact", 7),
        ("key", "short"),
        ("key", "no spaces here"),
        ("key", 12345678),
    ],
)
def test_application_with_wrong_field_is_refused_by_name(field: str, value: object) -> None:
    """The refusal names the field and only that one."""
    with pytest.raises(Refused) as refused:
        read_application(GOOD | {field: value})

    assert refused.value.fields == (field,)


def test_application_with_several_wrong_fields_names_all() -> None:
    """A citizen corrects everything in one go."""
    with pytest.raises(Refused) as refused:
        read_application({})

    assert refused.value.fields == ("kind", "applicant")


@pytest.mark.slow
@given(st.dates(date(2020, 1, 1), date(2099, 12, 31)))
def test_number_just_made_is_read_back(day: date) -> None:
    """What the service prints, it accepts, also in small letters and with spaces around it."""
    number = new_number(day)

    assert read_number(f" {number.lower()} ") == number


@given(st.integers(0, 20), st.sampled_from(ALPHABET))
def test_number_with_one_wrong_letter_is_no_number(place: int, letter: str) -> None:
    """A mistyped receipt number never finds somebody else's receipt."""
    number = new_number(date(2026, 3, 1))
    typed = number[:place] + letter + number[place + 1 :]

    assert read_number(typed) in {"", number}
    assert (read_number(typed) == number) == (typed == number)


@given(st.integers(9, 17))
def test_number_with_two_letters_swapped_is_no_number(place: int) -> None:
    """Swapped neighbours show."""
    number = new_number(date(2026, 3, 1))
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]

    assert read_number(swapped) == (number if swapped == number else "")


def test_number_with_letters_often_misread_is_read_as_meant() -> None:
    """O, I and L are not in the alphabet, so they can only mean 0 and 1."""
    number = next(n for n in (new_number(date(2026, 3, 1)) for _ in range(1000)) if "0" in n[9:] and "1" in n[9:])

    assert read_number(number[:9] + number[9:].replace("0", "o").replace("1", "l")) == number


@pytest.mark.parametrize(
    ("name", "shown"), [("张三丰", "张**"), ("李四", "李*"), ("A", "A"), ("Electric Company", "E**")]
)
def test_masked_name_keeps_its_first_letter_only(name: str, shown: str) -> None:
    """Whoever finds a receipt number does not learn a name from it."""
    assert masked(name) == shown
