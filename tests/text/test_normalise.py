import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sukien.text.normalise import normalise

DROPPED = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff"
VIETNAMESE = "Tổng thống Mỹ cảnh báo Nga ở bán đảo Crưm, tuỳ tiện; Đặng Ngọc Ỷ"
TRICKY = "eaơ\u0301\u0323\u0302\u031b\u200b\u00ad \n\r1=\u0338가ᄀ\u1161\u11a8\u2126\u0958\u09c7\u09be\u00a0"
any_text = st.text(st.one_of(st.characters(), st.sampled_from(TRICKY)), max_size=40)


def cleaned(text: str) -> str:
    """The property's own account of what is dropped and replaced."""
    kept = (char for char in text if char not in DROPPED and char not in "\u202b\u202c\u202d\u2067\u2068")
    spaces = (" " if unicodedata.category(char) == "Zs" or char in "\x1c\x1d\x1e\x1f" else char for char in kept)
    return "".join("\n" if char in "\r\x85\u2028\u2029" else char for char in spaces)


@given(any_text)
def test_copy_is_nfc_of_the_cleaned_text(text: str) -> None:
    assert normalise(text).text == unicodedata.normalize("NFC", cleaned(text))


@given(any_text)
def test_every_character_maps_to_source_that_makes_it(text: str) -> None:
    copy = normalise(text)
    last = (0, 0)
    for index, char in enumerate(copy.text):
        start, end = copy.source_span(index, index + 1)
        assert last <= (start, end)
        assert 0 <= start < end <= len(text)
        assert char in normalise(text[start:end]).text
        last = (start, end)


@given(any_text)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


def test_nfd_letters_map_to_letter_and_marks() -> None:
    decomposed = unicodedata.normalize("NFD", VIETNAMESE)
    copy = normalise(decomposed)
    assert copy.text == VIETNAMESE
    start = VIETNAMESE.index("Crưm")
    source = copy.source_span(start, start + 4)
    assert decomposed[slice(*source)] == unicodedata.normalize("NFD", "Crưm")


@pytest.mark.parametrize("dropped", DROPPED)
def test_invisible_characters_are_dropped(dropped: str) -> None:
    text = f"{dropped}Uk{dropped}raine{dropped}"
    copy = normalise(text)
    assert copy.text == "Ukraine"
    assert copy.source_span(0, 7) == (1, len(text) - 1)


def test_line_ends_and_spaces() -> None:
    copy = normalise("a\r\nb\u2028c\u00a0d\u3000e")
    assert copy.text == "a\n\nb\nc d e"
    assert copy.source_span(3, 4) == (3, 4)


@pytest.mark.parametrize("span", [(0, 0), (2, 1), (-1, 1), (0, 4)])
def test_span_outside_the_copy_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="3 characters"):
        normalise("Nga").source_span(*span)
