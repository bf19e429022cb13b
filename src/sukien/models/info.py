"""What a model is, in words: for `sukien info`."""

from __future__ import annotations

from typing import Any

from huggingface_hub import ModelCard
from yaml import YAMLError

from sukien.models import phobert
from sukien.models.pretrained import file_of, is_tagger, load_encoder, load_tagger, window_limit

NOT_STATED = "not stated"
# Of encoders that come without a card when they are local copies. phobert-base-v2's terms reach far.
_LICENCES = {
    "vinai/phobert-base": "MIT",
    "vinai/phobert-large": "MIT",
    "vinai/phobert-base-v2": "AGPL-3.0",
}


def describe(name: str) -> dict[str, str]:
    """Facts of a tagger or an encoder, in the order to print them. Raises ModelError when it cannot be loaded."""
    facts = _tagger(name) if is_tagger(name) else _encoder(name)
    readme = file_of(name, "README.md")
    try:
        card = ModelCard.load(readme) if readme else None
    except (ValueError, YAMLError):  # somebody's own words, no card
        card = None
    licence = getattr(card.data, "license", None) if card else None
    facts["licence"] = licence or _LICENCES.get(name, NOT_STATED)
    for result in (card.data.eval_results or []) if card else []:
        facts[result.metric_name or "score"] = f"{result.metric_value} ({result.dataset_name})"
    return facts


def _tagger(name: str) -> dict[str, str]:
    model, tokenizer = load_tagger(name)
    config = model.config
    return {
        "kind": "tagger",
        "encoder": f"{config.encoder_name or NOT_STATED} ({config.encoder.get('model_type')})",
        "parameters": f"{sum(weights.numel() for weights in model.parameters()):,}",
        "entity types": ", ".join(config.entity_types) or "none",
        "event types": ", ".join(config.event_types) or "none",
        "word segmentation": config.segmentation,
        "pooling": config.pooling,
        "standardised features": "yes" if config.standardised else "no",
        "word vectors": "{:,} of width {}".format(*config.word_vectors) if config.word_vectors else "none",
        "window": f"{config.window} pieces, {config.overlap} of overlap; articles of any length",
        "pieces": f"{phobert.vocabulary_size(tokenizer):,}",
        "trained on": f"{len(config.trained_on)} articles (fingerprints in config.json)",
    }


def _encoder(name: str) -> dict[str, str]:
    encoder, tokenizer = load_encoder(name)
    limit = window_limit(encoder)
    facts = {
        "kind": "encoder",
        "architecture": str(encoder.config.model_type),
        "parameters": f"{sum(weights.numel() for weights in encoder.parameters()):,}",
        "layers, width": f"{encoder.config.num_hidden_layers}, {encoder.config.hidden_size}",
        "pieces": f"{phobert.vocabulary_size(tokenizer):,}",
        "window": f"at most {limit} pieces" if limit else "no limit of its own",
    }
    if _is_phobert(tokenizer):
        facts["word segmentation"] = "wanted: set model.segmentation to vncorenlp, underthesea or pyvi"
    return facts


def _is_phobert(tokenizer: Any) -> bool:
    return bool(tokenizer.init_kwargs.get(phobert.FOLD))
