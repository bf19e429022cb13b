"""The encoder that a pre-training begins with."""

from __future__ import annotations

from typing import Any

import torch
from transformers import ModernBertConfig, ModernBertModel

from sukien.errors import ConfigError
from sukien.models.pretrained import load_encoder
from sukien.training.pretraining.config import EncoderSection
from sukien.training.pretraining.counts import neighbour_vectors
from sukien.training.pretraining.tokens import TokenFile

_SHAPE = {
    "layers": "num_hidden_layers",
    "width": "hidden_size",
    "heads": "num_attention_heads",
    "feed_forward": "intermediate_size",
    "positions": "max_position_embeddings",
}


def make_encoder(settings: EncoderSection, tokenizer: Any, tokens: TokenFile) -> ModernBertModel:
    """The one to go on from, or a new one.

    Raises ConfigError for one to go on from that is no ModernBERT, or of another shape than the run file gives.
    """
    if settings.start:
        encoder = load_encoder(settings.start)[0]
        if not isinstance(encoder, ModernBertModel):
            raise ConfigError(f"encoder.start: {settings.start} is a {encoder.config.model_type}, not a ModernBERT")
        for key, name in _SHAPE.items():
            given, usual = getattr(settings, key), EncoderSection.model_fields[key].default
            if given not in (usual, getattr(encoder.config, name)):
                raise ConfigError(
                    f"encoder.{key}: {given}, but {settings.start} has {getattr(encoder.config, name)}; leave it out"
                )
        return encoder
    encoder = ModernBertModel(
        ModernBertConfig(
            vocab_size=len(tokenizer),
            hidden_size=settings.width,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            intermediate_size=settings.feed_forward,
            max_position_embeddings=settings.positions,
            global_attn_every_n_layers=2,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.cls_token_id,
            eos_token_id=tokenizer.sep_token_id,
            cls_token_id=tokenizer.cls_token_id,
            sep_token_id=tokenizer.sep_token_id,
        )
    )
    if settings.embeddings == "neighbours":
        vectors = torch.from_numpy(neighbour_vectors(tokens, len(tokenizer), settings.width, tokenizer.sep_token_id))
        known = vectors.any(dim=1)  # a piece that the corpus lacks, such as the mask, stays random
        encoder.embeddings.tok_embeddings.weight.data[known] = vectors[known]
    return encoder
