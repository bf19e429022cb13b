from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sukien.errors import DataError
from sukien.models.word_vectors import load_word_vectors
from sukien.training import word_vectors
from sukien.training.pretraining.corpus import Words
from sukien.training.word_vectors import count_words, factorise, make_word_vectors, mutual_information


def test_words_are_counted_with_compounds_and_signs_apart():
    article = Words(["Tổng", "thống", "Mỹ,", "ông", "Biden", "hòa"], [False, True, False, False, False, False])
    counted = count_words([article, article], min_count=2)
    assert sorted(counted.words) == sorted(["tổng_thống", "mỹ", ",", "ông", "biden", "hoà"])
    assert counted.n_articles == 2
    row = [counted.words[n - 1] if n else "" for n in counted.ids[:6]]
    assert row == ["tổng_thống", "mỹ", ",", "ông", "biden", "hoà"]
    assert not counted.ids[6:10].any()  # no word of one article is near one of the next


def test_rare_words_are_left_out():
    counted = count_words([Words(["a", "b", "a"], [False] * 3)], min_count=2)
    assert counted.words == ["a"]
    assert counted.ids[:3].tolist() == [1, 0, 1]


def test_information_is_of_words_that_meet_more_often_than_by_chance():
    ids = np.array([1, 2, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0] * 40, np.int32)
    matrix = mutual_information(ids, 4, 4).toarray()
    assert (matrix > 0).tolist() == [
        [False, True, False, False],
        [True, False, False, False],
        [False, False, False, True],
        [False, False, True, False],
    ]


def test_words_in_like_company_get_like_vectors(tmp_path: Path):
    chance = np.random.default_rng(0)
    lines = []
    for _ in range(400):
        animal, machine = chance.choice(["mèo", "chó"]), chance.choice(["máy_bay", "ô_tô"])
        lines.append(f"con {animal} ăn cơm và ngủ")
        lines.append(f"chiếc {machine} chạy nhanh trên đường")
    (tmp_path / "a.seg").write_text("\n".join(lines), encoding="utf-8")
    n_words = make_word_vectors([tmp_path / "a.seg"], [], tmp_path / "out", width=4, min_count=5)
    index, vectors = load_word_vectors(tmp_path / "out")
    assert n_words == len(index)
    unit = {word: vector / vector.norm() for word, vector in zip(index.words, vectors, strict=True)}
    assert unit["mèo"] @ unit["chó"] > 0.9 > unit["mèo"] @ unit["máy_bay"]
    assert unit["máy_bay"] @ unit["ô_tô"] > 0.9
    assert "400" not in (tmp_path / "out/README.md").read_text(encoding="utf-8")[:50]


def test_rows_have_one_length():
    matrix = mutual_information(np.array([1, 2, 3, 0, 2, 1, 3, 0] * 50, np.int32), 3, 3)
    assert np.allclose(np.linalg.norm(factorise(matrix, 2), axis=1), 2**0.5, atol=1e-3)


def test_too_little_text_is_told(tmp_path: Path):
    (tmp_path / "a.txt").write_text("một hai ba bốn " * 10, encoding="utf-8")
    with pytest.raises(DataError, match=r"4 different words .* name more text"):
        make_word_vectors([tmp_path / "a.txt"], [], tmp_path / "out", width=64)
    assert not (tmp_path / "out").exists()


def test_pairs_are_counted_once_across_the_chunks_of_a_long_text(monkeypatch: pytest.MonkeyPatch):
    ids = np.random.default_rng(0).integers(0, 6, 1000).astype(np.int32)
    whole = mutual_information(ids, 5, 5).toarray()
    monkeypatch.setattr(word_vectors, "CHUNK", 7)
    assert mutual_information(ids, 5, 5).toarray() == pytest.approx(whole, abs=1e-5)


def test_what_is_there_is_not_replaced_unasked(tmp_path: Path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text/a.txt").write_text("một hai ba bốn năm sáu " * 40, encoding="utf-8")
    with pytest.raises(DataError, match="holds other files than word vectors"):
        make_word_vectors([tmp_path / "text"], [], tmp_path / "text", width=2, overwrite=True)
    make_word_vectors([tmp_path / "text"], [], tmp_path / "out", width=2)
    with pytest.raises(DataError, match="--overwrite"):
        make_word_vectors([tmp_path / "text"], [], tmp_path / "out", width=2)
    make_word_vectors([tmp_path / "text"], [], tmp_path / "out", width=2, overwrite=True)


def test_text_without_words_that_meet_again_is_told():
    with pytest.raises(DataError, match="no two words stand near each other"):
        mutual_information(np.arange(1, 40, dtype=np.int32), 40, 40)
