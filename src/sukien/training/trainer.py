"""The Hugging Face Trainer as we use it: its settings, its order of examples, what it scores and prints."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import gather_object
from transformers import EarlyStoppingCallback, ProgressCallback, Trainer, TrainingArguments
from transformers.trainer_callback import TrainerState
from transformers.trainer_utils import EvalLoopOutput

from sukien.config import RunConfig
from sukien.models.tagging import ArticleTagger, best_device, bf16_is_fast
from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction
from sukien.training.features import Examples, LengthGroupedEpochs
from sukien.training.scoring import score


def training_arguments(
    config: RunConfig, checkpoints: Path, *, has_validation: bool, heads: list[str]
) -> TrainingArguments:
    """The Trainer's settings that follow from a run file."""
    settings = config.training
    bf16 = settings.precision == "bf16" or (settings.precision == "auto" and bf16_is_fast(best_device()))
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.gradient_accumulation,
        warmup_steps=settings.warmup,
        max_grad_norm=settings.max_grad_norm,
        lr_scheduler_type="linear",
        bf16=bf16,
        use_cpu=best_device() == "cpu",
        seed=config.seed,
        data_seed=config.seed,
        eval_strategy="epoch" if has_validation else "no",
        save_strategy="epoch",
        logging_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=has_validation,
        metric_for_best_model="f1" if has_validation else None,
        greater_is_better=True if has_validation else None,
        restore_callback_states_from_checkpoint=True,
        label_names=heads,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        report_to="tensorboard" if settings.tensorboard else "none",
    )


def is_main_process() -> bool:
    """Whether this is the process of `accelerate launch` that writes and tells."""
    return int(os.environ.get("RANK", "0")) == 0


class TaggerTrainer(Trainer):
    """Trainer that scores validation articles with the decoder that ships, each article in one process only."""

    def __init__(
        self,
        *,
        tagger: ArticleTagger,
        validation: Sequence[Article],
        labels: LabelSet,
        seed: int,
        **kwargs: Any,
    ) -> None:
        self._tagger = tagger
        self._validation = validation
        self._labels = labels
        self._seed = seed
        super().__init__(**kwargs)

    def _get_train_sampler(self, train_dataset: Examples | None = None) -> LengthGroupedEpochs:
        size = self.args.train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
        return LengthGroupedEpochs(train_dataset or self.train_dataset, size, self._seed)

    def evaluation_loop(self, *args: Any, **kwargs: Any) -> EvalLoopOutput:
        """The validation loss as the Trainer counts it, and F1 of the decoded spans beside it."""
        kwargs["prediction_loss_only"] = True
        output = super().evaluation_loop(*args, **kwargs)
        mine = self._validation[self.args.process_index :: self.args.world_size]
        rows = gather_object([prediction.to_dict() for prediction in self._tagger.tag(mine)])
        predictions = [Prediction.from_dict(row) for row in rows]
        heads = self._tagger.model.config.head_types()
        scores = score(self._validation, predictions, self._labels, n_bootstrap=0)
        found = {head: scores[head]["micro"]["f1"] or 0.0 for head in heads}
        prefix = kwargs.get("metric_key_prefix", "eval")
        output.metrics.update({f"{prefix}_{head}_f1": value for head, value in found.items()})
        output.metrics[f"{prefix}_f1"] = sum(found.values()) / len(found)
        return output


class EpochLines(ProgressCallback):
    """Progress bar, and one line an epoch instead of the Trainer's dictionaries."""

    def on_prediction_step(self, *args: Any, **kwargs: Any) -> None:
        """No second bar for the seconds that validation takes."""

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        if not state.is_world_process_zero or self.training_bar is None or not logs:
            return
        names = {"loss": "loss", "eval_loss": "validation loss", "eval_entities_f1": "entities F1"}
        names["eval_triggers_f1"] = "triggers F1"
        shown = [f"{name} {float(logs[key]):.3f}" for key, name in names.items() if key in logs]
        if shown:
            epoch = math.ceil(logs.get("epoch", 0) - 1e-6)
            self.training_bar.write(f"  epoch {epoch}/{math.ceil(state.num_train_epochs)}  {'  '.join(shown)}")


def callbacks(config: RunConfig, *, has_validation: bool) -> list[Any]:
    """Early stopping, where it is asked for."""
    patience = config.training.early_stopping
    return [EarlyStoppingCallback(patience)] if patience and has_validation else []


def train_or_finish(trainer: Trainer, checkpoint: str | None) -> None:
    """Train from a checkpoint on; where early stopping ended the run there, only take the best weights.

    The Trainer forgets on resuming that it had stopped, and would go on for another epoch.
    """
    if checkpoint:
        state = TrainerState.load_from_json(str(Path(checkpoint) / "trainer_state.json"))
        if state.stateful_callbacks["TrainerControl"]["args"]["should_training_stop"] and state.best_model_checkpoint:
            trainer.state = state
            trainer._load_best_model()
            return
    trainer.train(resume_from_checkpoint=checkpoint)


def last_checkpoint(folder: Path) -> str | None:
    """The last checkpoint that is whole: a kill may come while one is written, its state last."""
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return str(max(whole, key=lambda path: int(path.name.rpartition("-")[2]))) if whole else None
