"""Pairs of labelled and predicted spans, and that they count as the score does."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Prediction, Sentence
from sukien.training.report.cases import Pair, align, make_layers
from sukien.training.scoring import score


def pairs(make: Any, gold: list[Any], found: list[Any], labels: LabelSet) -> list[tuple[str, str]]:
    [entities, _] = make_layers([make.article(*gold)], [make.prediction(*found)], labels)
    return [(pair.kind, (pair.gold or pair.predicted).span.label) for pair in align(entities)]  # type: ignore[union-attr]


def test_each_kind_of_error(make: Any, labels: LabelSet) -> None:
    gold = [(0, 2, "PER"), (3, 5, "PER"), (6, 8, "PER"), (13, 15, "GPE"), (16, 18, "GPE")]
    found = [(0, 2, "PER"), (3, 5, "GPE"), (6, 11, "PER"), (13, 18, "PER"), (19, 21, "GPE")]
    assert pairs(make, gold, found, labels) == [
        ("right", "PER"),
        ("type", "PER"),
        ("boundary", "PER"),
        ("boundary and type", "GPE"),  # of two labelled spans that the predicted one covers the first
        ("missed", "GPE"),
        ("spurious", "GPE"),
    ]


def test_the_nearest_of_several_is_the_partner(make: Any, labels: LabelSet) -> None:
    long = [(0, 11, "PER")]
    assert pairs(make, long, [(0, 2, "GPE"), (3, 5, "PER")], labels) == [("boundary", "PER"), ("spurious", "GPE")]
    assert pairs(make, long, [(0, 2, "PER"), (3, 8, "PER")], labels) == [("boundary", "PER"), ("spurious", "PER")]
    assert pairs(make, [(0, 2, "PER"), (3, 5, "GPE")], [(0, 5, "GPE")], labels) == [
        ("missed", "PER"),
        ("boundary", "GPE"),
    ]


def test_spans_outside_the_labelled_sentences_do_not_count(make: Any, labels: LabelSet) -> None:
    gold = make.article((13, 15, "PER"), sentences=(Sentence(13, 25),))
    [entities, triggers] = make_layers([gold], [make.prediction((0, 2, "PER"), (9, 15, "PER"))], labels)
    assert [case.span.start for case in entities.predicted] == [9]
    assert entities.predicted[0].place == (0, 0)
    assert triggers.gold == triggers.predicted == []


def test_a_layer_without_types_is_left_out(make: Any) -> None:
    assert [one.name for one in make_layers([make.article()], [make.prediction()], LabelSet((), ("AID",)))] == [
        "triggers"
    ]


@st.composite
def both(draw: st.DrawFn) -> tuple[Article, Prediction]:
    text = "x" * 30
    sentences = tuple(Sentence(*one) for one in ((0, 10), (12, 20), (20, 28)))

    def spans() -> tuple[Entity, ...]:
        cuts = sorted(draw(st.sets(st.integers(0, 30), max_size=8)))
        kept = [pair for pair in pairwise(cuts) if draw(st.booleans())]
        return tuple(Entity(a, b, text[a:b], draw(st.sampled_from(["PER", "GPE"]))) for a, b in kept)

    inside = tuple(e for e in spans() if any(s.start <= e.start < e.end <= s.end for s in sentences))
    return Article("a", text, sentences, inside), Prediction("a", text, spans(), ())


@given(both())
def test_counts_are_those_of_the_score_and_every_span_is_paired_once(one: tuple[Article, Prediction]) -> None:
    labels = LabelSet(("PER", "GPE"), ())
    micro = score([one[0]], [one[1]], labels, n_bootstrap=0)["entities"]["micro"]
    [layer] = make_layers([one[0]], [one[1]], labels)
    found: list[Pair] = align(layer)
    assert (len(layer.gold), len(layer.predicted)) == (micro["support"], micro["predicted"])
    n_right = sum(case.right for case in layer.gold)
    assert n_right == sum(case.right for case in layer.predicted) == sum(pair.kind == "right" for pair in found)
    assert micro["recall"] * micro["support"] == n_right or not micro["support"]
    for side, cases in (("gold", layer.gold), ("predicted", layer.predicted)):
        paired = [getattr(pair, side) for pair in found if getattr(pair, side)]
        assert sorted(case.span.start for case in paired) == [case.span.start for case in cases]
    for pair in found:
        if pair.gold and pair.predicted:
            assert pair.gold.span.start < pair.predicted.span.end
            assert pair.predicted.span.start < pair.gold.span.end
