"""The token file: a corpus as one long row of piece ids on disk, read through memory mapping."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sukien.errors import DataError
from sukien.files import read_json, write_folder, write_json
from sukien.training.pretraining.corpus import Words

_BATCH = 512  # articles that are cut into pieces at once
_HEAD = "tokens.json"


class TokenFile:
    """Piece ids of a corpus, articles one after another, each ended by the separator.

    Attributes:
        ids: piece ids. *Shape:* (n,), uint16
        goes_on: whether a piece belongs to one word with the piece before it. *Shape:* (n,), bool
    """

    def __init__(self, folder: Path) -> None:
        head = read_json(folder / _HEAD)
        self.n_articles: int = head["articles"]
        self.ids: NDArray[np.uint16] = np.memmap(folder / "ids.bin", np.uint16, "r")
        self.goes_on: NDArray[np.bool_] = np.memmap(folder / "goes_on.bin", np.bool_, "r")
        if not len(self.ids) == len(self.goes_on) == head["tokens"]:
            raise DataError(f"{folder}: is cut short; delete the folder to make it again")

    def __len__(self) -> int:
        return len(self.ids)


def write_tokens(folder: Path, articles: Iterable[Words], tokenizer: Any, made_from: dict[str, Any]) -> None:
    """Write a token file; nothing of it appears when the writing breaks off. `made_from` is kept as the record.

    Raises DataError when there are no articles; SukienError on a full disk.
    """

    def fill(place: Path) -> None:
        n_tokens = n_articles = 0
        with (place / "ids.bin").open("wb") as ids_file, (place / "goes_on.bin").open("wb") as words_file:
            for ids, goes_on in _pieces(articles, tokenizer):
                ids_file.write(ids.tobytes())
                words_file.write(goes_on.tobytes())
                n_tokens += len(ids)
                n_articles += 1
        if not n_articles:
            raise DataError("the corpus holds no article of 20 words or more; name more text under corpus.paths")
        head = {
            "articles": n_articles,
            "tokens": n_tokens,
            "vocabulary": fingerprint(tokenizer),
            "made_from": made_from,
        }
        write_json(place / _HEAD, head)

    write_folder(folder, fill)


def check_tokens(folder: Path, tokenizer: Any, made_from: dict[str, Any]) -> bool:
    """Whether the folder holds a token file. Raises DataError for one of another tokenizer or corpus."""
    if not (folder / _HEAD).is_file():
        return False
    head = read_json(folder / _HEAD)
    wanted = {"vocabulary": fingerprint(tokenizer), "made_from": made_from}
    if different := [key for key, value in wanted.items() if head.get(key) != value]:
        raise DataError(
            f"{folder}: was made with another {' and '.join(different).replace('made_from', 'corpus')} than this run"
            " names; delete it, or name another folder under corpus.tokens"
        )
    return True


def fingerprint(tokenizer: Any) -> str:
    """The same for tokenizers with the same pieces."""
    pieces = json.dumps(sorted(tokenizer.get_vocab().items()), ensure_ascii=False)
    return hashlib.sha256(pieces.encode()).hexdigest()[:16]


def _pieces(articles: Iterable[Words], tokenizer: Any) -> Iterator[tuple[NDArray[np.uint16], NDArray[np.bool_]]]:
    end = np.uint16(tokenizer.sep_token_id)
    backend = tokenizer.backend_tokenizer
    stream = iter(articles)
    while batch := list(islice(stream, _BATCH)):
        encodings = backend.encode_batch(
            [article.words for article in batch], is_pretokenized=True, add_special_tokens=False
        )
        for article, encoding in zip(batch, encodings, strict=True):
            word = np.array(encoding.word_ids, dtype=np.int64)
            first = np.ones(len(word), np.bool_)
            first[1:] = word[1:] != word[:-1]
            goes_on = np.where(first, np.array(article.goes_on, np.bool_)[word], True)
            yield np.append(np.array(encoding.ids, np.uint16), end), np.append(goes_on, False)
