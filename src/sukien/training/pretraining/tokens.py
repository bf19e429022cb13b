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
HEAD = "tokens.json"


class TokenFile:
    """Piece ids of a corpus, articles one after another, each ended by the separator.

    Attributes:
        ids: piece ids. *Shape:* (n,), uint16
        goes_on: whether a piece belongs to one word with the piece before it. *Shape:* (n,), bool
    """

    def __init__(self, folder: Path) -> None:
        head = _head(folder)
        self.n_articles: int = head["articles"]
        sizes = {"ids.bin": 2 * head["tokens"], "goes_on.bin": head["tokens"]}
        if any(not (folder / name).is_file() or (folder / name).stat().st_size != n for name, n in sizes.items()):
            raise DataError(f"{folder}: is cut short; delete the folder to make it again")
        self.ids: NDArray[np.uint16] = np.memmap(folder / "ids.bin", np.uint16, "r")
        self.goes_on: NDArray[np.bool_] = np.memmap(folder / "goes_on.bin", np.bool_, "r")

    def __len__(self) -> int:
        return len(self.ids)


def write_tokens(folder: Path, articles: Iterable[Words], tokenizer: Any, made_from: dict[str, Any]) -> None:
    """Write a token file; nothing of it appears when the writing breaks off. `made_from` is kept as the record.

    Raises DataError when there are no articles, or more pieces than 16 bits can number; SukienError on a full disk.
    """
    if len(tokenizer) > 1 << 16:
        raise DataError(f"a token file numbers {1 << 16:,} pieces, the tokenizer has {len(tokenizer):,}; take another")

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
        write_json(place / HEAD, head)

    write_folder(folder, fill)


def check_tokens(folder: Path, tokenizer: Any, made_from: dict[str, Any]) -> bool:
    """Whether the folder holds a token file. Raises DataError for one of another tokenizer or corpus."""
    if not (folder / HEAD).is_file():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise DataError(f"{folder}: holds other things than a token file; name a new folder under corpus.tokens")
        return False
    head = _head(folder)
    before = {"vocabulary": head["vocabulary"], **head["made_from"]}
    wanted = {"vocabulary": fingerprint(tokenizer), **made_from}
    if different := [key for key in {**before, **wanted} if before.get(key) != wanted.get(key)]:
        raise DataError(
            f"{folder}: was made from another corpus or vocabulary than this run names ({', '.join(different)} differ);"
            " delete it, or name another folder under corpus.tokens"
        )
    return True


def _head(folder: Path) -> dict[str, Any]:
    head = read_json(folder / HEAD)
    kinds = {"articles": int, "tokens": int, "vocabulary": str, "made_from": dict}
    if not isinstance(head, dict) or any(not isinstance(head.get(key), kind) for key, kind in kinds.items()):
        raise DataError(f"{folder / HEAD}: is damaged; delete the folder to make it again")
    return head


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
