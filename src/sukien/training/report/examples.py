"""The errors themselves, each in its sentence."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sukien.schema import Article, Span
from sukien.training.report.cases import RIGHT, Case, Pair

N_SHOWN = 50
_CONTEXT = 140  # characters at either side of the spans: a long sentence is cut there


def confident_errors(
    pairs: dict[str, list[Pair]], articles: Sequence[Article], n_shown: int = N_SHOWN
) -> list[dict[str, Any]]:
    """The wrong predicted spans of the highest score, of all layers together."""
    wrong = [(layer, pair) for layer, pair in _wrong(pairs) if pair.predicted and pair.predicted.span.score is not None]
    wrong.sort(key=lambda item: -_score(item[1]))
    return [_example(layer, pair, articles) for layer, pair in wrong[:n_shown]]


def random_errors(
    pairs: dict[str, list[Pair]], articles: Sequence[Article], seed: int, n_shown: int = N_SHOWN
) -> list[dict[str, Any]]:
    """Errors drawn at random with `seed`, missed spans among them, in the order of the text."""
    wrong = _wrong(pairs)
    drawn = random.Random(seed).sample(range(len(wrong)), min(n_shown, len(wrong)))
    return [_example(*wrong[index], articles) for index in sorted(drawn)]


def _wrong(pairs: dict[str, list[Pair]]) -> list[tuple[str, Pair]]:
    return [(layer, pair) for layer, found in pairs.items() for pair in found if pair.kind != RIGHT]


def _score(pair: Pair) -> float:
    score = pair.predicted.span.score if pair.predicted else None
    return -1.0 if score is None else score


def _example(layer: str, pair: Pair, articles: Sequence[Article]) -> dict[str, Any]:
    """*Keys:* `layer`, `kind`, `article`, `gold` and `predicted` (`start`, `end`, `label`, `text`, `score`; or None),
    `pieces`: the sentence, or what of it is near, as runs of text that are gold, predicted, both or neither."""
    article = articles[pair.place[0]]
    return {
        "layer": layer,
        "kind": pair.kind,
        "article": article.id,
        "gold": _span(pair.gold),
        "predicted": _span(pair.predicted),
        "pieces": _pieces(article, pair),
    }


def _span(case: Case | None) -> dict[str, Any] | None:
    if case is None:
        return None
    span = case.span
    return {"start": span.start, "end": span.end, "label": span.label, "text": span.text, "score": span.score}


def _pieces(article: Article, pair: Pair) -> list[dict[str, Any]]:
    gold, predicted = (case.span if case else None for case in pair)
    spans = [span for span in (gold, predicted) if span]
    first, last = min(span.start for span in spans), max(span.end for span in spans)
    sentence = article.sentences[pair.place[1]]
    low, high = min(sentence.start, first), max(sentence.end, last)
    if first - low > _CONTEXT:
        low = article.text.find(" ", first - _CONTEXT, first) + 1 or first - _CONTEXT  # not within a word
    if high - last > _CONTEXT:
        cut = article.text.rfind(" ", last, last + _CONTEXT)
        high = cut if cut > last else last + _CONTEXT
    borders = sorted({low, high, *(span.start for span in spans), *(span.end for span in spans)})
    pieces = [
        {"text": article.text[start:end], "gold": _covers(gold, start), "predicted": _covers(predicted, start)}
        for start, end in pairwise(borders)
    ]
    if low > sentence.start:
        pieces.insert(0, {"text": "… ", "gold": False, "predicted": False})
    if high < sentence.end:
        pieces.append({"text": " …", "gold": False, "predicted": False})
    return pieces


def _covers(span: Span | None, place: int) -> bool:
    return span is not None and span.start <= place < span.end
