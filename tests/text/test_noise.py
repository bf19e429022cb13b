from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sukien.text.noise import move_tone_marks, strip_diacritics


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"),
        ("Hoà", "Hòa"),
        ("HOÀ", "HÒA"),
        ("uỷ", "ủy"),
        ("Uỷ", "Ủy"),
        ("thuý", "thúy"),
        ("khoẻ", "khỏe"),
        ("hoà,", "hòa,"),
    ],
)
def test_tone_marks_move_both_ways(one: str, other: str):
    assert move_tone_marks(one) == other
    assert move_tone_marks(other) == one


@pytest.mark.parametrize("word", ["hoàn", "toán", "quý", "Quỳnh", "khuyến", "oán", "của", "mùa", "gì", "hoa", ""])
def test_other_syllables_keep_their_mark(word: str):
    assert move_tone_marks(word) == word


@given(st.text(alphabet="hqtoauyeHQTOAUYEàáảãạòóỏõọùúủũụỳýỷỹỵèéẻẽẹ ,n", max_size=12))
def test_moving_twice_is_no_change_and_length_stays(text: str):
    moved = move_tone_marks(text)
    assert len(moved) == len(text)
    assert move_tone_marks(moved) == text
    assert strip_diacritics(moved) == strip_diacritics(text)


def test_bare_letters():
    assert strip_diacritics("Tổng thống Đức đến Huế") == "Tong thong Duc den Hue"
    assert strip_diacritics(unicodedata.normalize("NFD", "Việt Nam")) == "Viet Nam"
