"""PhoBERT's tokenizer as a fast one: the same ids, with offsets.

PhoBERT (Nguyen and Nguyen 2020) comes with `vocab.txt` and `bpe.codes` of fastBPE, and a tokenizer in plain Python that
gives no offsets. `tokenizers` knows the same algorithm: symbols that go on are written bare, symbols that end a word
with `</w>`. Merges also build symbols that the vocabulary lacks. They need numbers of their own here, above the
vocabulary; where one is left over in the end, `fold_ids` gives it the id that PhoBERT gives, mostly that of `<unk>`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

VOCABULARY, MERGES, FAST = "vocab.txt", "bpe.codes", "tokenizer.json"
LIMIT = 256  # pieces; the tokenizer itself sets no limit
FOLD = "folded_ids"  # key of tokenizer_config.json
_END, _GOES_ON = "</w>", "@@"
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
_MASK = "<mask>"
# What Python's \S+\n? finds, with the separators that oniguruma does not count as white space.
_WORD = r"[^\s\x1c-\x1f]+\n?"


def has_layout(folder: Path) -> bool:
    """Whether a folder holds PhoBERT's own tokenizer files and no fast tokenizer."""
    names = (VOCABULARY, MERGES)
    return all((folder / name).is_file() for name in names) and not (folder / FAST).is_file()


def fast_tokenizer(vocabulary: Path, merges: Path) -> Any:
    """A fast tokenizer; `fold_ids` of its ids are those of `PhobertTokenizer(vocabulary, merges)`."""
    ids = {piece: number for number, piece in enumerate(_SPECIAL)}
    for line in vocabulary.read_text(encoding="utf-8").splitlines():
        ids[line.strip().rpartition(" ")[0]] = len(ids)
    lines = merges.read_text(encoding="utf-8").split("\n")[:-1]
    pairs = [parts[:2] for line in lines if len(parts := line.split()) > 2]
    symbols, fold = _symbols(ids, pairs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FAST
        path.write_text(json.dumps(_file(symbols, pairs, mask=len(ids)), ensure_ascii=False), encoding="utf-8")
        return PreTrainedTokenizerFast(
            tokenizer_file=str(path),
            model_max_length=LIMIT,
            bos_token="<s>",
            cls_token="<s>",
            eos_token="</s>",
            sep_token="</s>",
            pad_token="<pad>",
            unk_token="<unk>",
            mask_token=_MASK,
            **{FOLD: fold},
        )


def fold_ids(tokenizer: Any, ids: Sequence[int]) -> list[int]:
    """Ids with those above PhoBERT's vocabulary replaced; unchanged for every other tokenizer."""
    fold: list[int] = tokenizer.init_kwargs.get(FOLD) or []
    if not fold:
        return list(ids)
    first = tokenizer.mask_token_id + 1
    return [fold[number - first] if number >= first else number for number in ids]


def vocabulary_size(tokenizer: Any) -> int:
    """Pieces that an encoder knows: for PhoBERT without the numbers that only its fast tokenizer needs."""
    return tokenizer.mask_token_id + 1 if tokenizer.init_kwargs.get(FOLD) else len(tokenizer)


def _symbols(ids: dict[str, int], pairs: list[list[str]]) -> tuple[dict[str, int], list[int]]:
    """Symbols of the algorithm with distinct numbers, and PhoBERT's ids of those above its vocabulary."""
    symbols: dict[str, int] = {}
    for piece, number in ids.items():
        if piece.endswith(_GOES_ON) and piece != _GOES_ON:
            symbols[piece.removesuffix(_GOES_ON)] = number
        else:
            symbols[piece if number < len(_SPECIAL) else piece + _END] = number
    symbols[_MASK] = len(ids)
    fold: list[int] = []
    wanted = [symbol for first, second in pairs for symbol in (first, second, first + second)]
    # A text may itself end in @@: then the whole is looked up as PhoBERT does.
    wanted += [piece + _END for piece in ids if piece.endswith(_GOES_ON)]
    for symbol in wanted:
        if symbol not in symbols:
            symbols[symbol] = len(ids) + 1 + len(fold)
            looked_up = symbol.removesuffix(_END) if symbol.endswith(_END) else symbol + _GOES_ON
            fold.append(ids.get(looked_up, ids["<unk>"]))
    return symbols, fold


def _file(symbols: dict[str, int], pairs: list[list[str]], mask: int) -> dict[str, Any]:
    """The contents of tokenizer.json."""
    special = {piece: number for number, piece in enumerate(_SPECIAL)} | {_MASK: mask}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    first, last = ({"SpecialToken": {"id": piece, "type_id": 0}} for piece in ("<s>", "</s>"))
    a, b = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    return {
        "version": "1.0",
        "added_tokens": [{"id": number, "content": piece, **flags} for piece, number in special.items()],
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": _WORD}, "behavior": "Removed", "invert": True},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [first, a, last],
            "pair": [first, a, last, last, b, last],
            "special_tokens": {
                piece: {"id": piece, "ids": [special[piece]], "tokens": [piece]} for piece in ("<s>", "</s>")
            },
        },
        "decoder": {"type": "BPEDecoder", "suffix": _END},
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "end_of_word_suffix": _END,
            "fuse_unk": False,
            "vocab": symbols,
            "merges": pairs,
        },
    }
