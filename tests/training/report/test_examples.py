"""The errors that are shown, and how their text is cut."""

from __future__ import annotations

from typing import Any

from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Prediction, Sentence
from sukien.training.report.cases import align, make_layers
from sukien.training.report.examples import confident_errors, random_errors


def test_the_surest_errors_first_and_no_right_ones(make: Any, labels: LabelSet) -> None:
    gold = [make.article((0, 2, "PER"), (3, 5, "PER"), (6, 8, "AID"), (13, 15, "PER"))]
    found = [make.prediction((0, 2, "PER", 1.0), (3, 5, "GPE", 0.6), (6, 8, "CONSULT", 0.9), (16, 18, "GPE", 0.2))]
    pairs = {layer.name: align(layer) for layer in make_layers(gold, found, labels)}
    shown = confident_errors(pairs, gold)
    assert [(one["layer"], one["kind"], one["predicted"]["score"]) for one in shown] == [
        ("triggers", "type", 0.9), ("entities", "type", 0.6), ("entities", "spurious", 0.2),
    ]  # fmt: skip
    assert shown[0]["gold"] == {"start": 6, "end": 8, "label": "AID", "text": "cc", "score": None}
    assert len(confident_errors(pairs, gold, 1)) == 1
    drawn = random_errors(pairs, gold, seed=0)
    assert {one["kind"] for one in drawn} == {"type", "missed", "spurious"}
    assert len(drawn) == 4
    assert len(random_errors(pairs, gold, seed=0, n_shown=2)) == 2
    assert random_errors(pairs, gold, 3, 2) == random_errors(pairs, gold, 3, 2)


def test_pieces_say_what_is_gold_and_what_predicted(make: Any, labels: LabelSet) -> None:
    gold, found = [make.article((0, 5, "PER"))], [make.prediction((3, 8, "PER", 0.5))]
    [shown] = confident_errors({"entities": align(make_layers(gold, found, labels)[0])}, gold)
    assert [(p["text"], p["gold"], p["predicted"]) for p in shown["pieces"]] == [
        ("aa ", True, False),
        ("bb", True, True),
        (" cc", False, True),
        (" dd.", False, False),
    ]


def test_long_sentences_are_cut_at_spaces_and_short_ones_are_whole() -> None:
    text = "mười " * 100 + "Huế" + " hai" * 100
    gold = Article("a", text, (Sentence(0, len(text)),))
    found = Prediction("a", text, (Entity(500, 503, "Huế", "GPE", 0.5),), ())
    [layer] = make_layers([gold], [found], LabelSet(("GPE",), ()))
    pieces = confident_errors({"entities": align(layer)}, [gold])[0]["pieces"]
    assert [piece["text"] for piece in pieces][0::4] == ["… ", " …"]
    assert [piece["text"] for piece in pieces][2] == "Huế"
    assert set(pieces[1]["text"].split()) == {"mười"}
    assert set(pieces[3]["text"].split()) == {"hai"}
    assert 130 < len(pieces[1]["text"]) <= 140
