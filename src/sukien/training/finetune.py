"""Fine-tuning of an encoder with tagging heads, by the Hugging Face Trainer on accelerate."""

from __future__ import annotations

import importlib.util
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import ProgressCallback, TrainingArguments, set_seed
from transformers.trainer_callback import PrinterCallback

from sukien.config import RunConfig
from sukien.errors import ConfigError, SukienError
from sukien.models.decoding import TRANSITION_WEIGHT, transition_scores
from sukien.models.inputs import Reader
from sukien.models.network import HEADS, NO_WORD, SukienConfig, SukienModel
from sukien.models.places import resolve
from sukien.models.pretrained import Quiet, load_encoder, round_weights, window_limit
from sukien.models.tagging import ArticleTagger
from sukien.models.word_vectors import load_word_vectors
from sukien.ontology import LabelSet
from sukien.schema import Article
from sukien.text.variants import vary
from sukien.training.distillation import check_teachers, soft_label_examples
from sukien.training.features import Collator, Examples, make_examples
from sukien.training.optimization import choose_trained, make_optimizer, merge_lora
from sukien.training.trainer import (
    EpochLines,
    TaggerTrainer,
    callbacks,
    is_main_process,
    last_checkpoint,
    train_or_finish,
    training_arguments,
)

_N_FITTED = 20_000  # words that tell mean and deviation of the encoder's features
_NOISE = ("lower case", "no diacritics", "no final stop")  # keys of text.variants.VARIANTS


@dataclass(frozen=True, slots=True)
class FineTuned:
    """A trained tagger. `log` holds the Trainer's rows (loss, F1 by epoch); `is_main` is false in helper processes.

    `n_unlabelled` counts the articles that teachers tagged for it.
    """

    model: SukienModel
    tokenizer: Any
    log: list[dict[str, Any]]
    n_spans: int
    n_cut: int
    n_inside: int
    n_unlabelled: int
    is_main: bool


def fine_tune(
    config: RunConfig,
    train: Sequence[Article],
    validation: Sequence[Article],
    labels: LabelSet,
    checkpoints: Path,
    *,
    unlabelled: Sequence[Article] = (),
    resume: bool = False,
) -> FineTuned:
    """Train on `train`; with `validation` articles, score each epoch on them and keep the best epoch's weights.

    `unlabelled` articles get their labels from the teachers that the config names.

    Raises ConfigError or ModelError when the run cannot start. Interrupted runs continue from `checkpoints`.
    """
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(config.folder / "tensorboard")  # since transformers 5 the only way
    set_seed(config.seed)
    model, tokenizer = build_model(config, labels)
    tagger = ArticleTagger(model, tokenizer)
    types = model.config.head_types()
    arguments = training_arguments(config, checkpoints, has_validation=bool(validation), heads=list(types))
    examples, known = _training_examples(config, tagger, train, unlabelled, arguments.device)
    tagger = _with_transitions(model, tokenizer, examples)
    choose_trained(model, examples, config)
    if model.standardisation is not None:
        _fit_standardisation(model, examples, tagger.reader.encoder.pad_id, arguments)
    trainer = TaggerTrainer(
        tagger=tagger,
        validation=validation,
        labels=labels,
        seed=config.seed,
        model=model,
        args=arguments,
        train_dataset=examples,
        eval_dataset=make_examples(validation, _reader(config, tagger, None), types) if validation else None,
        data_collator=Collator(tagger.reader.encoder.pad_id),
        optimizers=(make_optimizer(model, config), None),
        callbacks=callbacks(config, has_validation=bool(validation)),
    )
    _train(trainer, checkpoints, resume=resume)
    if config.training.lora:
        merge_lora(model)
    round_weights(model)
    model.config.trained_on = sorted(known | {article.fingerprint() for article in validation})
    return FineTuned(
        model,
        tokenizer,
        trainer.state.log_history,
        examples.n_spans,
        len(examples.cut),
        len(examples.inside),
        len(unlabelled),
        trainer.is_world_process_zero(),
    )


def _training_examples(
    config: RunConfig,
    tagger: ArticleTagger,
    train: Sequence[Article],
    unlabelled: Sequence[Article],
    device: torch.device,
) -> tuple[Examples, set[str]]:
    """Labelled articles, some of them noisy, and unlabelled ones with soft labels.

    Returns also the fingerprints of all articles that are learnt from, by the teachers too. A run file cannot ask for
    class weights as well: they count tags, and soft labels are none.
    """
    reader = _reader(config, tagger, config.training.train_window)
    types = tagger.model.config.head_types()
    examples = make_examples([*train, *_noisy(train, config)], reader, types)
    if is_main_process():
        _tell_borders(examples)
    known = {article.fingerprint() for article in (*train, *unlabelled)}
    if settings := config.training.distillation:
        soft, of_teachers = soft_label_examples(settings, unlabelled, reader, types, device)
        examples.examples += soft
        known |= of_teachers
    return examples, known


def _train(trainer: TaggerTrainer, checkpoints: Path, *, resume: bool) -> None:
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    trainer.add_callback(EpochLines())
    try:
        with Quiet():
            train_or_finish(trainer, last_checkpoint(checkpoints) if resume else None)
    except (OSError, SafetensorError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "inline_container" not in str(error):
            raise
        raise SukienError(f"{checkpoints}: cannot be written: {error}") from error


def _noisy(articles: Sequence[Article], config: RunConfig) -> list[Article]:
    """Some of the articles again, as people also type them."""
    chance = random.Random(config.seed)
    n_chosen = round(config.training.noise * len(articles))
    return [vary(article, variant) for variant in _NOISE for article in chance.sample(list(articles), n_chosen)]


def _with_transitions(model: SukienModel, tokenizer: Any, examples: Examples) -> ArticleTagger:
    """A tagger that decodes with the transitions of the training examples, which it keeps in its configuration."""
    for head, counts in examples.transitions.items():
        model.config.transitions[head] = transition_scores(counts, TRANSITION_WEIGHT[head]).round(2).tolist()
    return ArticleTagger(model, tokenizer)


@torch.no_grad()
def _fit_standardisation(model: SukienModel, examples: Examples, pad_id: int, arguments: TrainingArguments) -> None:
    """On the words of windows drawn from the training text, as many as they need be."""
    assert model.standardisation is not None
    collator, n_batch = Collator(pad_id), arguments.per_device_train_batch_size
    rows = random.Random(0).sample(range(len(examples)), len(examples))
    features: list[torch.Tensor] = []
    model.to(arguments.device).eval()
    for start in range(0, len(rows), n_batch):
        batch = collator([examples[row] for row in rows[start : start + n_batch]])
        ids, mask, places = (
            batch[name].to(arguments.device) for name in ("input_ids", "attention_mask", "word_pieces")
        )
        pieces = model.piece_features(ids, mask)
        row, word = (places != NO_WORD).nonzero(as_tuple=True)
        features.append(pieces[row, places[row, word]].float().cpu())
        if sum(map(len, features)) > _N_FITTED:
            break
    model.train()
    if features:
        model.standardisation.fit(torch.cat(features))


def build_model(config: RunConfig, labels: LabelSet) -> tuple[SukienModel, Any]:
    """The encoder of the config with fresh heads for `labels`, and its tokenizer."""
    encoder, tokenizer = load_encoder(config.model.encoder)
    limit = window_limit(encoder)
    if limit is not None and config.model.window > limit:
        raise ConfigError(
            f"model.window: {config.model.window} pieces, but {config.model.encoder} reads at most {limit};"
            f" write window: {limit} or less"
        )
    heads = chosen_heads(config, labels)
    settings = SukienConfig(
        encoder=encoder.config.to_dict(),
        encoder_name=encoder_title(config),
        entity_types=list(labels.entity_types) if "entities" in heads else [],
        event_types=list(labels.event_types) if "triggers" in heads else [],
        segmentation=config.model.segmentation,
        pooling=config.model.pooling,
        window=config.model.window,
        overlap=config.model.overlap,
        standardised=config.model.standardise,
        dropout=config.model.dropout,
    )
    if config.model.word_vectors is None:
        return SukienModel(settings, encoder), tokenizer
    index, vectors = load_word_vectors(Path(resolve(config.model.word_vectors)))
    settings.word_vectors = [len(index), vectors.shape[1]]
    model = SukienModel(settings, encoder)
    assert model.word_vectors is not None
    model.word_vectors.table[1:] = vectors
    model.index = index
    return model, tokenizer


def encoder_title(config: RunConfig) -> str:
    """The encoder's name for the record: of a folder its own name only, since its path tells of a computer."""
    name = config.model.encoder
    return Path(name).resolve().name if Path(name).is_dir() else name


def chosen_heads(config: RunConfig, labels: LabelSet) -> list[str]:
    """The heads to train. Raises ConfigError for a head without labels in the data."""
    available = {"entities": bool(labels.entity_types), "triggers": bool(labels.event_types)}
    if config.model.heads == "auto":
        return [head for head in HEADS if available[head]]
    missing = [head for head in config.model.heads if not available[head]]
    if missing or not config.model.heads:
        raise ConfigError(
            f"model.heads: {config.model.heads}, but the data has labels for"
            f" {[head for head in HEADS if available[head]]}; write auto to take what is there"
        )
    return [head for head in HEADS if head in config.model.heads]


def check_start(config: RunConfig, labels: LabelSet, test: Sequence[Article]) -> None:
    """Raise what `fine_tune` would raise at its start: a missing encoder or package, unfit teachers and so on."""
    if config.training.tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise ConfigError("training.tensorboard: tensorboard is not installed; pip install 'sukien[tensorboard]'")
    model, _ = build_model(config, labels)
    if config.training.distillation:
        check_teachers(config, model.config.head_types(), test)


def _tell_borders(examples: Examples) -> None:
    """How many gold spans a border of words stands in the way of, with a few of them."""
    for what, found in (("cut by a word", examples.cut), ("across a border of segmented words", examples.inside)):
        shown = ", ".join(repr(text) for text in dict.fromkeys(found[:200]) if len(text) < 40)[:120]
        share = f"{len(found)} of {examples.n_spans} ({len(found) / max(1, examples.n_spans):.2%})"
        print(f"gold spans {what}: {share}" + (f", such as {shown}" if shown else ""))


def _reader(config: RunConfig, tagger: ArticleTagger, window: int | None) -> Reader:
    """As the tagger reads, but without overlap: each sentence is one training example only."""
    return tagger.reader.with_window(min(window or config.model.window, config.model.window), overlap=0)
