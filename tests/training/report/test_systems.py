"""Seeds and comparisons, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sukien.ontology import LabelSet
from sukien.training.report.systems import against, over_seeds
from sukien.training.scoring import score


def test_mean_and_deviation_over_seeds(make: Any, labels: LabelSet) -> None:
    gold = [make.article((0, 2, "PER"), (3, 5, "PER"))]
    results = [
        (name, score(gold, [make.prediction(*spans)], labels, n_bootstrap=0))
        for name, spans in (("one", [(0, 2, "PER"), (3, 5, "PER")]), ("two", []))
    ]
    micro = over_seeds(results)["layers"]["entities"]["micro"]
    assert (micro["values"], micro["mean"]) == ([1.0, 0.0], 0.5)
    assert micro["sd"] == pytest.approx(0.5**0.5)
    assert over_seeds(results)["models"] == ["one", "two"]
    assert over_seeds(results[:1])["layers"]["entities"]["micro"]["sd"] is None


def test_triggers_are_also_told_by_place_alone(make: Any, labels: LabelSet) -> None:
    gold = [make.article((0, 2, "AID"), (3, 5, "CONSULT"))]
    results = [
        (name, score(gold, [make.prediction(*spans)], labels, n_bootstrap=0))
        for name, spans in (
            ("one", [(0, 2, "AID"), (3, 5, "CONSULT")]),
            ("two", [(0, 2, "CONSULT"), (3, 5, "CONSULT")]),
        )
    ]
    found = over_seeds(results)["layers"]
    assert found["triggers"]["micro"]["values"] == [1.0, 0.5]
    assert found["triggers"]["identification"]["values"] == [1.0, 1.0]
    assert "identification" not in found["entities"]


def test_differences_are_ours_less_theirs(make: Any, labels: LabelSet) -> None:
    gold = [make.article((0, 2, "PER"), (3, 5, "AID"), id=name) for name in "abcdef"]
    ours = [make.prediction((0, 2, "PER"), (3, 5, "AID"), id=name) for name in "abcdef"]
    theirs = [make.prediction(*([(0, 2, "PER")] if name < "d" else []), id=name) for name in "abcdef"]
    found = against("other", gold, ours, theirs, labels, n_bootstrap=200, seed=0)
    layer = found["layers"]["entities"]
    assert (layer["ours"], layer["theirs"]) == pytest.approx((1.0, 2 / 3))
    assert layer["difference"] == pytest.approx(1 / 3)
    assert layer["interval"][0] < 1 / 3 < layer["interval"][1]
    assert 0 < layer["p_value"] <= 1
    assert found["layers"]["triggers"]["theirs"] == 0.0
