"""Model folders: finding, loading, checking, saving."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PhobertTokenizer,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.utils import logging

from sukien.errors import ModelError, SukienError
from sukien.files import read_json, write_folder
from sukien.models import phobert
from sukien.models.network import SukienConfig, SukienModel, register
from sukien.models.places import locate, shipped_models
from sukien.models.word_vectors import VOCABULARY, load_index, save_index

DEFAULT_TAGGER = "news-small"
DEFAULT_ENCODER = "encoder-small"
_SAVED = (".json", ".safetensors", ".md", ".txt", ".codes", ".model")  # the files of a tagger's folder
_POSITION_OFFSET = (
    "roberta",
    "xlm-roberta",
    "camembert",
    "xlm-roberta-xl",
    "mpnet",
)  # count positions from pad_token_id + 1
# What transformers, tokenizers and safetensors raise over files that are missing, cut short or changed by hand.
_FAULTS = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, SafetensorError)

register()


def _config(name: str, place: str, is_here: bool) -> PretrainedConfig:
    if Path(place).is_dir() and not (Path(place) / "config.json").is_file():
        raise ModelError(f"{place}: is no model folder (no config.json)")
    with Quiet():
        try:
            return AutoConfig.from_pretrained(place, local_files_only=is_here)
        except _FAULTS as error:
            raise ModelError(_loading_fault(name, place, error)) from error


def is_tagger(name: str) -> bool:
    """Whether a model is a finished tagger. Raises ModelError when there is none of this name."""
    return isinstance(_config(name, *locate(name)), SukienConfig)


def file_of(name: str, file: str) -> Path | None:
    """A file of a model's folder, fetched where it lies on the hub; None where it has none."""
    place, is_here = locate(name)
    if Path(place).is_dir():
        return Path(place) / file if (Path(place) / file).is_file() else None
    try:
        return Path(hf_hub_download(place, file, local_files_only=is_here))
    except (EntryNotFoundError, OSError):
        return None


def load_encoder(name: str) -> tuple[PreTrainedModel, Any]:
    """An encoder in fp32 and its tokenizer.

    Raises ModelError when there is no such encoder, no network to fetch it, or the tokenizer does not fit.
    """
    place, is_here = locate(name)
    if _config(name, place, is_here).is_encoder_decoder:  # asked before gigabytes of weights are fetched
        raise ModelError(_no_encoder(name, "has a decoder"))
    _check_weights(place, "encoder")
    with Quiet():
        try:
            encoder = AutoModel.from_pretrained(place, dtype=torch.float32, local_files_only=is_here)
            if isinstance(encoder, SukienModel):
                encoder = encoder.encoder  # a finished tagger lends its encoder
            if encoder.main_input_name != "input_ids" or not hasattr(encoder.config, "hidden_size"):
                raise ModelError(_no_encoder(name, "reads more than text, or no text"))
            tokenizer = _tokenizer(place, is_here)
        except (*_FAULTS, ImportError) as error:
            raise ModelError(_loading_fault(name, place, error)) from error
    _check_vocabulary(name, tokenizer, encoder)
    return encoder, tokenizer


def _check_vocabulary(name: str, tokenizer: Any, model: PreTrainedModel) -> None:
    if len(tokenizer) * 2 < model.config.vocab_size:
        raise ModelError(
            f"{name}: its tokenizer has {len(tokenizer)} pieces, its encoder {model.config.vocab_size}:"
            " the tokenizer files are incomplete or config.json does not name the tokenizer class"
        )


def _no_encoder(name: str, why: str) -> str:
    return (
        f"{name}: {why}; a tagger needs a model that is an encoder of text and nothing else, such as those of the"
        " families BERT, RoBERTa (PhoBERT, XLM-R), ELECTRA, DeBERTa and ModernBERT"
    )


def _tokenizer(place: str, is_here: bool) -> Any:
    """PhoBERT's own files become a fast tokenizer; without this, transformers gives one of five pieces for them."""
    if phobert.has_layout(Path(place)):
        return phobert.fast_tokenizer(Path(place) / phobert.VOCABULARY, Path(place) / phobert.MERGES)
    tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=is_here)
    if isinstance(tokenizer, PhobertTokenizer):
        return phobert.fast_tokenizer(Path(tokenizer.vocab_file), Path(tokenizer.merges_file))
    return tokenizer


def window_limit(encoder: PreTrainedModel) -> int | None:
    """Most pieces that an encoder reads at once, special tokens included; None where its config sets no limit."""
    config = encoder.config
    limit = getattr(config, "max_position_embeddings", None)
    if limit and config.model_type in _POSITION_OFFSET:
        limit -= config.pad_token_id + 1
    return limit


def load_tagger(name: str) -> tuple[SukienModel, Any]:
    """A finished tagger in fp32, in evaluation mode, and its tokenizer.

    Raises ModelError when the folder is no model of ours, or its weights and labels do not fit each other.
    """
    place, is_here = locate(name)
    config = _config(name, place, is_here)
    if not isinstance(config, SukienConfig):
        raise ModelError(
            f"{name}: is a {config.model_type} model, not a tagger; fine-tune it first: `sukien train` with"
            f" model.encoder={name}"
        )
    _check_weights(place, "tagger")
    with Quiet():
        try:
            model, report = SukienModel.from_pretrained(
                place,
                config=config,
                dtype=torch.float32,
                output_loading_info=True,
                ignore_mismatched_sizes=True,
                local_files_only=is_here,
            )
            tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=is_here)
        except _FAULTS as error:
            raise ModelError(_loading_fault(name, place, error)) from error
    wrong = sorted({*report["missing_keys"], *report["unexpected_keys"], *map(str, report["mismatched_keys"])})
    if wrong:
        raise ModelError(f"{name}: weights do not fit config.json (labels changed by hand?): {', '.join(wrong[:3])}")
    for head, types in config.head_types().items():
        shape = np.shape(config.transitions.get(head, []))
        if shape not in {(0,), (2 * len(types) + 1,) * 2}:
            raise ModelError(f"{name}: config.json has transitions of shape {shape} for {len(types)} types of {head}")
    if config.word_vectors is not None:
        words = file_of(name, VOCABULARY)
        if words is None:
            raise ModelError(f"{name}: has no {VOCABULARY}, the words of its word vectors")
        model.index = load_index(words.parent)
        if len(model.index) != config.word_vectors[0]:
            raise ModelError(f"{name}: {VOCABULARY} has {len(model.index)} words, config.json {config.word_vectors[0]}")
    return model.eval(), tokenizer


def load_token_classification(name: str) -> tuple[PreTrainedModel, Any]:
    """Somebody else's token-classification model in fp32, in evaluation mode, and its tokenizer.

    Raises ModelError when the folder holds another kind of model, or weights that do not fit, or cannot be loaded.
    """
    place, is_here = locate(name)
    config = _config(name, place, is_here)
    kind = ", ".join(config.architectures or ["model of no stated kind"])
    if not kind.endswith("ForTokenClassification"):
        raise ModelError(
            f"{name}: is a {kind}, not a token-classification model (config.json, architectures);"
            " name the folder of a fine-tuned one"
        )
    _check_weights(place, "token-classification model")
    with Quiet():
        try:
            model, report = AutoModelForTokenClassification.from_pretrained(
                place, config=config, dtype=torch.float32, output_loading_info=True, local_files_only=is_here
            )
            tokenizer = _tokenizer(place, is_here)
        except (*_FAULTS, ImportError) as error:
            raise ModelError(_loading_fault(name, place, error)) from error
    if report["missing_keys"]:
        missing = ", ".join(sorted(report["missing_keys"])[:3])
        raise ModelError(f"{name}: weights do not fit config.json, which also wants {missing}")
    _check_vocabulary(name, tokenizer, model)
    return model.eval(), tokenizer


@torch.no_grad()
def round_weights(model: SukienModel) -> None:
    """Round the weights in memory to bf16, as they are stored, so that what is scored is what is shipped."""
    for weights in model.state_dict().values():  # what is stored: rotary angles, for one, are not
        weights.copy_(weights.to(torch.bfloat16))


def check_free(folder: Path, kind: type[PretrainedConfig] = SukienConfig) -> None:
    """Raise ModelError where saving a model of this kind would replace something else."""
    if folder.exists() and not folder.is_dir():
        raise ModelError(f"{folder}: is a file; name a folder for the model")
    if folder.is_dir() and any(folder.iterdir()) and not _holds(folder, kind):
        title = "a tagger" if kind is SukienConfig else "an encoder"
        raise ModelError(f"{folder}: holds other files than {title}; name a new folder, or empty this one")


def _holds(folder: Path, kind: type[PretrainedConfig]) -> bool:
    try:
        is_ours = read_json(folder / "config.json").get("model_type") == kind.model_type
    except (SukienError, AttributeError):
        return False
    return is_ours and all(path.is_file() and path.suffix in _SAVED for path in folder.iterdir())


def save_tokenizer(folder: Path, tokenizer: Any) -> None:
    """Write it into an existing folder, without how it was found when it was loaded."""
    for how in ("local_files_only", "is_local"):
        tokenizer.init_kwargs.pop(how, None)
    tokenizer.save_pretrained(folder)


def save_tagger(folder: Path, model: SukienModel, tokenizer: Any, card: str) -> None:
    """Write weights (bf16 safetensors), config, tokenizer and card as a whole folder, or leave the old one.

    Raises ModelError when the folder holds something else or cannot be written.
    """
    check_free(folder)
    stored = {name: weights.to(torch.bfloat16) for name, weights in model.state_dict().items()}

    def fill(beside: Path) -> None:
        model.config.dtype = torch.bfloat16
        model.save_pretrained(beside, state_dict=stored)
        save_tokenizer(beside, tokenizer)
        if model.index is not None:
            save_index(beside, model.index)
        (beside / "README.md").write_text(card, encoding="utf-8")

    try:
        with Quiet():
            write_folder(folder, fill)
    except SafetensorError as error:  # a full disk
        raise ModelError(f"{folder}: cannot be written: {error}") from error


def _check_weights(place: str, kind: str) -> None:
    """A fault of a local folder that Hugging Face's own messages hide behind hub advice."""
    folder = Path(place)
    if not folder.is_dir():
        return
    names = {path.name for path in folder.iterdir()}
    if not any(name.endswith((".safetensors", ".safetensors.index.json")) for name in names):
        if any(name.startswith("pytorch_model") for name in names) and kind != "tagger":
            return
        raise ModelError(f"{place}: has no weights (model.safetensors is missing)")


def _loading_fault(name: str, place: str, error: Exception) -> str:
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "sentencepiece" in str(error) or "tiktoken" in str(error):
        return f"{name}: its tokenizer needs sentencepiece: pip install 'sukien[sentencepiece]'"
    if Path(place).is_dir():
        return f"{name}: cannot be loaded: {first}"
    known = ", ".join(shipped_models())
    return (
        f"{name}: is no local folder and no shipped model ({known}), and it could not be fetched from the Hugging Face"
        " hub; give a local folder (config.json, model.safetensors, and tokenizer.json, or vocab.txt with bpe.codes, or"
        f" sentencepiece files), or connect to the network; the reason: {first}"
    )


class Quiet:
    """Keep the loading reports and saving bars of transformers off the terminal: our own lines say what matters."""

    def __enter__(self) -> None:
        self._level, self._bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
        logging.set_verbosity_error()
        logging.disable_progress_bar()

    def __exit__(self, *_: object) -> None:
        logging.set_verbosity(self._level)
        if self._bars:
            logging.enable_progress_bar()
