"""Pre-training from a run file: token file, training against the clock, model folder, record."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from safetensors import SafetensorError
from torch import nn
from transformers import ModernBertModel, ProgressCallback, Trainer, TrainerCallback, TrainingArguments, set_seed
from transformers.trainer_callback import PrinterCallback

from sukien.errors import ConfigError, SukienError
from sukien.files import read_text, write_folder, write_jsonl, write_text
from sukien.models.pretrained import Quiet, save_tokenizer
from sukien.models.tagging import best_device, bf16_is_fast
from sukien.training.curves import plot_pretraining
from sukien.training.pretraining.batches import Blocks, Masking, ShuffledEpochs
from sukien.training.pretraining.card import encoder_card
from sukien.training.pretraining.checkpoints import BEFORE_FALL, CHECKPOINTS, LOG, keep_before_fall
from sukien.training.pretraining.config import PretrainConfig
from sukien.training.pretraining.counts import log_frequencies
from sukien.training.pretraining.encoder import make_encoder
from sukien.training.pretraining.objective import Pretraining
from sukien.training.pretraining.optimizer import Clock, make_optimizer
from sukien.training.pretraining.prepare import begin, prepare
from sukien.training.pretraining.tokens import TokenFile

_ENDLESS = 10**9  # steps: the clock ends a run
_SHORT = 256  # up to this length a step on the CPU takes longer with torch's own attention: at 128 by a third
_PATIENCE = 24 * 3600  # seconds that the other processes wait while the main one cuts a corpus into pieces


def pretrain(config: PretrainConfig, *, resume: bool = False, overwrite: bool = False) -> Path | None:
    """Train an encoder as the config says and save it; returns its folder, None in helper processes.

    A killed run goes on with `resume`, and so does a finished one that is given more hours.

    Raises ConfigError for a run that exists already, or that is to go on with another config; DataError for faults of
    the corpus; SukienError where nothing can be written and for losses that are no numbers.
    """
    arguments = _arguments(config)  # these bring the processes of `accelerate launch` together
    prepared = prepare(config, resume=resume, overwrite=overwrite)
    if prepared is None:
        return None
    tokenizer = prepared.tokenizer
    set_seed(config.seed)
    tokens = TokenFile(config.corpus.tokens)
    model = _model(config, tokenizer, tokens)
    optimizer = make_optimizer(model, config.training, torch.bfloat16 if arguments.bf16 else torch.float32)
    clock = Clock(optimizer, config.training)
    blocks = Blocks(tokens, max(config.training.lengths), prepared.blocks)
    masking = Masking(
        config.training.lengths,
        config.objective.masked,
        tokenizer.cls_token_id,
        tokenizer.sep_token_id,
        whole_words=config.objective.whole_words,
        seed=config.seed,
    )
    with torch.no_grad():  # now that all is known to work, an earlier run may go
        _check_finite(model(**masking([blocks[0]])), 0)
    checkpoint: list[Any] = [begin(config, prepared) if PartialState().is_main_process else None]
    broadcast_object_list(checkpoint)
    trainer = PretrainingTrainer(
        seed=config.seed,
        clock=clock,
        model=model,
        args=arguments,
        train_dataset=blocks,
        data_collator=masking,
        optimizers=(optimizer, clock),
        callbacks=[ClockCallback(clock, config, model)],
    )
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    try:
        with Quiet():
            trainer.train(resume_from_checkpoint=str(checkpoint[0]) if checkpoint[0] else None)
        if not trainer.is_world_process_zero():
            return None
        _save(config, model.encoder, tokenizer, tokens, trainer.state.log_history, len(blocks))
    except (OSError, SafetensorError) as error:
        raise SukienError(f"{config.folder}: cannot be written: {error}") from error
    except RuntimeError as error:
        if "PytorchStreamWriter" in str(error) or "unexpected pos" in str(error):  # torch.save's words for a full disk
            raise SukienError(f"{config.folder}: cannot be written: is the disk full?") from error
        raise
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
        """With the mean of each figure since the last time. Raises SukienError for one that is no number."""
        if self._n_sums:
            _check_finite(self._sums, self.state.global_step)
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
        self._falls = self._is_late and (self._config.folder / BEFORE_FALL).is_dir()
        self._clock.load_state_dict(self._clock.state_dict())  # what came before is not training
        self._logged = (state.global_step, time.monotonic())

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._model.generator_alone = self._clock.generator_alone

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if args.world_size > 1:  # by clocks of their own, one process would end a step before the others
            self._clock.load_state_dict(*broadcast_object_list([self._clock.state_dict()]))
        control.should_training_stop = self._clock.share >= 1.0
        waited = self._clock.seconds - self._saved > self._config.training.checkpoint_minutes * 60
        if waited or self._begins_to_fall or control.should_training_stop:
            _check_finite(dict(self._model.named_parameters()), state.global_step)
            self._saved = self._clock.seconds
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._begins_to_fall:
            self._falls = True
            if state.is_world_process_zero:
                keep_before_fall(self._config)

    @property
    def _is_late(self) -> bool:
        return self._clock.share > self._config.training.constant or self._clock.share >= 1.0

    @property
    def _begins_to_fall(self) -> bool:
        return not self._falls and self._is_late

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        if not state.is_world_process_zero or not logs or "filling" not in logs:
            return
        now = time.monotonic()
        steps, seconds = state.global_step - self._logged[0], now - self._logged[1]
        self._logged = (state.global_step, now)
        rate = steps * self._config.training.tokens * args.world_size / max(seconds, 1e-9)
        left = self._config.training.hours * 3600 - self._clock.seconds
        figures = "  ".join(f"{name} {logs[name]:.4f}" for name in ("filling", "filled", "detection") if name in logs)
        print(
            f"step {state.global_step}  {figures}  {rate:,.0f} pieces/s  {max(left, 0) / 60:.1f} min left", flush=True
        )


def _check_finite(values: dict[str, torch.Tensor], step: int) -> None:
    broken = [name for name, value in values.items() if not value.isfinite().all()]
    if broken:
        raise SukienError(
            f"step {step}: {broken[0]} is no finite number any more; take lower rates, or a lower max_grad_norm"
            " (checkpoints from before are kept)"
        )


def _model(config: PretrainConfig, tokenizer: Any, tokens: TokenFile) -> Pretraining:
    encoder = make_encoder(config.encoder, tokenizer, tokens)
    _check_lengths(config, encoder)
    frequencies = torch.from_numpy(log_frequencies(tokens, encoder.config.vocab_size))
    model = Pretraining(encoder, config.objective, tokenizer.mask_token_id, frequencies)
    short = sum(share for length, share in config.training.lengths.items() if length <= _SHORT)
    if best_device() == "cpu" and short >= sum(config.training.lengths.values()) / 2:
        model.set_attn_implementation("eager")
    return model


def _check_lengths(config: PretrainConfig, encoder: ModernBertModel) -> None:
    longest, positions = max(config.training.lengths), encoder.config.max_position_embeddings
    if longest > positions:
        raise ConfigError(f"training.lengths: {longest}, but the encoder has {positions} positions")


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


def _without_totals(row: dict[str, Any]) -> dict[str, Any]:
    """The Trainer adds totals of the run to the row of the last steps."""
    return {key: value for key, value in row.items() if not key.startswith(("train_", "total_"))}


def _with_last_steps(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of which the last, if it is of few steps only, is joined with the one before: their figures would jump."""
    if len(rows) < 2:
        return rows
    begins = rows[-3]["step"] if len(rows) > 2 else 0
    before, after = rows[-2]["step"] - begins, rows[-1]["step"] - rows[-2]["step"]
    if 2 * after >= before:
        return rows
    mean = {
        name: (before * rows[-2][name] + after * rows[-1][name]) / (before + after)
        for name in ("loss", "filling", "filled", "detection")
        if name in rows[-2] and name in rows[-1]
    }
    return [*rows[:-2], rows[-1] | mean]


def _save(
    config: PretrainConfig,
    encoder: ModernBertModel,
    tokenizer: Any,
    tokens: TokenFile,
    log: list[dict[str, Any]],
    n_blocks: int,
) -> None:
    """Encoder, log and picture; the encoder first, and the checkpoints last, so that a full disk loses nothing."""
    rows = _with_last_steps([_without_totals(row) for row in log if "filling" in row])
    processes = PartialState().num_processes
    tokenizer.model_max_length = encoder.config.max_position_embeddings
    encoder = encoder.to(torch.bfloat16)

    def fill(place: Path) -> None:
        encoder.save_pretrained(place)
        save_tokenizer(place, tokenizer)
        record = json.loads(read_text(place / "config.json"))
        record.pop("_name_or_path", None)
        write_text(place / "config.json", json.dumps(record, indent=2) + "\n")
        write_text(place / "README.md", encoder_card(config, encoder, tokens, rows, n_blocks, processes))

    with Quiet():
        write_folder(config.encoder_folder, fill)
    plot_pretraining(rows, config.folder / "curves.png", config.name, config.training.tokens * processes)
    write_jsonl(config.folder / LOG, rows)
    shutil.rmtree(config.folder / CHECKPOINTS, ignore_errors=True)
