"""Taggers that teach another what they say of unlabelled text."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import softmax

from sukien.config import DistillationSection, RunConfig, load_config
from sukien.data.dataset import load_built
from sukien.data.inline import read_inline
from sukien.errors import ConfigError, DataError
from sukien.models.network import SukienModel
from sukien.models.pretrained import save_tagger
from sukien.models.tagging import ArticleTagger
from sukien.ontology import LabelSet
from sukien.schema import Article
from sukien.training.distillation import load_teachers, read_unlabelled, taught_examples, without_stories_of
from sukien.training.features import Collator, Example, make_examples
from sukien.training.finetune import build_model, check_start, fine_tune
from sukien.training.run import train

LABELS = LabelSet()


def config(tiny_encoder: Path, tmp_path: Path, **training: Any) -> RunConfig:
    values = {
        "name": "t",
        "output": tmp_path,
        "data": {"built": tmp_path},
        "model": {"encoder": str(tiny_encoder), "window": 64, "overlap": 16, "dropout": 0.0},
    }
    return RunConfig.model_validate(values | {"training": {"epochs": 1, **training}})


@pytest.fixture(scope="module")
def others(root: Path) -> list[Article]:
    """Articles of another labelled file."""
    return read_inline(root / "data/labels/authored-b3.txt", LABELS)


@pytest.fixture
def teachers(tiny_encoder: Path, tmp_path: Path) -> list[str]:
    """Two taggers with random heads."""
    for seed in (1, 2):
        torch.manual_seed(seed)
        model, tokenizer = build_model(config(tiny_encoder, tmp_path), LABELS)
        for head in model.heads.values():
            torch.nn.init.normal_(head.weight, std=2.0)
        save_tagger(tmp_path / f"teacher-{seed}", model, tokenizer, "card")
    return [str(tmp_path / f"teacher-{seed}") for seed in (1, 2)]


@pytest.fixture
def text(tmp_path: Path, others: list[Article]) -> Path:
    file = tmp_path / "text.jsonl"
    rows = [json.dumps({"id": other.id, "text": other.text}, ensure_ascii=False) for other in others[:3]]
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


def student(tiny_encoder: Path, tmp_path: Path) -> tuple[SukienModel, ArticleTagger]:
    model, tokenizer = build_model(config(tiny_encoder, tmp_path), LABELS)
    return model, ArticleTagger(model, tokenizer)


def test_every_word_gets_the_mean_of_what_the_teachers_say(
    tiny_encoder: Path, tmp_path: Path, teachers: list[str], others: list[Article]
) -> None:
    model, tagger = student(tiny_encoder, tmp_path)
    loaded = load_teachers(DistillationSection(teachers=teachers, text=[tmp_path]), model, [])
    reader = tagger.reader.with_window(32, overlap=0)
    made = taught_examples(loaded, others[:2], reader)
    plain = make_examples(others[:2], reader, model.config.head_types()).examples
    assert [example.window for example in made] == [example.window for example in plain]
    for head in ("entities", "triggers"):
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
    model, tagger = student(tiny_encoder, tmp_path)
    model.eval()
    types = model.config.head_types()
    hard = make_examples(authored[:1], tagger.reader.with_window(32, overlap=0), types).examples
    sizes = {head: 2 * len(names) + 1 for head, names in types.items()}
    soft = [
        Example(example.window, {head: np.eye(n, dtype=np.float32)[example.tags[head]] for head, n in sizes.items()})
        for example in hard
    ]
    collate = Collator(tagger.reader.encoder.pad_id)
    mixed = collate([*soft[:1], *hard[1:]])
    assert mixed["entities"].shape == (*mixed["word_pieces"].shape, sizes["entities"])
    losses = [model(**batch).loss.item() for batch in (collate(hard), collate(soft), mixed)]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-5)
    assert collate(hard)["entities"].dtype == torch.long


def test_a_student_learns_from_text_without_labels(
    tiny_encoder: Path, tmp_path: Path, teachers: list[str], text: Path, authored: list[Article], others: list[Article]
) -> None:
    settings = {"teachers": teachers[:1], "text": [str(text)]}
    taught = config(tiny_encoder, tmp_path, distillation=settings, epochs=30, learning_rate=2e-3)
    made = fine_tune(taught, authored[:1], [], LABELS, tmp_path / "a")
    alone = fine_tune(
        taught.model_copy(update={"training": taught.training.model_copy(update={"distillation": None})}),
        authored[:1], [], LABELS, tmp_path / "b",
    )  # fmt: skip
    [teacher] = load_teachers(DistillationSection(teachers=teachers[:1], text=[text]), made.model, [])
    articles = [Article(other.id, other.text, other.sentences) for other in others[:3]]
    wanted = [logits["entities"].argmax(-1) for _, logits in teacher.word_logits(articles)]

    def agreement(model: SukienModel) -> float:
        found = ArticleTagger(model.eval(), made.tokenizer).word_logits(articles)
        same = [logits["entities"].argmax(-1) == gold for (_, logits), gold in zip(found, wanted, strict=True)]
        return float(np.concatenate(same).mean())

    assert agreement(made.model) > agreement(alone.model) + 0.2
    assert set(made.model.config.trained_on) > set(alone.model.config.trained_on)


def test_stories_of_held_out_articles_are_not_learnt_from(authored: list[Article], others: list[Article]) -> None:
    held_out, free = authored[0], others[0]
    copy = replace(held_out, id="copy")
    assert without_stories_of([held_out], [copy, free]) == [free]
    with pytest.raises(DataError, match="all 1 articles tell stories"):
        without_stories_of([held_out], [copy])
    with pytest.raises(DataError, match="holds no article"):
        without_stories_of([held_out], [])


def test_unlabelled_text_is_read_as_pre_training_reads_it(tmp_path: Path) -> None:
    (tmp_path / "a.seg").write_text("Tổng_thống Mỹ thăm Việt_Nam .\n\nÔng đến hôm_qua .", encoding="utf-8")
    (tmp_path / "b.txt").write_text("Tổng thống Nga thăm Việt Nam.", encoding="utf-8")
    first, second = read_unlabelled([tmp_path])
    assert first.text == "Tổng thống Mỹ thăm Việt Nam.\nÔng đến hôm qua."
    assert (len(first.sentences), first.entities, second.id) == (2, (), "b.txt")
    with pytest.raises(DataError, match="no such file or folder"):
        read_unlabelled([tmp_path / "missing"])


def test_a_teacher_that_does_not_fit_is_refused_before_anything_is_trained(
    tiny_encoder: Path, tmp_path: Path, teachers: list[str], text: Path, authored: list[Article]
) -> None:
    taught = config(tiny_encoder, tmp_path, distillation={"teachers": teachers, "text": [str(text)]})
    check_start(taught, LABELS, authored[:2])
    with pytest.raises(ConfigError, match=r"other entities than the data \(.*\b(PER|LOC)"):
        check_start(taught, LabelSet(("PER",), LABELS.event_types))
    with pytest.raises(ConfigError, match="in another order"):
        check_start(taught, LabelSet(tuple(reversed(LABELS.entity_types)), LABELS.event_types))
    path = Path(teachers[1], "config.json")
    knows = json.loads(path.read_text()) | {"trained_on": [authored[1].fingerprint()]}
    path.write_text(json.dumps(knows))
    with pytest.raises(ConfigError, match="teacher-2 was trained on 1 of the 2 test articles"):
        check_start(taught, LABELS, authored[:2])
    text.unlink()
    with pytest.raises(DataError, match=r"text\.jsonl: no such file"):
        check_start(taught, LABELS)


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


def test_a_run_tells_its_teachers_and_goes_on_with_the_same_text_only(
    write_run: Callable[..., Path], tiny_built: Path, text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = load_config(write_run(), ["name=teacher", "training.epochs=1"])
    train(first)
    taught = [f"training.distillation={{teachers: [{first.model_folder}], text: [{text}]}}", "training.epochs=1"]
    config = load_config(write_run(), taught)
    scores = train(config)
    assert scores
    assert scores["run"]["unlabelled_articles"] == 3
    assert "3 unlabelled articles, tagged by teachers (1); 0 more tell stories" in capsys.readouterr().out
    card = (config.model_folder / "README.md").read_text(encoding="utf-8")
    assert "other taggers, 1 of them together, say of 3 articles that nobody has labelled" in card
    known = json.loads((config.model_folder / "config.json").read_text())["trained_on"]
    assert len(known) == 3 + sum(len(split) for name, split in load_built(tiny_built)[0].items() if name != "test")
    (config.folder / "metrics.json").unlink()
    text.write_text(text.read_text(encoding="utf-8").splitlines()[0], encoding="utf-8")
    with pytest.raises(ConfigError, match=r"distillation\.text: changed since the run began"):
        train(config, resume=True)
