"""Scores of text written otherwise, with taggers whose answers are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction, Sentence
from sukien.text.variants import VARIANTS
from sukien.training.report.robustness import describe_robustness, draw


def knows_all(articles: Iterable[Article]) -> Iterator[Prediction]:
    for one in articles:
        yield Prediction(one.id, one.text, one.entities, one.events)


def knows_lower_case(articles: Iterable[Article]) -> Iterator[Prediction]:
    for one in articles:
        yield Prediction(one.id, one.text, one.entities if one.text == one.text.lower() else (), one.events)


def test_gold_moves_along(make: Any, labels: LabelSet) -> None:
    gold = [make.article((0, 2, "PER"), (3, 5, "AID"), (13, 18, "GPE"))]
    found = describe_robustness(knows_all, gold, labels, seed=0)
    assert found["original"] == {
        "entities": 1.0, "triggers": 1.0, "sentence_event_types": 1.0, "article_event_types": 1.0,
    }  # fmt: skip
    assert list(found["variants"]) == list(VARIANTS)
    assert all(
        one == {"f1": 1.0, "difference": 0.0} for layers in found["variants"].values() for one in layers.values()
    )


def test_what_a_way_of_writing_costs(make: Any, labels: LabelSet) -> None:
    found = describe_robustness(knows_lower_case, [make.article((0, 2, "PER"))], labels, seed=0)
    assert found["variants"]["all capitals"]["entities"] == {"f1": 0.0, "difference": -1.0}
    assert found["variants"]["extra spaces"]["entities"] == {"f1": 1.0, "difference": 0.0}
    assert found["variants"]["all capitals"]["triggers"] == {"f1": None, "difference": None}, "nothing to score"


def articles(*sizes: int) -> list[Article]:
    return [
        Article(str(n), "x." * size, tuple(Sentence(2 * k, 2 * k + 2) for k in range(size)))
        for n, size in enumerate(sizes)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_whole_articles_are_drawn_up_to_a_number_of_sentences(seed: int) -> None:
    drawn = draw(articles(*[7] * 20), 50, seed)
    assert len(drawn) == 7
    assert [int(one.id) for one in drawn] == sorted(int(one.id) for one in drawn)
    assert drawn == draw(articles(*[7] * 20), 50, seed)


def test_draws_differ_by_seed_and_hold_at_least_one_and_all_where_there_is_room() -> None:
    many = articles(*[7] * 20)
    assert len({tuple(one.id for one in draw(many, 50, seed)) for seed in range(5)}) > 1
    assert len(draw(articles(99), 10, 0)) == 1
    assert draw(many, 140, 0) == many


def test_a_sample_is_said_to_be_one(labels: LabelSet) -> None:
    found = describe_robustness(knows_all, articles(5, 5, 5), labels, seed=1, most=10)
    assert (found["is_sample"], found["n_articles"], found["n_sentences"], found["seed"]) == (True, 2, 10, 1)
