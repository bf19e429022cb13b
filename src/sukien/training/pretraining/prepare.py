"""What a pre-training needs before its first step, all of it checked: tokenizer, token file, blocks, checkpoint."""

from __future__ import annotations

import hashlib
import os
import platform
from collections import Counter
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from numpy.typing import NDArray
from transformers import AutoTokenizer, ModernBertConfig

from sukien.config import dump_config
from sukien.data.corpus import state_of
from sukien.errors import ConfigError
from sukien.files import read_json, write_json, write_text, writing
from sukien.models.places import weights_sha256
from sukien.models.pretrained import Quiet, check_free, load_encoder, save_tokenizer
from sukien.models.tagging import best_device
from sukien.training.pretraining.checkpoints import CONFIG, begin_from, check_new, checkpoint_to_resume, discard
from sukien.training.pretraining.config import PretrainConfig
from sukien.training.pretraining.corpus import read_corpus
from sukien.training.pretraining.selection import most_like, pieces_of
from sukien.training.pretraining.tokenizer import train_tokenizer
from sukien.training.pretraining.tokens import HEAD, TokenFile, check_tokens, write_tokens

_BLOCKS = "blocks.npy"
_ENVIRONMENT = "environment.json"
_TOKENIZER = "tokenizer"
_PACKAGES = ("accelerate", "numpy", "tokenizers", "torch", "transformers")


@dataclass(frozen=True, slots=True)
class Prepared:
    """Attributes:

    tokenizer: fast, with start, end and mask pieces
    blocks: numbers of the blocks of the token file that are read. *Shape:* (n,)
    checkpoint: to go on from
    """

    tokenizer: Any
    blocks: NDArray[np.int64]
    checkpoint: Path | None


def prepare(config: PretrainConfig, *, resume: bool, overwrite: bool) -> Prepared | None:
    """What the run needs; None in helper processes when the main one, which alone looks and writes, failed.

    Raises ConfigError and DataError for every fault that can be known by now. An earlier run is still there.
    """
    found: list[Prepared | None] = [None]
    try:
        if PartialState().is_main_process:
            found = [_prepare(config, resume=resume, overwrite=overwrite)]
    finally:
        broadcast_object_list(found)
    return found[0]


def begin(config: PretrainConfig, prepared: Prepared) -> Path | None:
    """Let an earlier run go, or later checkpoints of this one, and write what a resumption needs.

    Returns the checkpoint to go on from. For the main process.
    """
    if prepared.checkpoint:
        checkpoint = begin_from(config, prepared.checkpoint)
        write_text(config.folder / CONFIG, dump_config(config))
        return checkpoint
    discard(config)
    write_json(config.folder / _ENVIRONMENT, _environment(config))
    with writing(config.folder / _BLOCKS, "wb") as handle:
        np.save(handle, prepared.blocks)
    if not _taken(config):
        with Quiet():
            save_tokenizer(config.folder / _TOKENIZER, prepared.tokenizer)
    write_text(config.folder / CONFIG, dump_config(config))  # the last: with it there is a run
    return None


def _prepare(config: PretrainConfig, *, resume: bool, overwrite: bool) -> Prepared:
    checkpoint = checkpoint_to_resume(config) if resume else None
    if not resume:
        check_new(config, overwrite=overwrite)
    check_free(config.encoder_folder, ModernBertConfig)
    tokenizer = _tokenizer(config, resume=resume)
    tokens = _tokens(config, tokenizer)
    if resume:
        _check_surroundings(config)
        blocks = np.load(config.folder / _BLOCKS)
    else:
        blocks = _blocks(config, tokens, tokenizer)
    longest = max(config.training.lengths)
    step = config.training.tokens // longest * PartialState().num_processes
    if len(blocks) < 2 * step:
        share = "" if config.corpus.share == 1.0 else f" in the share of {config.corpus.share:g} (corpus.share)"
        raise ConfigError(
            f"training.tokens: a step takes {step} sequences of {longest} pieces, but the corpus has"
            f" {len(blocks)}{share}; name more text or take smaller steps"
        )
    return Prepared(tokenizer, blocks, checkpoint)


def _taken(config: PretrainConfig) -> str | None:
    return config.tokenizer.take or config.encoder.start


def _tokenizer(config: PretrainConfig, *, resume: bool) -> Any:
    if name := _taken(config):
        tokenizer = load_encoder(name)[1]
        if not tokenizer.is_fast or None in (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id):
            raise ConfigError(f"tokenizer.take: {name} has no fast tokenizer with start, end and mask pieces")
        return tokenizer
    if resume:
        with Quiet():
            return AutoTokenizer.from_pretrained(config.folder / _TOKENIZER)
    articles = read_corpus(config.corpus.paths, config.corpus.exclude, config.noise, config.seed)
    return train_tokenizer((article.words for article in articles), config.tokenizer.vocabulary)


def _tokens(config: PretrainConfig, tokenizer: Any) -> TokenFile:
    made_from = {
        **state_of(config.corpus.paths, config.corpus.exclude),
        "noise": config.noise.model_dump(),
        "seed": config.seed,
    }
    if not check_tokens(config.corpus.tokens, tokenizer, made_from):
        left_out: Counter[str] = Counter()
        articles = read_corpus(config.corpus.paths, config.corpus.exclude, config.noise, config.seed, left_out)
        write_tokens(config.corpus.tokens, articles, tokenizer, made_from)
        told = ", ".join(f"{count:,} {why}" for why, count in left_out.items()) or "nothing"
        tokens = TokenFile(config.corpus.tokens)
        print(f"{len(tokens):,} pieces of {tokens.n_articles:,} articles; left out: {told}", flush=True)
    return TokenFile(config.corpus.tokens)


def _blocks(config: PretrainConfig, tokens: TokenFile, tokenizer: Any) -> NDArray[np.int64]:
    size = max(config.training.lengths)
    if not config.corpus.like:
        return np.arange(len(tokens) // size)
    return most_like(tokens, size, pieces_of(config.corpus.like, tokenizer), config.corpus.share)


def _environment(config: PretrainConfig) -> dict[str, Any]:
    """What a result depends on beside the config."""
    return {
        "sukien": metadata.version("sukien"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: metadata.version(name) for name in _PACKAGES},
        "device": torch.cuda.get_device_name() if best_device() == "cuda" else best_device(),
        "threads": torch.get_num_threads(),
        "processes": int(os.environ.get("WORLD_SIZE", "1")),
        "tokens_sha256": hashlib.sha256((config.corpus.tokens / HEAD).read_bytes()).hexdigest(),
        "start_sha256": weights_sha256(config.encoder.start) if config.encoder.start else None,
    }


def _check_surroundings(config: PretrainConfig) -> None:
    before, now = read_json(config.folder / _ENVIRONMENT), _environment(config)
    if before["tokens_sha256"] != now["tokens_sha256"]:
        raise ConfigError(
            f"{config.corpus.tokens}: was made again since the run began; start it again with --overwrite"
        )
    if before["processes"] != now["processes"]:
        raise ConfigError(
            f"{config.folder}: began with {before['processes']} processes, now there are {now['processes']}: steps"
            " would have another size; start as many"
        )
