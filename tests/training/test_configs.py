"""Every run file of the repository that names an encoder: valid, and it trains once that is a tiny one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from sukien.config import load_config, read_config
from sukien.training.pretraining.config import PretrainConfig
from sukien.training.run import train

ROOT = Path(__file__).parents[2]
ENCODERS = ["phobert-base", "phobert-base-v2", "phobert-large", "xlm-roberta-base"]


@pytest.mark.parametrize("name", ENCODERS)
def test_run_files_of_large_encoders_train(name: str, tiny_encoder: Path, tiny_built: Path, tmp_path: Path) -> None:
    path = ROOT / f"configs/{name}.yaml"
    config = load_config(path)
    if importlib.util.find_spec(config.model.segmentation) is None and config.model.segmentation != "none":
        pytest.skip(f"{config.model.segmentation} is not installed")
    changes = [f"model.encoder={tiny_encoder}", f"data.built={tiny_built}", f"output={tmp_path}", "training.epochs=1"]
    scores = train(load_config(path, changes))
    assert scores is not None
    assert (tmp_path / name / "model/model.safetensors").is_file()


def test_the_licence_that_reaches_far_is_told_first() -> None:
    assert "AGPL-3.0" in (ROOT / "configs/phobert-base-v2.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert "MIT" in (ROOT / "configs/phobert-base.yaml").read_text(encoding="utf-8").splitlines()[0]


def test_the_run_file_of_pre_training_is_valid() -> None:
    config = read_config(ROOT / "configs/encoder-small.yaml", [], PretrainConfig)
    assert ROOT.joinpath("data/standoff/reserved.txt") in [ROOT / path for path in config.corpus.exclude]
