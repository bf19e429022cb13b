from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event, Prediction, Sentence
from sukien.training.scoring import RULE, score
from sukien.training.tables import score_table

TEXT = "x" * 60


def scores(labels: LabelSet, n_right: int, n_articles: int = 3) -> dict[str, Any]:
    """Forty entities, one trigger an article. The first is found whole, of the others `n_right` entities."""
    label, act = labels.entity_types[0], (*labels.event_types, "none")[0]
    entities = tuple(Entity(n, n + 1, "x", label) for n in range(40))
    events = (Event(0, 1, "x", act),) if labels.event_types else ()
    gold = [Article(str(n), TEXT, (Sentence(0, 60),), entities, events) for n in range(n_articles)]
    found = [Prediction(str(n), TEXT, entities[: n_right if n else 40], events) for n in range(n_articles)]
    return score(gold, found, labels, n_bootstrap=100)


def lines(*args: Any, width: int = 100) -> list[str]:
    output = io.StringIO()
    Console(file=output, width=width, no_color=True).print(score_table(*args))
    return output.getvalue().splitlines()


def cells(printed: list[str], name: str) -> list[str]:
    return next(line for line in printed if line.split()[:1] == [name]).split()


def test_shows_scores_floor_and_what_they_mean() -> None:
    printed = lines(scores(LabelSet(), 10), scores(LabelSet(), 0), "news [bold]")
    text = " ".join(" ".join(printed).split())
    assert printed[0] == "news [bold]"
    # 60 of 120 gold found: P 100, R 50; the floor found 40 of 120.
    row = cells(printed, "entities")
    assert row[:4] == ["entities", "100.0", "50.0", "66.7"]
    assert row[-4:] == ["66.7", "120", "60", "50.0"]
    assert "3 articles, 3 labelled sentences" in text
    assert RULE in text
    assert "floor" in text


def test_rare_types_are_marked_and_undefined_scores_are_dashes() -> None:
    printed = lines(scores(LabelSet(), 10), None, "news")
    assert cells(printed, "PER")[-1] != "few"
    assert cells(printed, "AGREE")[-1] == "few"
    assert cells(printed, "ORG") == ["ORG", "–", "–", "–", "–", "0", "0", "few"]
    assert "floor" not in " ".join(printed)


@pytest.mark.parametrize("width", [80, 140])
def test_fits_the_page_with_large_counts(width: int) -> None:
    result = scores(LabelSet(), 10)
    for layer in ("entities", "triggers", "sentence_event_types", "article_event_types"):
        result[layer]["micro"] |= {"support": 12_345, "predicted": 12_345, "interval": [0.5, 1.0]}
    printed = lines(result, result, "news", width=width)
    assert max(map(len, printed)) <= width
    assert "…" not in " ".join(printed)


def test_entities_alone() -> None:
    text = " ".join(lines(scores(LabelSet(("PER",), ()), 10, n_articles=1), None, "news"))
    assert "trigger" not in text.replace("its triggers", "")
    assert "1 article, 1 labelled sentence." in text
