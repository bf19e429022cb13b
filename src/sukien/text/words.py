"""Words: the units that are tagged.

They are the pre-tokenisation of our encoder, so that a word border is a piece border.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import regex

from sukien.schema import Sentence
from sukien.text.normalise import normalise

# Letters or digits with the marks that did not compose; else one symbol, with its marks or skin tone; a flag
# is one.
_WORD = regex.compile(
    r"(?:\p{L}\p{M}*+)++|(?:\p{Nd}\p{M}*+)++|\p{Regional_Indicator}{2}|\S[\p{M}\p{Emoji_Modifier}]*+",
)


_MIN_CAPITALS = 8  # syllables: fewer may be names, as in a by-line


class Word(NamedTuple):
    """A word at `start` to `end` (exclusive) of the caller's text; `text` is its normalised form."""

    start: int
    end: int
    text: str


def split_words(text: str, spans: Sequence[Sentence] | None = None) -> list[list[Word]]:
    """The words of each span, or of the whole text as one list.

    A word is a run of letters, a run of digits, or any other single visible character. Words are in order,
    never overlap, and cover every character that is neither white space nor invisible. Letters joined by an
    invisible character are one word. Linear time.
    """
    if spans is None:
        return [_words(text, 0)]
    return [_words(text[span.start : span.end], span.start) for span in spans]


def in_small_letters(words: list[Word]) -> list[Word]:
    """The words of a headline that is all in capitals in small letters; other sentences as they are.

    An encoder has hardly read words in capitals. Without the names' capital letters it still reads more of them. Names
    and lists of acronyms are in capitals for another reason: a headline is longer, and half of its syllables at least
    have letters beyond ASCII.
    """
    letters = [word.text for word in words if any(map(str.isalpha, word.text))]
    if len(letters) < _MIN_CAPITALS or not all(map(str.isupper, letters)):
        return words
    if 2 * sum(map(str.isascii, letters)) > len(letters):
        return words
    return [word._replace(text=word.text.lower()) for word in words]


def _words(text: str, offset: int) -> list[Word]:
    """The words of `text`, which lies at `offset` in the caller's text."""
    copy = normalise(text)
    words = []
    for found in _WORD.finditer(copy.text):
        start, end = copy.source_span(*found.span())
        words.append(Word(offset + start, offset + end, found.group()))
    return words
