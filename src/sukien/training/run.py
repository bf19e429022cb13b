"""One training run from its config: train, save, score on held-out text, write what happened."""

from __future__ import annotations

import hashlib
import os
import platform
import resource
import shutil
import sys
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from sukien.config import RunConfig, check_same, dump_config
from sukien.data.dataset import load_built
from sukien.data.stats import statistics
from sukien.data.stories import story_groups
from sukien.errors import ConfigError
from sukien.files import read_json, write_json, write_jsonl, write_text
from sukien.models.pretrained import check_free, save_tagger
from sukien.models.tagging import ArticleTagger, best_device, bf16_is_fast
from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction
from sukien.training.calibration import calibrate
from sukien.training.card import model_card
from sukien.training.curves import plot_curves
from sukien.training.distillation import resume_record, unlabelled_articles
from sukien.training.evaluation import evaluate, keep_layers, write_evaluation
from sukien.training.finetune import FineTuned, check_start, chosen_heads, encoder_title, fine_tune
from sukien.training.lexicon import Lexicon
from sukien.training.scoring import score
from sukien.training.trainer import is_main_process

_RESULTS = ("metrics.json", "predictions.jsonl", "log.jsonl", "curves.png")
_PACKAGES = ("accelerate", "datasets", "numpy", "tokenizers", "torch", "transformers")


def train(config: RunConfig, *, resume: bool = False, overwrite: bool = False) -> dict[str, Any] | None:
    """Run a config; returns the scores, or None in the helper processes of `accelerate launch`.

    Writes into `<output>/<name>/`: config.yaml, environment.json, metrics.json, log.jsonl, curves.png,
    predictions.jsonl (of the test split) and, unless `save_model` names another place, model/.

    Raises ConfigError when the folder holds another run, DataError and ModelError as loading does.
    """
    splits, labels = load_built(config.data.built)
    labels = used_labels(config, labels)
    splits = {name: keep_layers(articles, labels) for name, articles in splits.items()}
    distillation = config.training.distillation
    unlabelled = unlabelled_articles(distillation, splits) if distillation else []
    if is_main_process():
        check_start(config, labels, splits["test"])  # before an earlier run is discarded
        if config.cross_validation:
            _held_out(config, splits)
        _open_folder(config, environment(config, unlabelled), resume=resume, overwrite=overwrite)
    if config.cross_validation:
        return _cross_validate(config, splits, labels, resume)
    return _train_once(config, splits, labels, unlabelled, resume)


def used_labels(config: RunConfig, labels: LabelSet) -> LabelSet:
    """The labels of the heads that the config asks for."""
    heads = chosen_heads(config, labels)
    return LabelSet(
        labels.entity_types if "entities" in heads else (),
        labels.event_types if "triggers" in heads else (),
        labels.modalities,
    )


def _train_once(
    config: RunConfig, splits: dict[str, list[Article]], labels: LabelSet, unlabelled: list[Article], resume: bool
) -> dict[str, Any] | None:
    started = time.perf_counter()
    checkpoints = config.folder / "checkpoints"
    tuned = fine_tune(
        config,
        splits["train"],
        splits["validation"],
        labels,
        checkpoints,
        unlabelled=unlabelled,
        resume=resume,
    )
    if not tuned.is_main:
        return None
    trained = time.perf_counter()
    tagger = ArticleTagger(tuned.model, tuned.tokenizer)
    calibration = calibrate(tagger, splits["validation"])
    scores, predictions = evaluate(tagger, splits["test"], splits["train"])
    scores["calibration"] = calibration
    scores["validation"], _ = evaluate(tagger, splits["validation"], [])
    scores["run"] = _run_facts(config, tuned, trained - started, time.perf_counter() - trained)
    scores["data"] = statistics(splits, labels)
    save_tagger(config.model_folder, tuned.model, tuned.tokenizer, model_card(config, scores, labels))
    _write_results(config, scores, tuned.log, predictions)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return scores


def _cross_validate(
    config: RunConfig, splits: dict[str, list[Article]], labels: LabelSet, resume: bool
) -> dict[str, Any] | None:
    """Each held-out article is tagged by a model that saw neither it nor an article of its story."""
    articles = _by_id(splits)
    held_out = _held_out(config, splits)
    story = {articles[i].id: group for group, members in enumerate(story_groups(articles)) for i in members}
    started = time.perf_counter()
    predictions: list[Prediction] = []
    floors: list[Prediction] = []
    log: list[dict[str, Any]] = []
    for fold, article in enumerate(held_out, 1):
        train_on = [other for other in articles if story[other.id] != story[article.id]]
        folder = config.folder / "checkpoints" / article.id
        print(
            f"fold {fold}/{len(held_out)}: {article.id} held out, {len(train_on)} articles to train on",
            flush=True,
        )
        tuned = fine_tune(config, train_on, [], labels, folder, resume=resume)
        predictions += ArticleTagger(tuned.model, tuned.tokenizer).tag([article])
        floors.append(Lexicon.fit(train_on, labels).predict(article))
        log += [{"fold": article.id, **row} for row in tuned.log]
    if not tuned.is_main:
        return None
    scores = score(held_out, predictions, labels)
    scores["floor"] = score(held_out, floors, labels)
    scores["folds"] = {
        article.id: score([article], [prediction], labels)
        for article, prediction in zip(held_out, predictions, strict=True)
    }
    scores["run"] = _run_facts(config, tuned, time.perf_counter() - started, 0.0)
    _write_results(config, scores, log, predictions)
    shutil.rmtree(config.folder / "checkpoints", ignore_errors=True)
    return scores


def _by_id(splits: dict[str, list[Article]]) -> list[Article]:
    return sorted((article for split in splits.values() for article in split), key=lambda article: article.id)


def _held_out(config: RunConfig, splits: dict[str, list[Article]]) -> list[Article]:
    """The articles that have a raw file in the folder that the config names. Raises ConfigError for fewer than two."""
    folder = config.cross_validation.held_out if config.cross_validation else Path()
    names = {path.stem for path in folder.glob("*.txt")}
    held_out = [article for article in _by_id(splits) if article.id in names]
    if len(held_out) < 2:
        raise ConfigError(
            f"cross_validation.held_out: {folder} holds {len(held_out)} raw files of the articles in"
            f" {config.data.built}; at least 2 are needed"
        )
    return held_out


def _open_folder(config: RunConfig, now: dict[str, Any], *, resume: bool, overwrite: bool) -> None:
    folder, resolved = config.folder, dump_config(config)
    check_free(config.model_folder)
    if config.save_model and config.save_model.is_dir() and not (overwrite or resume):
        raise ConfigError(f"{config.save_model}: holds a model; give --overwrite, or another save_model")
    if overwrite:
        for name in _RESULTS:  # else --resume would take the interrupted new run for the finished old one
            (folder / name).unlink(missing_ok=True)
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    elif (folder / "metrics.json").exists():
        raise ConfigError(f"{folder}: holds a finished run; give --overwrite, or another name (name=...)")
    elif (folder / "checkpoints").exists() and not resume:
        raise ConfigError(f"{folder}: holds an interrupted run; give --resume to continue it, or --overwrite")
    elif resume and (folder / "config.yaml").exists():
        check_same(folder / "config.yaml", config)
        before = read_json(folder / "environment.json")
        if before["data_sha256"] != now["data_sha256"]:
            raise ConfigError(f"{config.data.built}: was built again since the run began; give --overwrite")
        if before.get("distillation") != now["distillation"]:
            raise ConfigError(
                "training.distillation: its text or teachers changed since the run began; give --overwrite"
            )
    write_text(folder / "config.yaml", resolved)
    write_json(folder / "environment.json", now)


def environment(config: RunConfig, unlabelled: Sequence[Article] = ()) -> dict[str, Any]:
    """What a result depends on beside the config: versions, machine, data."""
    files = sorted(config.data.built.glob("*.parquet"))
    distillation = config.training.distillation
    return {
        "sukien": metadata.version("sukien"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: metadata.version(name) for name in _PACKAGES},
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "threads": torch.get_num_threads(),
        "processes": int(os.environ.get("WORLD_SIZE", "1")),
        "bf16": bf16_is_fast(best_device()),
        "data_sha256": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "distillation": resume_record(distillation, unlabelled) if distillation else None,
    }


def _run_facts(config: RunConfig, tuned: FineTuned, train_seconds: float, test_seconds: float) -> dict[str, Any]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "name": config.name,
        "seed": config.seed,
        "data": config.data.built.name,
        "encoder": encoder_title(config),
        "parameters": sum(weights.numel() for weights in tuned.model.parameters()),
        "train_seconds": round(train_seconds, 1),
        "test_seconds": round(test_seconds, 1),
        "peak_memory_mb": round(peak / (2**20 if sys.platform == "darwin" else 2**10)),
        "training_spans": tuned.n_spans,
        "training_spans_cut_by_words": tuned.n_cut,
        "training_spans_inside_segmented_words": tuned.n_inside,
        "unlabelled_articles": tuned.n_unlabelled,
    }


def _write_results(
    config: RunConfig,
    scores: dict[str, Any],
    log: Sequence[dict[str, Any]],
    predictions: Sequence[Prediction],
) -> None:
    write_jsonl(config.folder / "log.jsonl", log)
    plot_curves(log, config.folder / "curves.png", config.name)
    write_evaluation(config.folder, scores, predictions)
