"""PhoBERT's tokenizer: the fast one gives the ids of the slow one, on any text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.test_architectures import fastbpe
from transformers import AutoTokenizer, PhobertTokenizer

from sukien.models.phobert import FOLD, LIMIT, fast_tokenizer, fold_ids, has_layout, vocabulary_size
from sukien.models.pieces import PieceEncoder
from sukien.schema import Article

Tokenizers = tuple[PhobertTokenizer, Any, Any]


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory, authored: list[Article]) -> Tokenizers:
    """Slow, fast, and fast again from where the fast one was saved."""
    folder = tmp_path_factory.mktemp("phobert")
    fastbpe("\n".join(article.text for article in authored), folder)
    assert has_layout(folder)
    fast = fast_tokenizer(folder / "vocab.txt", folder / "bpe.codes")
    fast.save_pretrained(folder / "saved")
    slow = PhobertTokenizer(str(folder / "vocab.txt"), str(folder / "bpe.codes"))
    return slow, fast, AutoTokenizer.from_pretrained(folder / "saved")


def same(tokenizers: Tokenizers, text: str) -> bool:
    slow, fast, again = tokenizers
    ids = slow(text)["input_ids"]
    return bool(ids == fold_ids(fast, fast(text)["input_ids"]) == fold_ids(again, again(text)["input_ids"]))


LETTERS = "abcđghiêơưựộTổngMỹ_0123.,@<>/-😀ßÅ\n\t\x1c\x85 "
PARTS = ["<mask>", "<s>", "</s>", "<unk>", "@@", "</w>", "Tổng_thống", "biểu_tình", "\u200b", "e\u0302\u0301", "10000"]


@settings(max_examples=2000, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(LETTERS), st.sampled_from(PARTS), st.characters()), max_size=40))
def test_ids_are_the_same_on_any_text(tokenizers: Tokenizers, parts: list[str]) -> None:
    text = "".join(parts).encode(errors="ignore").decode()
    assert same(tokenizers, text)


def test_ids_are_the_same_on_news(tokenizers: Tokenizers, authored: list[Article]) -> None:
    lines = [line for article in authored for line in article.text.splitlines()]
    assert len(lines) > 50
    assert all(same(tokenizers, line) for line in lines)


def test_merges_outside_the_vocabulary_fold_to_what_phobert_gives(tokenizers: Tokenizers) -> None:
    slow, fast, again = tokenizers
    assert fast.init_kwargs[FOLD] == again.init_kwargs[FOLD]
    assert len(fast) == slow.mask_token_id + 1 + len(fast.init_kwargs[FOLD])
    assert vocabulary_size(fast) == vocabulary_size(again) == len(slow)
    above = range(slow.mask_token_id + 1, len(fast))
    assert all(number <= slow.mask_token_id for number in fold_ids(fast, list(above)))


def test_pairs_and_special_pieces_are_framed_alike(tokenizers: Tokenizers) -> None:
    slow, fast, _ = tokenizers
    assert slow("Nga", "Mỹ")["input_ids"] == fast("Nga", "Mỹ")["input_ids"]
    assert [slow.pad_token_id, slow.unk_token_id, slow.mask_token_id] == [
        fast.pad_token_id,
        fast.unk_token_id,
        fast.mask_token_id,
    ]
    assert fast.model_max_length == LIMIT


def test_offsets_are_exact(tokenizers: Tokenizers) -> None:
    _, fast, _ = tokenizers
    text = "Nga và Mỹ hội_đàm"
    offsets = fast(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    assert "".join(text[start:end] for start, end in offsets) == text.replace(" ", "")


def test_the_piece_encoder_never_leaves_the_vocabulary(tokenizers: Tokenizers) -> None:
    slow, fast, _ = tokenizers
    words = ["Nga", "ßÅ", "😀" * 50, "x" * 10_000, "_", "gggg"]
    for ids in PieceEncoder(fast, 64).encode(words):
        assert ids
        assert max(ids) <= slow.mask_token_id
