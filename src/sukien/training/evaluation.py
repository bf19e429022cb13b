"""A tagger scored on labelled articles, with a floor beside it, and the files that hold the result."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sukien.errors import DataError, SukienError, nearest
from sukien.files import read_json, write_json, write_jsonl
from sukien.models.network import SukienConfig
from sukien.models.tagging import ArticleTagger
from sukien.ontology import ENTITY_TYPES, EVENT_TYPES, LabelSet
from sukien.schema import Article, Prediction
from sukien.training.lexicon import Lexicon
from sukien.training.scoring import score


def model_labels(config: SukienConfig) -> LabelSet:
    """The labels that a tagger can predict."""
    return LabelSet(tuple(config.entity_types), tuple(config.event_types))


def readable_labels(config: SukienConfig) -> LabelSet:
    """The labels that a file may use to be scored: the tagger's own; a layer that it lacks is read and passed over."""
    return LabelSet(tuple(config.entity_types) or ENTITY_TYPES, tuple(config.event_types) or EVENT_TYPES)


def keep_layers(articles: Iterable[Article], labels: LabelSet) -> list[Article]:
    """Articles without the layers that have no label in `labels`: a tagger of entities alone is scored on these."""
    return [
        replace(
            article,
            entities=article.entities if labels.entity_types else (),
            events=_without_participants(article) if labels.event_types else (),
        )
        for article in articles
    ]


def _without_participants(article: Article) -> tuple[Any, ...]:
    return tuple(replace(event, actors=(), recipients=()) for event in article.events)


def evaluate(
    tagger: ArticleTagger,
    articles: Sequence[Article],
    floor_articles: Sequence[Article],
    predictions: Sequence[Prediction] | None = None,
) -> tuple[dict[str, Any], list[Prediction]]:
    """Scores of a tagger and, under `floor`, of a lexicon of the spans of `floor_articles` (none: no floor).

    `n_seen_in_training` counts the articles that the tagger was trained on or chosen by: of these a score says little.
    `predictions` are the tagger's own of these articles where they are known already; else it tags them.
    Raises DataError when the articles use labels that the tagger does not know.
    """
    labels = model_labels(tagger.model.config)
    gold = keep_layers(articles, labels)
    check_known(gold, labels)
    found = list(tagger.tag(gold) if predictions is None else predictions)
    scores = score(gold, found, labels)
    seen = set(tagger.model.config.trained_on)
    scores["n_seen_in_training"] = sum(article.fingerprint() in seen for article in gold)
    if floor_articles:
        lexicon = Lexicon.fit(keep_layers(floor_articles, labels), labels)
        scores["floor"] = score(gold, [lexicon.predict(article) for article in gold], labels)
    return scores, found


def check_folder(folder: Path, read: Iterable[str | Path], page: str | None = None) -> None:
    """Raise SukienError where results would replace something else than results, or cannot be written.

    Call it before the work, which takes minutes. Other files in the folder stay.

    Args:
        read: models and data that the results are of, by name or path.
        page: the file that a report has beside the others; None for an evaluation without one.
    """
    if folder.exists() and not folder.is_dir():
        raise SukienError(f"{folder}: is a file; name a folder for the results")
    for name in read:
        if folder.resolve() == Path(name).resolve():
            raise SukienError(f"{folder}: is what is read; name another folder for the results")
    held = next((name for name in ("config.json", "labels.json") if (folder / name).exists()), None)
    if held:
        raise SukienError(f"{folder}: holds a model or a dataset ({held}); name another folder for the results")
    metrics = folder / "metrics.json"
    if metrics.exists() and ("run" in read_json(metrics) or (page and not (folder / page).exists())):
        raise SukienError(f"{folder}: holds the metrics.json of a run or of something else; name another folder")
    above = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise SukienError(f"{folder}: cannot be made, since {above} is no folder that can be written to")


def write_evaluation(folder: Path, scores: dict[str, Any], predictions: Iterable[Prediction]) -> None:
    """`metrics.json` and `predictions.jsonl` of one evaluation."""
    write_jsonl(folder / "predictions.jsonl", (prediction.to_dict() for prediction in predictions))
    write_json(folder / "metrics.json", scores)


def check_known(articles: Sequence[Article], labels: LabelSet) -> None:
    """Raise DataError for articles with labels that are not in `labels`."""
    used = {
        "entity type": ({e.label for a in articles for e in a.entities}, labels.entity_types),
        "event type": ({e.label for a in articles for e in a.events}, labels.event_types),
    }
    faults = [
        f"the data has {kind} {name!r}, which the model does not know{nearest(name, known)} ({', '.join(known)})"
        for kind, (found, known) in used.items()
        for name in sorted(found - set(known))
    ]
    if faults:
        raise DataError(faults)
