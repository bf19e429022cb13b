"""A normalised copy of a text, with the way back to the characters it was made from.

Words are taken from the copy and not from the text as published: one and the same word reaches us precomposed
(NFC), as letters with combining marks (NFD, 2% of news sentences), or with a soft hyphen or zero-width space
left in it by a web page. An encoder that was trained on NFC sees noise in the other forms. Offsets, however,
are always those of the caller's text, so the copy carries a map.

The property that holds for every string: the copy is `unicodedata.normalize("NFC", clean)`, where `clean` is
the text without invisible characters, each exotic space replaced by a plain one and each newline character by
`\\n`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import regex

# Soft hyphen, zero-width characters, bidirectional marks, byte-order mark.
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_EXOTIC_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_SEPARATORS = "\x1c\x1d\x1e\x1f"  # control characters that str.strip takes for white space
_NEWLINES = "\r\u0085\u2028\u2029"
_CLEANING = str.maketrans(
    dict.fromkeys(INVISIBLE, "") | dict.fromkeys(_EXOTIC_SPACES + _SEPARATORS, " ") | dict.fromkeys(_NEWLINES, "\n")
)
_INVISIBLE = regex.compile(f"[{INVISIBLE}]")
# What NFC can change: a character with its combining marks, Hangul letters that join, a character with
# another canonical form. No composition or reordering reaches over the border of such a unit.
_UNIT = regex.compile(
    r"\S?+\p{M}++|[\u1100-\u1112\uAC00-\uD7A3][\u1161-\u1175\u11A8-\u11C2]++|\p{NFC_Quick_Check=No}",
)

_Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Normalised:
    """The copy, and for each of its characters what made it in the source (None where offsets are equal)."""

    text: str
    _starts: _Offsets | None = None
    _ends: _Offsets | None = None

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The smallest span of the source that made characters `start` to `end` (exclusive) of the copy.

        A base letter and its marks map together. Raises ValueError for a span that is empty or outside the
        copy.
        """
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"span {start}:{end} is empty or outside a text of {len(self.text)} characters")
        if self._starts is None or self._ends is None:
            return start, end
        return int(self._starts[start]), int(self._ends[end - 1])


def normalise(text: str) -> Normalised:
    """The normalised copy of any text. Linear time; a text that is normalised already costs one pass."""
    clean = text.translate(_CLEANING)
    if unicodedata.is_normalized("NFC", clean):
        if len(clean) == len(text):
            return Normalised(clean)
        kept = _kept(text)
        return Normalised(clean, kept, kept + 1)
    copy, starts, ends = _compose(clean)
    if len(clean) != len(text):
        kept = _kept(text)
        starts, ends = kept[starts], kept[ends - 1] + 1
    return Normalised(copy, starts, ends)


def _kept(text: str) -> _Offsets:
    """The offsets of the characters that stay."""
    visible = np.ones(len(text), dtype=np.bool_)
    visible[[found.start() for found in _INVISIBLE.finditer(text)]] = False
    return np.flatnonzero(visible)


def _compose(clean: str) -> tuple[str, _Offsets, _Offsets]:
    """NFC unit by unit: the copy, and the start and end in `clean` of what made each of its characters."""
    pieces: list[str] = []
    # Start and end in `clean`, length in the copy, of stretches kept and changed in turn; flat, for speed.
    blocks: list[int] = []
    known: dict[str, str] = {}
    place = 0
    for found in _UNIT.finditer(clean):
        unit = found[0]
        composed = known.get(unit)
        if composed is None:
            composed = known[unit] = unicodedata.normalize("NFC", unit)
        if composed != unit:
            start, end = found.span()
            pieces += (clean[place:start], composed)
            blocks += (place, start, start - place, start, end, len(composed))
            place = end
    pieces.append(clean[place:])
    blocks += (place, len(clean), len(clean) - place)
    return "".join(pieces), *_offsets(np.array(blocks, dtype=np.int64).reshape(-1, 3))


def _offsets(blocks: _Offsets) -> tuple[_Offsets, _Offsets]:
    """Start and end of what made each character of the copy.

    *Shape:* blocks `(n, 3)`, kept (even) and changed (odd).
    """
    lengths = blocks[:, 2]
    changed = np.repeat(np.arange(len(blocks)) % 2 == 1, lengths)
    starts, ends = np.repeat(blocks[:, 0], lengths), np.repeat(blocks[:, 1], lengths)
    within = np.arange(len(changed)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    starts = np.where(changed, starts, starts + within)
    return starts, np.where(changed, ends, starts + 1)
