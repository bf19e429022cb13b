"""Features of the encoder that have mean 0 and deviation 1 when fine-tuning begins."""

from pathlib import Path
from typing import Any

import pytest
import torch

from sukien.config import RunConfig
from sukien.models.network import Standardisation
from sukien.models.pretrained import load_encoder, load_tagger, save_tagger
from sukien.ontology import LabelSet
from sukien.schema import Article
from sukien.training.finetune import build_model, fine_tune

LABELS = LabelSet()


def config(encoder: Path | str, tmp_path: Path, *, standardise: bool = True) -> RunConfig:
    values: dict[str, Any] = {
        "name": "t",
        "output": tmp_path,
        "data": {"built": tmp_path},
        "model": {"encoder": str(encoder), "window": 64, "overlap": 16, "standardise": standardise},
        "training": {"epochs": 1, "learning_rate": 1e-9},  # the encoder stays as it is
    }
    return RunConfig.model_validate(values)


def test_features_get_mean_0_and_deviation_1():
    torch.manual_seed(0)
    features = torch.randn(500, 6) * torch.tensor([0.1, 0.05, 1.0, 2.0, 30.0, 1.0]) + torch.tensor(
        [4.0, 0, 0, 9, -80, 1]
    )
    standardisation = Standardisation(6)
    standardisation.fit(features)
    deviation, mean = torch.std_mean(standardisation(features), dim=0)
    torch.testing.assert_close(mean, torch.zeros(6), atol=0.25, rtol=0)  # bf16 tells 4.00 from 4.02, not from 4.01
    torch.testing.assert_close(deviation, torch.ones(6), atol=0.01, rtol=0)


def test_a_feature_that_hardly_changes_is_not_made_large():
    features = torch.tensor([80.2, 0.7013, -15.03, 0.0]).repeat(50, 1) + torch.linspace(0, 1e-5, 50)[:, None]
    standardisation = Standardisation(4)
    standardisation.fit(features)
    assert standardisation(features).abs().max() < 0.2
    standardisation.fit(features[:1])
    assert standardisation(features).abs().max() < 0.2


def test_a_tagger_starts_from_the_features_of_its_training_text(
    tiny_encoder: Path, tmp_path: Path, authored: list[Article]
) -> None:
    encoder, tokenizer = load_encoder(str(tiny_encoder))
    with torch.no_grad():
        encoder.final_norm.weight.mul_(0.05)  # as pre-training can leave it
    encoder.save_pretrained(tmp_path / "faint")
    tokenizer.save_pretrained(tmp_path / "faint")
    made = fine_tune(config(tmp_path / "faint", tmp_path), authored[:4], [], LABELS, tmp_path / "checkpoints")
    standardisation = made.model.standardisation
    assert standardisation is not None
    rows = [tokenizer(article.text, return_tensors="pt", truncation=True, max_length=64) for article in authored[:4]]
    with torch.no_grad():
        features = torch.cat([made.model.eval().piece_features(row["input_ids"])[0] for row in rows]).float()
    width = encoder.config.hidden_size
    assert features.std(0)[:width].mean() < 0.06  # before
    deviation, mean = torch.std_mean(standardisation(features), dim=0)
    assert mean.abs().mean() < 0.3
    assert deviation[:width].mean() == pytest.approx(1.0, abs=0.2)
    assert deviation[width:].mean() == pytest.approx(1.0, abs=0.2)


def test_it_is_kept_with_the_weights_and_can_be_left_out(
    tiny_encoder: Path, tmp_path: Path, authored: list[Article]
) -> None:
    made = fine_tune(config(tiny_encoder, tmp_path), authored[:1], [], LABELS, tmp_path / "checkpoints")
    save_tagger(tmp_path / "model", made.model, made.tokenizer, "card")
    kept = load_tagger(str(tmp_path / "model"))[0].standardisation
    assert made.model.standardisation is not None
    assert kept is not None
    assert torch.equal(kept.mean, made.model.standardisation.mean)
    assert torch.equal(kept.scale, made.model.standardisation.scale)
    assert kept.scale.ne(1).any()
    assert build_model(config(tiny_encoder, tmp_path, standardise=False), LABELS)[0].standardisation is None
    encoder, _ = load_encoder(str(tmp_path / "model"))
    again = build_model(config(tmp_path / "model", tmp_path), LABELS)[0]
    assert again.standardisation is not None
    assert again.standardisation.scale.eq(1).all()  # of another tagger: told anew by its own training text
    assert encoder.config.hidden_size * 2 == len(kept.mean)
