"""Labelled articles as the same text is also written, with the labels moved along: to see what a tagger stands.

The text is rewritten piece by piece between the borders of sentences and spans, so that every border of the original
has its place in the new text, however the lengths change.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from sukien.schema import Article, Entity, Event, Sentence, Span
from sukien.text.noise import move_tone_marks, new_tone_marks, strip_diacritics

Change = Callable[[str], str]
AnySpan = TypeVar("AnySpan", Entity, Event)

_FINAL = re.compile(r"\s*[.!?…:;]+\s*$")
_NO_FINAL = "no final stop"


def _new_tones(text: str) -> str:
    return new_tone_marks(unicodedata.normalize("NFC", text))


def _old_tones(text: str) -> str:
    return move_tone_marks(_new_tones(text))


def _nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _wide(text: str) -> str:
    return text.replace(" ", "   ")


def _without_final(text: str) -> str:
    return _FINAL.sub("", text)


VARIANTS: dict[str, Change] = {
    "NFD": _nfd,
    "new tone marks": _new_tones,
    "old tone marks": _old_tones,
    "no diacritics": strip_diacritics,
    "all capitals": str.upper,
    "lower case": str.lower,
    "extra spaces": _wide,
    _NO_FINAL: _without_final,
}


def vary(article: Article, variant: str) -> Article:
    """The article in one of VARIANTS. Final punctuation goes at the ends of sentences only, and never out of a span."""
    return rewrite(article, VARIANTS[variant], only_ends=variant == _NO_FINAL)


def rewrite(article: Article, change: Change, *, only_ends: bool = False) -> Article:
    """The article with `change` applied to each piece between borders, or only to those that end a sentence.

    A piece whose loss would leave a span or a sentence empty stays as it is.
    """
    spans: list[Span | Sentence] = [*article.sentences, *article.entities, *article.events]
    borders = sorted({0, len(article.text), *(s.start for s in spans), *(s.end for s in spans)})
    starts, ends = {sentence.start for sentence in article.sentences}, {s.end for s in article.sentences}
    inside = _inside(article)
    pieces: list[str] = []
    moved = {0: 0}
    for start, end in pairwise(borders):
        piece = article.text[start:end]
        in_span = start in inside
        if not only_ends or (end in ends and not in_span):
            piece = change(piece) or (piece if in_span or start in starts else "")
        pieces.append(piece)
        moved[end] = moved[start] + len(piece)
    text = "".join(pieces)
    return replace(
        article,
        text=text,
        sentences=tuple(Sentence(moved[one.start], moved[one.end]) for one in article.sentences),
        entities=tuple(_moved(one, moved, text) for one in article.entities),
        events=tuple(_moved(one, moved, text) for one in article.events),
    )


def _inside(article: Article) -> set[int]:
    """The characters of all spans."""
    spans: list[Span] = [*article.entities, *article.events]
    return {place for span in spans for place in range(span.start, span.end)}


def _moved(span: AnySpan, moved: dict[int, int], text: str) -> AnySpan:
    start, end = moved[span.start], moved[span.end]
    return replace(span, start=start, end=end, text=text[start:end])
