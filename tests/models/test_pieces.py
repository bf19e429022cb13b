"""Words to pieces, articles to windows."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from sukien.errors import ModelError
from sukien.models.pieces import MAX_PIECES, PieceEncoder, Window, owners, split_windows

SIZES = st.lists(st.lists(st.integers(1, 8), max_size=30), max_size=12)


@pytest.fixture(scope="module")
def tokenizer(tiny_encoder: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny_encoder)


@given(SIZES, st.integers(16, 60), st.integers(0, 60))
def test_windows_hold_every_word_and_fit(sizes: list[list[int]], room: int, overlap: int) -> None:
    windows = split_windows(sizes, room, overlap)
    flat = [size for sentence in sizes for size in sentence]
    held = {word for window in windows for word in range(window.first, window.last)}
    assert held == set(range(len(flat)))
    assert all(0 < sum(flat[window.first : window.last]) <= room for window in windows)
    assert [window.last for window in windows] == sorted({window.last for window in windows})


@given(SIZES, st.integers(16, 60))
def test_without_overlap_every_word_is_read_once(sizes: list[list[int]], room: int) -> None:
    windows = split_windows(sizes, room, 0)
    assert [word for window in windows for word in range(window.first, window.last)] == list(
        range(sum(map(len, sizes)))
    )


def test_windows_keep_sentences_whole_and_repeat_the_last_one() -> None:
    assert split_windows([[2] * 5, [2] * 5, [2] * 5], room=20, overlap=10) == [Window(0, 10), Window(5, 15)]
    assert split_windows([[2] * 5, [2] * 5, [2] * 5], room=20, overlap=9) == [Window(0, 10), Window(10, 15)]


def test_a_sentence_longer_than_the_window_is_cut_at_words() -> None:
    assert split_windows([[1] * 3, [1] * 25, [1] * 3], room=16, overlap=4) == [
        Window(0, 3),
        Window(3, 19),
        Window(15, 28),
        Window(28, 31),
    ]


@given(SIZES, st.integers(16, 60), st.integers(0, 60))
def test_each_word_is_scored_in_a_window_that_holds_it(sizes: list[list[int]], room: int, overlap: int) -> None:
    windows = split_windows(sizes, room, overlap)
    for word, owner in enumerate(owners(windows, sum(map(len, sizes)))):
        assert windows[owner].first <= word < windows[owner].last


def test_a_word_in_two_windows_belongs_to_the_one_with_more_context() -> None:
    assert owners([Window(0, 10), Window(6, 16)], 16) == [0] * 8 + [1] * 8


def test_pieces_are_those_of_the_tokenizer(tokenizer: Any) -> None:
    encoder = PieceEncoder(tokenizer, 96)
    text = "Tổng thống Mỹ điện đàm"
    pieces = [piece for ids in encoder.encode(text.split()) for piece in ids]
    assert [*encoder.prefix, *pieces, *encoder.suffix] == tokenizer(text)["input_ids"]
    assert encoder.encode(text.split()) == encoder.encode(text.split())


def test_every_word_has_a_piece_and_a_monstrous_one_not_too_many(tokenizer: Any) -> None:
    encoder = PieceEncoder(tokenizer, 96)
    unknown, monstrous = encoder.encode(["🙂", "x" * 10_000])
    assert len(unknown) >= 1
    assert len(monstrous) == MAX_PIECES
    assert len(PieceEncoder(tokenizer, 34).encode(["x" * 10_000])[0]) == 16


def test_half_of_a_surrogate_pair_has_a_piece(tokenizer: Any) -> None:
    assert PieceEncoder(tokenizer, 96).encode(["\ud800"]) == PieceEncoder(tokenizer, 96).encode(["?"])


def test_a_window_without_room_is_refused(tokenizer: Any) -> None:
    with pytest.raises(ModelError, match="too small; give at least 18"):
        PieceEncoder(tokenizer, 12)
