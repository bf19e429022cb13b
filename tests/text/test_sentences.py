import time
import unicodedata
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from sukien.text.normalise import normalise
from sukien.text.sentences import split_sentences

LABELS = Path("data/labels")


def split(text: str) -> list[str]:
    return [text[sentence.start : sentence.end] for sentence in split_sentences(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Ông đến TP. HCM hôm qua.", "Theo TP.HCM, không có gì."],
        [
            "GS.TS. Nguyễn Văn A nói.",
            "PGS. Trần B và ThS. Lê C gặp BS. Hà.",
            "Xem Tr. 5, v.v.",
            "Ngoài ra, v.v. và khác.",
        ],
        ["J. K. Rowling gặp George W. Bush.", "H.R. McMaster và Donald J. Trump đồng ý."],
        ["Mr. Smith ở St. Louis.", "Martin King Jr. Smith, U.S. Army."],
        ["Ông Marcos Jr. đến U.S.", "Theo AP, ông đi."],
        ["Chi 14.2 và 1.500 ngày 12.1.2022.", "Ngày 10.1, nơi 2.5 triệu người."],
        ['Ông nói: "Tôi đi."', "Sau đó ông về (rồi.)", "Hết."],
        ["Nga... và … rồi Mỹ.", "Chờ...", "Rồi thôi?!", "Thật à?", "Ừ!"],
        ["VOV.VN - Theo dantri.com.vn, Nga tới./."],
        ["Nhiệt độ tới 38 độ C.", "Họ đi.", "Ở châu Á.", "Nga nói."],
        ["1. Nga tấn công.", "Mỹ đáp trả."],
        ["Tổng thống Zelensky. (Ảnh: Global Look)"],
        ["Ông Zelensky đến.", "(Ông không nói gì thêm.)", "Hết."],
    ],
)
def test_borders_within_a_line(sentences: list[str]) -> None:
    assert split(" ".join(sentences)) == sentences


def test_stop_without_a_space() -> None:
    assert split("Ông ấy nói.Ông đi. Xem Booking.Com và VOV.VN.") == [
        "Ông ấy nói.",
        "Ông đi.",
        "Xem Booking.Com và VOV.VN.",
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028", "\x85", "\n \u200b \n"])
def test_newline_is_a_border(newline: str) -> None:
    assert split(f" Mỹ và{newline}Nga\u200b ") == ["Mỹ và", "Nga"]


def test_range_of_a_text() -> None:
    text = "Mỹ nói. Nga đáp. Anh im."
    assert [text[s.start : s.end] for s in split_sentences(text, 8, 20)] == ["Nga đáp.", "Anh"]


@given(st.text(st.one_of(st.characters(), st.sampled_from('A.B. n"?!…)( \n\u0301\u200b\u00a0')), max_size=60))
def test_every_visible_character_is_in_one_sentence(text: str) -> None:
    last = 0
    for sentence in split_sentences(text):
        assert last <= sentence.start < sentence.end
        assert normalise(text[last : sentence.start]).text.strip() == ""
        piece = normalise(text[sentence.start : sentence.end]).text
        assert piece == piece.strip(" \t\n")
        last = sentence.end
    assert normalise(text[last:]).text.strip() == ""


@given(
    st.lists(
        st.sampled_from(["Mỹ", "ông", "TP", "A", "14", ".", ".", "?", "“", '"', " ", " ", "\n", "Tuy"]),
        max_size=40,
    )
)
def test_decomposed_text_splits_alike(tokens: list[str]) -> None:
    text = "".join(tokens)
    decomposed = split(unicodedata.normalize("NFD", text))
    assert [unicodedata.normalize("NFC", sentence) for sentence in decomposed] == split(text)


@pytest.mark.parametrize("unit", ["Nga nói. ", ".", ". ", "A. ", '."', "x. (", "1.", " "])
def test_time_is_linear(unit: str) -> None:
    def seconds(n_characters: int) -> float:
        text = unit * (n_characters // len(unit))
        start = time.process_time()
        split_sentences(text)
        return time.process_time() - start

    assert seconds(160_000) < 0.05 + 16 * seconds(20_000)  # 8 times the text; quadratic time would be 64 times


CREDIT = 6  # words


def gold_articles() -> list[list[str]]:
    """The labelled sentences of each article, without markup."""
    articles: list[list[str]] = []
    for path in sorted(LABELS.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("# doc:"):
                articles.append([])
            elif line.strip() and not line.startswith("# "):
                articles[-1].append(regex.sub(r"\[\[(.+?)\|.*?\]\]|\{\{(.+?)\|.*?\}\}", r"\1\2", line).strip())
    return articles


def test_labelled_borders_are_found() -> None:
    n_found = n_wrong = n_missed = 0
    for lines in gold_articles():
        joined, starts = "", set()
        for line in lines:
            starts.add(len(joined))
            joined += line + (" " if regex.search(r"[.!?…][\"'”’»)\]]*\Z", line) else "\n")
        found = {sentence.start for sentence in split_sentences(joined)}
        n_found += len(found & starts)
        # A labelled line may hold a caption with its credit, or a by-line behind the last sentence.
        n_wrong += sum(len(joined[start:].split("\n", 1)[0].split()) > CREDIT for start in found - starts)
        n_missed += len(starts - found)
    assert 2 * n_found / (2 * n_found + n_wrong + n_missed) > 0.985
