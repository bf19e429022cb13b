"""The parts of a raw news article, as spans of the text as published.

Text is left out only where a whole line (or a known tail glued to a line) is page residue: losing real text
is worse than keeping residue. What is left out:
- lines that `residue` knows, bare agency names, and the date and author lines of the head;
- a line after the head's date that repeats a line before it (the lead given twice);
- from the heading of a related-news or comment block to the end of the page, where the body does not go on.
  It goes on when prose follows: a line that ends in a full stop, a line of 25 words or more, or a signature.
  One prose line of one sentence is taken for a teaser when it stands between lines that only come after an
  article.
A text of which nothing would be left comes back whole.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import regex

from sukien.schema import Sentence
from sukien.text.normalise import Normalised, normalise
from sukien.text.residue import ends_page, is_residue, opens_block, without_tail
from sukien.text.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class RawArticle:
    """Parts of an article; title, lead, body, captions, sub-heads and final signature are in `sentences`.

    `date` is the ISO form of the head's date line. `byline` is the author line of the head, which is not
    among the sentences, or else the signature at the end, which is.
    """

    title: Sentence | None
    date: str | None
    byline: Sentence | None
    sentences: tuple[Sentence, ...]


class _Line(NamedTuple):
    """A line of the normalised copy at `start`, stripped."""

    start: int
    text: str


class _Head(NamedTuple):
    """Lines `first` to `last` (exclusive) are the date and author lines of the head. `date` is ISO."""

    first: int
    last: int
    date: str | None
    byline: _Line | None


_LINE = regex.compile(r"\S[^\n]*+")
_HEAD_LINES = 10  # a date line further down is a sub-head of a chronicle
_TITLE_WORDS = 40
_PROSE_WORDS = 25
_SHORT = 100  # characters; a date, name or credit line is never longer
_PROSE = regex.compile(r"[.…][\"'”’»)\]]*+\Z")
_BULLET = regex.compile(r"[-–—•*+]\s")
_LETTER = regex.compile(r"\p{L}")

_TIME = r"\d{1,2}\s?(?::|h|g|giờ)\s?(?:\d{2})?(?::\d{2}|'|\s?phút)?(?:\s?(?:AM|PM|SA|CH|sáng|trưa|chiều|tối))?"
_DATE_LINE = regex.compile(
    r"(?:(?:cập nhật|đăng|ngày đăng|xuất bản|đăng lúc|cập nhật lúc)\s?:?\s)?"
    r"(?:(?:thứ\s(?:\p{L}+|[2-7])|chủ\snhật|t[2-7]|cn)\s?,?\s)?"
    rf"(?:{_TIME}[\s,|–-]+)?(?:ngày\s)?"
    r"(?:(?P<d>\d{1,2})(?P<sep>[/.-])(?P<m>\d{1,2})(?P=sep)(?P<y>\d{4})|(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"
    r"|(?P<d>\d{1,2})\stháng\s(?P<m>\d{1,2})(?:,|\snăm)?\s(?P<y>\d{4}))"
    rf"(?:[\s,|–-]+{_TIME})?(?:\s?\(?GMT\s?[+-]\s?\d{{1,2}}(?::\d{{2}})?\)?)?",
    regex.IGNORECASE,
)
_NAME = r"\p{Lu}[\p{L}\p{M}.]*(?:[ -]\p{Lu}[\p{L}\p{M}.]*){1,4}"
_AUTHOR = regex.compile(rf"(?:(?:Tác giả|Bài|Bài viết)\s?:\s?)?{_NAME}(?:\s\([^()]{{1,60}}\)|\s[-–]\s{_NAME})?")
_CREDIT = regex.compile(
    r"\(?(?:Theo|Nguồn:)\s[\p{Lu}\p{Nd}][^.!?…]{1,60}|Theo\s[\p{L}\p{Nd}-]+\.(?:vn|com|net)(?:\.vn)?"
    rf"|{_NAME}\s\([^()]{{1,60}}\)"
)


def article_sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of an article that belong to it; () for text without letters."""
    return read_article(text).sentences


def read_article(text: str) -> RawArticle:
    """Title, date, by-line and sentences of a raw article; offsets are those of `text`. Never raises."""
    if not _LETTER.search(text):
        return RawArticle(None, None, None, ())
    copy = normalise(text)
    lines = [_Line(found.start(), found.group().rstrip()) for found in _LINE.finditer(copy.text)]
    body = _without_residue(lines)
    head = _find_head(body)
    before = body[: head.first]
    # A line right after the date that was there before the date is the lead or title, given twice.
    again = body[head.last : head.last + 1]
    repeated = head.date is not None and any(line.text == again[0].text for line in before if again)
    kept = before + body[head.last + repeated :] or lines
    title = _find_title(before or kept[:1])
    byline = head.byline or _find_signature(kept)
    return RawArticle(
        title=_sentence(copy, title),
        date=head.date,
        byline=_sentence(copy, byline),
        sentences=tuple(part for line in kept for part in split_sentences(text, *_source_span(copy, line))),
    )


def _source_span(copy: Normalised, line: _Line) -> tuple[int, int]:
    return copy.source_span(line.start, line.start + len(line.text))


def _sentence(copy: Normalised, line: _Line | None) -> Sentence | None:
    return Sentence(*_source_span(copy, line)) if line else None


def _without_residue(lines: Sequence[_Line]) -> list[_Line]:
    """The lines of the article itself, without the residue glued to them."""
    residue = [is_residue(line.text, lines[index - 1].text if index else "") for index, line in enumerate(lines)]
    end = _end_of_article(lines, residue)
    return [
        line._replace(text=without_tail(line.text))
        for line, dropped in zip(lines[:end], residue[:end], strict=True)
        if not dropped
    ]


def _end_of_article(lines: Sequence[_Line], residue: Sequence[bool]) -> int:
    """Index of the heading from which all is related news and comments;

    the number of lines if there is none.
    """
    prose = [index for index, line in enumerate(lines) if not residue[index] and _is_prose(line.text)]
    if not prose:
        return len(lines)
    last = prose[-1]
    if len(prose) > 1 and _is_teaser(lines, prose[-2], last):
        last = prose[-2]
    return next((index for index in range(last + 1, len(lines)) if opens_block(lines[index].text)), len(lines))


def _is_prose(line: str) -> bool:
    """A sign that the body goes on: a full stop at the end, many words, or a signature."""
    return bool(_PROSE.search(line)) or line.count(" ") + 1 >= _PROSE_WORDS or _is_credit(line)


def _is_teaser(lines: Sequence[_Line], before: int, index: int) -> bool:
    """Whether the prose line at `index`, the next after `before`, lies among related news."""
    start = next((place for place in range(before + 1, index) if opens_block(lines[place].text)), index)
    return (
        any(ends_page(line.text) for line in lines[start:index])
        and any(ends_page(line.text) for line in lines[index + 1 :])
        and len(split_sentences(lines[index].text)) == 1
        and not _is_credit(lines[index].text)
    )


def _find_head(body: Sequence[_Line]) -> _Head:
    """The date line of the head, further dates right after it, and the author lines around it."""
    for index, line in enumerate(body[:_HEAD_LINES]):
        date = _iso_date(line.text)
        if date is None:
            continue
        first, last = index, index + 1
        while first > 1 and _is_author(body[first - 1].text):  # line 0 is never an author: it may be a title
            first -= 1
        while last < len(body) and _iso_date(body[last].text):
            last += 1
        while last < len(body) - 1 and _is_author(body[last].text):
            last += 1
        byline = next((line for line in body[first:last] if _is_author(line.text)), None)
        return _Head(first, last, date, byline)
    return _Head(0, 0, None, None)


def _iso_date(line: str) -> str | None:
    """The date that a line consists of, in ISO form.

    None where the line is anything else or there is no such day.
    """
    found = _DATE_LINE.fullmatch(line) if len(line) <= _SHORT else None
    if not found:
        return None
    try:
        return datetime.date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    except ValueError:
        return None


def _is_author(line: str) -> bool:
    return len(line) <= _SHORT and bool(_AUTHOR.fullmatch(line))


def _is_credit(line: str) -> bool:
    return len(line) <= _SHORT and bool(_CREDIT.fullmatch(line))


def _find_title(lines: Sequence[_Line]) -> _Line | None:
    """The first line that reads like a headline:

    one sentence, not too long, no full stop at its end, no list item.
    """
    for line in lines:
        if line.text.count(" ") >= _TITLE_WORDS or _BULLET.match(line.text) or not _LETTER.search(line.text):
            continue
        if not _PROSE.search(line.text) and len(split_sentences(line.text)) == 1:
            return line
    return None


def _find_signature(kept: Sequence[_Line]) -> _Line | None:
    """The last line, if it names who wrote the article or where it was taken from."""
    if len(kept) < 3:
        return None
    last = kept[-1]
    return last if _is_credit(last.text) or _is_author(last.text) else None
