"""Whom the tagger is compared with: floors made from its training text, taggers of ours and of other people."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sukien.errors import ModelError
from sukien.models.pretrained import load_tagger
from sukien.models.tagging import ArticleTagger
from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction
from sukien.training.comparison import OtherTagger, load_token_classifier, load_underthesea, majority
from sukien.training.evaluation import model_labels
from sukien.training.label_map import compared_labels, reduce_articles, reduce_predictions
from sukien.training.lexicon import Lexicon
from sukien.training.report.systems import against


@dataclass(frozen=True, slots=True)
class Rivals:
    """Whom to compare with.

    Attributes:
        ours: folders or names of taggers of this project.
        foreign: folders or names of token classifiers of Hugging Face, whose labels `label_map` brings to ours.
        underthesea: whether to compare with the entities of underthesea.
    """

    ours: Sequence[str] = ()
    foreign: Sequence[str] = ()
    label_map: Path | None = None
    underthesea: bool = False


@dataclass(frozen=True, slots=True)
class Home:
    """The tagger that all are compared with: its name, labels and predictions, of `articles` in their order."""

    name: str
    labels: LabelSet
    articles: Sequence[Article]
    predictions: Sequence[Prediction]


def comparisons(
    home: Home, rivals: Rivals, train: Sequence[Article], *, n_bootstrap: int, seed: int
) -> Iterator[dict[str, Any]]:
    """What `systems.against` says of each; one model at a time is in memory.

    Raises ModelError, DataError and SukienError as loading does, and for a tagger with types that `home` lacks.
    """
    options = {"n_bootstrap": n_bootstrap, "seed": seed}
    for name, predictions, note in (*_floors(home, train), *_ours(home, rivals.ours)):
        found = against(name, home.articles, home.predictions, predictions, home.labels, **options)
        yield {**found, "note": note}
    for other in _foreign(rivals):
        yield _against_foreign(home, other, options)


def _floors(home: Home, train: Sequence[Article]) -> Iterator[tuple[str, list[Prediction], str]]:
    if not train:
        return
    lexicon = Lexicon.fit(train, home.labels)
    note = "the words that were labelled in training, tagged wherever they occur again"
    yield "lexicon", [lexicon.predict(article) for article in home.articles], note
    most = majority(train, home.labels)
    if most.event_type is not None:
        note = f"every sentence has the most frequent event type of training, {most.event_type}; no entities"
        yield "majority", [most.predict(article) for article in home.articles], note


def _ours(home: Home, names: Sequence[str]) -> Iterator[tuple[str, list[Prediction], str]]:
    for name in names:
        tagger = ArticleTagger(*load_tagger(name))
        theirs = model_labels(tagger.model.config)
        for mine, other in (
            (home.labels.entity_types, theirs.entity_types),
            (home.labels.event_types, theirs.event_types),
        ):
            if unknown := sorted(set(other) - set(mine)):
                raise ModelError(
                    f"{name}: has types that {home.name} lacks ({', '.join(unknown)}), so they cannot be compared"
                )
        missing = sorted(
            {*home.labels.entity_types, *home.labels.event_types} - {*theirs.entity_types, *theirs.event_types}
        )
        note = f"it knows no {', '.join(missing)}" if missing else ""
        yield name, list(tagger.tag(home.articles)), note


def _foreign(rivals: Rivals) -> Iterator[OtherTagger]:
    for name in rivals.foreign:
        yield load_token_classifier(name, rivals.label_map)
    if rivals.underthesea:
        yield load_underthesea()


def _against_foreign(home: Home, other: OtherTagger, options: dict[str, int]) -> dict[str, Any]:
    compared = other.compared_with(home.labels.entity_types)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        theirs = list(other.tag(home.articles))
    found = against(
        other.name,
        reduce_articles(home.articles, compared),
        reduce_predictions(home.predictions, compared),
        reduce_predictions(theirs, compared),
        compared_labels(compared),
        **options,
    )
    same = ", ".join(f"{ours} as {theirs}" for ours, theirs in compared.items() if ours != theirs)
    notes = [f"entities of {', '.join(found['types'])} alone" + (f", {same}" if same else "")]
    notes += [str(one.message) for one in told if issubclass(one.category, UserWarning)]
    return {**found, "note": "; ".join(notes)}
