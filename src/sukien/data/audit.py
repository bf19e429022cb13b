"""What looks wrong in labels that are well formed: places for a person to look at, not faults.

Faults (markup, unknown types, overlaps, participants that are not there) stop the reading of a file already.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sukien.data.stories import shared_sentences
from sukien.schema import Article, Event, Sentence, Span

CONTRADICTION = "contradiction"
UNLABELLED = "unlabelled"
SUSPICIOUS = "suspicious"
REPEATED = "repeated"
KINDS = {
    CONTRADICTION: "the same phrase between the same words with another label",
    UNLABELLED: "a phrase without a label that has one nearly everywhere else",
    SUSPICIOUS: "a span of unusual form",
    REPEATED: "a sentence that is nearly the same in another article",
}
NEARLY_ALWAYS = 0.9  # share of a phrase's occurrences that are labelled
MIN_LABELLED = 5  # occurrences; below, a share says nothing

_WORD = re.compile(r"\w+")
# In lower case only: Anh, Cô and the like begin given names as well.
_OFFICES = "tổng thống|thủ tướng|chủ tịch|ngoại trưởng|bộ trưởng|đại sứ|tướng|giáo sư|tiến sĩ"
_TITLES = f"ông|bà|anh|chị|cô|(?i:{_OFFICES})"
_FORMS: dict[str, list[tuple[str, re.Pattern[str]]]] = {
    "PER": [("begins with a title", re.compile(rf"(?:{_TITLES})\s"))],
    "TIME": [
        (
            "begins with a preposition",
            re.compile(r"(?:vào|từ|kể từ|trong|đến|khoảng|hơn|gần(?! đây))\s", re.IGNORECASE),
        ),
        ("says how often, not when", re.compile(r"(?:mỗi|hàng|hằng) (?:ngày|tuần|tháng|năm)$", re.IGNORECASE)),
    ],
    "TITLE": [
        (
            "holds a word that stays outside",
            re.compile(r".*\b(?:đắc cử|đương nhiệm|đương kim|tự phong)\b", re.IGNORECASE),
        )
    ],
    "QUANTITY": [("begins with an approximator", re.compile(r"(?:khoảng|hơn|gần|trên|dưới)\s", re.IGNORECASE))],
}
_NEVER_PARTICIPANTS = {"MISC", "TIME", "QUANTITY"}
_NUMBER = re.compile(r"\d|chục|trăm|nghìn|ngàn|vạn|triệu|tỷ|tỉ|mươi|mười|phần|tá|nửa", re.IGNORECASE)
_NO_TRIGGER = re.compile(r"(?:đã|đang|sẽ|có thể|không(?! kích)|chưa|cuộc|sự|việc|vụ|lời|lệnh)\s", re.IGNORECASE)


class Finding(NamedTuple):
    """One place to look at. `sentence` counts from 1 in the article; `kind` is a key of KINDS."""

    kind: str
    article: str
    sentence: int
    what: str


class _Place(NamedTuple):
    article: Article
    sentence: int
    span: Span | None
    phrase: str
    around: tuple[str, str]


def audit(articles: Sequence[Article], split_of: dict[str, str] | None = None) -> list[Finding]:
    """Everything suspicious in labelled articles, by kind, then in their order.

    With `split_of` (split by article id) near-duplicate sentences are told only where they lie in different splits.
    """
    found = [
        *_contradictions(articles),
        *(finding for layer in ("entities", "events") for finding in _unlabelled(articles, layer)),
        *_suspicious(articles),
        *_repeated(articles, split_of),
    ]
    order = {article.id: place for place, article in enumerate(articles)}
    return sorted(found, key=lambda one: (list(KINDS).index(one.kind), order[one.article], one.sentence, one.what))


def _contradictions(articles: Sequence[Article]) -> Iterator[Finding]:
    """Phrases whose label differs though the word before and the word behind are the same."""
    for layer in ("entities", "events"):
        groups: dict[tuple[str, tuple[str, str]], list[_Place]] = defaultdict(list)
        labelled = {place.phrase for article in articles for place in _labelled(article, layer)}
        for article in articles:
            for place in _occurrences(article, layer, labelled):
                groups[place.phrase, place.around].append(place)
        for (phrase, around), places in groups.items():
            labels = Counter(_name(place.span) for place in places)
            if len(labels) < 2:
                continue
            usual = labels.most_common(1)[0][0]
            shown = f"{around[0]} [{phrase}] {around[1]}".strip()
            for place in places:
                if (name := _name(place.span)) != usual:
                    what = f"{shown!r} is {name} here, {usual} {labels[usual]} times elsewhere"
                    yield Finding(CONTRADICTION, place.article.id, place.sentence, what)


def _unlabelled(articles: Sequence[Article], layer: str) -> Iterator[Finding]:
    counts = Counter(place.phrase for article in articles for place in _labelled(article, layer))
    frequent = {phrase for phrase, count in counts.items() if count >= MIN_LABELLED}
    missing: dict[str, list[_Place]] = defaultdict(list)
    for article in articles:
        for place in _occurrences(article, layer, frequent):
            if place.span is None:
                missing[place.phrase].append(place)
    for phrase, places in missing.items():
        if counts[phrase] >= NEARLY_ALWAYS * (counts[phrase] + len(places)):
            for place in places:
                what = (
                    f"{phrase!r} has no label here ({' … '.join(place.around)}), but {counts[phrase]} times elsewhere"
                )
                yield Finding(UNLABELLED, place.article.id, place.sentence, what)


def _suspicious(articles: Iterable[Article]) -> Iterator[Finding]:
    for article in articles:
        for layer in ("entities", "events"):
            for place in _labelled(article, layer):
                assert place.span is not None
                for reason in (*_reasons(place.span), *_strange_participants(article, place.span)):
                    what = f"{place.span.label} {place.span.text!r}: {reason}"
                    yield Finding(SUSPICIOUS, article.id, place.sentence, what)


def _reasons(span: Span) -> Iterator[str]:
    text, label = unicodedata.normalize("NFC", span.text), span.label
    if text != text.strip():
        yield "begins or ends with a space"
    elif not (text[-1].isalnum() or text[-1] in "%)'’\"”°$€£+."):
        yield "ends with punctuation"
    if isinstance(span, Event):
        if _NO_TRIGGER.match(text):
            yield "begins with a word that stays outside a trigger"
        return
    if label in {"PER", "ORG", "GPE"} and text[0].isalpha() and text == text.lower():
        yield "has no capital letter"
    if label == "QUANTITY" and not _NUMBER.search(text):
        yield "has no number"
    for reason, form in _FORMS.get(label, []):
        if form.match(text):
            yield reason


def _strange_participants(article: Article, span: Span) -> Iterator[str]:
    """Names that cannot act: times, amounts, and what MISC holds (peoples, ships, works)."""
    if isinstance(span, Event):
        for place in dict.fromkeys((*span.actors, *span.recipients)):
            if (entity := article.entities[place]).label in _NEVER_PARTICIPANTS:
                yield f"has {entity.label} {entity.text!r} as a participant"


def _repeated(articles: Sequence[Article], split_of: dict[str, str] | None) -> Iterator[Finding]:
    for (a, first), (b, second) in shared_sentences(articles):
        left, right = articles[a], articles[b]
        if split_of and split_of.get(left.id) == split_of.get(right.id):
            continue
        here, there = right.sentences[second], left.sentences[first]
        where = f"{left.id}, sentence {first + 1}" + (f" ({split_of[left.id]})" if split_of else "")
        same = "the same" if _text(right, here) == _text(left, there) else "nearly the same"
        yield Finding(REPEATED, right.id, second + 1, f"{_text(right, here)!r} is {same} in {where}")


def _labelled(article: Article, layer: str) -> Iterator[_Place]:
    spans: Sequence[Span] = article.entities if layer == "entities" else article.events
    place = 0
    for number, sentence in enumerate(article.sentences, start=1):
        while place < len(spans) and spans[place].start < sentence.end:
            span = spans[place]
            yield _Place(article, number, span, span.text.lower(), _around(article, sentence, span.start, span.end))
            place += 1


def _occurrences(article: Article, layer: str, phrases: set[str]) -> Iterator[_Place]:
    """Every place where one of `phrases` stands: labelled, or outside all spans of the article."""
    yield from _labelled(article, layer)
    spans: list[Span] = [*article.entities, *article.events]
    taken = [(span.start, span.end) for span in spans]
    most = max((len(_WORD.findall(phrase)) for phrase in phrases), default=0)
    for number, sentence in enumerate(article.sentences, start=1):
        words = [match.span() for match in _WORD.finditer(article.text, sentence.start, sentence.end)]
        inside = [span for span in taken if sentence.start <= span[0] < sentence.end]
        for first, (start, _) in enumerate(words):
            for _, end in words[first : first + most]:
                phrase = article.text[start:end].lower()
                if phrase in phrases and not any(start < b and a < end for a, b in inside):
                    yield _Place(article, number, None, phrase, _around(article, sentence, start, end))


def _around(article: Article, sentence: Sentence, start: int, end: int) -> tuple[str, str]:
    """The word before and the word behind, in lower case; empty at the ends of the sentence."""
    before = _WORD.findall(article.text[sentence.start : start])
    behind = _WORD.search(article.text, end, sentence.end)
    return (before[-1].lower() if before else "", behind[0].lower() if behind else "")


def _name(span: Span | None) -> str:
    return "unlabelled" if span is None else span.label


def _text(article: Article, sentence: Sentence) -> str:
    return article.text[sentence.start : sentence.end]
