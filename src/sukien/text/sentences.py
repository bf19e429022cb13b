"""Sentences with exact offsets, by rule.

A newline always ends a sentence. Within a line a full stop, question mark, exclamation mark or ellipsis ends
one, together with the quotes and brackets that close after it, when something that can open a sentence
follows. The rules for when it does not (abbreviations, initials, numbers, lower case) come from the errors on
labelled news; they work on the normalised copy, so that NFC and NFD text split alike.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

from sukien.schema import Sentence
from sukien.text.normalise import normalise

# Quantifiers are possessive throughout: no text makes a pattern go back, so time is linear.
_LINE = regex.compile(r"\S++(?:[^\S\n]++\S++)*+")
_STOP = regex.compile(
    r"(?<![.!?…])(?P<stop>[.!?…]++(?:/\.)?+)(?P<close>[\"'”’»›)\]}]*+(?:[^\S\n][\"”’»)\]](?=\s))?+)"
    r"(?P<gap>[^\S\n]++(?=\S)|(?=\p{Lu}))"
)
# Quotes, brackets and list marks may stand before the capital or digit that opens a sentence.
_OPENING = regex.compile(r"[\"'“‘”«‹(\[{\-–—•*+#]*+[^\S\n]?+[\p{Lu}\p{Lt}\p{Nd}]")
# A photo credit or signature: bracketed, without a stop of its own, up to the end of the line.
_CREDIT = regex.compile(r"\([^().!?…\n]*+\)[^\S\n]*+(?=\n|\Z)")
_TOKEN_BEFORE = regex.compile(r"(?r)[\p{L}\p{M}\p{Nd}.@/_-]+")
_NUMBERING = regex.compile(r"(?:\p{Nd}{1,3}|[A-ZĐ]|[IVX]{1,4})(?:\.\p{Nd}{1,2})*+")
_INITIAL = regex.compile(r"[A-ZĐ]")
_REACH = 24  # characters looked at on either side of a stop

_ABBREVIATIONS = frozenset((
    "TP", "Tp", "TX", "Tx", "TT", "Q", "P", "Tr", "tr", "St", "Mt", "No", "vs", "Vs", "GS", "Gs", "PGS",
    "TS", "Ts", "ThS", "Ths", "THS", "BS", "Bs", "BSCKI", "BSCKII", "CKI", "CKII", "KS", "Ks", "KTS",
    "CN", "LS", "Ls", "NSND", "NSƯT", "NGND", "Mr", "Mrs", "Ms", "Dr", "Prof", "Gen", "Lt", "Col",
    "Sgt", "Capt", "Gov", "Sen", "Rep", "Rev", "Hon",
))  # fmt: skip
# These, like initials, may also end a sentence: the next word decides.
_FINAL_ABBREVIATIONS = frozenset(("Jr", "Sr", "Inc", "Ltd", "Co", "Corp", "Bros", "JSC"))
# Words that open sentences and are hardly ever names.
_OPENERS = frozenset((
    "Theo", "Tuy", "Ông", "Bà", "Trong", "Các", "Những", "Một", "Hai", "Ba", "Họ", "Tại", "Đây",
    "Trước", "Sau", "Ngoài", "Ngày", "Hôm", "Khi", "Với", "Nếu", "Để", "Vì", "Do", "Nhưng", "Và", "Còn",
    "Từ", "Đến", "Vào", "Trên", "Dù", "Mặc", "Đó", "Điều", "Việc", "Cuộc", "Chính", "Cả", "Có", "Không",
    "Hiện", "Chúng", "Tôi", "Anh", "Chị", "Người", "Dự", "Bên", "Đồng", "Cùng", "Như", "Tuần", "Tháng",
    "Năm", "Nhiều", "Đầu", "Đáng", "Bởi", "Về", "Ở", "Cũng", "Nhà", "Phía", "Giới", "Lần", "Thay",
    "Cho", "Đặc", "Song", "Bất", "Được", "Thế", "Lúc", "Ngay", "Số", "Vụ",
))  # fmt: skip
# After these a single capital is no initial: 38 độ C, vitamin C, nhóm A.
_BEFORE_LETTER = frozenset((
    "độ", "vitamin", "nhóm", "máu", "loại", "hạng", "lớp", "khối", "cúm", "bảng", "điểm", "gan",
    "virus", "án",
))  # fmt: skip


def split_sentences(text: str, start: int = 0, end: int | None = None) -> list[Sentence]:
    """The sentences of `text[start:end]`, as offsets of `text`, in order.

    They are stripped of white space and invisible characters, and every other character of the range is in
    exactly one of them. A line without letters or digits is a sentence of its own. A bracketed credit at the
    end of a line stays with the sentence before it. Linear time.
    """
    copy = normalise(text[start:end])
    sentences = []
    for first, last in _split(copy.text):
        source_start, source_end = copy.source_span(first, last)
        sentences.append(Sentence(start + source_start, start + source_end))
    return sentences


def _split(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of normalised text."""
    for line in _LINE.finditer(text):
        start, end = line.span()
        for stop in _STOP.finditer(text, start, end):
            if _ends_sentence(text, start, stop):
                yield start, stop.end("close")
                start = stop.end()
        yield start, end


def _ends_sentence(text: str, start: int, stop: regex.Match[str]) -> bool:
    """Whether the sentence that began at `start` ends at `stop`."""
    following = text[stop.end() : stop.end() + _REACH]
    if not _OPENING.match(following):
        return False
    found = _TOKEN_BEFORE.match(text, max(start, stop.start() - _REACH), stop.start())
    token = found.group() if found else ""
    if not stop["gap"]:
        return not stop["close"] and _is_glued(token, following)
    if _CREDIT.match(text, stop.end()):
        return False
    if stop["stop"] != "." or stop["close"] or not found:
        return True
    if found.start() == start and _NUMBERING.fullmatch(token):
        return False
    return not _is_abbreviation(text[max(start, found.start() - _REACH) : found.start()], token, following)


def _is_glued(token: str, following: str) -> bool:
    """A lower-case word, a stop and a capitalised word without a space between:

    "nói.Ông", but not "VOV.VN".
    """
    return (
        len(token) > 1
        and token.isalpha()
        and token.islower()
        and following[:1].isalpha()
        and not following[1:2].isupper()
    )


def _is_abbreviation(before: str, token: str, following: str) -> bool:
    """Whether the stop after `token` belongs to it: TP., GS.TS., J. K., Jr."""
    last = token.rpartition(".")[2]
    if last in _ABBREVIATIONS:
        return True
    if last in _FINAL_ABBREVIATIONS:
        return _first_word(following) not in _OPENERS
    if not _INITIAL.fullmatch(last) or _first_word(following) in _OPENERS:
        return False
    return not before.strip() or before.rsplit(maxsplit=1)[-1] not in _BEFORE_LETTER


def _first_word(following: str) -> str:
    return following.split(maxsplit=1)[0].strip("\"'“”‘’(),:;")
