"""Whether the scores are probabilities, and what leaving out the unsure would give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sukien.models.decoding import any_of
from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction, Span
from sukien.training.calibration import coverage_curve, reliability
from sukien.training.report.cases import Layer, make_layers
from sukien.training.scoring import placed


class Judged(NamedTuple):
    """Scores of what was predicted, whether each is right, and how much is labelled."""

    scores: list[float]
    right: list[bool]
    n_gold: int


def describe_confidence(
    articles: Sequence[Article],
    predictions: Sequence[Prediction],
    uncalibrated: Sequence[Prediction] | None,
    labels: LabelSet,
) -> dict[str, dict[str, Any]]:
    """Per layer `before` (None where nothing is calibrated) and `after`: `reliability` each; and `coverage_curve`.

    `uncalibrated` are the predictions without temperatures; None where the tagger has none, so that both are one.
    """
    after = judged(articles, predictions, labels)
    before = judged(articles, uncalibrated, labels) if uncalibrated is not None else None
    return {
        layer: {
            "before": reliability(before[layer].scores, before[layer].right) if before else None,
            "after": reliability(found.scores, found.right),
            "coverage": coverage_curve(found.scores, found.right, found.n_gold),
        }
        for layer, found in after.items()
    }


def judged(articles: Sequence[Article], predictions: Sequence[Prediction], labels: LabelSet) -> dict[str, Judged]:
    """What was predicted in the layers of `scoring.score`. Spans without a score, as of a lexicon, are left out."""
    found = {
        layer.name: Judged(
            [case.span.score for case in layer.predicted if case.span.score is not None],
            [case.right for case in layer.predicted if case.span.score is not None],
            len(layer.gold),
        )
        for layer in make_layers(articles, predictions, labels)
    }
    if labels.event_types:
        both = list(zip(articles, predictions, strict=True))
        found["sentence_event_types"] = _joined([_sentence_types(article, one) for article, one in both])
        found["article_event_types"] = _joined([_article_types(article, one) for article, one in both])
    return found


def _joined(parts: Sequence[Judged]) -> Judged:
    return Judged(
        [score for part in parts for score in part.scores],
        [right for part in parts for right in part.right],
        sum(part.n_gold for part in parts),
    )


def _sentence_types(article: Article, prediction: Prediction) -> Judged:
    gold = {(index, event.label) for index, event in placed(article.events, article.sentences)}
    return _types(gold, placed(prediction.events, article.sentences))


def _article_types(article: Article, prediction: Prediction) -> Judged:
    gold = {(0, event.label) for _, event in placed(article.events, article.sentences)}
    return _types(gold, ((0, event) for _, event in placed(prediction.events, article.sentences)))


def _types(gold: set[tuple[int, str]], found: Iterable[tuple[int, Span]]) -> Judged:
    scores: dict[tuple[int, str], list[float]] = {}
    for index, event in found:
        if event.score is not None:
            scores.setdefault((index, event.label), []).append(event.score)
    return Judged([any_of(values) for values in scores.values()], [key in gold for key in scores], len(gold))


def describe_thresholds(
    layers: Sequence[Layer], thresholds: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, dict[str, Any]]]:
    """What the thresholds of the model's configuration give on these articles, by head and type.

    *Keys:* `threshold`, and `all` and `kept`, the `precision`, `recall` and `f1` without and with it. Nothing is
    fitted here: the thresholds were chosen on other articles.
    """
    return {
        layer.name: {
            label: _with_threshold(layer, label, thresholds[layer.name][label])
            for label in layer.types
            if label in thresholds[layer.name]
        }
        for layer in layers
        if thresholds.get(layer.name)
    }


def _with_threshold(layer: Layer, label: str, threshold: float) -> dict[str, Any]:
    n_gold = sum(case.span.label == label for case in layer.gold)
    mine = [case for case in layer.predicted if case.span.label == label]
    kept = [case for case in mine if _score(case.span) >= threshold]
    return {
        "threshold": threshold,
        "support": n_gold,
        "all": _scores([case.right for case in mine], n_gold),
        "kept": _scores([case.right for case in kept], n_gold),
    }


def _score(span: Span) -> float:
    return 1.0 if span.score is None else span.score


def _scores(right: Sequence[bool], n_gold: int) -> dict[str, float]:
    matched = sum(right)
    total = len(right) + n_gold
    return {
        "precision": matched / len(right) if right else 0.0,
        "recall": matched / n_gold if n_gold else 0.0,
        "f1": 2 * matched / total if total else 0.0,
    }
