"""The form of Vietnamese syllables, and names made of them."""

from __future__ import annotations

import re
import unicodedata

import pytest

from sukien.text.syllables import is_syllable, is_vietnamese_name

# Every line of the onset and rime tables, each tone, both ways of placing it, and the odd spellings.
SYLLABLES = re.findall(
    r"\w+",
    """
    Nguyễn Thị Trường Khuyến huỳnh quýt quốc quyền quả gì gìn giếng giường nghĩa nghiêng khuya khuỷu thuở hoà hòa
    tuý túy uỷ ủy yến yếu ý ở Đắk Lắk ngoằn ngoèo xoong khuếch huênh tuýp Hương Giang Đà Nẵng Biên Pháp Mỹ Đức Nga Anh
    Hàn phở bụng ếch ích sách mệt hợp lươn hươu trứng xuân oanh hoạch người
    """,
)
NOT = re.findall(r"\S+", "Putin Biden Scott NATO UBND kat mat jong wang fan zoo G hớà bbá cáp\u0300 3 -")


@pytest.mark.parametrize("word", SYLLABLES)
def test_syllables_in_any_case_and_form(word: str) -> None:
    assert is_syllable(word)
    assert is_syllable(word.upper())
    assert is_syllable(unicodedata.normalize("NFD", word))


@pytest.mark.parametrize("word", NOT)
def test_what_is_no_syllable(word: str) -> None:
    assert not is_syllable(word)


@pytest.mark.parametrize("stop", ["sach", "sàch", "sảch", "sãch"])
def test_a_stop_closes_syllables_of_two_tones_only(stop: str) -> None:
    assert not is_syllable(stop)
    assert is_syllable("sách")
    assert is_syllable("sạch")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Hà Nội", True),
        ("Nguyễn  Văn\u00a0A", True),
        ("Đảng Cộng sản Việt Nam", True),
        ("Quảng Trị 1972", True),
        ("Joe Biden", False),
        ("ông Putin", False),
        ("G7", False),
        ("Hà_Nội", True),
        ("1972", False),
        ("", False),
    ],
)
def test_names(name: str, expected: bool) -> None:
    assert is_vietnamese_name(name) == expected
