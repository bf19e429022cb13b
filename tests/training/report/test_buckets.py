"""Scores of parts, counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Prediction, Sentence
from sukien.training.report.buckets import score_buckets
from sukien.training.report.cases import make_layers


@pytest.fixture
def buckets(make: Any, labels: LabelSet) -> dict[str, Any]:
    gold = [
        make.article((0, 2, "PER"), (3, 8, "PER"), (13, 15, "GPE"), id="a", source="VOV"),
        make.article((0, 2, "PER"), (3, 5, "AID", None, "future"), (6, 8, "AID", None, "asserted"), id="b"),
    ]
    found = [
        make.prediction((0, 2, "PER"), (3, 5, "PER"), (13, 15, "GPE"), (16, 18, "GPE"), id="a"),
        make.prediction((3, 5, "AID"), id="b"),
    ]
    layers = make_layers(gold, found, labels)
    known = {("aa", "PER"), ("ee", "GPE"), ("bb", "AID")}
    return {layer.name: score_buckets(layer, gold, known, n_bootstrap=20, seed=0) for layer in layers}


def counts(part: dict[str, Any]) -> tuple[float, int, int]:
    return round(part["f1"], 3), part["support"], part["predicted"]


def test_a_wrong_span_counts_where_its_own_length_puts_it(buckets: dict[str, Any]) -> None:
    length = buckets["entities"]["span length in words"]
    assert {name: counts(part) for name, part in length.items()} == {
        "1": (round(4 / 7, 3), 3, 4),
        "2": (0.0, 1, 0),
    }


def test_place_source_surface(buckets: dict[str, Any]) -> None:
    found = buckets["entities"]
    assert counts(found["number of the sentence in the article"]["1"]) == (0.4, 3, 2)
    assert counts(found["number of the sentence in the article"]["2–5"]) == (round(2 / 3, 3), 1, 2)
    assert {name: part["support"] for name, part in found["source"].items()} == {"VOV": 3, "not stated": 1}
    assert counts(found["surface"]["labelled so in training"]) == (0.8, 3, 2)
    assert counts(found["surface"]["not labelled so in training"]) == (0.0, 1, 2)
    assert {name: part["support"] for name, part in found["sentence length in words"].items()} == {"1–10": 4}


def test_ranges_come_by_number_and_sources_by_name(make: Any, labels: LabelSet) -> None:
    """A name such as "Báo ² 24" holds a digit that is no number."""
    text = " ".join(["aa"] * 12)
    sentences = tuple(Sentence(3 * place, 3 * place + 2) for place in range(12))
    spans = tuple(Entity(one.start, one.end, "aa", "PER") for one in sentences)
    names = ["Báo ² 24", "Báo 9", "Báo 10", "24 giờ", ""]
    gold = [Article(name or "x", text, sentences, spans, source=name) for name in names]
    layer, _ = make_layers(gold, [Prediction(one.id, text, spans, ()) for one in gold], labels)
    found = score_buckets(layer, gold, None, n_bootstrap=0, seed=0)
    assert list(found["source"]) == ["24 giờ", "Báo 10", "Báo 9", "Báo ² 24", "not stated"]
    assert list(found["number of the sentence in the article"]) == ["1", "2–5", "6–10", "11–20"]


def test_every_division_counts_every_span_once(buckets: dict[str, Any]) -> None:
    for name in ("span length in words", "sentence length in words", "source", "surface"):
        parts = buckets["entities"][name].values()
        assert (sum(p["support"] for p in parts), sum(p["predicted"] for p in parts)) == (4, 4)


def test_modality_has_a_recall_alone(buckets: dict[str, Any]) -> None:
    modality = buckets["triggers"]["modality"]
    assert modality["future"] == {
        "precision": None, "recall": 1.0, "f1": None, "support": 1, "predicted": None, "interval": None,
    }  # fmt: skip
    assert modality["asserted"]["recall"] == 0.0
    assert "kind of name" not in buckets["triggers"]


def test_names_by_their_spelling_and_only_names() -> None:
    text = "Hà Nội NATO hôm qua"
    spans = tuple(Entity(a, b, text[a:b], label) for a, b, label in ((0, 6, "GPE"), (7, 11, "ORG"), (12, 19, "TIME")))
    article = Article("a", text, (Sentence(0, 19),), spans)
    [layer] = make_layers([article], [Prediction("a", text, spans, ())], LabelSet(("GPE", "ORG", "TIME"), ()))
    found = score_buckets(layer, [article], None, n_bootstrap=0, seed=0)
    assert {name: counts(part) for name, part in found["kind of name"].items()} == {
        "Vietnamese syllables": (1.0, 1, 1),
        "foreign, or letters": (1.0, 1, 1),
    }
    assert "surface" not in found, "not known without training text"


def test_nothing_labelled_or_predicted_gives_no_parts(make: Any, labels: LabelSet) -> None:
    for layer in make_layers([make.article()], [make.prediction()], labels):
        assert score_buckets(layer, [make.article()], set(), n_bootstrap=10, seed=0) == {}
