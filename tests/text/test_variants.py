"""Text written otherwise, with its labels where they were."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sukien.schema import Article, Entity, Event, Sentence
from sukien.text.variants import VARIANTS, rewrite, vary

ALPHABET = "aÀđ ỷhoàòẾ.!1İß\u0301\n"


def article(text: str, sentences: list[tuple[int, int]], *entities: tuple[int, int], event: tuple[int, int]) -> Article:
    return Article(
        "a",
        text,
        tuple(Sentence(*one) for one in sentences),
        tuple(Entity(start, end, text[start:end], "PER") for start, end in entities),
        (Event(*event, text[slice(*event)], "AID", actors=(0,)),),
    )


TEXT = "Bà Hoà gặp ông Tú. Họ ở Huế!"
ARTICLE = article(TEXT, [(0, 18), (19, 28)], (3, 6), (11, 17), (24, 27), event=(7, 10))


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("NFD", unicodedata.normalize("NFD", TEXT)),
        ("new tone marks", TEXT),
        ("old tone marks", "Bà Hòa gặp ông Tú. Họ ở Huế!"),
        ("no diacritics", "Ba Hoa gap ong Tu. Ho o Hue!"),
        ("all capitals", "BÀ HOÀ GẶP ÔNG TÚ. HỌ Ở HUẾ!"),
        ("lower case", "bà hoà gặp ông tú. họ ở huế!"),
        ("extra spaces", "Bà   Hoà   gặp   ông   Tú.   Họ   ở   Huế!"),
        ("no final stop", "Bà Hoà gặp ông Tú Họ ở Huế"),
    ],
)
def test_variants_by_hand(variant: str, expected: str) -> None:
    varied = vary(ARTICLE, variant)
    assert varied.text == expected
    whole = varied.entities[1].text
    assert whole == (TEXT[11:17] if variant == "no final stop" else VARIANTS[variant](TEXT[11:17]))
    assert varied.events[0].actors == (0,)
    assert len(varied.sentences) == 2


def test_final_punctuation_stays_where_it_is_all_or_labelled() -> None:
    text = "... Ở TP. Rồi."
    found = vary(article(text, [(0, 3), (4, 9), (10, 14)], (6, 9), event=(10, 13)), "no final stop")
    assert found.text == "... Ở TP. Rồi"
    assert [found.text[one.start : one.end] for one in found.sentences] == ["...", "Ở TP.", "Rồi"]


@st.composite
def articles(draw: st.DrawFn) -> Article:
    """Sentences that touch or not; entities and events that cross, nest and share borders, but no letters' halves."""
    text = draw(st.text(ALPHABET, min_size=4, max_size=40))
    borders = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=6)))
    sentences = [pair for pair in pairwise(borders) if draw(st.booleans())]

    def spans() -> list[tuple[int, int]]:
        found = []
        for start, end in sentences:
            cuts = sorted(draw(st.sets(st.integers(start, end), max_size=4)))
            found += [pair for pair in pairwise(cuts) if draw(st.booleans())]
        return found

    return Article(
        "a",
        text,
        tuple(Sentence(*one) for one in sentences),
        tuple(Entity(start, end, text[start:end], "PER") for start, end in spans()),
        tuple(Event(start, end, text[start:end], "AID") for start, end in spans()),
    )


@given(articles(), st.sampled_from(sorted(VARIANTS)))
def test_every_border_has_its_place_in_the_new_text(one: Article, variant: str) -> None:
    varied = vary(one, variant)  # Article checks text[start:end] and the order of all spans
    for before, after in zip((*one.entities, *one.events), (*varied.entities, *varied.events), strict=True):
        assert (before.label, after.text) == (after.label, varied.text[after.start : after.end])
    assert len(varied.sentences) == len(one.sentences)


@given(articles(), st.sampled_from(["all capitals", "lower case", "extra spaces"]))
def test_what_changes_letter_by_letter_changes_spans_and_text_alike(one: Article, variant: str) -> None:
    change = VARIANTS[variant]
    varied = vary(one, variant)
    assert varied.text == "".join(map(change, one.text))
    for before, after in zip((*one.entities, *one.events), (*varied.entities, *varied.events), strict=True):
        assert after.text == "".join(map(change, before.text))


@given(articles())
def test_nothing_changed_is_the_article_itself(one: Article) -> None:
    assert rewrite(one, str) == one
