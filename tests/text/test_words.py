import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from sukien.schema import Sentence
from sukien.text.normalise import INVISIBLE, normalise
from sukien.text.words import in_small_letters, split_words

TRICKY = "eơĐ\u0301\u0323\u0302\u200b\u00ad \n\r1_=\u0338가ᄀ\u1161\u11a8\u2126\u0958👍🏽🇻🇳\ufe0f"
any_text = st.text(st.one_of(st.characters(), st.sampled_from(TRICKY)), max_size=40)
PROSE = "Ông Putin nói hôm 14.2: “Mỹ-Nga (G7) sẽ chi 0,6% GDP”."


def forms(text: str) -> list[str]:
    return [word.text for word in split_words(text)[0]]


def test_letters_digits_and_symbols() -> None:
    assert forms("Ngày 14.2, G7_EU: “Mỹ-Nga” 30%") == [
        *("Ngày", "14", ".", "2", ",", "G", "7", "_", "EU", ":", "“", "Mỹ", "-", "Nga", "”", "30", "%"),
    ]


def test_emoji_with_skin_tone_and_flag_are_one_word_each() -> None:
    assert forms("👍🏽🇻🇳!") == ["👍🏽", "🇻🇳", "!"]


def test_words_of_each_span() -> None:
    text = "Mỹ nói. Nga đáp."
    words = split_words(text, [Sentence(0, 7), Sentence(8, 16)])
    assert [[text[word.start : word.end] for word in part] for part in words] == [
        ["Mỹ", "nói", "."],
        ["Nga", "đáp", "."],
    ]
    assert split_words(text, []) == []


def small(text: str) -> str:
    return " ".join(word.text for word in in_small_letters(split_words(text)[0]))


def test_a_headline_in_capitals_is_read_in_small_letters_where_it_lies() -> None:
    text = "NGA LẠI ĐÀM PHÁN VỚI MỸ, ĐỨC VỀ UKRAINE, 2022!"
    assert small(text) == "nga lại đàm phán với mỹ , đức về ukraine , 2022 !"
    assert [(word.start, word.end) for word in in_small_letters(split_words(text)[0])] == [
        (word.start, word.end) for word in split_words(text)[0]
    ]


def test_acronyms_and_other_sentences_stay_as_they_are() -> None:
    for text in (
        "AFP , CNN , TTXVN",
        "NATO họp",
        "HÀ NỘI ( TTXVN ) - Thủ tướng",
        "Nga đàm phán với Mỹ",
        "1 2 3 4 5",
        "",
    ):
        assert small(text) == text


@given(any_text)
def test_reading_in_small_letters_moves_nothing(text: str) -> None:
    words = split_words(text)[0]
    assert [word[:2] for word in in_small_letters(words)] == [word[:2] for word in words]


@given(any_text)
def test_words_are_exact_ordered_and_cover_what_is_visible(text: str) -> None:
    covered = [False] * len(text)
    last = 0
    for word in split_words(text)[0]:
        assert last <= word.start < word.end <= len(text)
        assert normalise(text[word.start : word.end]).text == word.text
        covered[word.start : word.end] = [True] * (word.end - word.start)
        last = word.end
    assert all(seen or char in INVISIBLE or char.isspace() for seen, char in zip(covered, text, strict=True))


@given(any_text)
def test_decomposed_text_has_the_same_words(text: str) -> None:
    assert forms(unicodedata.normalize("NFD", text)) == forms(unicodedata.normalize("NFC", text))


@given(st.lists(st.tuples(st.integers(0, len(PROSE)), st.sampled_from(INVISIBLE)), max_size=12))
def test_invisible_characters_leave_the_words(places: list[tuple[int, str]]) -> None:
    text = PROSE
    for place, char in sorted(places, reverse=True):
        text = text[:place] + char + text[place:]
    assert forms(text.replace(" ", "\u00a0")) == forms(PROSE)
