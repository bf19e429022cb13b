from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sukien.data import phoner
from sukien.data.dataset import load_built
from sukien.data.fetch import CORPORA, fetch, save_labels
from sukien.data.stats import count_cut_spans
from sukien.errors import DataError
from sukien.schema import Article, Entity, Sentence
from sukien.text.segmentation import joined_to_previous
from sukien.text.words import split_words

SYLLABLE = "Bệnh O\nnhân O\n1 B-PATIENT_ID\nở O\nBắc B-LOCATION\nNinh I-LOCATION\n. O\n\n"
WORD = "Bệnh_nhân O\n1 B-PATIENT_ID\nở O\nBắc_Ninh B-LOCATION\n. O\n\n"


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in the layout of the corpus."""
    monkeypatch.setattr(phoner, "SENTENCES", {"train": 3, "validation": 2, "test": 1})
    folder = tmp_path / "upstream"
    for level, text in (("syllable", SYLLABLE), ("word", WORD)):
        (folder / "data" / level).mkdir(parents=True)
        for name, count in (("train", 3), ("dev", 2), ("test", 1)):
            (folder / f"data/{level}/{name}_{level}.conll").write_text(text * count, encoding="utf-8")
    (folder / "README.md").write_text("x", encoding="utf-8")
    for command in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "data"],
    ):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    return folder


def check_built(data: Path) -> None:
    for name, text in (("built-phoner", "Bệnh nhân 1 ở Bắc Ninh ."), ("built-phoner-word", "Bệnh_nhân 1 ở Bắc_Ninh .")):
        splits, labels = load_built(data / "local" / name)
        assert {split: len(articles) for split, articles in splits.items()} == {"train": 3, "validation": 2, "test": 1}
        assert (labels.entity_types, labels.event_types) == (("LOCATION", "PATIENT_ID"), ())
        article = splits["test"][0]
        assert (article.text, article.source, len(article.sentences)) == (text, "VinAIResearch/PhoNER_COVID19", 1)
        assert [entity.text.replace("_", " ") for entity in article.entities] == ["1", "Bắc Ninh"]


def test_it_comes_over_the_network_as_two_datasets(upstream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(CORPORA, "phoner", replace(CORPORA["phoner"], url=upstream.as_uri()))
    told = fetch("phoner", tmp_path).told
    check_built(tmp_path)
    assert "research or education only" in told[0]
    assert told[1].startswith("syllable level: 6 sentences, 12 entities of 2 types, 0 cut by words; built in ")
    assert (tmp_path / "local/phoner/data/word/dev_word.conll").is_file()
    assert not (tmp_path / "local/phoner/README.md").exists()


def test_clones_with_and_without_work_tree_are_read(upstream: Path, tmp_path: Path):
    fetch("phoner", tmp_path / "a", str(upstream))
    check_built(tmp_path / "a")
    assert not (tmp_path / "a/local/phoner").exists()
    fetch("phoner", tmp_path / "b", str(upstream / ".git"))
    check_built(tmp_path / "b")


def test_words_of_the_corpus_stay_words_whatever_segments():
    """What an underscore ties is one word to PhoBERT, though the back-end would keep its syllables apart."""
    (words,) = split_words("Bệnh_nhân 1")
    assert joined_to_previous([words], lambda sentences: [sentence.split() for sentence in sentences]) == [
        [False, True, True, False]
    ]


def test_half_of_it_is_refused_and_nothing_is_lost(
    upstream: Path, tmp_path: Path, faults_of: Callable[..., tuple[str, ...]]
):
    fetch("phoner", tmp_path, str(upstream))
    file = upstream / "data/word/dev_word.conll"
    file.write_text(WORD, encoding="utf-8")
    (upstream / "data/syllable/train_syllable.conll").write_text("Bệnh\n", encoding="utf-8")
    faults = faults_of(fetch, "phoner", tmp_path, str(upstream))
    assert "'Bệnh' stands alone" in faults[0]
    (upstream / "data/syllable/train_syllable.conll").write_text(SYLLABLE * 3, encoding="utf-8")
    (fault,) = faults_of(fetch, "phoner", tmp_path, str(upstream))
    assert "dev_word.conll: 1 sentences where the official split has 2" in fault
    check_built(tmp_path)


def test_spans_that_a_word_cuts_are_counted():
    text = "Từ Syria về"
    article = Article("a", text, (Sentence(0, 11),), (Entity(0, 2, "Từ", "X"), Entity(3, 7, "Syri", "GPE")))
    assert count_cut_spans([article, article]) == 2


def test_missing_files_are_named(upstream: Path, tmp_path: Path):
    (tmp_path / "half/data/syllable").mkdir(parents=True)
    (tmp_path / "half/data/syllable/dev_syllable.conll").write_text(SYLLABLE, encoding="utf-8")
    with pytest.raises(DataError, match=r"train_syllable\.conll, .* and 2 more files .*and all of it"):
        fetch("phoner", tmp_path, str(tmp_path / "half"))


def test_options_that_mean_nothing_for_a_benchmark_are_told(upstream: Path, tmp_path: Path):
    with pytest.raises(DataError, match="--all is for a corpus of which we labelled a part"):
        fetch("phoner", tmp_path, str(upstream), everything=True)
    with pytest.raises(DataError, match="--save is for corpora that we labelled"):
        save_labels("phoner", tmp_path)
