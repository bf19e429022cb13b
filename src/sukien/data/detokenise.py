"""From word-segmented text, one sentence a line, back to text as it was published.

Public Vietnamese corpora come as tokens joined by spaces, with `_` between the syllables of a word ("Tổng_thống Mỹ ,
ông Biden , nói :"). A tagger that reads published articles should not learn to expect that. Only spaces and underscores
are ever added or removed, so a position counted over the other characters means the same before and after; `skeleton`
is that common ground.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_STICKS_LEFT = {*",.;:!?%)]}…”»‰", "..", "...", "....", "°C"}
_STICKS_RIGHT = {*"([{“«‘#@"}
_JOINS = {"/"}
_ENDS_QUOTE = {*",.;:!?)]}…”’", "..."}  # a straight quote before one of these closes, whatever came before
_NUMBER = re.compile(r"\d+(?:[.,/]\d+)*")
_CODE = re.compile(r"[A-ZĐ][A-Za-z]{0,3}")  # the letters of Su-35, S-400, K-9
# The segmenter leaves the hyphen at the number: "F -16", "Hwasong -12".
_HYPHEN_NUMBER = re.compile(r"-\d[\w.,]*")
_MODEL = re.compile(r"[A-ZĐ][A-Za-z]{0,8}")
# Parts of names that are written with hyphens: al-Assad, Mar-a-Lago, Deir ez-Zor, Charles-de-Gaulle.
_PARTICLES = {"al", "el", "an", "as", "ash", "az", "ed", "es", "ez", "de", "la", "le", "du", "sur"}
# Second syllables of Korean given names: Moon Jae-in, Kang Kyung-wha.
_KOREAN = {
    "in",
    "un",
    "il",
    "hye",
    "nam",
    "jong",
    "ho",
    "hwa",
    "wha",
    "soo",
    "su",
    "won",
    "hyun",
    "min",
    "kyun",
    "ki",
    "jin",
    "young",
    "sil",
    "seo",
    "eun",
    "seok",
    "bok",
    "hwan",
    "song",
    "chul",
    "hee",
}
_APOSTROPHE_AFTER = {"O", "D", "L", "N", "M", "d", "l"}  # O'Neil, L'Anti, Côte d'Ivoire
_APOSTROPHE_BEFORE = {"s", "t", "re", "ll", "an"}  # it's, don't, Xi'an


def skeleton(text: str) -> str:
    """The characters of `text`, in NFC, that no detokeniser may touch: all but spaces and underscores."""
    return "".join(unicodedata.normalize("NFC", text).replace("_", "").split())


def detokenise(line: str) -> str:
    """One line of word-segmented text as it reads in print, in NFC.

    Args:
        line: tokens separated by white space, the syllables of a word joined by underscores.

    Returns:
        The line without spaces before punctuation or inside quotes and brackets; decimals, codes ("Su-35"), names with
        hyphens and rates ("km/giờ") in one piece. Its skeleton is that of `line`.
    """
    tokens = unicodedata.normalize("NFC", line).replace("_", " ").split()
    opened: set[str] = set()
    text, sticks = "", True
    for place, token in enumerate(tokens):
        left, right = _sticks(tokens, place, opened)
        text += token if sticks or left else f" {token}"
        sticks = right
    return text


def _sticks(tokens: Sequence[str], place: int, opened: set[str]) -> tuple[bool, bool]:
    """Whether the token at `place` stands without space behind the one before it, and before the next."""
    token = tokens[place]
    if token.isalnum():  # most are: a corpus takes minutes instead of a quarter of an hour
        return False, False
    before = tokens[place - 1] if place else ""
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    left, right = token in _STICKS_LEFT, token in _STICKS_RIGHT
    if token in {'"', "'"}:
        left, right = _straight_quote(tokens, place, opened)
    elif token == "’":  # closes a quotation, or is an apostrophe
        left, right = True, _is_apostrophe(before, after)
    elif token == "-":
        left = right = _is_hyphen(before, after)
    elif token in _JOINS:
        left = right = True
    elif token == ".":  # initials: George H.W. Bush
        right = _is_initial(before) and (_is_initial(after) and tokens[place + 2 : place + 3] == ["."])
    elif _HYPHEN_NUMBER.fullmatch(token):
        left = _MODEL.fullmatch(before) is not None
    return left, right


def _straight_quote(tokens: Sequence[str], place: int, opened: set[str]) -> tuple[bool, bool]:
    """Straight quotes open and close in turn; what an earlier line opened is closed where the context says so."""
    token = tokens[place]
    before = tokens[place - 1] if place else ""
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    if token == "'" and token not in opened and _is_apostrophe(before, after):
        return True, True
    closes = token in opened or after in _ENDS_QUOTE - {"..."}
    if not closes and token not in tokens[place + 1 :]:  # the last one: nothing that it opens would be closed
        closes = before != "" and (after in {"", "-", "–"} or before in {",", ".", "!", "?"})
    opened.symmetric_difference_update({token} if token in opened or not closes else set())
    return closes, not closes


def _is_apostrophe(before: str, after: str) -> bool:
    return (before in _APOSTROPHE_AFTER and after[:1].isalpha()) or (before.isalpha() and after in _APOSTROPHE_BEFORE)


def _is_initial(token: str) -> bool:
    return len(token) == 1 and token.isupper()


def _is_hyphen(before: str, after: str) -> bool:
    """Whether the sign is part of a word or number, not a dash or the link of two names ("Mỹ - Trung")."""
    if not before or not after:
        return False
    is_number = _NUMBER.fullmatch(after) is not None
    return (
        (is_number and (_NUMBER.fullmatch(before) is not None or _CODE.fullmatch(before) is not None))
        or (is_number and before.lower() == "covid")
        or ((before in _PARTICLES or before in {"Al", "El"}) and after[:1].isupper())
        or (after in _PARTICLES | {"a"} and before[:1].isupper() and before.isascii())
        or (before == "a" and after[:1].isupper() and after.isascii())
        or (after in _KOREAN and before[:1].isupper() and before.isascii())
    )
