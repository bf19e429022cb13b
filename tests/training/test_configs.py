"""Every run file of the repository that names an encoder or a benchmark: valid, and it trains with a tiny encoder."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import pytest

from sukien.cli.runs import check
from sukien.config import load_config, read_config
from sukien.data import bkee, bkee_files, phoner
from sukien.data.dataset import load_built, save_built
from sukien.models.inputs import Reader
from sukien.models.pretrained import load_encoder
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Sentence
from sukien.training.benchmarks import benchmarks_page, read_run
from sukien.training.card import model_card
from sukien.training.features import make_examples
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


@pytest.mark.parametrize(
    ("name", "built", "source", "terms"),
    [
        ("phoner", phoner.LEVELS["syllable"], phoner.SOURCE, "no part of it may be passed on"),
        ("bkee", bkee.BUILT, bkee_files.SOURCE, "CC BY-NC 4.0"),
    ],
)
def test_run_files_of_benchmarks_train(
    name: str, built: str, source: str, terms: str, tiny_encoder: Path, tiny_built: Path, tmp_path: Path
) -> None:
    path = ROOT / f"configs/{name}.yaml"
    config = load_config(path)
    assert config.data.built == Path("data/local") / built
    assert config.save_model is None
    splits, labels = load_built(tiny_built)
    save_built(
        tmp_path / "built", {k: [replace(article, source=source) for article in v] for k, v in splits.items()}, labels
    )
    changes = [f"data.built={tmp_path / 'built'}", f"output={tmp_path}", "training.epochs=1"]
    scores = train(load_config(path, [f"model.encoder={tiny_encoder}", *changes]))
    assert scores is not None
    assert scores["run"]["data"] == "built"
    assert f"| {name} |" in benchmarks_page([read_run(tmp_path / name)])
    card = (tmp_path / name / "model/README.md").read_text(encoding="utf-8")
    assert "The terms of the labelled text bind this model too." in card
    assert terms in card


def test_a_model_is_ours_to_license_only_where_its_text_is_free() -> None:
    config = load_config(ROOT / "configs/bkee.yaml")
    metrics = json.loads((ROOT / "training/news-small/metrics.json").read_text(encoding="utf-8"))
    assert "license: apache-2.0" in model_card(config, metrics, LabelSet())
    metrics["data"]["sources"][bkee_files.SOURCE] = {"articles": 1}
    assert "license: other" in model_card(config, metrics, LabelSet())


def test_the_card_names_teachers_without_where_they_lie() -> None:
    told = "training.distillation={teachers: [training/one/model, /home/someone/two], text: [data/standoff]}"
    config = load_config(ROOT / "configs/news-small.yaml", [told])
    metrics = json.loads((ROOT / "training/news-small/metrics.json").read_text(encoding="utf-8"))
    card = model_card(config, metrics, LabelSet())
    assert "of 2 other taggers, averaged, beside the labelled ones: `one`, `two`." in card
    assert "/home/someone" not in card


def test_sentences_that_are_articles_of_their_own_share_no_window(tiny_encoder: Path) -> None:
    config = load_config(ROOT / "configs/phoner.yaml")
    assert config.training.train_window is not None
    text = "Ông An ở Huế ."
    articles = [Article(str(n), text, (Sentence(0, 14),), (Entity(4, 6, "An", "NAME"),)) for n in range(3)]
    reader = Reader(load_encoder(str(tiny_encoder))[1], config.training.train_window, config.model.overlap)
    assert len(make_examples(articles, reader, {"entities": ["NAME"]})) == 3


def test_the_licence_that_reaches_far_is_told_first() -> None:
    assert "AGPL-3.0" in (ROOT / "configs/phobert-base-v2.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert "MIT" in (ROOT / "configs/phobert-base.yaml").read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize("name", ["encoder-small", "encoder-base"])
def test_the_run_files_of_pre_training(name: str) -> None:
    config = read_config(ROOT / f"configs/{name}.yaml", [], PretrainConfig)
    assert config.name == name
    assert ROOT.joinpath("data/standoff/reserved.txt") in [ROOT / path for path in config.corpus.exclude]
    assert f"sukien pretrain configs/{name}.yaml" in (ROOT / f"configs/{name}.yaml").read_text(encoding="utf-8")


def test_what_the_run_file_of_pre_training_proposes() -> None:
    path = ROOT / "configs/encoder-small.yaml"
    [proposed] = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# On all text")]
    config = read_config(path, proposed.partition(": ")[2].split(), PretrainConfig)
    assert (config.corpus.like, config.corpus.share) == ([], 1.0)
    assert config.training.hours > read_config(path, [], PretrainConfig).training.hours


def test_the_card_tells_which_text_the_encoder_has_read() -> None:
    config = load_config(ROOT / "configs/news-small.yaml")
    metrics = json.loads((ROOT / "training/news-small/metrics.json").read_text(encoding="utf-8"))
    assert "neither labelled nor reserved ones" in model_card(config, metrics, LabelSet())
    metrics["run"]["encoder"] = "news-small"
    assert "the held-out and the reserved articles included" in model_card(config, metrics, LabelSet())
    metrics["run"]["encoder"] = "vinai/phobert-base"
    assert "in pre-training" not in model_card(config, metrics, LabelSet())


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_run_file_can_be_checked(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(path)
    assert f"name: {path.stem}\n" in capsys.readouterr().out
