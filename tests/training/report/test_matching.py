"""Four rules, kinds of error and confusions, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sukien.ontology import LabelSet
from sukien.training.report.cases import ERRORS, Layer, align, make_layers
from sukien.training.report.matching import confusion, error_classes, four_ways


@pytest.fixture
def layer(make: Any, labels: LabelSet) -> Layer:
    """One right, one of another type, one too long, one missed, one spurious; and one that only touches."""
    gold = make.article((0, 2, "PER"), (3, 5, "PER"), (6, 8, "PER"), (13, 15, "GPE"), (16, 17, "GPE"))
    found = make.prediction((0, 2, "PER"), (3, 5, "GPE"), (6, 11, "PER"), (17, 18, "GPE"), (19, 21, "GPE"))
    return make_layers([gold], [found], labels)[0]


def test_four_ways_by_hand(layer: Layer) -> None:
    ways = four_ways(layer)
    counts = {
        name: tuple(v[k] for k in ("correct", "incorrect", "partial", "missed", "spurious")) for name, v in ways.items()
    }
    # The spans 16:17 and 17:18 touch and do not overlap: ends are exclusive.
    assert counts == {
        "strict": (1, 2, 0, 2, 2),
        "exact": (2, 1, 0, 2, 2),
        "partial": (2, 0, 1, 2, 2),
        "type": (2, 1, 0, 2, 2),
    }
    assert ways["strict"]["f1"] == pytest.approx(1 / 5)
    assert ways["partial"]["precision"] == pytest.approx(2.5 / 5)


def test_nothing_at_all_is_zero_under_every_rule(make: Any, labels: LabelSet) -> None:
    empty = make_layers([make.article()], [make.prediction()], labels)[0]
    assert all(value == 0 for way in four_ways(empty).values() for value in way.values())
    assert error_classes(align(empty))["n_errors"] == 0
    assert all(one["share"] == 0.0 for one in error_classes(align(empty))["classes"].values())


def test_error_classes_and_shares(layer: Layer) -> None:
    found = error_classes(align(layer))
    assert (found["n_right"], found["n_errors"]) == (1, 6)
    assert {kind: one["count"] for kind, one in found["classes"].items()} == {
        "boundary": 1, "type": 1, "boundary and type": 0, "missed": 2, "spurious": 2,
    }  # fmt: skip
    assert list(found["classes"]) == list(ERRORS)
    assert sum(one["share"] for one in found["classes"].values()) == pytest.approx(1)


def test_confusion_has_a_row_and_a_column_for_no_span(layer: Layer) -> None:
    assert confusion(align(layer), layer.types) == {
        "types": ["PER", "GPE", "O"],
        "counts": [[2, 1, 0], [0, 0, 2], [0, 2, 0]],
    }
