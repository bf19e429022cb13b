"""Whether offsets hold, and which labelled spans no prediction of this tagger could ever equal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from sukien.models.inputs import PreparedArticle, Reader
from sukien.schema import Article, Prediction, Span
from sukien.training.features import is_cut, is_inside

_N_NAMED = 10
_CHUNK = 64  # articles that are read together: bounds memory


def describe_offsets(articles: Sequence[Article], predictions: Sequence[Prediction], reader: Reader) -> dict[str, Any]:
    """Shares and counts over entities and triggers.

    *Keys:* `n_predicted`, `n_exact` predicted spans whose text is `text[start:end]` of the article as given; `n_gold`;
    `n_cut`, labelled spans that begin or end inside a word of ours, with a few in `cut`; `n_unread`, those with a word
    in no window; `n_inside`, those with a border inside what word segmentation joins, which can be found all the same.
    """
    spans: list[tuple[str, Span]] = []
    for article, prediction in zip(articles, predictions, strict=True):
        spans += [(article.text, span) for span in prediction.entities]
        spans += [(article.text, span) for span in prediction.events]
    lost: dict[str, list[str]] = {"cut": [], "unread": [], "inside": []}
    for first in range(0, len(articles), _CHUNK):
        for read in reader.read(articles[first : first + _CHUNK]):
            for kind, text in _lost(read):
                lost[kind].append(text)
    return {
        "n_predicted": len(spans),
        "n_exact": sum(text[span.start : span.end] == span.text for text, span in spans),
        "n_gold": sum(len(article.entities) + len(article.events) for article in articles),
        "n_cut": len(lost["cut"]),
        "cut": lost["cut"][:_N_NAMED],
        "n_unread": len(lost["unread"]),
        "n_inside": len(lost["inside"]),
    }


def _lost(read: PreparedArticle) -> Iterator[tuple[str, str]]:
    article = read.article
    covered = {place for window in read.windows for place in range(window.first, window.last)}
    for sentence, words, (first, last) in zip(article.sentences, read.words, pairwise(read.borders), strict=True):
        joined = read.joined[first:last]
        for span in _within(article, sentence.start, sentence.end):
            touched = [place for place, word in enumerate(words) if word.start < span.end and span.start < word.end]
            if is_cut(span, words):
                yield "cut", span.text
            if any(first + place not in covered for place in touched):
                yield "unread", span.text
            if is_inside(span, words, joined):
                yield "inside", span.text


def _within(article: Article, start: int, end: int) -> list[Span]:
    spans: list[Span] = [*article.entities, *article.events]
    return [span for span in spans if start <= span.start < end]
