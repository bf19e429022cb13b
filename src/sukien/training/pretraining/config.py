"""The run file of `sukien pretrain`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from sukien.config import FilePath, NamedRun, Section


class CorpusSection(Section):
    """Unlabelled text."""

    paths: list[FilePath] = Field(
        min_length=1, description="folders or files: .seg (word-segmented), .txt (one article), .jsonl (key text)"
    )
    exclude: list[FilePath] = Field(
        default=[], description="files that list what stays out: one path a line, or stand-off labels (.jsonl)"
    )
    tokens: FilePath = Field(description="folder of the token file, made once")
    like: list[FilePath] = Field(
        default=[], description="labelled files or built datasets (their train split): text like them is read"
    )
    share: float = Field(default=1.0, gt=0.0, le=1.0, description="of the corpus, that which is most like them")

    @model_validator(mode="after")
    def _likeness_needs_a_model(self) -> CorpusSection:
        if (self.share < 1.0) != bool(self.like):
            raise ValueError("corpus.like and corpus.share go together: name both, or neither")
        return self


class NoiseSection(Section):
    """Share of the articles that are read otherwise than printed, so that the encoder meets such text."""

    tone_marks: float = Field(default=0.3, ge=0.0, le=1.0, description="hoà as hòa, uỷ as ủy")
    lower: float = Field(default=0.03, ge=0.0, le=1.0, description="lower case")
    upper: float = Field(default=0.01, ge=0.0, le=1.0, description="capitals")
    bare: float = Field(default=0.02, ge=0.0, le=1.0, description="without diacritics")


class TokenizerSection(Section):
    """Pieces of syllables by byte-pair encoding."""

    take: str | None = Field(default=None, description="encoder whose tokenizer is taken; null: train one")
    vocabulary: int = Field(default=16_384, ge=300, le=65_535, description="pieces, where one is trained")


class EncoderSection(Section):
    """The body, of ModernBERT architecture (Warner et al. 2024)."""

    start: str | None = Field(default=None, description="encoder to go on from; null: from nothing")
    layers: int = Field(default=8, ge=1)
    width: int = Field(default=256, ge=16)
    heads: int = Field(default=4, ge=1)
    feed_forward: int = Field(default=384, ge=16, description="width of the gated layer")
    positions: int = Field(default=1024, ge=64)
    embeddings: Literal["neighbours", "random"] = Field(
        default="neighbours", description="of a new encoder: factorised counts of which pieces stand near each other"
    )

    @model_validator(mode="after")
    def _heads_divide(self) -> EncoderSection:
        if self.width % self.heads or (self.width // self.heads) % 2:
            raise ValueError(f"encoder.width {self.width} must be an even multiple of encoder.heads {self.heads}")
        return self


class ObjectiveSection(Section):
    """Plain masking (Devlin et al. 2019), or replaced-token detection with a small generator (Clark et al. 2020)."""

    kind: Literal["masked", "replaced"] = "masked"
    masked: float = Field(default=0.15, gt=0.0, lt=0.9, description="share of pieces")
    whole_words: bool = Field(
        default=False,
        description="hide all of a word, with the signs that touch it, where the corpus marks words; of use with plain"
        " masking: what a generator draws one by one seldom fits together and is told by that alone",
    )
    generator_layers: int = Field(default=3, ge=1, description="of replaced-token detection, as what follows")
    generator_width: int = Field(default=128, ge=16, multiple_of=8, description="of 4 heads")
    detection_weight: float = Field(default=50.0, gt=0.0)


class TrainingSection(Section):
    """Time is the budget: rates warm up, stay, and fall to zero as it ends."""

    hours: float = Field(gt=0.0, description="of training, over all resumptions")
    tokens: int = Field(default=6_144, ge=64, description="pieces in one step of one process")
    lengths: dict[int, float] = Field(
        default={128: 0.9, 512: 0.1}, description="length of sequences: share of steps, mixed from start to end"
    )
    optimizer: Literal["muon", "adamw"] = Field(default="muon", description="of the matrices inside the layers")
    matrix_rate: float = Field(default=0.004, gt=0.0)
    rate: float = Field(default=0.002, gt=0.0, description="AdamW's, of all else but embeddings")
    embedding_rate: float = Field(default=0.0005, gt=0.0)
    warmup: float = Field(default=0.01, ge=0.0, lt=1.0, description="share of the time")
    generator_alone: float = Field(
        default=0.0,
        ge=0.0,
        lt=1.0,
        description="share of the time, at the start, in which only the generator learns: it is always new, and what a"
        " new one draws would mislead an encoder that goes on from another",
    )
    constant: float = Field(default=0.6, ge=0.0, le=1.0, description="share of the time after which rates fall")
    weight_decay: float = Field(
        default=0.1, ge=0.0, description="of the matrices inside the layers; with .01 beside Muon they grow and grow"
    )
    max_grad_norm: float = Field(default=1.0, gt=0.0)
    checkpoint_minutes: float = Field(default=10.0, gt=0.0)
    log_steps: int = Field(default=50, ge=1)
    compile: bool = True
    precision: Literal["auto", "bf16", "fp32"] = "auto"

    @model_validator(mode="after")
    def _lengths_fit(self) -> TrainingSection:
        longest = max(self.lengths, default=0)
        if not self.lengths or any(n < 16 or longest % n for n in self.lengths) or self.tokens % longest:
            raise ValueError("training.lengths must divide the longest of them, and that training.tokens")
        if min(self.lengths.values()) < 0 or not any(self.lengths.values()):
            raise ValueError("training.lengths: the shares of steps are zero or more, and not all zero")
        return self

    @model_validator(mode="after")
    def _rates_rise_before_they_fall(self) -> TrainingSection:
        if self.generator_alone + self.warmup > self.constant:
            raise ValueError("training.generator_alone and warmup must end before constant does")
        return self


class PretrainConfig(NamedRun):
    """Pre-training of an encoder."""

    save_encoder: FilePath | None = Field(default=None, description="null: <output>/<name>/encoder")
    corpus: CorpusSection
    noise: NoiseSection = NoiseSection()
    tokenizer: TokenizerSection = TokenizerSection()
    encoder: EncoderSection = EncoderSection()
    objective: ObjectiveSection = ObjectiveSection()
    training: TrainingSection

    @model_validator(mode="after")
    def _only_a_generator_learns_alone(self) -> PretrainConfig:
        if self.training.generator_alone and self.objective.kind == "masked":
            raise ValueError("training.generator_alone: plain masking has no generator; leave it at 0")
        return self

    @model_validator(mode="after")
    def _sequences_fit(self) -> PretrainConfig:
        if self.encoder.start is None and max(self.training.lengths) > self.encoder.positions:
            raise ValueError(f"training.lengths: longer than encoder.positions, {self.encoder.positions}")
        return self

    @model_validator(mode="after")
    def _one_tokenizer(self) -> PretrainConfig:
        if self.encoder.start and self.tokenizer.take not in (None, self.encoder.start):
            raise ValueError("tokenizer.take: an encoder to go on from keeps its own tokenizer; leave it out")
        return self

    @property
    def encoder_folder(self) -> Path:
        """Where the finished encoder is saved."""
        return self.save_encoder or self.folder / "encoder"
