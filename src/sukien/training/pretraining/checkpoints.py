"""Where a pre-training goes on: its last checkpoint or, with more time, one from before its rates began to fall."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import torch

from sukien.config import check_same, read_config
from sukien.errors import ConfigError
from sukien.training.pretraining.config import PretrainConfig

CONFIG = "config.yaml"
CHECKPOINTS = "checkpoints"
BEFORE_FALL = "before-fall"


def check_new(config: PretrainConfig, *, overwrite: bool) -> None:
    """Raise ConfigError where a run is in the way."""
    if config.folder.exists() and not overwrite:
        raise ConfigError(f"{config.folder}: exists; resume it with --resume, replace it with --overwrite")


def checkpoint_to_resume(config: PretrainConfig) -> Path:
    """The folder of the checkpoint to go on from.

    Raises ConfigError where there is none, or where the run began with another config. Only `training.hours` may
    have grown, for then the rates stay up for longer.
    """
    record = config.folder / CONFIG
    if not record.is_file():
        raise ConfigError(f"{config.folder}: holds no run to resume; start it without --resume")
    before = read_config(record, [], PretrainConfig)
    same = config.model_copy(update={"training": config.training.model_copy(update={"hours": before.training.hours})})
    check_same(record, config if config.training.hours < before.training.hours else same)
    found = _checkpoints(config.folder / CHECKPOINTS)
    if config.training.hours > before.training.hours:
        return _from_before_the_fall(config, before, found)
    if found:
        return found[-1]
    if config.encoder_folder.is_dir():
        raise ConfigError(f"{config.folder}: has ended; give it more time with a larger training.hours")
    raise ConfigError(f"{config.folder}: has no checkpoint yet; start it again with --overwrite")


def keep_before_fall(config: PretrainConfig) -> None:
    """Keep the newest checkpoint beside those that are thrown away in time."""
    kept = config.folder / BEFORE_FALL
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(_checkpoints(config.folder / CHECKPOINTS)[-1], kept, copy_function=_link)


def _from_before_the_fall(config: PretrainConfig, before: PretrainConfig, found: list[Path]) -> Path:
    fell = before.training.constant * before.training.hours * 3600
    kept = [path for path in (config.folder / BEFORE_FALL,) if path.is_dir()]
    for path in [*reversed([path for path in found if _seconds(path) <= fell]), *kept]:
        if _seconds(path) < config.training.generator_alone * config.training.hours * 3600:
            raise ConfigError(
                f"{path}: is of {_seconds(path) / 3600:.2f} hours, but of {config.training.hours:g} the generator would"
                f" learn alone for {config.training.generator_alone * config.training.hours:.2f}; give it fewer hours"
            )
        return path
    raise ConfigError(
        f"{config.folder}: has no checkpoint from before its rates fell; start a new run from its encoder"
    )


def _checkpoints(folder: Path) -> list[Path]:
    """Whole ones, the newest last."""
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return sorted(whole, key=lambda path: int(path.name.rpartition("-")[2]))


def _seconds(checkpoint: Path) -> float:
    """Training time before it."""
    return float(torch.load(checkpoint / "scheduler.pt", weights_only=True)["seconds"])


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)
