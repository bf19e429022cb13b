"""Whether a score of 0.8 means right eight times in ten, and what makes it so.

Temperature scaling (Guo et al. 2017), one temperature a head, fitted on validation articles. Dividing all logits by one
number does not change which tags win, so the spans stay and only their scores move.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from sukien.models.decoding import softmax
from sukien.models.tagging import ArticleTagger
from sukien.schema import Article, Span
from sukien.text.bio import bio_tags

FEW = 30  # spans below which nothing is fitted
_RANGE = (np.log(0.2), np.log(10.0))
_MOST_POINTS = 50  # of a curve: more cannot be seen


@dataclass(frozen=True, slots=True)
class ScoredSpans:
    """The predicted spans of one head on labelled articles.

    *Shapes:* of each span `logits` (W, L) of its words and `tags` (W,), the columns of the tags that it was given;
    `right` (S,) whether a labelled span has its borders and type; `types` S names. `n_gold` counts labelled spans
    by type.
    """

    logits: list[NDArray[np.float32]]
    tags: list[NDArray[np.int64]]
    right: NDArray[np.bool_]
    types: list[str]
    n_gold: dict[str, int]

    def scores(self, temperature: float = 1.0) -> NDArray[np.float64]:
        """The probability of each span's least certain word, as the decoder gives it. *Shape:* (S,)"""
        return np.array(
            [
                softmax(logits / np.float32(temperature))[np.arange(len(tags)), tags].min()
                for logits, tags in zip(self.logits, self.tags, strict=True)
            ],
            dtype=np.float64,
        )


def calibrate(tagger: ArticleTagger, articles: Sequence[Article]) -> dict[str, dict[str, Any]]:
    """Fit temperatures and thresholds on labelled articles and set them in the tagger and its model's configuration.

    Returns for each head `temperature`, `thresholds` by type, `n_spans` and the expected calibration error on these
    articles, `ece_before` and `ece_after`. A head that predicts fewer than 30 spans keeps temperature 1. Give articles
    that neither trained the tagger nor will score it.
    """
    config = tagger.model.config
    config.temperatures, config.thresholds = {}, {}
    told: dict[str, dict[str, Any]] = {}
    for head, spans in scored_spans(tagger, articles).items():
        temperature = fit_temperature(spans)
        scores = spans.scores(temperature)
        config.temperatures[head] = temperature
        config.thresholds[head] = fit_thresholds(spans, scores)
        told[head] = {
            "temperature": temperature,
            "thresholds": config.thresholds[head],
            "n_spans": len(spans.right),
            "ece_before": reliability(spans.scores(), spans.right)["ece"],
            "ece_after": reliability(scores, spans.right)["ece"],
        }
    tagger.temperatures = dict(config.temperatures)
    return told


def scored_spans(tagger: ArticleTagger, articles: Sequence[Article]) -> dict[str, ScoredSpans]:
    """What each head of a tagger predicts on labelled articles, with the logits of the predicted words only."""
    types = tagger.model.config.head_types()
    index = {head: {tag: place for place, tag in enumerate(bio_tags(names))} for head, names in types.items()}
    found = {head: ScoredSpans([], [], np.zeros(0, np.bool_), [], {}) for head in types}
    right: dict[str, list[bool]] = {head: [] for head in types}
    for read, logits in tagger.word_logits(articles):
        gold = {"entities": _places(read.article.entities), "triggers": _places(read.article.events)}
        for head in types:
            for *_, label in gold[head]:
                found[head].n_gold[label] = found[head].n_gold.get(label, 0) + 1
        for head, words, first, spans in tagger.spans(read, logits):
            for (begin, end, label), _ in spans:
                found[head].logits.append(logits[head][first + begin : first + end + 1].copy())
                tags = [f"B-{label}", *[f"I-{label}"] * (end - begin)]
                found[head].tags.append(np.array([index[head][tag] for tag in tags]))
                found[head].types.append(label)
                right[head].append((words[begin].start, words[end].end, label) in gold[head])
    return {
        head: ScoredSpans(spans.logits, spans.tags, np.array(right[head], np.bool_), spans.types, spans.n_gold)
        for head, spans in found.items()
    }


def _places(spans: Sequence[Span]) -> set[tuple[int, int, str]]:
    return {(span.start, span.end, span.label) for span in spans}


def fit_temperature(spans: ScoredSpans) -> float:
    """The temperature under which the scores of the spans are most likely, rounded; 1.0 for fewer than 30 spans."""
    n_spans, n_right = len(spans.right), int(spans.right.sum())
    if n_spans < FEW:
        return 1.0
    # Not 0 and 1, so that spans which are all right do not drive the temperature to its limit (Platt 1999).
    target = np.where(spans.right, (n_right + 1) / (n_right + 2), 1 / (n_spans - n_right + 2))

    def loss(log_temperature: float) -> float:
        score = np.clip(spans.scores(float(np.exp(log_temperature))), 1e-6, 1 - 1e-6)
        return float(-(target * np.log(score) + (1 - target) * np.log1p(-score)).mean())

    return round(float(np.exp(minimize_scalar(loss, bounds=_RANGE, method="bounded").x)), 3)


def fit_thresholds(spans: ScoredSpans, scores: NDArray[np.float64]) -> dict[str, float]:
    """For each type the least score to keep for the best F1 on these articles.

    0.0 keeps all. A type with fewer than 30 labelled or predicted spans is left out: its threshold would be chance.
    *Shape:* scores (S,)
    """
    thresholds = {}
    names = np.array(spans.types)
    for label in sorted(spans.n_gold):
        mine = names == label
        n_gold = spans.n_gold[label]
        if min(n_gold, int(mine.sum())) < FEW:
            continue
        best, best_f1 = 0.0, 2 * spans.right[mine].sum() / (mine.sum() + n_gold)
        for row in coverage_curve(scores[mine], spans.right[mine], n_gold):
            if row["f1"] > best_f1:
                best, best_f1 = row["threshold"], row["f1"]
        thresholds[label] = best
    return thresholds


def reliability(scores: Sequence[float] | NDArray[Any], right: Sequence[bool] | NDArray[Any], n_bins: int = 10) -> Any:
    """Expected calibration error over bins of equal width (Naeini et al. 2015).

    *Keys:* `n`; `ece`, the mean distance of confidence and accuracy, None without scores; `bins`, those that hold any
    scores: `low`, `high`, `n`, `confidence` (mean score), `accuracy` (share that is right). *Shapes:* (S,), (S,)
    """
    values, truth = np.asarray(scores, np.float64), np.asarray(right, np.bool_)
    place = np.minimum((values * n_bins).astype(int), n_bins - 1)
    bins = [
        {
            "low": index / n_bins,
            "high": (index + 1) / n_bins,
            "n": int(mine.sum()),
            "confidence": float(values[mine].mean()),
            "accuracy": float(truth[mine].mean()),
        }
        for index in range(n_bins)
        if (mine := place == index).any()
    ]
    gaps = [row["n"] * abs(row["confidence"] - row["accuracy"]) for row in bins]
    return {"n": len(values), "ece": sum(gaps) / len(values) if len(values) else None, "bins": bins}


def coverage_curve(
    scores: Sequence[float] | NDArray[Any], right: Sequence[bool] | NDArray[Any], n_gold: int
) -> list[dict[str, float]]:
    """What is left, and how good it is, when only spans of at least some score are kept; lowest threshold first.

    *Keys* of a row: `threshold`, `coverage` (share of the predicted spans that is kept), `precision`, `recall` and `f1`
    against `n_gold` labelled spans. At most 50 rows, at scores that occur.
    """
    return list(_curve(np.asarray(scores, np.float64), np.asarray(right, np.bool_), n_gold))


def _curve(scores: NDArray[np.float64], right: NDArray[np.bool_], n_gold: int) -> Iterator[dict[str, float]]:
    order = np.argsort(scores, kind="stable")
    values, truth = scores[order], right[order]
    firsts = np.flatnonzero(np.diff(values, prepend=-1.0))  # equal scores are kept or dropped together
    chosen = firsts[np.unique(np.linspace(0, len(firsts) - 1, _MOST_POINTS).round().astype(int))] if len(firsts) else []
    n_right = np.concatenate([truth[::-1].cumsum()[::-1], [0]])
    for first in chosen:
        kept, matched = len(values) - int(first), int(n_right[first])
        yield {
            "threshold": float(values[first]),
            "coverage": kept / len(values),
            "precision": matched / kept,
            "recall": matched / n_gold if n_gold else 0.0,
            "f1": 2 * matched / (kept + n_gold),
        }
