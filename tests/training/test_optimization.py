"""Learning rates by layer, frozen layers, LoRA, weights of the loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from sukien.config import LoraSection, RunConfig
from sukien.errors import ConfigError
from sukien.models.network import IGNORED, LossSettings, SukienModel
from sukien.ontology import LabelSet
from sukien.schema import Article
from sukien.training import optimization
from sukien.training.features import Example, Examples
from sukien.training.finetune import build_model, fine_tune
from sukien.training.optimization import (
    add_lora,
    freeze,
    learning_rates,
    loss_settings,
    make_optimizer,
    merge_lora,
    number_of_layers,
)


def config(tiny_encoder: Path, tmp_path: Path, **training: Any) -> RunConfig:
    values = {
        "name": "t",
        "output": tmp_path,
        "data": {"built": tmp_path},
        "model": {"encoder": str(tiny_encoder), "window": 64},
    }
    return RunConfig.model_validate(values | {"training": {"epochs": 1, **training}})


@pytest.fixture
def model(tiny_encoder: Path, tmp_path: Path) -> SukienModel:
    return build_model(config(tiny_encoder, tmp_path), LabelSet())[0]


def test_each_layer_learns_more_slowly_than_the_one_above(
    model: SukienModel, tiny_encoder: Path, tmp_path: Path
) -> None:
    settings = config(tiny_encoder, tmp_path, layer_decay=0.5, learning_rate=0.8, head_learning_rate=3.0)
    optimizer = make_optimizer(model, settings)
    rate = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    found = {name: rate[id(p)] for name, p in model.named_parameters()}
    assert number_of_layers(model) == 2
    assert found["encoder.final_norm.weight"] == 0.8
    assert {value for name, value in found.items() if ".layers.1." in name} == {0.8}
    assert {value for name, value in found.items() if ".layers.0." in name} == {0.4}
    assert found["encoder.embeddings.tok_embeddings.weight"] == 0.2
    assert {value for name, value in found.items() if name.startswith(("heads.", "mixer."))} == {3.0}


def test_frozen_layers_stay_as_they_were(tiny_encoder: Path, tmp_path: Path, authored: list[Article]) -> None:
    settings = config(tiny_encoder, tmp_path, frozen_layers=1, learning_rate=0.1)
    before = {name: p.clone() for name, p in build_model(settings, LabelSet())[0].named_parameters()}
    made = fine_tune(settings, authored[:1], [], LabelSet(), tmp_path / "checkpoints").model
    changed = {name for name, p in made.named_parameters() if not torch.allclose(p, before[name], atol=2e-2)}
    assert any(".layers.1." in name for name in changed)
    assert not any(".layers.0." in name or "embeddings" in name for name in changed)
    with pytest.raises(ConfigError, match="7, but the encoder has 2 layers"):
        freeze(made, 7)


def test_lora_trains_little_and_leaves_an_ordinary_encoder(model: SukienModel) -> None:
    pytest.importorskip("peft")
    names = set(model.state_dict())
    ids = torch.arange(5, 40)[None]
    add_lora(model, LoraSection(rank=4))
    trained = [name for name, p in model.encoder.named_parameters() if p.requires_grad]
    assert trained
    assert all("lora_" in name for name in trained)
    for name, weights in model.encoder.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weights, std=0.1)
    model.eval()
    changed = model(ids).logits
    merge_lora(model)
    assert set(model.state_dict()) == names
    assert torch.allclose(model(ids).logits, changed, atol=1e-4)


def test_a_lora_run_saves_what_it_has_learned(tiny_encoder: Path, tmp_path: Path, authored: list[Article]) -> None:
    pytest.importorskip("peft")
    settings = config(tiny_encoder, tmp_path, lora={"rank": 4})
    made = fine_tune(settings, authored[:1], [], LabelSet(), tmp_path / "checkpoints").model
    assert not any("lora" in name for name in made.state_dict())


def test_lora_learns_faster_than_a_large_encoder_unless_a_rate_is_named(
    model: SukienModel, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert learning_rates(model, config(tiny_encoder, tmp_path, lora={})) == (5e-4, 2e-3)  # as small encoders learn
    monkeypatch.setattr(optimization, "SMALL_ENCODER", 1)
    assert learning_rates(model, config(tiny_encoder, tmp_path)) == (3e-5, 1e-3)
    assert learning_rates(model, config(tiny_encoder, tmp_path, lora={})) == (2e-4, 1e-3)
    assert learning_rates(model, config(tiny_encoder, tmp_path, lora={}, learning_rate=1e-4))[0] == 1e-4


def test_lora_without_peft_says_what_to_install(model: SukienModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'sukien\[lora\]'"):
        add_lora(model, LoraSection())


def test_rare_types_weigh_more(tiny_encoder: Path, tmp_path: Path) -> None:
    window: Any = None
    examples = Examples([Example(window, {"entities": [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, IGNORED]})])
    made = loss_settings(examples, config(tiny_encoder, tmp_path, class_weights=True), {"entities": 7})
    assert made.class_weights["entities"].tolist() == [1, 1, 1, 2, 2, 2, 2]
    assert loss_settings(examples, config(tiny_encoder, tmp_path), {"entities": 7}) == LossSettings()
    assert loss_settings(examples, config(tiny_encoder, tmp_path, loss="focal"), {"entities": 7}).focus == 2.0


def test_focal_loss_is_cross_entropy_weighed_by_how_hard_a_word_is(model: SukienModel) -> None:
    ids = torch.arange(5, 25)[None]
    gold = torch.randint(0, 17, (1, 20))
    model.eval()
    plain = model(ids, entities=gold)
    model.loss_settings = LossSettings(focus=2.0, class_weights={"entities": torch.full((17,), 3.0)})
    focal = model(ids, entities=gold)
    right = plain.logits.softmax(-1).gather(-1, gold[..., None]).squeeze(-1)
    expected = (3 * (1 - right) ** 2 * -right.log()).mean()
    assert torch.allclose(focal.loss, expected, rtol=1e-4)
    assert focal.loss != plain.loss
