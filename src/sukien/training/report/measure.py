"""All numbers of the report, computed once. Nothing here chooses anything: a test set is only read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Any

from sukien.errors import ModelError
from sukien.models.info import NOT_STATED
from sukien.models.places import weights_sha256
from sukien.models.pretrained import load_tagger
from sukien.models.tagging import ArticleTagger
from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction
from sukien.training.evaluation import check_known, evaluate, keep_layers, model_labels
from sukien.training.report.buckets import score_buckets
from sukien.training.report.cases import RIGHT, align, make_layers
from sukien.training.report.confidence import describe_confidence, describe_thresholds
from sukien.training.report.corpus import describe_corpus, known_surfaces
from sukien.training.report.examples import confident_errors, random_errors
from sukien.training.report.matching import confusion, error_classes, four_ways
from sukien.training.report.offsets import describe_offsets
from sukien.training.report.request import Request
from sukien.training.report.rivals import Home, comparisons
from sukien.training.report.robustness import describe_robustness
from sukien.training.report.systems import over_seeds
from sukien.training.scoring import score


def measure(
    request: Request,
    tagger: ArticleTagger,
    articles: Sequence[Article],
    train: Sequence[Article],
    tell: Callable[[str], None] = lambda step: None,
) -> tuple[dict[str, Any], list[Prediction]]:
    """The scores of `evaluation.evaluate`, with all parts of the report under `report`; and the predictions.

    `train` is what the tagger was trained on, as far as it is known; nothing: not known. `tell` is called with the name
    of each step that takes its time. Raises DataError and ModelError as `evaluate` and `load_tagger` do.
    """
    labels = model_labels(tagger.model.config)
    gold, train = keep_layers(articles, labels), keep_layers(train, labels)
    check_known(gold, labels)
    tell(f"tagging {len(gold)} articles")
    predictions, uncalibrated = _tag(tagger, gold)
    tell("scoring")
    scores, _ = evaluate(tagger, gold, train, predictions)
    layers = make_layers(gold, predictions, labels)
    pairs = {layer.name: align(layer) for layer in layers}
    options = {"n_bootstrap": request.n_bootstrap, "seed": request.seed}
    known = known_surfaces(train) if train else None
    if request.has_others:
        tell("tagging with the others")
    seeds = _seeds(request, tagger, gold, scores, labels)
    systems = list(comparisons(Home(request.model, labels, gold, predictions), request, train))
    tell("tagging the text written otherwise")
    robustness = describe_robustness(tagger.tag, gold, labels, seed=request.seed)
    tell("describing errors")
    scores["report"] = {
        "run": run_facts(request, tagger, train),
        "data": describe_corpus(gold, train, labels),
        "seeds": seeds,
        "systems": systems,
        "matching": {layer.name: four_ways(layer) for layer in layers},
        "errors": {name: error_classes(found) for name, found in pairs.items()},
        "confusion": {layer.name: confusion(pairs[layer.name], layer.types) for layer in layers},
        "buckets": {layer.name: score_buckets(layer, gold, known, **options) for layer in layers},
        "confidence": describe_confidence(gold, predictions, uncalibrated, labels),
        "thresholds": describe_thresholds(layers, tagger.model.config.thresholds),
        "robustness": robustness,
        "offsets": describe_offsets(gold, predictions, tagger.reader),
        "examples": {
            "confident": confident_errors(pairs, gold),
            "random": random_errors(pairs, gold, request.seed),
            "n_errors": sum(pair.kind != RIGHT for found in pairs.values() for pair in found),
            "seed": request.seed,
        },
    }
    return scores, predictions


def run_facts(request: Request, tagger: ArticleTagger, train: Sequence[Article]) -> dict[str, Any]:
    """*Keys:* what was scored, by which version, and what the model is, how much of `train` it was trained on."""
    config = tagger.model.config
    trained_on = set(config.trained_on)
    return {
        "model": request.model,
        "data": request.data,
        "split": request.split,
        "sukien": metadata.version("sukien"),
        "encoder": config.encoder_name or NOT_STATED,
        "architecture": config.encoder.get("model_type"),
        "parameters": sum(weights.numel() for weights in tagger.model.parameters()),
        "segmentation": config.segmentation,
        "window": config.window,
        "overlap": config.overlap,
        "weights_sha256": weights_sha256(request.model),
        "n_training_articles": len(trained_on),
        "n_train": len(train),
        "n_train_known": sum(article.fingerprint() in trained_on for article in train),
        "temperatures": dict(tagger.temperatures),
    }


def _seeds(
    request: Request, tagger: ArticleTagger, gold: Sequence[Article], scores: dict[str, Any], labels: LabelSet
) -> dict[str, Any] | None:
    if not request.replicas:
        return None
    results = [(request.model, scores)]
    mine = tagger.model.config
    weights = [weights_sha256(request.model)]
    for name in request.replicas:
        replica = ArticleTagger(*load_tagger(name))
        theirs = replica.model.config
        if model_labels(theirs) != labels:
            raise ModelError(f"{name}: has other labels than {request.model}, so it is no other seed of the same run")
        if (theirs.trained_on, theirs.encoder_name) != (mine.trained_on, mine.encoder_name):
            raise ModelError(
                f"{name}: has another encoder or other training articles than {request.model}, so it is no other seed"
                " of the same run; compare the two with --against"
            )
        weights.append(weights_sha256(name))
        if weights[-1] and weights[-1] in weights[:-1]:
            raise ModelError(f"{name}: has the weights of a model that is counted already, not those of another seed")
        results.append((name, score(gold, list(replica.tag(gold)), labels, n_bootstrap=0)))
    return over_seeds(results)


def _tag(tagger: ArticleTagger, articles: Sequence[Article]) -> tuple[list[Prediction], list[Prediction] | None]:
    """Predictions with the tagger's temperatures and, if it has any, without, from one pass of the network.

    The tagger is as it was when this returns.
    """
    temperatures = tagger.temperatures
    if all(temperature == 1 for temperature in temperatures.values()):
        return list(tagger.tag(articles)), None
    predictions, uncalibrated = [], []
    try:
        for read, logits in tagger.word_logits(articles):
            tagger.temperatures = temperatures
            predictions.append(tagger.prediction(read, logits))
            tagger.temperatures = {}
            uncalibrated.append(tagger.prediction(read, logits))
    finally:
        tagger.temperatures = temperatures
    return predictions, uncalibrated
