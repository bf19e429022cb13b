"""The model card of a pre-trained encoder, from its run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from transformers import PreTrainedModel

from sukien.training.pretraining.config import PretrainConfig
from sukien.training.pretraining.tokens import TokenFile

_OBJECTIVES = {"replaced": "Replaced-token detection", "masked": "Masked language modelling"}


def encoder_card(
    config: PretrainConfig,
    encoder: PreTrainedModel,
    tokens: TokenFile,
    log: list[dict[str, Any]],
    n_blocks: int,
    processes: int,
) -> str:
    """What was trained, on how much of which text, how it ended. Scores of fine-tuned taggers are not in it.

    Args:
        log: rows of the run
        n_blocks: blocks of the token file that could be read
        processes: that read a step each at a time
    """
    head = yaml.safe_dump({"language": "vi", "pipeline_tag": "feature-extraction", "library_name": "transformers"})
    settings, training = encoder.config, config.training
    size = sum(weights.numel() for weights in encoder.parameters())
    last = log[-1] if log else {}
    steps = int(last.get("step", 0))
    figures = ", ".join(f"{name} {last[name]:.4f}" for name in ("filling", "filled", "detection") if name in last)
    matrices = f"Muon ({training.matrix_rate:g})" if training.optimizer == "muon" else f"AdamW ({training.rate:g})"
    lengths = ", ".join(f"{length} ({share:.0%})" for length, share in training.lengths.items())
    alone = f" The generator, which is new, learned alone for the first {training.generator_alone:.0%} of the time."
    return f"""---
{head}---

# {config.name}

An encoder of ModernBERT architecture: {settings.num_hidden_layers} layers, width {settings.hidden_size},
{settings.num_attention_heads} heads, feed-forward {settings.intermediate_size} (gated), {settings.vocab_size:,} pieces,
up to {settings.max_position_embeddings} positions, {size:,} parameters. `AutoModel` and `AutoTokenizer` load it.

## Training

{_corpus(config, tokens, n_blocks)}
{_OBJECTIVES[config.objective.kind]}, {config.objective.masked:.0%} hidden, \
{"whole words" if config.objective.whole_words else "single pieces"}. \
{steps:,} steps of {training.tokens * processes:,} pieces, {steps * training.tokens * processes / 1e6:,.1f} million, in
{last.get("hours", 0):.2f} hours; sequences of {lengths}. \
{matrices} for matrices, AdamW for the rest ({training.rate:g}, \
embeddings {training.embedding_rate:g}); rates up for {training.constant:.0%} of the time, then falling to zero. \
Seed {config.seed}.{alone if training.generator_alone else ""}{_start(config)}

Last figures (`filling`: loss of the generator or of masking, `filled`: share of hidden pieces filled right,
`detection`: loss of telling replaced pieces): {figures or "none"}.

## Limits

It has the views and the silence of the text that it read, and only vectors to give; for entities and events fine-tune
it with `sukien train`. The terms of that text hold for it too.
"""


def _corpus(config: PretrainConfig, tokens: TokenFile, n_blocks: int) -> str:
    corpus, noise = config.corpus, config.noise
    told = (
        f"{len(tokens):,} pieces of {tokens.n_articles:,} articles from {_names(corpus.paths)}; what"
        f" {_names(corpus.exclude)} names was left out."
    )
    if corpus.like:
        n_read = n_blocks * max(config.training.lengths)
        told += f" The {n_read:,} pieces most like {_names(corpus.like)} were read (`corpus.like`, `corpus.share`)."
    shares = {"old and new tone marks mixed": noise.tone_marks, "small letters": noise.lower}
    shares |= {"capitals": noise.upper, "no diacritics": noise.bare}
    return told + " Articles with noise: " + ", ".join(f"{kind} {share:.0%}" for kind, share in shares.items()) + "."


def _start(config: PretrainConfig) -> str:
    if not config.encoder.start:
        return ""
    return (
        f" It went on from `{Path(config.encoder.start).name}`; what that one has read, it has read too, text that was"
        " left out here included."
    )


def _names(paths: list[Path]) -> str:
    return ", ".join(path.name for path in paths) or "no list"
