"""All numbers of the report, computed once. Nothing here chooses anything: a test set is only read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from sukien.errors import ModelError
from sukien.models.info import NOT_STATED
from sukien.models.pretrained import load_tagger, resolve
from sukien.models.tagging import ArticleTagger
from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction
from sukien.training.evaluation import evaluate, keep_layers, model_labels
from sukien.training.lexicon import Lexicon
from sukien.training.report.buckets import score_buckets
from sukien.training.report.cases import Layer, align, make_layers
from sukien.training.report.confidence import describe_confidence, describe_thresholds
from sukien.training.report.corpus import describe_corpus, surfaces
from sukien.training.report.examples import confident_errors, random_errors
from sukien.training.report.matching import confusion, error_classes, four_ways
from sukien.training.report.offsets import describe_offsets
from sukien.training.report.robustness import describe_robustness
from sukien.training.report.systems import against, identification, over_seeds
from sukien.training.scoring import score


@dataclass(frozen=True, slots=True)
class Request:
    """What a report is made of.

    Attributes:
        model: folder or name of the tagger.
        data, split: where the articles are from, for the record.
        train: the articles that the tagger was trained on, as far as they are known; none: not known.
        replicas: the same run with other seeds.
        others: further taggers of ours to compare with.
        foreign: predictions of other people's taggers, by name, see `training.comparison`.
    """

    model: str
    data: str
    split: str | None = None
    train: Sequence[Article] = ()
    replicas: Sequence[str] = ()
    others: Sequence[str] = ()
    n_bootstrap: int = 1000
    seed: int = 0


def measure(
    request: Request, tagger: ArticleTagger, articles: Sequence[Article]
) -> tuple[dict[str, Any], list[Prediction]]:
    """The scores of `evaluation.evaluate`, with all parts of the report under `report`; and the predictions.

    Raises DataError and ModelError as `evaluate` and `load_tagger` do.
    """
    labels = model_labels(tagger.model.config)
    gold, train = keep_layers(articles, labels), keep_layers(request.train, labels)
    scores, predictions = evaluate(tagger, gold, [])
    layers = make_layers(gold, predictions, labels)
    floors = _floors(request, gold, train, predictions, labels)
    if train:
        scores["floor"] = floors.pop("scores")
    options = {"n_bootstrap": request.n_bootstrap, "seed": request.seed}
    pairs = {layer.name: align(layer) for layer in layers}
    known = surfaces(span for article in train for span in (*article.entities, *article.events))
    scores["report"] = {
        "run": run_facts(request, tagger),
        "data": describe_corpus(gold, train, labels),
        "identification": identification(gold, predictions, **options) if labels.event_types else None,
        "seeds": _seeds(request, gold, scores, labels),
        "systems": [*floors["systems"], *_others(request, gold, predictions, labels)],
        "matching": {layer.name: four_ways(layer) for layer in layers},
        "errors": {name: error_classes(found) for name, found in pairs.items()},
        "confusion": {layer.name: confusion(pairs[layer.name], layer.types) for layer in layers},
        "buckets": {
            layer.name: score_buckets(layer, gold, known if train else None, **options) for layer in layers
        },
        "confidence": _confidence(tagger, gold, predictions, labels, layers),
        "robustness": describe_robustness(tagger.tag, gold, labels, seed=request.seed),
        "offsets": describe_offsets(gold, predictions, tagger.reader),
        "examples": {
            "confident": confident_errors(pairs, gold),
            "random": random_errors(pairs, gold, request.seed),
            "seed": request.seed,
        },
    }
    return scores, predictions
