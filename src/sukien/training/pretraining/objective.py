"""What the encoder learns from: telling which pieces a small generator has replaced, or filling masked ones.

Symbols in shapes: B sequences, T pieces, K masked pieces of each, H width, V vocabulary.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import ModernBertConfig, ModernBertModel

from sukien.training.pretraining.config import ObjectiveSection

GENERATOR_HEADS = 4


class Pretraining(nn.Module):
    """An encoder with what it needs only while it learns. `forward` returns a loss and what is logged beside it.

    While `generator_alone`, the encoder, whose embeddings the generator shares, stays as it is.

    Args:
        frequencies: logarithm of each piece's share of the corpus, from which its bias starts. *Shape:* (V,)
    """

    def __init__(
        self, encoder: ModernBertModel, objective: ObjectiveSection, mask_id: int, frequencies: Tensor | None = None
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.objective = objective
        self.mask_id = mask_id
        self.generator_alone = False
        width, vocabulary = encoder.config.hidden_size, encoder.config.vocab_size
        self.bias = nn.Parameter(torch.zeros(vocabulary) if frequencies is None else frequencies.clone())
        if objective.kind == "masked":
            self.to_embedding = _head(width, width)
            return
        small = objective.generator_width
        self.generator = ModernBertModel(generator_config(encoder.config, objective))
        self.into_generator = nn.Linear(width, small, bias=False)
        self.to_embedding = _head(small, width)
        self.detector = nn.Sequential(_head(width, width), nn.Linear(width, 1))

    def forward(self, input_ids: Tensor, masked: Tensor) -> dict[str, Tensor]:
        """Loss and figures.

        Args:
            input_ids: pieces as they stand in the text. *Shape:* (B, T)
            masked: places of the pieces that are hidden, as many in each sequence. *Shape:* (B, K)
        """
        gold = input_ids.gather(1, masked)
        hidden = input_ids.scatter(1, masked, self.mask_id)
        if self.objective.kind == "masked":
            states = self.encoder(input_ids=hidden, attention_mask=torch.ones_like(hidden)).last_hidden_state
            loss, logits = self._fill(states, masked, gold)
            return {"loss": loss, "filling": loss.detach(), "filled": _filled(logits, gold)}
        embedded = nn.functional.embedding(hidden, self._vocabulary())
        states = self.generator(
            inputs_embeds=self.into_generator(embedded), attention_mask=torch.ones_like(hidden)
        ).last_hidden_state
        filling, logits = self._fill(states, masked, gold)
        figures = {"filling": filling.detach(), "filled": _filled(logits, gold)}
        if self.generator_alone:
            return {"loss": filling, **figures}
        corrupted = input_ids.scatter(1, masked, _draw(logits))
        del logits  # the largest tensor there is, and of no use to the encoder
        states = self.encoder(input_ids=corrupted, attention_mask=torch.ones_like(hidden)).last_hidden_state
        found = self.detector(states).squeeze(-1).float()  # (B, T)
        detection = nn.functional.binary_cross_entropy_with_logits(found, (corrupted != input_ids).float())
        return {
            "loss": filling + self.objective.detection_weight * detection,
            **figures,
            "detection": detection.detach(),
        }

    def set_attn_implementation(self, name: str) -> None:
        """Of the encoder and the generator, by its name in transformers."""
        for part in self.children():
            if isinstance(part, ModernBertModel):
                part.set_attn_implementation(name)

    def _vocabulary(self) -> Tensor:
        """The embeddings of all pieces. *Shape:* (V, H)"""
        weights: Tensor = self.encoder.embeddings.tok_embeddings.weight
        return weights.detach() if self.generator_alone else weights

    def _fill(self, states: Tensor, masked: Tensor, gold: Tensor) -> tuple[Tensor, Tensor]:
        """Loss of filling the masked places from `states` (B, T, H), and logits of what fills them (B, K, V)."""
        chosen = states.gather(1, masked[..., None].expand(-1, -1, states.shape[-1]))
        logits = (self.to_embedding(chosen) @ self._vocabulary().T + self.bias).float()  # (B, K, V)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), gold.flatten())
        return loss, logits.detach()


def generator_config(encoder: ModernBertConfig, objective: ObjectiveSection) -> ModernBertConfig:
    """The generator: the encoder's architecture with fewer and narrower layers, and no vocabulary of its own."""
    values: dict[str, Any] = encoder.to_dict()
    for derived in ("layer_types", "rope_parameters", "architectures", "dtype"):
        values.pop(derived, None)
    values |= {
        "num_hidden_layers": objective.generator_layers,
        "hidden_size": objective.generator_width,
        "num_attention_heads": GENERATOR_HEADS,
        "intermediate_size": objective.generator_width * 3 // 2,
        "vocab_size": 8,  # its embeddings are the encoder's
        "pad_token_id": 1,
    }
    return ModernBertConfig(**values)


def _head(wide_in: int, wide_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(wide_in, wide_out), nn.GELU(), nn.LayerNorm(wide_out))


def _filled(logits: Tensor, gold: Tensor) -> Tensor:
    """Share of the masked places whose likeliest piece is the right one."""
    return (logits.argmax(-1) == gold).float().mean()


def _draw(logits: Tensor) -> Tensor:
    """A piece for each masked place, drawn by its probability. *Shape:* (B, K, V) to (B, K)"""
    # Gumbel's trick: the highest of logits with this noise is a draw from their softmax.
    return (logits - torch.empty_like(logits).exponential_().log()).argmax(-1)
