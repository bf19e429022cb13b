"""The model card of a pre-trained encoder, from its run."""

from __future__ import annotations

from typing import Any

import yaml
from transformers import PreTrainedModel

from sukien.training.pretraining.config import PretrainConfig
from sukien.training.pretraining.tokens import TokenFile


def encoder_card(config: PretrainConfig, encoder: PreTrainedModel, tokens: TokenFile, log: list[dict[str, Any]]) -> str:
    """What was trained, on how much of which text, how it ended. Scores of fine-tuned taggers are not in it."""
    head = yaml.safe_dump({"language": "vi", "license": "apache-2.0", "pipeline_tag": "feature-extraction"})
    settings = encoder.config
    size = sum(weights.numel() for weights in encoder.parameters())
    last = log[-1] if log else {}
    steps = int(last.get("step", 0))
    objective = {"replaced": "replaced-token detection", "masked": "masked language modelling"}[config.objective.kind]
    figures = ", ".join(f"{name} {last[name]:.4f}" for name in ("filling", "filled", "detection") if name in last)
    went_on = f" It went on from `{config.encoder.start}`." if config.encoder.start else ""
    return f"""---
{head}---

# {config.name}

A Vietnamese encoder of ModernBERT architecture: {settings.num_hidden_layers} layers, width {settings.hidden_size},
{settings.num_attention_heads} heads, feed-forward {settings.intermediate_size} (gated), {settings.vocab_size:,} pieces,
up to {settings.max_position_embeddings} positions, {size:,} parameters. `AutoModel` and `AutoTokenizer` load it.

## Training

{objective.capitalize()}, whole words {"hidden together" if config.objective.whole_words else "not regarded"}, on
{len(tokens):,} pieces of {tokens.n_articles:,} articles from {", ".join(path.name for path in config.corpus.paths)};
what {", ".join(path.name for path in config.corpus.exclude) or "no list"} names was left out. {steps:,} steps of
{config.training.tokens:,} pieces in {last.get("hours", 0):.2f} hours.{went_on}

Last figures (`filling`: loss of the generator or of masking, `filled`: share of hidden pieces guessed, `detection`:
loss of telling replaced pieces): {figures or "none"}.

`sukien pretrain` with the config beside the run's log makes it again.

## Limits

Learned from news of a few years and outlets: it has their views and their silence. It has only vectors to give; for
entities and events fine-tune it with `sukien train`.
"""
