from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sukien.errors import ModelError
from sukien.models.inputs import Reader, collate
from sukien.models.network import SukienConfig, SukienModel
from sukien.models.pretrained import load_encoder, load_tagger, round_weights, save_tagger
from sukien.models.tagging import ArticleTagger
from sukien.models.word_vectors import (
    BEGINNING,
    END,
    INSIDE,
    MOST,
    WHOLE,
    WordIndex,
    WordVectors,
    load_word_vectors,
    save_word_vectors,
)
from sukien.schema import Article, Sentence

WORDS = ["mỹ", "tổng_thống", "thống", "bộ_quốc_phòng", "hoà_bình"]


def named(found: list[list[int]]) -> list[list[tuple[str, int]]]:
    return [[(WORDS[match // 4 - 1], match % 4) for match in matches] for matches in found]


def test_every_covering_word_is_found_with_its_role():
    found = WordIndex(WORDS).match(["Tổng", "thống", "Mỹ", ",", "Bộ", "Quốc", "phòng", "nói"])
    assert named(found) == [
        [("tổng_thống", BEGINNING)],
        [("tổng_thống", END), ("thống", WHOLE)],
        [("mỹ", WHOLE)],
        [],
        [("bộ_quốc_phòng", BEGINNING)],
        [("bộ_quốc_phòng", INSIDE)],
        [("bộ_quốc_phòng", END)],
        [],
    ]


def test_both_conventions_of_tone_marks_find_the_same_word():
    index = WordIndex(WORDS)
    assert index.match(["hòa", "bình"]) == index.match(["Hoà", "bình"]) != [[], []]


@given(st.lists(st.sampled_from("ab"), max_size=12))
def test_matches_are_bounded_and_of_the_vocabulary(syllables: list[str]):
    index = WordIndex(["a", "b", "a_a", "a_b", "a_a_a", "b_a_b_a"])
    found = index.match(syllables)
    assert len(found) == len(syllables)
    assert all(len(matches) <= MOST for matches in found)
    assert all(1 <= match // 4 <= len(index) for matches in found for match in matches)


def test_vectors_are_means_by_role():
    vectors = WordVectors(3, 2)
    vectors.table[1:] = torch.tensor([[1.0, 0.0], [3.0, 2.0], [5.0, 5.0]])
    matches = torch.tensor([[[4 * 1 + WHOLE, 4 * 2 + WHOLE, 4 * 3 + END, 0], [0, 0, 0, 0]]])
    out = vectors(matches)
    assert out.shape == (1, 2, vectors.width)
    assert out[0, 0].tolist() == [0, 0, 0, 0, 5, 5, 2, 1]  # beginning, inside, end, whole
    assert not out[0, 1].any()


def test_folder_keeps_words_and_vectors(tmp_path: Path):
    values = torch.randn(len(WORDS), 8).to(torch.bfloat16).float()
    save_word_vectors(tmp_path, WordIndex(WORDS), values)
    index, vectors = load_word_vectors(tmp_path)
    assert index.words == WORDS
    assert torch.equal(vectors, values)


def test_folders_that_hold_no_fitting_vectors_are_told(tmp_path: Path):
    with pytest.raises(ModelError, match=r"no words\.txt"):
        load_word_vectors(tmp_path)
    (tmp_path / "words.txt").write_text("a\nb\n", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_word_vectors(tmp_path)
    save_word_vectors(tmp_path, WordIndex(["a"]), torch.zeros(3, 4))
    with pytest.raises(ModelError, match=r"has 1 words but vectors of shape \(3, 4\)"):
        load_word_vectors(tmp_path)


@pytest.fixture
def model(tiny_encoder: Path) -> tuple[SukienModel, object]:
    encoder, tokenizer = load_encoder(str(tiny_encoder))
    config = SukienConfig(
        encoder=encoder.config.to_dict(), entity_types=["PER"], window=64, word_vectors=[len(WORDS), 8]
    )
    made = SukienModel(config, encoder).eval()
    assert made.word_vectors is not None
    made.word_vectors.table[1:] = torch.randn(len(WORDS), 8)
    made.index = WordIndex(WORDS)
    return made, tokenizer


def article(text: str) -> Article:
    return Article("a", text, (Sentence(0, len(text)),))


def test_a_saved_tagger_reads_the_same_words(model: tuple[SukienModel, object], tmp_path: Path):
    made, tokenizer = model
    round_weights(made)
    save_tagger(tmp_path / "model", made, tokenizer, "")
    loaded, _ = load_tagger(str(tmp_path / "model"))
    assert loaded.index is not None
    assert loaded.index.words == WORDS
    text = "Tổng thống Mỹ thăm Bộ Quốc phòng"
    first, second = (next(ArticleTagger(one, tokenizer).tag([article(text)])) for one in (made, loaded))
    assert first == second


def test_the_words_change_what_the_network_sees(model: tuple[SukienModel, object]):
    made, tokenizer = model
    inputs = []
    for index in (made.index, WordIndex(["không"])):
        reader = Reader(tokenizer, 64, 0, index)
        (read,) = reader.read([article("Tổng thống Mỹ")])
        inputs.append(collate([reader.window_input(read, read.windows[0])], reader.encoder.pad_id))
    seen, unseen = (made(**batch).logits for batch in inputs)
    assert not torch.equal(seen, unseen)


def test_a_batch_does_not_change_a_window(model: tuple[SukienModel, object]):
    made, tokenizer = model
    texts = ["Tổng thống Mỹ", "Mỹ", "Bộ Quốc phòng và hoà bình ở Mỹ"]
    alone = [next(ArticleTagger(made, tokenizer).tag([article(text)])) for text in texts]
    together = list(ArticleTagger(made, tokenizer).tag([article(text) for text in texts]))
    for one, other in zip(alone, together, strict=True):
        assert [(e.start, e.end, e.label) for e in one.entities] == [(e.start, e.end, e.label) for e in other.entities]
        assert [e.score for e in one.entities] == pytest.approx([e.score for e in other.entities], abs=1e-4)


def test_a_vocabulary_cut_short_is_told(model: tuple[SukienModel, object], tmp_path: Path):
    made, tokenizer = model
    save_tagger(tmp_path / "model", made, tokenizer, "")
    (tmp_path / "model/words.txt").write_text("mỹ\n", encoding="utf-8")
    with pytest.raises(ModelError, match=r"words\.txt has 1 words, config\.json 5"):
        load_tagger(str(tmp_path / "model"))
