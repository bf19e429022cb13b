"""Scores of parts of the data: short and long spans, early and late sentences, known and unknown surfaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sukien.schema import Article, Event
from sukien.text.syllables import is_vietnamese_name
from sukien.text.words import split_words
from sukien.training.bootstrap import bootstrap_intervals
from sukien.training.report.cases import Case, Layer
from sukien.training.report.corpus import Surface, surface
from sukien.training.scoring import span_scores

NAMED = ("PER", "GPE", "ORG")  # types whose spans are names, of people and bodies here and abroad

Bucket = Callable[[Case], str | None]


def score_buckets(
    layer: Layer, articles: Sequence[Article], known: set[Surface] | None, *, n_bootstrap: int, seed: int
) -> dict[str, dict[str, Any]]:
    """Per division and part `precision`, `recall`, `f1`, `support`, `predicted`, `interval`.

    A span counts in the part that its own length, text or place puts it in, so a predicted span that is wrong counts
    where it was found. `known`: surfaces labelled in training; None leaves that division out. Modality is known of
    labelled triggers only: its parts have a recall, and None for the rest.
    """
    result = {
        name: _scores(layer, bucket, order, len(articles), n_bootstrap, seed)
        for order, divisions in ((_first_number, _ranges(articles)), (str, _kinds(layer, articles, known)))
        for name, bucket in divisions.items()
    }
    if any(isinstance(case.span, Event) and case.span.modality for case in layer.gold):
        result["modality"] = _recalls(layer)
    return {name: parts for name, parts in result.items() if parts}


def _ranges(articles: Sequence[Article]) -> dict[str, Bucket]:
    n_words = [[len(words) for words in split_words(a.text, a.sentences)] for a in articles]

    def sentence_length(case: Case) -> str:
        return _range(n_words[case.place[0]][case.place[1]], (10, 20, 40))

    return {
        "span length in words": lambda case: _range(len(split_words(case.span.text)[0]), (1, 2, 3, 5)),
        "sentence length in words": sentence_length,
        "number of the sentence in the article": lambda case: _range(case.place[1] + 1, (1, 5, 10, 20)),
    }


def _kinds(layer: Layer, articles: Sequence[Article], known: set[Surface] | None) -> dict[str, Bucket]:
    def source(case: Case) -> str:
        return articles[case.place[0]].source or "not stated"

    divisions: dict[str, Bucket] = {"source": source}
    if known is not None:
        divisions["surface"] = lambda case: (
            "labelled so in training" if surface(case.span) in known else "not labelled so in training"
        )
    if layer.name == "entities":
        divisions["kind of name"] = _name
    return divisions


def _name(case: Case) -> str | None:
    if case.span.label not in NAMED:
        return None
    return "Vietnamese syllables" if is_vietnamese_name(case.span.text) else "foreign, or letters"


def _range(value: int, limits: Sequence[int]) -> str:
    """The name of the range that holds a value; `limits` are the upper ends, included."""
    low = 0
    for high in limits:
        if value <= high:
            return str(high) if high - low == 1 else f"{low + 1}–{high}"
        low = high
    return f"{low + 1} or more"


def _scores(
    layer: Layer, bucket: Bucket, order: Callable[[str], Any], n_articles: int, n_bootstrap: int, seed: int
) -> dict[str, Any]:
    names = [(case, bucket(case)) for case in (*layer.predicted, *layer.gold)]
    parts = sorted({name for _, name in names if name is not None}, key=order)
    column = {name: place for place, name in enumerate(parts)}
    counts = np.zeros((n_articles, len(parts), 3), dtype=np.int64)
    for number, (case, name) in enumerate(names):
        if name is not None:
            is_gold = number >= len(layer.predicted)
            counts[case.place[0], column[name], 2 if is_gold else 1] += 1
            counts[case.place[0], column[name], 0] += is_gold and case.right
    intervals = bootstrap_intervals(counts, n_bootstrap, seed).types if parts else []
    totals = counts.sum(axis=0)
    return {name: span_scores(total, interval) for name, total, interval in zip(parts, totals, intervals, strict=True)}


def _first_number(name: str) -> int:
    """The lower end in the name of a range."""
    return int(name.replace("–", " ").split()[0])


def _recalls(layer: Layer) -> dict[str, Any]:
    found: dict[str, list[bool]] = {}
    for case in layer.gold:
        modality = case.span.modality if isinstance(case.span, Event) else None
        found.setdefault(modality or "not stated", []).append(case.right)
    return {
        name: {
            "precision": None, "recall": sum(right) / len(right), "f1": None, "support": len(right), "predicted": None,
            "interval": None,
        }
        for name, right in sorted(found.items())
    }  # fmt: skip
