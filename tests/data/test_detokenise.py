from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sukien.data.detokenise import detokenise, skeleton


@pytest.mark.parametrize(
    ("tokens", "printed"),
    [
        ("Tổng_thống Mỹ , ông Biden , nói :", "Tổng thống Mỹ, ông Biden, nói:"),
        ('Ông nói : " Tôi phản_đối " .', 'Ông nói: "Tôi phản đối".'),
        ('" Một " và " hai "', '"Một" và "hai"'),
        ('chính_trị của họ " , bà Haley nói .', 'chính trị của họ", bà Haley nói.'),
        ('Chúng_tôi sẽ đáp trả " - ông nói .', 'Chúng tôi sẽ đáp trả" - ông nói.'),
        ('" Hiện_tại chưa có lệnh ngừng bắn .', '"Hiện tại chưa có lệnh ngừng bắn.'),
        ("“ Khi thất_bại ” , ông nói", "“Khi thất bại”, ông nói"),
        ("Mỹ ‘ kích_hoạt ’ biện_pháp", "Mỹ ‘kích hoạt’ biện pháp"),
        ("Nga ' án_binh_bất_động ' trước", "Nga 'án binh bất động' trước"),
        ("Vietnam ’ s Next Top", "Vietnam’s Next Top"),
        ("Luke_O ' Neil đã kịp", "Luke O'Neil đã kịp"),
        ("London ( Anh ) hôm_nay", "London (Anh) hôm nay"),
        ("tăng 0,6 % GDP", "tăng 0,6% GDP"),
        ("80 km / h", "80 km/h"),
        ("tên_lửa S - 400 và Su - 35", "tên lửa S-400 và Su-35"),
        ("tên_lửa Hwasong -12", "tên lửa Hwasong-12"),
        ("F / A_-18", "F/A-18"),
        ("Mar - a - Lago", "Mar-a-Lago"),
        ("Bashar al - Assad", "Bashar al-Assad"),
        ("Moon_Jae - in", "Moon Jae-in"),
        ("quan_hệ Mỹ - Trung", "quan hệ Mỹ - Trung"),
        ("ngày 17-8 tại TP. HCM", "ngày 17-8 tại TP. HCM"),
        ("dịch Covid - 19", "dịch Covid-19"),
        ("15 - 20 %", "15-20%"),
        ("biểu_tình ở Hong_Kong - Ảnh : AFP", "biểu tình ở Hong Kong - Ảnh: AFP"),
        ("", ""),
        ("  , ", ","),
    ],
)
def test_text_reads_as_in_print(tokens: str, printed: str):
    assert detokenise(tokens) == printed


def test_decomposed_letters_are_composed():
    tokens = unicodedata.normalize("NFD", "Tổng_thống Nga .")
    assert detokenise(tokens) == "Tổng thống Nga."
    assert skeleton(tokens) == "TổngthốngNga."


TOKEN = st.sampled_from(
    [*"-'\"‘’“”()/.,:%…", "...", "Mỹ", "O", "al", "a", "S", "400", "-12", "Jae", "in", "s", "Tổng_thống"]
)


@given(st.lists(TOKEN, max_size=25))
def test_only_spaces_and_underscores_ever_change(tokens: list[str]):
    line = " ".join(tokens)
    assert skeleton(detokenise(line)) == skeleton(line)


@given(st.text(max_size=60))
def test_any_text_keeps_its_skeleton_and_is_stable(line: str):
    printed = detokenise(line)
    assert skeleton(printed) == skeleton(line)
    assert "  " not in printed
    assert printed == printed.strip()
