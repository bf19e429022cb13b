"""Where a pre-training goes on: its last checkpoint or, with more time, one from before its rates began to fall."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from sukien.config import check_same, read_config
from sukien.errors import ConfigError, SukienError
from sukien.files import read_json, write_folder
from sukien.training.pretraining.config import PretrainConfig

CONFIG = "config.yaml"
LOG = "log.jsonl"  # written when a run has ended
CHECKPOINTS = "checkpoints"
BEFORE_FALL = "before-fall"
_STATE = "trainer_state.json"


def check_new(config: PretrainConfig, *, overwrite: bool) -> None:
    """Raise ConfigError where a run is in the way."""
    if (config.folder / CONFIG).exists() and not overwrite:
        raise ConfigError(f"{config.folder}: holds a run; resume it with --resume, replace it with --overwrite")
    if config.save_encoder and config.save_encoder.is_dir() and not overwrite:
        raise ConfigError(f"{config.save_encoder}: exists; give --overwrite, or another save_encoder")


def discard(config: PretrainConfig) -> None:
    """Remove what would mix with a new run. An encoder stays until the new one takes its place."""
    (config.folder / LOG).unlink(missing_ok=True)
    for name in (CHECKPOINTS, BEFORE_FALL):
        if (config.folder / name).exists():
            shutil.rmtree(config.folder / name)


def checkpoint_to_resume(config: PretrainConfig) -> Path:
    """The folder of the checkpoint to go on from.

    Raises ConfigError where there is none, or where the run began with another config. Only `training.hours` may
    have grown, for then the rates stay up for longer.
    """
    record = config.folder / CONFIG
    if not record.is_file():
        raise ConfigError(f"{config.folder}: holds no run to resume; start it without --resume")
    before = read_config(record, [], PretrainConfig)
    hours = before.training.hours
    if config.training.hours > hours:
        config = config.model_copy(update={"training": config.training.model_copy(update={"hours": hours})})
        check_same(record, config)
        return _from_before_the_fall(before)
    check_same(record, config)
    if found := _whole(config.folder):
        return found[-1]
    if (config.folder / LOG).is_file():
        raise ConfigError(f"{config.folder}: has ended; give it more time with a larger training.hours")
    raise ConfigError(f"{config.folder}: has no whole checkpoint; start it again with --overwrite")


def begin_from(config: PretrainConfig, checkpoint: Path) -> Path:
    """Make this checkpoint the last one of the run, so that a later resumption finds no other; returns its place."""
    place = config.folder / CHECKPOINTS / f"checkpoint-{_step(checkpoint)}"
    if place != checkpoint:
        _copy(checkpoint, place)
    for other in _all(config.folder):
        if _step(other) > _step(place):
            shutil.rmtree(other)
    (config.folder / LOG).unlink(missing_ok=True)
    return place


def keep_before_fall(config: PretrainConfig) -> None:
    """Keep the newest checkpoint beside those that are thrown away in time."""
    _copy(_all(config.folder)[-1], config.folder / BEFORE_FALL)


def _from_before_the_fall(before: PretrainConfig) -> Path:
    fell = before.training.constant * before.training.hours * 3600
    early = [path for path in _whole(before.folder) if _seconds(path) <= fell]
    kept = before.folder / BEFORE_FALL
    if not early and kept.is_dir():
        if fault := _fault(kept):
            raise ConfigError(f"{kept}: is damaged ({fault}); start a new run from the encoder of this one")
        early = [kept]
    if not early:
        raise ConfigError(
            f"{before.folder}: has no checkpoint from before its rates fell; start a new run from its encoder"
        )
    return early[-1]


def _all(run: Path) -> list[Path]:
    """Checkpoints of a run, the newest last."""
    found = [path for path in (run / CHECKPOINTS).glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", path.name)]
    return sorted(found, key=_step)


def _whole(run: Path) -> list[Path]:
    """Checkpoints that can be read, the newest last; what is wrong with the others is told."""
    whole = []
    for path in _all(run):
        if fault := _fault(path):
            print(f"{path}: is damaged and left out ({fault})", file=sys.stderr)
        else:
            whole.append(path)
    return whole


def _fault(checkpoint: Path) -> str | None:
    try:
        state: Any = read_json(checkpoint / _STATE)
        if not isinstance(state, dict) or "global_step" not in state:
            return f"{_STATE} holds no state"
        with safe_open(checkpoint / "model.safetensors", framework="pt"):
            pass
    except (SukienError, SafetensorError, OSError) as error:
        return str(error)
    for name in ("optimizer.pt", "scheduler.pt"):
        if not zipfile.is_zipfile(checkpoint / name):
            return f"{name} is missing or cut short"
    states = list(checkpoint.glob("rng_state*.pth"))
    return None if states and all(map(zipfile.is_zipfile, states)) else "rng_state.pth is missing or cut short"


def _step(checkpoint: Path) -> int:
    if checkpoint.name == BEFORE_FALL:
        return int(json.loads((checkpoint / _STATE).read_text(encoding="utf-8"))["global_step"])
    return int(checkpoint.name.rpartition("-")[2])


def _seconds(checkpoint: Path) -> float:
    """Training time before it."""
    return float(torch.load(checkpoint / "scheduler.pt", weights_only=True)["seconds"])


def _copy(source: Path, target: Path) -> None:
    """By links where the file system has them: a checkpoint is large and never changed."""

    def link(file: str, beside: str) -> None:
        try:
            os.link(file, beside)
        except OSError:
            shutil.copy2(file, beside)

    def fill(place: Path) -> None:
        shutil.copytree(source, place, copy_function=link, dirs_exist_ok=True)

    write_folder(target, fill)
