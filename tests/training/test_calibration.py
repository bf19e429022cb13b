"""Temperatures, thresholds and the curves that show what scores are worth."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sukien.config import load_config
from sukien.data.dataset import load_built
from sukien.models.pretrained import load_tagger
from sukien.models.tagging import ArticleTagger
from sukien.training.calibration import (
    ScoredSpans,
    calibrate,
    coverage_curve,
    fit_temperature,
    fit_thresholds,
    reliability,
    scored_spans,
)
from sukien.training.run import train

WriteRun = Callable[..., Path]


def _spans(n: int, sharpness: float, seed: int = 0) -> ScoredSpans:
    """One-word spans whose logits are `sharpness` times those under which they would be calibrated."""
    rng = np.random.default_rng(seed)
    honest = rng.uniform(0.5, 0.98, n)
    logits = [np.array([[0.0, sharpness * np.log(p / (1 - p))]], np.float32) for p in honest]
    right = rng.random(n) < honest
    return ScoredSpans(logits, [np.array([1])] * n, right, ["PER"] * n, {"PER": n})


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_made_scores_too_sure(sharpness: float) -> None:
    spans = _spans(20_000, sharpness)
    assert fit_temperature(spans) == pytest.approx(sharpness, rel=0.08)
    before, after = (reliability(spans.scores(t), spans.right)["ece"] for t in (1.0, fit_temperature(spans)))
    assert after < 0.015
    assert sharpness == 1.0 or before > 4 * after


def test_few_spans_fit_nothing_and_spans_that_are_all_right_stay_finite() -> None:
    assert fit_temperature(_spans(29, 3.0)) == 1.0
    spans = _spans(500, 1.0)
    spans.right[:] = True
    assert 0.2 <= fit_temperature(spans) < 1.0
    spans.right[:] = False
    assert 1.0 < fit_temperature(spans) <= 10.0


def test_reliability_by_hand() -> None:
    told = reliability([0.95, 0.85, 0.82, 0.12, 1.0], [True, True, False, False, True])
    assert told["n"] == 5
    assert [(row["low"], row["n"], row["accuracy"]) for row in told["bins"]] == [
        (0.1, 1, 0.0),
        (0.8, 2, 0.5),
        (0.9, 2, 1.0),
    ]
    assert told["bins"][1]["confidence"] == pytest.approx(0.835)
    assert told["ece"] == pytest.approx((0.12 + 2 * 0.335 + 2 * 0.025) / 5)
    assert reliability([], []) == {"n": 0, "ece": None, "bins": []}


def test_coverage_by_hand() -> None:
    rows = coverage_curve([0.9, 0.3, 0.6, 0.6], [True, False, True, False], n_gold=4)
    assert [row["threshold"] for row in rows] == [0.3, 0.6, 0.9]
    assert [row["coverage"] for row in rows] == [1.0, 0.75, 0.25]
    assert [row["precision"] for row in rows] == pytest.approx([0.5, 2 / 3, 1.0])
    assert [row["recall"] for row in rows] == [0.5, 0.5, 0.25]
    assert [row["f1"] for row in rows] == pytest.approx([0.5, 4 / 7, 0.4])
    assert coverage_curve([], [], n_gold=3) == []
    assert coverage_curve([0.5], [False], n_gold=0)[0]["f1"] == 0.0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=300))
def test_a_curve_begins_with_everything_and_only_loses(pairs: list[tuple[float, bool]]) -> None:
    scores, right = [score for score, _ in pairs], [truth for _, truth in pairs]
    rows = coverage_curve(scores, right, n_gold=sum(right) + 1)
    assert rows[0]["coverage"] == 1.0
    assert len(rows) <= 50
    for key in ("coverage", "recall"):
        values = [row[key] for row in rows]
        assert values == sorted(values, reverse=True)
    for row in rows:
        kept = [truth for score, truth in pairs if score >= row["threshold"]]
        assert row["precision"] == pytest.approx(sum(kept) / len(kept))


def test_a_threshold_is_the_best_of_all_and_a_rare_type_gets_none() -> None:
    scores = np.array([0.9] * 40 + [0.4] * 40 + [0.8] * 10)
    right = np.array([True] * 40 + [False] * 40 + [True] * 10)
    spans = ScoredSpans([], [], right, ["PER"] * 80 + ["ORG"] * 10, {"PER": 50, "ORG": 60})
    assert fit_thresholds(spans, scores) == {"PER": 0.9}
    right[40:80] = True
    assert fit_thresholds(spans, scores) == {"PER": 0.0}


def test_a_run_saves_what_it_fitted_and_scores_move_but_spans_stay(write_run: WriteRun, tiny_built: Path) -> None:
    config = load_config(write_run(), ["training.epochs=10"])
    scores = train(config)
    assert scores is not None
    fitted = scores["calibration"]
    model, tokenizer = load_tagger(str(config.model_folder))
    assert model.config.temperatures == {head: told["temperature"] for head, told in fitted.items()}
    assert model.config.thresholds == {head: told["thresholds"] for head, told in fitted.items()}
    assert fitted["entities"]["n_spans"] >= 30, "nothing was fitted, so this test says nothing"
    assert fitted["entities"]["temperature"] != 1.0
    assert fitted["entities"]["ece_after"] < fitted["entities"]["ece_before"]
    tagger = ArticleTagger(model, tokenizer)
    articles = load_built(tiny_built)[0]["validation"]
    with_it = next(tagger.tag(articles))
    tagger.temperatures = {}
    without = next(tagger.tag(articles))

    def places(spans: Any) -> list[tuple[int, int, str]]:
        return [(span.start, span.end, span.label) for span in spans]

    assert places(with_it.entities) == places(without.entities)
    assert [span.score for span in with_it.entities] != [span.score for span in without.entities]
    # Fitting counts the very spans and scores that tagging gives.
    tagger.temperatures = dict(model.config.temperatures)
    told = scored_spans(tagger, articles)["entities"]
    assert told.scores(tagger.temperatures["entities"]) == pytest.approx([span.score for span in with_it.entities])
    assert calibrate(tagger, articles) == fitted
