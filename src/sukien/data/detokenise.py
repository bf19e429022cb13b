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
# The segmenter leaves the hyphen at the number: "F -16", "Hwasong -12", "50 % -70 %".
_HYPHEN_NUMBER = re.compile(r"-\d[\w.,-]*")
_MODEL = re.compile(r"[A-ZĐ][A-Za-z]{0,14}")
_MEASURE = re.compile(r"\d+(?:[.,]\d+)*(?:[a-z]{1,2}|oC)")  # 40km, 33oC
_PLATE, _PLATE_NUMBER = re.compile(r"\d\d[A-ZĐ]{1,2}\d?"), re.compile(r"-?(?:\d{3}\.?\d\d|\d{4})")  # 15C-309.39
_HALF_TIME = re.compile(r"\d{1,2}[hg][0-5]")  # the segmenter tears "7h30" into "7h3 0"
_HOUR = re.compile(r"[01]?\d|2[0-4]")
_INITIALS = re.compile(r"[A-ZĐ](?:\.[A-ZĐ])*")
_DOTTED = re.compile(r"(?:[A-ZĐ]\.)+")
_SHORT = re.compile(r"[A-ZĐ]{1,6}")  # GD&ĐT, S&P, KHXH&NV; but not BILL & MELINDA
# Parts of names that are written with hyphens: al-Assad, Mar-a-Lago, Deir ez-Zor, Charles-de-Gaulle.
_PARTICLES = {"al", "el", "an", "as", "ash", "az", "ed", "es", "ez", "de", "la", "le", "du", "sur"}
# Last parts of names from East Asia, which no Vietnamese clause begins with: Moon Jae-in, Ban Ki-moon, Punggye-ri.
_LAST_PART = re.compile(
    "ahn|bak|beom|bok|chol|chul|dok|duk|eun|gil|gyon|hae|hee|ho|hoon|hui|hwa|hwan|hye|hyang|hyon|hyun|il|in|jin|jo|jong"
    "|joon|ju|jun|jung|ki|koo|kyeom|kyun|meng|min|ming|moo|moon|nam|ocha|ri|ryong|seo|seok|shing|sik|sil|song|soo|sook"
    "|su|sung|thaek|un|wha|wol|won|woo|wook|woong|yeon|yong|young"
)
_FIRST_PARTS = {"Jean", "Champs"}  # Jean-Claude, Champs-Elysees: the next part has a capital
# Words and names that are always written so; a rule for all would also join "Mỹ - Trung" and "Hà Nội - cho biết".
_HYPHENATED = re.compile(
    "GD-ĐT|TN-MT|KH-ĐT|VH-TT|TT-TT|LĐ-TB|GT-VT|TT-DL|KH-CN|NN-PTNT|BR-VT|KT-XH|Shangri-La|Coca-Cola|Rolls-Royce"
    "|Mercedes-Benz|(?:VN|HNX|Upcom)-Index|Go-Viet|Go-Jek|Spider-Man|Ant-Man|Indo-Pacific|Chan-o|o-cha|Jaish-e|Lashkar-e"
    "|e-Mohamm[ae]d|e-Cabinet|e-Banking|K-pop|check-in|ê-kíp|cát-xê|rơ-moóc|h[ée]c-ta|xy-lanh|tuốc-bin|best-seller"
    "|knock-out|make-up|[Ss]tart-up"
)
_APOSTROPHE_AFTER = {*"BDGHKLMNORdl"}  # O'Neil, L'Anti, Côte d'Ivoire, H'Hen, Đắk G'Long
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
    before = tokens[place - 1] if place else ""
    if token.isalnum():  # most are: a corpus takes minutes instead of a quarter of an hour
        return len(token) == 1 and _ends_time(before, token), False
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
    elif token == "&":
        left = right = _SHORT.fullmatch(before) is not None and _SHORT.fullmatch(after) is not None
    elif token == ".":  # initials: George H.W. Bush
        right = _are_initials(before, after, tokens[place + 2 : place + 3])
    elif _HYPHEN_NUMBER.fullmatch(token):
        left = _takes_hyphen_number(before, token)
    elif _DOTTED.fullmatch(token):
        right = _INITIALS.fullmatch(after.removesuffix(".")) is not None
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


def _are_initials(before: str, after: str, behind: Sequence[str]) -> bool:
    """Whether the stop stands inside a name cut to its first letters; one letter alone may end a sentence."""
    if not _INITIALS.fullmatch(before) or not _INITIALS.fullmatch(after):
        return False
    return len(before) > 1 or before == "Đ" or behind == ["."]


def _ends_time(before: str, token: str) -> bool:
    """Whether one character is the end of a time of day: "7h3 0", "20 h"."""
    return (token == "h" and _HOUR.fullmatch(before) is not None) or (
        token.isdecimal() and _HALF_TIME.fullmatch(before) is not None
    )


def _takes_hyphen_number(before: str, token: str) -> bool:
    return (
        before in {"%", "h"}
        or _MODEL.fullmatch(before) is not None
        or _NUMBER.fullmatch(before) is not None
        or (_PLATE.fullmatch(before) is not None and _PLATE_NUMBER.fullmatch(token) is not None)
    )


def _is_hyphen(before: str, after: str) -> bool:
    """Whether the sign is part of a word or number, not a dash or the link of two names ("Mỹ - Trung")."""
    if not before or not after:
        return False
    is_number = _NUMBER.fullmatch(after) is not None
    from_number = _NUMBER.fullmatch(before) is not None
    return (
        (is_number and (from_number or _CODE.fullmatch(before) is not None))
        or (from_number and _MEASURE.fullmatch(after) is not None)
        or (_PLATE.fullmatch(before) is not None and _PLATE_NUMBER.fullmatch(after) is not None)
        or (is_number and before.lower() == "covid")
        or _HYPHENATED.fullmatch(f"{before}-{after}") is not None
        or ((before in _PARTICLES | _FIRST_PARTS | {"Al", "El"}) and after[:1].isupper())
        or (after in _PARTICLES | {"a"} and before[:1].isupper() and before.isascii())
        or (before == "a" and after[:1].isupper() and after.isascii())
        or (_LAST_PART.fullmatch(after) is not None and before[:1].isupper() and before.isascii())
    )
