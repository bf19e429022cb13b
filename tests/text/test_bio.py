from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2, Entities

from sukien.schema import Entity, Sentence
from sukien.text.bio import TagSpan, as_iob2, bare_type, bio_tags, decode_bio, encode_bio

WORDS = [Sentence(0, 2), Sentence(3, 5), Sentence(5, 6), Sentence(7, 9)]
TAGS = bio_tags(["PER", "GPE"])


def span(start: int, end: int, label: str = "PER") -> Entity:
    return Entity(start, end, "x" * (end - start), label)


def test_tag_numbers() -> None:
    assert TAGS == ["O", "B-PER", "I-PER", "B-GPE", "I-GPE"]
    assert bio_tags([]) == ["O"]


@pytest.mark.parametrize(
    ("spans", "tags", "n_cut"),
    [
        ([], "O O O O", 0),
        ([span(0, 5)], "B-PER I-PER O O", 0),
        ([span(0, 2), span(3, 5)], "B-PER B-PER O O", 0),
        ([span(0, 2, "GPE"), span(5, 9)], "B-GPE O B-PER I-PER", 0),
        ([span(1, 4)], "B-PER I-PER O O", 1),  # cut at both ends: takes every word it touches
        ([span(0, 4), span(4, 6, "GPE")], "B-PER I-PER B-GPE O", 2),  # the shared word belongs to the first
        ([span(3, 4), span(4, 5)], "O B-PER O O", 2),  # the second is left without a word
        ([span(2, 3)], "O O O O", 1),  # between words
    ],
)
def test_encoding_by_hand(spans: list[Entity], tags: str, n_cut: int) -> None:
    assert encode_bio(WORDS, spans) == (tags.split(), n_cut)


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O I-PER O", []),
        ("I-PER I-PER", []),
        ("B-PER I-GPE I-PER", [TagSpan(0, 0, "PER")]),
        ("B-PER O I-PER", [TagSpan(0, 0, "PER")]),
        ("B-PER B-PER I-PER", [TagSpan(0, 0, "PER"), TagSpan(1, 2, "PER")]),
    ],
)
def test_decoding_is_strict(tags: str, spans: list[TagSpan]) -> None:
    assert decode_bio(tags.split()) == spans


def test_labels_with_a_hyphen() -> None:
    assert decode_bio(["B-per-son", "I-per-son"]) == [TagSpan(0, 1, "per-son")]


@st.composite
def words_and_spans(draw: st.DrawFn) -> tuple[list[Sentence], list[TagSpan]]:
    widths = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), max_size=12))
    words, place = [], 0
    for gap, width in widths:
        words.append(Sentence(place + gap, place + gap + width))
        place += gap + width
    borders = sorted(draw(st.sets(st.integers(0, len(words)))))
    label = st.sampled_from(["PER", "GPE"])
    pairs = zip(borders[::2], borders[1::2], strict=False)
    return words, [TagSpan(first, last - 1, draw(label)) for first, last in pairs]


@given(words_and_spans())
def test_round_trip(case: tuple[list[Sentence], list[TagSpan]]) -> None:
    words, expected = case
    spans = [span(words[first].start, words[last].end, label) for first, last, label in expected]
    tags, n_cut = encode_bio(words, spans)
    assert n_cut == 0
    assert decode_bio(tags) == expected


@given(st.lists(st.sampled_from(TAGS)))
def test_decoding_agrees_with_seqeval_strict(tags: list[str]) -> None:
    theirs = [(item.start, item.end - 1, item.tag) for item in Entities([tags], IOB2).entities[0]]
    assert [tuple(found) for found in decode_bio(tags)] == theirs


@given(words_and_spans())
def test_valid_tags_agree_with_seqeval_default(case: tuple[list[Sentence], list[TagSpan]]) -> None:
    words, expected = case
    tags, _ = encode_bio(words, [span(words[first].start, words[last].end, label) for first, last, label in expected])
    assert [TagSpan(first, last, label) for label, first, last in get_entities(tags)] == decode_bio(tags)


@pytest.mark.parametrize(
    ("tags", "iob2"),
    [
        ("O I-PER I-PER O", "O B-PER I-PER O"),  # IOB1
        ("I-PER B-PER I-GPE", "B-PER B-PER B-GPE"),
        ("B-PER I-PER E-PER S-PER S-PER", "B-PER I-PER I-PER B-PER B-PER"),  # BIOES
        ("B-PER L-PER U-GPE I-GPE", "B-PER I-PER B-GPE B-GPE"),  # BILOU
        ("B-PER M-PER E-PER I-PER", "B-PER I-PER I-PER B-PER"),  # BMES
        ("PER PER O PER GPE", "B-PER I-PER O B-PER B-GPE"),  # without prefix
        ("E-PER O L-GPE", "B-PER O B-GPE"),
        ("", ""),
    ],
)
def test_other_schemes_become_iob2(tags: str, iob2: str) -> None:
    assert as_iob2(tags.split()) == iob2.split()


@given(st.lists(st.sampled_from(["O", *(f"{prefix}-{label}" for prefix in "BIMELSU" for label in ("PER", "GPE"))])))
def test_every_tag_but_o_lies_in_a_span_and_iob2_stays_as_it_is(tags: list[str]) -> None:
    found = as_iob2(tags)
    assert as_iob2(found) == found
    inside = {place for one in decode_bio(found) for place in range(one.first, one.last + 1)}
    assert inside == {place for place, tag in enumerate(tags) if tag != "O"}
    assert [bare_type(tag) for tag in found] == [bare_type(tag) for tag in tags]
