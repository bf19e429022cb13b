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
        ("Sở GD & ĐT và chỉ_số S & P 500", "Sở GD&ĐT và chỉ số S&P 500"),
        ("quán BILL & MELINDA , tầng 1 & 2", "quán BILL & MELINDA, tầng 1 & 2"),
        ("Sở TN - MT Hà_Nội - cho biết", "Sở TN-MT Hà Nội - cho biết"),
        ("từ 7h3 0 đến 20 h , tin 24 h", "từ 7h30 đến 20h, tin 24h"),
        ("cao 30 h", "cao 30 h"),
        ("giảm 50 % -70 % trong 1 -2 tuần", "giảm 50%-70% trong 1-2 tuần"),
        ("tên_lửa Pukguksong -1 và pháo GSh -30-1", "tên lửa Pukguksong-1 và pháo GSh-30-1"),
        ("cách 30 - 40km , nóng 20 - 33oC", "cách 30-40km, nóng 20-33oC"),
        ("xe 15C - 309.39 và 36C -162.91", "xe 15C-309.39 và 36C-162.91"),
        ("Anh B.V . A . và chị L. P. D", "Anh B.V.A. và chị L.P.D"),
        ("trong năm 2014 . 300 người", "trong năm 2014. 300 người"),
        ("thuốc có vitamin C . A đi", "thuốc có vitamin C. A đi"),
        ("Ảnh : Đ . H .", "Ảnh: Đ.H."),
        ("Hoa_hậu H ' Hen Niê ở Đắk G ’ Long", "Hoa hậu H'Hen Niê ở Đắk G’Long"),
        ("' giờ G ' trở_thành", "'giờ G' trở thành"),
        ("Ban Ki - moon thăm Punggye - ri", "Ban Ki-moon thăm Punggye-ri"),
        ("nhóm Jaish - e - Mohammed", "nhóm Jaish-e-Mohammed"),
        ("Jean - Claude Juncker ở Shangri - La", "Jean-Claude Juncker ở Shangri-La"),
        ("đường TP. HCM - Trung_Lương", "đường TP. HCM - Trung Lương"),
        ("Công_an Bình_Định - cho biết", "Công an Bình Định - cho biết"),
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
    [
        *"-'\"‘’“”()/.,:%…",
        "...",
        "Mỹ",
        "O",
        "al",
        "a",
        "S",
        "400",
        "-12",
        "Jae",
        "in",
        "s",
        "&",
        "7h3",
        "0",
        "h",
        "N.V",
        "Q.",
        "Tổng_thống",
    ]
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
