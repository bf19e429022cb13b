"""One encoder shared by small heads over word vectors.

Symbols in shapes: B windows, T pieces, W words, H hidden width, L tags of a head.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import ModelOutput

from sukien.models.word_vectors import WordIndex, WordVectors
from sukien.text.bio import bio_tags

NO_WORD = -1  # the place of a word that is only there to fill a batch
IGNORED = -100  # the label of a word that nobody labelled; the value that cross_entropy ignores
HEADS = ("entities", "triggers")
# The deviation that a feature is taken to have at least, by itself and as a share of its mean: what changes less is
# noise, of bf16 not least, which is not to be made large.
_LEAST_DEVIATION = 1e-3
_LEAST_RATIO = 1 / 64


class SukienConfig(PretrainedConfig):
    """Everything that decides a result, saved in the model folder as config.json.

    Args:
        encoder: configuration of the encoder as a dictionary, as `PretrainedConfig.to_dict` gives it.
        encoder_name: name or folder that the encoder's weights came from (for the record).
        entity_types: labels of the entity head; empty when there is no such head.
        event_types: labels of the trigger head; empty when there is no such head.
        segmentation: which syllables the encoder reads as one word, see `text.segmentation`; tags stay by syllable.
        pooling: a word is read at its "first" piece, or as the "mean" of its pieces.
        window: most pieces of one window, special tokens included.
        overlap: pieces of context repeated at the start of the next window of an article.
        word_vectors: number and width of the vectors of whole words, see `models.word_vectors`; None without them.
        mixer_width: width of the layer that joins each word with its two neighbours.
        standardised: whether the encoder's features are standardised, see `Standardisation`.
        dropout: share of word-vector units dropped in training.
        trained_on: fingerprints of the articles that it was trained on or chosen by, so that a score on them is told.
        temperatures: what the logits of a head are divided by, so that scores are probabilities; fitted on validation
            articles (`training.calibration`), none without them.
        transitions: of each head what its decoder adds for tag j behind tag i, see `models.decoding`.
        thresholds: of each head and type the least score to keep for the best F1 on validation articles. For users to
            filter by; nothing is left out by itself.
    """

    model_type = "sukien"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        encoder_name: str = "",
        entity_types: list[str] | None = None,
        event_types: list[str] | None = None,
        segmentation: str = "none",
        pooling: str = "first",
        window: int = 256,
        overlap: int = 64,
        word_vectors: tuple[int, int] | list[int] | None = None,
        mixer_width: int = 256,
        standardised: bool = False,
        dropout: float = 0.1,
        trained_on: list[str] | None = None,
        temperatures: dict[str, float] | None = None,
        thresholds: dict[str, dict[str, float]] | None = None,
        transitions: dict[str, list[list[float]]] | None = None,
        **kwargs: Any,
    ) -> None:
        self.encoder = {key: value for key, value in (encoder or {}).items() if key != "_name_or_path"}  # of a computer
        self.encoder_name = encoder_name
        self.entity_types = list(entity_types or [])
        self.event_types = list(event_types or [])
        self.segmentation = segmentation
        self.pooling = pooling
        self.window = window
        self.overlap = overlap
        self.word_vectors = list(word_vectors) if word_vectors else None
        self.mixer_width = mixer_width
        self.standardised = standardised
        self.dropout = dropout
        self.trained_on = list(trained_on or [])
        self.temperatures = dict(temperatures or {})
        self.thresholds = dict(thresholds or {})
        self.transitions = dict(transitions or {})
        kwargs.pop("id2label", None)  # follows from the types, never read from a file
        kwargs.pop("label2id", None)
        super().__init__(**kwargs)
        tags = bio_tags(self.entity_types or self.event_types)
        self.id2label = dict(enumerate(tags))
        self.label2id = {tag: index for index, tag in enumerate(tags)}

    def head_types(self) -> dict[str, list[str]]:
        """Labels of each head that exists, in the order of HEADS."""
        types = {"entities": self.entity_types, "triggers": self.event_types}
        return {head: types[head] for head in HEADS if types[head]}


@dataclass(frozen=True, slots=True)
class LossSettings:
    """How words weigh in the loss: `focus` as in Lin et al. 2017, 0 for none; weights of a head's tags."""

    focus: float = 0.0
    class_weights: dict[str, Tensor] = field(default_factory=dict)


@dataclass
class TaggerOutput(ModelOutput):
    """Shapes: `loss` (); `logits` (B, W, L) of the first head; `head_logits[head]` (B, W, L)."""

    loss: Tensor | None = None
    logits: Tensor | None = None
    head_logits: dict[str, Tensor] | None = None


class Standardisation(nn.Module):
    """Takes from each feature the mean, and divides by the deviation, that it had on training text at the start.

    The outputs of pre-trained encoders have a large part that is the same for every piece (Timkey and van Schijndel
    2021), and what differs between pieces can be a twentieth of the embeddings beside it: too little for layers above
    that start from nothing.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))

    def fit(self, features: Tensor) -> None:
        """Take mean and deviation of `features`, as precisely as they are stored. *Shape:* (N, width)"""
        deviation, mean = torch.std_mean(features.float(), dim=0, correction=0)
        least = (mean.abs() * _LEAST_RATIO).clamp(min=_LEAST_DEVIATION)
        self.mean.copy_(mean.bfloat16())
        self.scale.copy_((1 / deviation.maximum(least)).bfloat16())

    def forward(self, features: Tensor) -> Tensor:
        """*Shape:* (..., width), as it comes"""
        return (features - self.mean) * self.scale


class SukienModel(PreTrainedModel):
    """Encoder, a layer that joins each word with its neighbours, one linear layer per head.

    A word is read at its first piece (Devlin et al. 2019, section 5.3) or as the mean of its pieces. Its vector is
    the encoder's output there beside the embedding that went in, both standardised: triggers are lexical, and the
    last layer of an encoder pre-trained to detect replaced pieces seems to keep little of *which* piece it was
    (training/README.md has the figures). A convolution over three words then sees the compound that Vietnamese
    writes as several syllables. Where the model has vectors of whole words, those that cover the syllable stand
    beside it (`models.word_vectors`).
    """

    config_class = SukienConfig
    base_model_prefix = "encoder"
    _supports_sdpa = True

    def __init__(self, config: SukienConfig, encoder: PreTrainedModel | None = None) -> None:
        super().__init__(config)
        if encoder is None:
            settings = dict(config.encoder)
            encoder = AutoModel.from_config(AutoConfig.for_model(settings.pop("model_type"), **settings))
        self.encoder = encoder
        self.dropout = nn.Dropout(config.dropout)
        width = 2 * encoder.config.hidden_size
        self.standardisation = Standardisation(width) if config.standardised else None
        self.index: WordIndex | None = None  # set by whoever loads or builds a model with word vectors
        self.loss_settings = LossSettings()
        self.word_vectors = WordVectors(*config.word_vectors) if config.word_vectors else None
        if self.word_vectors:
            width += self.word_vectors.width
        if config.segmentation != "none":
            width += 1  # whether a syllable goes on a word: it may share its piece with the syllable before
        self.mixer = nn.Conv1d(width, config.mixer_width, kernel_size=3, padding=1)
        self.heads = nn.ModuleDict(
            {head: nn.Linear(config.mixer_width, 2 * len(types) + 1) for head, types in config.head_types().items()}
        )
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if module is self.mixer:
            self.mixer.reset_parameters()  # torch's own, He et al. 2015: the layer starts from nothing
        elif isinstance(module, nn.Linear) and module in self.heads.values():
            nn.init.normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)

    def piece_features(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """The encoder's last layer beside the embedding that went in. *Shape:* (B, T) to (B, T, 2H)"""
        output = self.encoder(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
        return torch.cat([output.last_hidden_state, output.hidden_states[0]], dim=-1)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        word_pieces: Tensor | None = None,
        n_pieces: Tensor | None = None,
        joined: Tensor | None = None,
        matches: Tensor | None = None,
        entities: Tensor | None = None,
        triggers: Tensor | None = None,
    ) -> TaggerOutput:
        """Tag logits of every word.

        Args:
            input_ids: piece ids. *Shape:* (B, T)
            attention_mask: 1 for pieces, 0 for padding. *Shape:* (B, T)
            word_pieces: position of each word's first piece, NO_WORD for padding; without it every piece is taken as
                a word. *Shape:* (B, W)
            n_pieces: number of pieces of each word, for mean pooling; one each if not given. *Shape:* (B, W)
            joined: 1 for a word that is one with the word before to the encoder. *Shape:* (B, W)
            matches: of each word with the vocabulary of word vectors, see `WordIndex.match`. *Shape:* (B, W, K)
            entities, triggers: gold tags of each head, IGNORED for padding and unlabelled words. *Shape:* (B, W); or
                probabilities of all tags, zero for padding. *Shape:* (B, W, L)
        """
        if word_pieces is None:
            word_pieces = torch.arange(input_ids.shape[1], device=input_ids.device).expand_as(input_ids)
        pieces = self.piece_features(input_ids, attention_mask)
        if self.standardisation is not None:
            pieces = self.standardisation(pieces)
        words = self._pool(pieces, word_pieces.clamp(min=0), n_pieces)  # (B, T, 2H) -> (B, W, 2H)
        if self.config.segmentation != "none":
            flags = torch.zeros_like(word_pieces) if joined is None else joined
            words = torch.cat([words, flags[..., None].to(words.dtype)], dim=-1)
        if self.word_vectors is not None:
            none = torch.zeros(*word_pieces.shape, 1, dtype=torch.long, device=input_ids.device)
            words = torch.cat([words, self.word_vectors(none if matches is None else matches)], dim=-1)
        words = self.dropout(words)
        # Padding is zero, as beyond the ends, so that a window's result does not depend on its batch.
        words = words * (word_pieces >= 0)[..., None]
        mixed = self.mixer(words.transpose(1, 2)).transpose(1, 2)  # the convolution runs along W
        mixed = self.dropout(nn.functional.gelu(mixed))
        logits = {head: layer(mixed) for head, layer in self.heads.items()}
        gold = {"entities": entities, "triggers": triggers}
        losses = [
            _loss(logits[head], tags, self.loss_settings, head)
            for head, tags in gold.items()
            if tags is not None and head in logits
        ]
        return TaggerOutput(
            loss=torch.stack(losses).sum() if losses else None,
            logits=next(iter(logits.values())),
            head_logits=logits,
        )

    def _pool(self, pieces: Tensor, first: Tensor, n_pieces: Tensor | None) -> Tensor:
        def at(values: Tensor, places: Tensor) -> Tensor:
            return values.gather(1, places[..., None].expand(-1, -1, values.shape[-1]))

        if self.config.pooling == "first" or n_pieces is None:
            return at(pieces, first)
        sums = nn.functional.pad(pieces.float().cumsum(1), (0, 0, 1, 0))  # sums[:, t] is of the pieces before t
        return ((at(sums, first + n_pieces) - at(sums, first)) / n_pieces[..., None]).to(pieces.dtype)


def _loss(logits: Tensor, tags: Tensor, settings: LossSettings, head: str) -> Tensor:
    """Mean cross-entropy over labelled words, in fp32. A batch without labelled words gives 0, not NaN."""
    if tags.is_floating_point():
        each = -(tags * logits.float().log_softmax(-1)).sum(-1)
        return each.sum() / (tags.sum(-1) > 0).sum().clamp(min=1)
    flat, gold = logits.float().flatten(0, 1), tags.flatten()
    weights = settings.class_weights.get(head)
    if weights is not None:
        weights = weights.to(flat.device)
    each = nn.functional.cross_entropy(flat, gold, weight=weights, ignore_index=IGNORED, reduction="none")
    if settings.focus:
        right = flat.softmax(-1).gather(1, gold.clamp(min=0)[:, None]).squeeze(1)
        each = each * (1 - right) ** settings.focus
    return each.sum() / (gold != IGNORED).sum().clamp(min=1)


def register() -> None:
    """Make `AutoConfig` and `AutoModel` know our folders, so that no remote code is ever needed."""
    AutoConfig.register("sukien", SukienConfig, exist_ok=True)
    AutoModel.register(SukienConfig, SukienModel, exist_ok=True)
