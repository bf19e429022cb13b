"""Taggers that teach another on unlabelled text."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import softmax
from transformers import AutoTokenizer

from sukien.config import DistillationSection, RunConfig, load_config
from sukien.data.dataset import load_built
from sukien.data.inline import read_inline
from sukien.errors import ConfigError, DataError, ModelError
from sukien.models.network import SukienModel
from sukien.models.pretrained import load_tagger, save_tagger
from sukien.models.tagging import ArticleTagger
from sukien.ontology import LabelSet
from sukien.schema import Article
from sukien.training.distillation import soft_label_examples, unlabelled_articles
from sukien.training.features import Collator, Example, make_examples
from sukien.training.finetune import build_model, check_start, fine_tune
from sukien.training.run import train

LABELS = LabelSet()
NO_SPLITS: dict[str, list[Article]] = {"train": [], "validation": [], "test": []}


def config(encoder: Path, tmp_path: Path, window: int = 64, **training: Any) -> RunConfig:
    values = {
        "name": "t",
        "output": tmp_path,
        "data": {"built": tmp_path},
        "model": {"encoder": str(encoder), "window": window, "overlap": 16, "dropout": 0.0},
    }
    return RunConfig.model_validate(values | {"training": {"epochs": 1, **training}})


def save_teacher(folder: Path, run: RunConfig, labels: LabelSet = LABELS, seed: int = 1) -> str:
    """A tagger with random heads."""
    torch.manual_seed(seed)
    model, tokenizer = build_model(run, labels)
    for head in model.heads.values():
        torch.nn.init.normal_(head.weight, std=2.0)
    save_tagger(folder, model, tokenizer, "card")
    return str(folder)


@pytest.fixture(scope="module")
def others(root: Path) -> list[Article]:
    """Articles of another labelled file."""
    return read_inline(root / "data/labels/authored-b3.txt", LABELS)


@pytest.fixture
def teachers(tiny_encoder: Path, tmp_path: Path) -> list[str]:
    run = config(tiny_encoder, tmp_path)
    return [save_teacher(tmp_path / f"teacher-{seed}", run, seed=seed) for seed in (1, 2)]


@pytest.fixture
def text(tmp_path: Path, others: list[Article]) -> Path:
    file = tmp_path / "text.jsonl"
    write(file, others[:3])
    return file


def write(file: Path, articles: list[Article]) -> None:
    rows = [json.dumps({"id": article.id, "text": article.text}, ensure_ascii=False) for article in articles]
    file.write_text("\n".join(rows), encoding="utf-8")


def settings(teachers: list[str], *text: Path) -> DistillationSection:
    return DistillationSection(teachers=teachers, text=list(text) or [Path("text.jsonl")])


def test_every_word_gets_the_mean_of_what_the_teachers_say(
    tiny_encoder: Path, tmp_path: Path, others: list[Article]
) -> None:
    other = tmp_path / "other-encoder"  # cuts words into other pieces
    shutil.copytree(tiny_encoder, other)
    old = AutoTokenizer.from_pretrained(other)
    old.train_new_from_iterator([article.text for article in others], 300).save_pretrained(other)
    names = [
        save_teacher(tmp_path / "a", config(tiny_encoder, tmp_path)),
        save_teacher(tmp_path / "b", config(other, tmp_path, window=48)),
    ]
    model, tokenizer = build_model(config(tiny_encoder, tmp_path), LABELS)
    types = model.config.head_types()
    reader = ArticleTagger(model, tokenizer).reader.with_window(32, overlap=0)
    made, _ = soft_label_examples(settings(names), others[:2], reader, types)
    plain = make_examples(others[:2], reader, types).examples
    assert [example.window for example in made] == [example.window for example in plain]
    loaded = [ArticleTagger(*load_tagger(name)) for name in names]
    pieces = [[len(read.pieces[0].ids) for read in teacher.reader.read(others[:9])] for teacher in loaded]
    assert pieces[0] != pieces[1]
    for head in types:
        said = [
            np.concatenate([softmax(logits[head], axis=-1) for _, logits in teacher.word_logits(others[:2])])
            for teacher in loaded
        ]
        given = np.concatenate([np.asarray(example.tags[head]) for example in made])
        assert not np.allclose(said[0], said[1], atol=0.1)
        assert np.allclose(given, (said[0] + said[1]) / 2, atol=1e-6)
        assert np.allclose(given.sum(axis=1), 1, atol=1e-5)


def test_labels_given_as_probabilities_lose_what_labels_lose(
    tiny_encoder: Path, tmp_path: Path, authored: list[Article]
) -> None:
    model, tokenizer = build_model(config(tiny_encoder, tmp_path), LABELS)
    model.eval()
    reader = ArticleTagger(model, tokenizer).reader
    types = model.config.head_types()
    hard = make_examples(authored[:1], reader.with_window(32, overlap=0), types).examples
    sizes = {head: 2 * len(names) + 1 for head, names in types.items()}
    soft = [
        Example(example.window, {head: np.eye(n, dtype=np.float32)[example.tags[head]] for head, n in sizes.items()})
        for example in hard
    ]
    collate = Collator(reader.encoder.pad_id)
    mixed = collate([*soft[:1], *hard[1:]])
    assert mixed["entities"].shape == (*mixed["word_pieces"].shape, sizes["entities"])
    losses = [model(**batch).loss.item() for batch in (collate(hard), collate(soft), mixed)]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-5)
    assert collate(hard)["entities"].dtype == torch.long


def test_a_student_learns_from_text_without_labels(
    tiny_encoder: Path, tmp_path: Path, teachers: list[str], text: Path, authored: list[Article]
) -> None:
    path = Path(teachers[0], "config.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"trained_on": ["something"]}))
    distillation = settings(teachers[:1], text)
    taught = config(tiny_encoder, tmp_path, distillation=distillation, epochs=30, learning_rate=2e-3)
    articles = unlabelled_articles(distillation, NO_SPLITS)
    made = fine_tune(taught, authored[:1], [], LABELS, tmp_path / "a", unlabelled=articles)
    alone = fine_tune(
        taught.model_copy(update={"training": taught.training.model_copy(update={"distillation": None})}),
        authored[:1], [], LABELS, tmp_path / "b",
    )  # fmt: skip
    wanted = [
        logits["entities"].argmax(-1) for _, logits in ArticleTagger(*load_tagger(teachers[0])).word_logits(articles)
    ]

    def agreement(model: SukienModel) -> float:
        found = ArticleTagger(model.eval(), made.tokenizer).word_logits(articles)
        same = [logits["entities"].argmax(-1) == gold for (_, logits), gold in zip(found, wanted, strict=True)]
        return float(np.concatenate(same).mean())

    assert agreement(made.model) > agreement(alone.model) + 0.2
    fingerprints = {article.fingerprint() for article in (*articles, *authored[:1])}
    assert set(made.model.config.trained_on) == {*fingerprints, "something"}  # what teachers know, a student may know


@pytest.mark.parametrize("first", ["both", "entities"])
def test_a_student_with_one_head_learns_from_teachers_with_more(
    tiny_encoder: Path, tmp_path: Path, teachers: list[str], authored: list[Article], others: list[Article], first: str
) -> None:
    one = LabelSet(LABELS.entity_types, ())
    names = [teachers[0], save_teacher(tmp_path / "one", config(tiny_encoder, tmp_path), one)]
    taught = config(tiny_encoder, tmp_path, distillation=settings(names if first == "both" else names[::-1]))
    made = fine_tune(taught, authored[:1], [], one, tmp_path / "a", unlabelled=others[:1])
    assert list(made.model.heads) == ["entities"]
    with pytest.raises(ConfigError, match=r"one tags no triggers; write model\.heads: \[entities\]"):
        check_start(taught, LABELS, [])


def test_text_of_the_dataset_and_its_held_out_stories_are_not_learnt_from(
    tmp_path: Path, authored: list[Article], others: list[Article], capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "text.jsonl"
    dull = Article("dull", "123 456", ())
    splits = {"train": authored[1:2], "validation": [], "test": authored[:1]}
    write(file, [replace(authored[0], id="copy"), authored[1], others[0], replace(others[0], id="again"), dull])
    [kept] = unlabelled_articles(settings(["t"], file), splits)
    assert (kept.id, kept.text, kept.entities) == (others[0].id, others[0].text, ())
    told = capsys.readouterr().out
    assert "1 unlabelled articles for 1 teachers; left out: 1 copies, 1 without sentences" in told
    assert "1 that tell stories of validation and test articles, 1 of the train split" in told
    (tmp_path / "list.txt").write_text(others[0].id, encoding="utf-8")
    with pytest.raises(DataError, match=r"text\.jsonl: no article to learn from .*: 1 listed, 1 copies"):
        unlabelled_articles(
            DistillationSection(teachers=["t"], text=[file], exclude=[tmp_path / "list.txt"]),
            splits | {"validation": others[:1]},
        )


def test_unlabelled_text_is_read_as_pre_training_reads_it(tmp_path: Path) -> None:
    (tmp_path / "a.seg").write_text("Tổng_thống Mỹ thăm Việt_Nam .\n\nÔng đến hôm_qua .", encoding="utf-8")
    (tmp_path / "b.txt").write_text("Tổng thống Nga thăm Việt Nam.\n\n Ông về.", encoding="utf-8")
    first, second = unlabelled_articles(settings(["t"], tmp_path), NO_SPLITS)
    assert first.text == "Tổng thống Mỹ thăm Việt Nam.\nÔng đến hôm qua."
    assert (len(first.sentences), first.entities, second.id) == (2, (), "b.txt")
    assert second.text == "Tổng thống Nga thăm Việt Nam.\n\n Ông về."
    with pytest.raises(DataError, match=r"missing: no such file or folder$"):
        unlabelled_articles(settings(["t"], tmp_path / "missing"), NO_SPLITS)
    (tmp_path / "c.txt").write_text("[[Mỹ|GPE]] {{cảnh báo|THREATEN}} Nga.", encoding="utf-8")
    with pytest.raises(DataError, match=r"c\.txt is labelled text"):
        unlabelled_articles(settings(["t"], tmp_path), NO_SPLITS)


def test_a_teacher_that_does_not_fit_is_refused_before_anything_is_trained(
    tiny_encoder: Path, tmp_path: Path, teachers: list[str], authored: list[Article]
) -> None:
    taught = config(tiny_encoder, tmp_path, distillation=settings(teachers))
    check_start(taught, LABELS, authored[:2])
    with pytest.raises(ConfigError, match=r"has other entities than the data: PER, ORG, .* instead of PER; a teacher"):
        check_start(taught, LabelSet(("PER",), LABELS.event_types), [])
    path = Path(teachers[1], "config.json")
    knows = json.loads(path.read_text()) | {"trained_on": [authored[1].fingerprint()]}
    path.write_text(json.dumps(knows))
    with pytest.raises(ConfigError, match="teacher-2 was trained on 1 of the 2 test articles"):
        check_start(taught, LABELS, authored[:2])
    twice = config(tiny_encoder, tmp_path, distillation=settings([teachers[0], f"{teachers[0]}/../teacher-1"]))
    with pytest.raises(ConfigError, match="is named twice"):
        check_start(twice, LABELS, [])
    itself = taught.model_copy(update={"save_model": Path(teachers[0])})
    with pytest.raises(ConfigError, match="is where this run saves its own model"):
        check_start(itself, LABELS, [])
    with pytest.raises(ModelError, match="not a tagger"):
        check_start(config(tiny_encoder, tmp_path, distillation=settings([str(tiny_encoder)])), LABELS, [])


def test_a_broken_teacher_is_told(tiny_encoder: Path, tmp_path: Path, others: list[Article]) -> None:
    model, tokenizer = build_model(config(tiny_encoder, tmp_path), LABELS)
    torch.nn.init.constant_(model.heads["triggers"].weight, torch.nan)
    save_tagger(tmp_path / "broken", model, tokenizer, "card")
    reader = ArticleTagger(model, tokenizer).reader
    with pytest.raises(ModelError, match="broken: its weights are broken"):
        soft_label_examples(settings([str(tmp_path / "broken")]), others[:1], reader, model.config.head_types())


@pytest.mark.parametrize(
    ("override", "fault"),
    [
        ("training.loss=focal", "leave loss at cross_entropy"),
        ("training.class_weights=true", "class_weights at false"),
        ("cross_validation.held_out=seeds", "its teachers may know the held-out articles"),
        ("training.distillation.teachers=[]", r"training\.distillation\.teachers"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(root: Path, override: str, fault: str) -> None:
    taught = ["training.early_stopping=null", "training.distillation={teachers: [news-small], text: [text.jsonl]}"]
    with pytest.raises(ConfigError, match=fault):
        load_config(root / "configs/news-small.yaml", [*taught, override])


def test_a_run_tells_its_teachers_and_goes_on_with_the_same_only(
    write_run: Callable[..., Path], tiny_built: Path, text: Path, teachers: list[str]
) -> None:
    first = load_config(write_run(), ["name=teacher", "training.epochs=1"])
    train(first)
    taught = [f"training.distillation={{teachers: [{first.model_folder}], text: [{text}]}}", "training.epochs=1"]
    config = load_config(write_run(), taught)
    scores = train(config)
    assert scores
    assert scores["run"]["unlabelled_articles"] == 3
    card = (config.model_folder / "README.md").read_text(encoding="utf-8")
    assert "Knowledge distillation: 3 unlabelled articles with soft labels of 1 other taggers" in card
    known = json.loads((config.model_folder / "config.json").read_text())["trained_on"]
    assert len(known) == 3 + sum(len(split) for name, split in load_built(tiny_built)[0].items() if name != "test")

    (config.folder / "metrics.json").rename(config.folder / "kept.json")
    before = text.read_text(encoding="utf-8")
    text.write_text(before.replace("ng ", "nh ", 1), encoding="utf-8")
    with pytest.raises(ConfigError, match="text or teachers changed since the run began"):
        train(config, resume=True)
    text.write_text(before, encoding="utf-8")
    weights = first.model_folder / "model.safetensors"
    weights.write_bytes(Path(teachers[1], weights.name).read_bytes())
    with pytest.raises(ConfigError, match="text or teachers changed since the run began"):
        train(config, resume=True)
    (config.folder / "kept.json").rename(config.folder / "metrics.json")
    text.write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="no article to learn from"):
        train(config, overwrite=True)
    assert (config.folder / "metrics.json").is_file()


def test_a_run_that_began_before_an_option_was_there_goes_on(write_run: Callable[..., Path]) -> None:
    config = load_config(write_run(), ["training.epochs=1"])
    train(config)
    (config.folder / "metrics.json").unlink()
    record = config.folder / "config.yaml"
    lines = record.read_text(encoding="utf-8").splitlines()
    record.write_text("\n".join(line for line in lines if "distillation" not in line), encoding="utf-8")
    assert train(config, resume=True)
    record.write_text(record.read_text(encoding="utf-8").replace("batch_size: 4", "batch_size: 5"), encoding="utf-8")
    (config.folder / "metrics.json").unlink()
    with pytest.raises(ConfigError, match="batch_size"):
        train(config, resume=True)
