"""Shared fixtures. No test needs a network: the hub is switched off before anything is imported."""

from __future__ import annotations

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sukien.data.dataset import save_built
from sukien.data.inline import read_inline
from sukien.ontology import LabelSet
from sukien.schema import Article

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def authored() -> list[Article]:
    """Articles of one labelled file."""
    return read_inline(ROOT / "data/labels/authored-a3.txt", LabelSet())


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory, authored: list[Article]) -> Path:
    """A random 2-layer encoder with a tokenizer trained on a few articles, saved as the hub lays it out."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import ModernBertConfig, ModernBertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-encoder")
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        [article.text for article in authored], trainers.BpeTrainer(vocab_size=600, special_tokens=special)
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    names = dict(zip(["bos_token", "pad_token", "eos_token", "unk_token", "mask_token"], special, strict=True))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, cls_token="<s>", sep_token="</s>", **names).save_pretrained(
        folder
    )
    torch.manual_seed(0)
    ModernBertModel(
        ModernBertConfig(
            vocab_size=len(tokenizer.get_vocab()),
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=256,
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
            cls_token_id=0,
            sep_token_id=2,
        )
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def make_tagger(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], tuple[Any, Any]]:
    """`make_tagger()`: a random model whose heads are loud enough to predict something, and its tokenizer."""

    def make() -> tuple[Any, Any]:
        import torch

        from sukien.config import load_config
        from sukien.training.finetune import build_model

        run = tmp_path_factory.mktemp("run") / "run.yaml"
        run.write_text(
            f"name: x\ndata: {{built: none}}\nmodel: {{encoder: '{tiny_encoder}', window: 40, overlap: 12}}\n"
            "training: {epochs: 1, learning_rate: 0.001}\n"
        )
        torch.manual_seed(1)
        model, tokenizer = build_model(load_config(run), LabelSet())
        for head in model.heads.values():
            torch.nn.init.normal_(head.weight, std=2.0)
        return model.eval(), tokenizer

    return make


@pytest.fixture(scope="session")
def tiny_built(tmp_path_factory: pytest.TempPathFactory, authored: list[Article]) -> Path:
    """A built dataset of a few articles."""
    folder = tmp_path_factory.mktemp("data") / "built"
    save_built(folder, {"train": authored[:3], "validation": authored[3:4], "test": authored[4:]}, LabelSet())
    return folder


@pytest.fixture
def write_run(tmp_path: Path, tiny_encoder: Path, tiny_built: Path) -> Callable[..., Path]:
    """Write a run file over the tiny encoder and data; keyword arguments are added at the top level."""
    import yaml

    def write(**more: object) -> Path:
        values: dict[str, object] = {
            "name": "tiny",
            "output": str(tmp_path / "training"),
            "data": {"built": str(tiny_built)},
            "model": {"encoder": str(tiny_encoder), "window": 96, "overlap": 16},
            "training": {"epochs": 2, "batch_size": 4, "learning_rate": 0.005, "precision": "fp32"},
        }
        path = tmp_path / "tiny.yaml"
        path.write_text(yaml.safe_dump({**values, **more}), encoding="utf-8")
        return path

    return write


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder of forty word-segmented articles of six sentences."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    sentence = "Tổng_thống Mỹ hôm_qua điện_đàm với người_đồng_cấp Nga , theo Nhà_Trắng ."
    for n in range(40):
        (folder / f"{n:02}.seg").write_text("\n".join(f"{sentence} Số {n} {m}" for m in range(6)), encoding="utf-8")
    return folder
