"""Pre-training from a run file: token file, training against the clock, model folder, record."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from torch import nn
from transformers import (
    ModernBertModel,
    ProgressCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_callback import PrinterCallback

from sukien.config import dump_config
from sukien.errors import ConfigError, SukienError
from sukien.files import read_text, write_folder, write_jsonl, write_text
from sukien.models.pretrained import Quiet, load_encoder
from sukien.models.tagging import best_device, bf16_is_fast
from sukien.training.curves import plot_pretraining
from sukien.training.pretraining.batches import Blocks, Masking, ShuffledEpochs
from sukien.training.pretraining.card import encoder_card
from sukien.training.pretraining.checkpoints import (
    CHECKPOINTS,
    CONFIG,
    check_new,
    checkpoint_to_resume,
    keep_before_fall,
)
from sukien.training.pretraining.config import PretrainConfig
from sukien.training.pretraining.corpus import read_corpus
from sukien.training.pretraining.counts import log_frequencies
from sukien.training.pretraining.encoder import make_encoder
from sukien.training.pretraining.objective import Pretraining
from sukien.training.pretraining.optimizer import Clock, make_optimizer
from sukien.training.pretraining.selection import most_like, pieces_of
from sukien.training.pretraining.tokenizer import train_tokenizer
from sukien.training.pretraining.tokens import TokenFile, check_tokens, write_tokens

_ENDLESS = 10**9  # steps: the clock ends a run
_PATIENCE = 24 * 3600  # seconds that the other processes wait while the main one cuts a corpus into pieces


def pretrain(config: PretrainConfig, *, resume: bool = False, overwrite: bool = False) -> Path | None:
    """Train an encoder as the config says and save it; returns its folder, None in helper processes.

    Raises ConfigError for a run that exists already, or that is to go on with another config; DataError for faults of
    the corpus; SukienError where nothing can be written. A killed run goes on with `resume`.
    """
    arguments = _arguments(config)  # these bring the processes of `accelerate launch` together
    prepared = _prepared(config, resume=resume, overwrite=overwrite)
    if prepared is None:
        return None
    tokenizer, checkpoint = prepared
    set_seed(config.seed)
    tokens = TokenFile(config.corpus.tokens)
    model = Pretraining(
        make_encoder(config.encoder, tokenizer, tokens),
        config.objective,
        tokenizer.mask_token_id,
        torch.from_numpy(log_frequencies(tokens, len(tokenizer))),
    )
    optimizer = make_optimizer(model, config.training, torch.bfloat16 if arguments.bf16 else torch.float32)
    clock = Clock(optimizer, config.training)
    if PartialState().is_main_process:
        if not checkpoint:  # now that all is known to be there, an earlier run may go
            shutil.rmtree(config.folder, ignore_errors=True)
        write_text(config.folder / CONFIG, dump_config(config))
    trainer = PretrainingTrainer(
        seed=config.seed,
        clock=clock,
        model=model,
        args=arguments,
        train_dataset=_blocks(config, tokens, tokenizer),
        data_collator=Masking(
            config.training.lengths,
            config.objective.masked,
            tokenizer.cls_token_id,
            tokenizer.sep_token_id,
            whole_words=config.objective.whole_words,
            seed=config.seed,
        ),
        optimizers=(optimizer, clock),
        callbacks=[ClockCallback(clock, config, model)],
    )
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    try:
        with Quiet():
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except OSError as error:
        raise SukienError(f"{config.folder}: cannot be written: {error}") from error
    if not trainer.is_world_process_zero():
        return None
    _save(config, model.encoder, tokenizer, tokens, trainer.state.log_history)
    return config.encoder_folder


class PretrainingTrainer(Trainer):
    """Trainer whose data order is ours and which averages the figures beside the loss."""

    def __init__(self, *, seed: int, clock: Clock, **kwargs: Any) -> None:
        self._seed = seed
        self._clock = clock
        self._sums: dict[str, torch.Tensor] = {}
        self._n_sums = 0
        super().__init__(**kwargs)

    def _get_train_sampler(self, train_dataset: Any = None) -> ShuffledEpochs:
        return ShuffledEpochs(len(train_dataset or self.train_dataset), self._seed)

    def compute_loss(self, model: nn.Module, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> torch.Tensor:
        """The loss; the rest is summed up until it is logged."""
        figures = model(**inputs)
        for name, value in figures.items():
            if name != "loss":
                self._sums[name] = self._sums.get(name, torch.zeros_like(value)) + value.detach()
        self._n_sums += 1
        loss: torch.Tensor = figures["loss"]
        return loss

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """With the mean of each figure since the last time."""
        if self._n_sums:
            logs |= {name: float(total) / self._n_sums for name, total in self._sums.items()}
            logs["hours"] = self._clock.seconds / 3600
            logs["rates"] = self._clock.factor()  # as a share of the full ones
            self._sums, self._n_sums = {}, 0
        super().log(logs, *args, **kwargs)


class ClockCallback(TrainerCallback):
    """Lets the encoder join in, ends the run with its time, saves every few minutes, and tells how it goes."""

    def __init__(self, clock: Clock, config: PretrainConfig, model: Pretraining) -> None:
        self._clock = clock
        self._config = config
        self._model = model
        self._saved = clock.seconds
        self._falls = False

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._saved = self._clock.seconds
        self._falls = self._clock.share > self._config.training.constant
        self._clock.load_state_dict(self._clock.state_dict())  # what came before is not training
        self._first = (state.global_step, self._clock.seconds)

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._model.generator_alone = self._clock.generator_alone

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if args.world_size > 1:  # by clocks of their own, one process would end a step before the others
            self._clock.load_state_dict(*broadcast_object_list([self._clock.state_dict()]))
        if self._clock.share >= 1.0:
            control.should_training_stop = True
        elif self._begins_to_fall or self._clock.seconds - self._saved > self._config.training.checkpoint_minutes * 60:
            self._saved = self._clock.seconds
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._begins_to_fall:
            self._falls = True
            if state.is_world_process_zero:
                keep_before_fall(self._config)

    @property
    def _begins_to_fall(self) -> bool:
        return not self._falls and self._clock.share > self._config.training.constant

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        if not state.is_world_process_zero or not logs or "filling" not in logs:
            return
        steps = state.global_step - self._first[0]
        seconds = self._clock.seconds - self._first[1]
        rate = steps * self._config.training.tokens * args.world_size / max(seconds, 1e-9)
        left = self._config.training.hours * 3600 - self._clock.seconds
        figures = "  ".join(f"{name} {logs[name]:.4f}" for name in ("filling", "filled", "detection") if name in logs)
        print(
            f"step {state.global_step}  {figures}  {rate:,.0f} pieces/s  {max(left, 0) / 60:.1f} min left", flush=True
        )


def _blocks(config: PretrainConfig, tokens: TokenFile, tokenizer: Any) -> Blocks:
    """What is read of the token file."""
    size = max(config.training.lengths)
    if not config.corpus.like:
        return Blocks(tokens, size)
    return Blocks(tokens, size, most_like(tokens, size, pieces_of(config.corpus.like, tokenizer), config.corpus.share))


def _prepared(config: PretrainConfig, *, resume: bool, overwrite: bool) -> tuple[Any, Path | None] | None:
    """Tokenizer and checkpoint; None in helper processes when the main one, which alone looks and writes, failed."""
    found: list[Any] = [None]
    try:
        if PartialState().is_main_process:
            checkpoint = checkpoint_to_resume(config) if resume else None
            check_new(config, overwrite=overwrite or resume)
            tokenizer = _tokenizer(config)
            tokens = _tokens(config, tokenizer)
            if len(tokens) < 2 * config.training.tokens:
                raise ConfigError(
                    f"training.tokens: a step of {config.training.tokens} pieces, but the corpus has {len(tokens)};"
                    " name more text or take smaller steps"
                )
            found = [(tokenizer, checkpoint)]
    finally:
        broadcast_object_list(found)
    answer: tuple[Any, Path | None] | None = found[0]
    return answer


def _arguments(config: PretrainConfig) -> TrainingArguments:
    precision = config.training.precision
    return TrainingArguments(
        output_dir=str(config.folder / CHECKPOINTS),
        max_steps=_ENDLESS,
        per_device_train_batch_size=config.training.tokens // max(config.training.lengths),
        max_grad_norm=config.training.max_grad_norm,
        bf16=precision == "bf16" or (precision == "auto" and bf16_is_fast(best_device())),
        torch_compile=config.training.compile,
        use_cpu=best_device() == "cpu",
        seed=config.seed,
        data_seed=config.seed,
        save_strategy="no",
        save_total_limit=2,
        logging_steps=config.training.log_steps,
        remove_unused_columns=False,
        dataloader_drop_last=True,
        dataloader_num_workers=4 if torch.cuda.is_available() else 0,
        dataloader_pin_memory=torch.cuda.is_available(),
        report_to="none",
        disable_tqdm=True,
        ddp_timeout=_PATIENCE,
    )


def _tokenizer(config: PretrainConfig) -> Any:
    name = config.tokenizer.take or config.encoder.start
    if name:
        tokenizer = load_encoder(name)[1]
        if not tokenizer.is_fast or None in (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id):
            raise ConfigError(f"tokenizer.take: {name} has no fast tokenizer with start, end and mask pieces")
        return tokenizer
    articles = read_corpus(config.corpus.paths, config.corpus.exclude, config.noise, config.seed)
    return train_tokenizer((article.words for article in articles), config.tokenizer.vocabulary)


def _tokens(config: PretrainConfig, tokenizer: Any) -> TokenFile:
    made_from = {
        "paths": [str(path) for path in config.corpus.paths],
        "exclude": [str(path) for path in config.corpus.exclude],
        "noise": config.noise.model_dump(),
        "seed": config.seed,
    }
    if not check_tokens(config.corpus.tokens, tokenizer, made_from):
        articles = read_corpus(config.corpus.paths, config.corpus.exclude, config.noise, config.seed)
        write_tokens(config.corpus.tokens, articles, tokenizer, made_from)
    return TokenFile(config.corpus.tokens)


def _save(
    config: PretrainConfig, encoder: ModernBertModel, tokenizer: Any, tokens: TokenFile, log: list[dict[str, Any]]
) -> None:
    rows = [row for row in log if "filling" in row]
    write_jsonl(config.folder / "log.jsonl", rows)
    step = config.training.tokens * PartialState().num_processes
    plot_pretraining(rows, config.folder / "curves.png", config.name, step)
    encoder = encoder.to(torch.bfloat16)

    def fill(place: Path) -> None:
        encoder.save_pretrained(place)
        tokenizer.save_pretrained(place)
        record = json.loads(read_text(place / "config.json"))
        record.pop("_name_or_path", None)
        write_text(place / "config.json", json.dumps(record, indent=2) + "\n")
        write_text(place / "README.md", encoder_card(config, encoder, tokens, rows))

    with Quiet():
        write_folder(config.encoder_folder, fill)
    shutil.rmtree(config.folder / CHECKPOINTS, ignore_errors=True)
