"""Whom the tagger is compared with: floors made from its training text, taggers of ours and of other people."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sukien.errors import ModelError
from sukien.models.pretrained import load_tagger
from sukien.models.tagging import ArticleTagger
from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction
from sukien.training.comparison import OtherTagger, load_token_classifier, load_underthesea, majority
from sukien.training.evaluation import model_labels
from sukien.training.label_map import compared_labels, reduce_articles, reduce_predictions
from sukien.training.lexicon import Lexicon
from sukien.training.report.request import Request
from sukien.training.report.systems import against


@dataclass(frozen=True, slots=True)
class Home:
    """The tagger that all are compared with: its name, labels and predictions, of `articles` in their order."""

    name: str
    labels: LabelSet
    articles: Sequence[Article]
    predictions: Sequence[Prediction]


class _Found(NamedTuple):
    """A rival's predictions, and the labels of the layers that it has."""

    name: str
    predictions: list[Prediction]
    labels: LabelSet
    note: str


def comparisons(home: Home, request: Request, train: Sequence[Article]) -> Iterator[dict[str, Any]]:
    """What `systems.against` says of each, with a `note`; one model at a time is in memory.

    Raises ModelError, DataError and SukienError as loading does, and for a tagger with types that `home` lacks.
    """
    options = {"n_bootstrap": request.n_bootstrap, "seed": request.seed}
    for name, predictions, labels, note in (*_floors(home, train), *_ours(home, request.against)):
        yield {
            **against(name, home.articles, home.predictions, predictions, labels, **options),
            "note": note,
        }
    for other in _foreign(request):
        yield _against_foreign(home, other, options)


def _floors(home: Home, train: Sequence[Article]) -> Iterator[_Found]:
    if not train:
        return
    lexicon = Lexicon.fit(train, home.labels)
    note = "the words that were labelled in training, tagged wherever they occur again"
    yield _Found("lexicon", [lexicon.predict(article) for article in home.articles], home.labels, note)
    most = majority(train, home.labels)
    if most.event_type is not None:
        note = f"every sentence has the most frequent event type of training, {most.event_type}"
        events = LabelSet((), home.labels.event_types, home.labels.modalities)
        yield _Found("majority", [most.predict(article) for article in home.articles], events, note)


def _ours(home: Home, names: Sequence[str]) -> Iterator[_Found]:
    for name in names:
        tagger = ArticleTagger(*load_tagger(name))
        theirs = model_labels(tagger.model.config)
        missing = [
            *_compared(home.labels.entity_types, theirs.entity_types, home.name, name),
            *_compared(home.labels.event_types, theirs.event_types, home.name, name),
        ]
        labels = LabelSet(
            home.labels.entity_types if theirs.entity_types else (),
            home.labels.event_types if theirs.event_types else (),
            home.labels.modalities,
        )
        seen = set(tagger.model.config.trained_on)
        n_seen = sum(article.fingerprint() in seen for article in home.articles)
        notes = [f"it knows no {', '.join(missing)}"] if missing else []
        notes += [f"{n_seen} of these articles are of those that it was trained on or chosen by"] if n_seen else []
        yield _Found(name, list(tagger.tag(home.articles)), labels, "; ".join(notes))


def _compared(mine: Sequence[str], theirs: Sequence[str], home: str, name: str) -> list[str]:
    """Which types the other lacks. Raises ModelError where it has types that ours lacks."""
    if unknown := [label for label in theirs if label not in mine]:
        raise ModelError(f"{name}: has types that {home} lacks ({', '.join(unknown)}), so the two cannot be compared")
    return [label for label in mine if label not in theirs]


def _foreign(request: Request) -> Iterator[OtherTagger]:
    for name in request.against_hf:
        yield load_token_classifier(name, request.label_map)
    if request.against_underthesea:
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
