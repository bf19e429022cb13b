"""Scores against what is right, and thresholds, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sukien.ontology import LabelSet
from sukien.training.report.cases import make_layers
from sukien.training.report.confidence import describe_confidence, describe_thresholds, judged


@pytest.fixture
def gold(make: Any) -> list[Any]:
    return [make.article((0, 2, "PER"), (3, 5, "AID"), (13, 15, "AID"), (16, 18, "CONSULT"))]


@pytest.fixture
def found(make: Any) -> list[Any]:
    spans = [(0, 2, "PER", 0.9), (3, 5, "CONSULT", 0.5), (6, 8, "AID", 0.5), (9, 11, "AID", 0.6), (13, 15, "AID", 0.8)]
    return [make.prediction(*spans)]


def test_types_are_right_by_sentence_and_by_article(gold: list[Any], found: list[Any], labels: LabelSet) -> None:
    layers = judged(gold, found, labels)
    assert layers["entities"] == ([0.9], [True], 1)
    assert layers["triggers"] == ([0.5, 0.5, 0.6, 0.8], [False, False, False, True], 3)
    sentence = layers["sentence_event_types"]
    assert sentence.scores == pytest.approx([0.5, 0.8, 0.8])  # at least one of 0.5 and 0.6 is 0.8
    assert (sentence.right, sentence.n_gold) == ([False, True, True], 3)
    article = layers["article_event_types"]
    assert article.scores == pytest.approx([0.5, 0.96])
    assert (article.right, article.n_gold) == ([True, True], 2)


def test_before_is_of_the_uncalibrated_and_missing_without_them(
    gold: list[Any], found: list[Any], labels: LabelSet, make: Any
) -> None:
    raw = [make.prediction((0, 2, "PER", 0.4))]
    both = describe_confidence(gold, found, raw, labels)["entities"]
    assert (both["before"]["ece"], both["after"]["ece"]) == pytest.approx((0.6, 0.1))
    assert both["coverage"][0]["f1"] == 1.0
    assert describe_confidence(gold, found, None, labels)["entities"]["before"] is None


def test_spans_without_scores_and_nothing_at_all(make: Any, labels: LabelSet) -> None:
    for predicted in (make.prediction((0, 2, "PER"), (3, 5, "AID")), make.prediction()):
        layers = describe_confidence([make.article()], [predicted], None, labels)
        assert all(values["after"]["n"] == 0 and values["after"]["ece"] is None for values in layers.values())
        assert all(values["coverage"] == [] for values in layers.values())


def test_thresholds_are_taken_as_they_are(gold: list[Any], found: list[Any], labels: LabelSet) -> None:
    layers = make_layers(gold, found, labels)
    told = describe_thresholds(layers, {"triggers": {"AID": 0.6, "GONE": 0.1}, "entities": {}})
    assert list(told) == ["triggers"]
    assert list(told["triggers"]) == ["AID"]
    row = told["triggers"]["AID"]
    assert (row["threshold"], row["support"]) == (0.6, 2)
    assert row["all"] == pytest.approx({"precision": 1 / 3, "recall": 1 / 2, "f1": 0.4})
    assert row["kept"] == pytest.approx({"precision": 1 / 2, "recall": 1 / 2, "f1": 0.5})
