"""One model per section of a run file. Every fault is reported at once, with its key path.

Values keep the type that they have in YAML: nothing is guessed. YAML reads `1e-5` as text and `no` as false, so a wrong
type is an error that says what to write.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import ndiff
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from sukien.errors import ConfigError, nearest
from sukien.files import read_text

_UNION_MEMBER = re.compile(r"[\[\]-]")
FilePath = Annotated[Path, BeforeValidator(lambda value: Path(value) if isinstance(value, str) else value)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


AnySection = TypeVar("AnySection", bound=Section)


class DataSection(Section):
    """Where the labelled articles are."""

    built: FilePath = Field(description="folder that `sukien build` wrote")


class ModelSection(Section):
    """What is fine-tuned."""

    encoder: str = Field(min_length=1, description="shipped encoder, folder, or name on the Hugging Face hub")
    heads: Literal["auto"] | Annotated[list[Literal["entities", "triggers"]], Field(min_length=1)] = Field(
        default="auto", description="auto: a head for each layer that has labels"
    )
    word_vectors: str | None = Field(
        default=None, description="shipped word vectors or their folder; null: pieces of the encoder only"
    )
    segmentation: Literal["none", "underthesea", "pyvi", "vncorenlp"] = Field(
        default="none", description="syllables that the encoder reads as one word, as PhoBERT does; none: as written"
    )
    pooling: Literal["first", "mean"] = Field(default="first", description="of a word: its first piece, or their mean")
    window: int = Field(default=256, ge=32, description="most pieces the encoder reads at once")
    overlap: int = Field(default=64, ge=0, description="pieces of context shared by neighbouring windows")
    standardise: bool = Field(default=True, description="the encoder's features get mean 0, deviation 1 at the start")
    dropout: float = Field(default=0.1, ge=0.0, lt=1.0)


class LoraSection(Section):
    """Low-rank adaptation of the encoder's matrices (Hu et al. 2021), merged into them at the end."""

    rank: int = Field(default=16, ge=1)
    alpha: float = Field(default=32.0, gt=0.0)
    dropout: float = Field(default=0.05, ge=0.0, lt=1.0)


class DistillationSection(Section):
    """Knowledge distillation (Hinton et al. 2015): what other taggers say of unlabelled text are labels too."""

    teachers: list[Annotated[str, Field(min_length=1)]] = Field(
        min_length=1,
        description="taggers trained on the same dataset, whose probabilities are averaged: folders, shipped models,"
        " names on the hub",
    )
    text: list[FilePath] = Field(
        min_length=1, description="articles without labels: files or folders of .jsonl, .txt, .seg"
    )
    exclude: list[FilePath] = Field(default=[], description="files that list what stays out, as in pre-training")


class TrainingSection(Section):
    """How it is fine-tuned, by AdamW with linear warm-up and decay."""

    epochs: int = Field(ge=1)
    batch_size: int = Field(default=8, ge=1, description="windows in one step of one process")
    gradient_accumulation: int = Field(default=1, ge=1)
    train_window: int | None = Field(
        default=None, ge=32, description="most pieces of a training example; null: as at inference"
    )
    learning_rate: float | None = Field(
        default=None,
        gt=0.0,
        description="of the encoder; null: 5e-4 below 20 million parameters, 3e-5 from there on, with lora 2e-4",
    )
    head_learning_rate: float | None = Field(
        default=None, gt=0.0, description="of the layers above; null: 2e-3 and 1e-3 likewise"
    )
    weight_decay: float = Field(default=0.01, ge=0.0)
    warmup: float = Field(default=0.1, ge=0.0, lt=1.0, description="share of all steps")
    max_grad_norm: float = Field(default=1.0, gt=0.0)
    layer_decay: float = Field(
        default=1.0, gt=0.0, le=1.0, description="learning rate of a layer, as a share of that of the layer above"
    )
    frozen_layers: int = Field(
        default=0, ge=0, description="lowest layers that are not trained, the embeddings with them"
    )
    loss: Literal["cross_entropy", "focal"] = Field(
        default="cross_entropy", description="focal (Lin et al. 2017): less weight on words that are easy"
    )
    class_weights: bool = Field(default=False, description="more weight on rare types, by the root of their counts")
    noise: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="share of the training articles that are read once more in small letters, as many without"
        " diacritics, and as many without final stops",
    )
    lora: LoraSection | None = None
    distillation: DistillationSection | None = None
    early_stopping: int | None = Field(
        default=None, ge=1, description="epochs without a better validation F1; null: train to the end"
    )
    precision: Literal["auto", "bf16", "fp32"] = Field(default="auto", description="auto: bf16 where it is fast")
    tensorboard: bool = False

    @model_validator(mode="after")
    def _teachers_give_probabilities(self) -> TrainingSection:
        if self.distillation and (self.loss != "cross_entropy" or self.class_weights):
            raise ValueError(
                "training.distillation learns probabilities: leave loss at cross_entropy and class_weights at false"
            )
        return self

    @model_validator(mode="after")
    def _lora_freezes_all(self) -> TrainingSection:
        if self.lora and self.frozen_layers:
            raise ValueError("training.lora trains changes of all layers: leave frozen_layers at 0, or lora at null")
        return self


class CrossValidationSection(Section):
    """Each article that has a raw file in `held_out` is left out in turn, with the other articles of its story."""

    held_out: FilePath = Field(description="folder of raw articles")


class NamedRun(Section):
    """What every run file has: `<output>/<name>/` holds the results."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = Field(default=13, ge=0, lt=2**32)
    output: FilePath = Field(default=Path("training"), description="folder of the run's folder")

    @property
    def folder(self) -> Path:
        """Where the run writes."""
        return self.output / self.name


class RunConfig(NamedRun):
    """Fine-tuning of a tagger."""

    save_model: FilePath | None = Field(default=None, description="null: <output>/<name>/model")
    data: DataSection
    model: ModelSection
    training: TrainingSection
    cross_validation: CrossValidationSection | None = None

    @model_validator(mode="after")
    def _no_choice_on_held_out_text(self) -> RunConfig:
        if self.cross_validation and self.training.early_stopping:
            raise ValueError(
                "training.early_stopping must be null in cross-validation: it would choose on held-out text"
            )
        if self.cross_validation and self.training.distillation:
            raise ValueError(
                "training.distillation must be null in cross-validation: its teachers may know the held-out articles"
            )
        return self

    @property
    def model_folder(self) -> Path:
        """Where the finished model is saved."""
        return self.save_model or self.folder / "model"


def load_config(path: Path, overrides: Sequence[str] = ()) -> RunConfig:
    """The run file of a tagger, see `read_config`."""
    return read_config(path, overrides, RunConfig)


def read_config(path: Path, overrides: Sequence[str], kind: type[AnySection]) -> AnySection:
    """Read a YAML run file and `key.path=value` overrides, the value again YAML.

    Raises ConfigError with every fault: unknown keys with the nearest name, wrong types, missing sections.
    """
    values = _values(path)
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: a run file holds sections: {', '.join(kind.model_fields)}")
    for override in overrides:
        _override(values, override)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ConfigError([f"{path}: {_fault(dict(fault), kind)}" for fault in error.errors()]) from None


def has_section(path: Path, name: str) -> bool:
    """Whether a run file has this section. Raises ConfigError when it is no YAML."""
    values = _values(path)
    return isinstance(values, dict) and name in values


def _values(path: Path) -> Any:
    try:
        return yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: no valid YAML: {' '.join(str(error).split())}") from error


def dump_config(config: Section) -> str:
    """The resolved configuration as YAML that `load_config` reads back to the same."""
    return yaml.dump(config.model_dump(), Dumper=_Dumper, sort_keys=False, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Writes paths as text."""


_Dumper.add_multi_representer(PurePath, lambda dumper, path: dumper.represent_str(str(path)))


def check_same(record: Path, config: Section) -> None:
    """Raise ConfigError, with every line that differs, when a run began with another config than is given now."""
    is_old = isinstance(config, RunConfig) and "  standardise:" not in read_text(record)
    formerly = ["model.standardise=false"] if is_old else []  # as runs did before there was the option
    try:
        before = dump_config(read_config(record, formerly, type(config))).splitlines()  # with keys that are new since
    except ConfigError:
        before = read_text(record).splitlines()
    now = dump_config(config).splitlines()
    told = {"- ": "was", "+ ": "is now"}
    changed = [f"{record}: {told[line[:2]]} {line[2:].strip()!r}" for line in ndiff(before, now) if line[:2] in told]
    if changed:
        raise ConfigError([f"{record}: --resume needs the config that the run began with", *changed])


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"{override!r}: an override has the form key.path=value, such as training.epochs=3")
    *path, last = key.strip().split(".")
    for part in path:
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            raise ConfigError(f"{override!r}: {part} is a value and has no keys below it")
    try:
        values[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{override!r}: the value is no valid YAML") from error


def _fault(fault: dict[str, Any], kind: type[BaseModel]) -> str:
    # pydantic names the members of a union in the path: "literal['auto']", "list[literal[...]]", "constrained-..."
    path = [str(part) for part in fault["loc"]]
    unknown = [path.pop()] if fault["type"] == "extra_forbidden" else []  # the user's own word, hyphens and all
    path = [part for part in path if not _UNION_MEMBER.search(part)] + unknown
    key, found = ".".join(path), fault["input"]
    if fault["type"] == "extra_forbidden":
        allowed = list(_section(path[:-1], kind).model_fields)
        return f"{key}: no such key{nearest(path[-1], allowed)} (allowed: {', '.join(allowed)})"
    if fault["type"] == "missing":
        return f"{key}: is missing"
    message = fault["msg"].removeprefix("Value error, ").replace("Input should", "should")
    if isinstance(found, dict | Section):
        return f"{key}: {message}" if key else message
    hint = ""
    if isinstance(found, str) and fault["type"] in ("float_type", "int_type"):
        hint = _number_hint(found, whole=fault["type"] == "int_type")
    return f"{key}: {message}, found {found!r}{hint}"


def _number_hint(found: str, *, whole: bool) -> str:
    try:
        number = float(found)
    except ValueError:
        return ""
    if whole:
        return f"; YAML reads this as text, write {int(number)}" if number.is_integer() else ""
    text = repr(number)
    if "." not in text:  # YAML 1.1 needs the dot to see a number in 1e-05
        text = text.replace("e", ".0e")
    return f"; YAML reads this as text, write {text}"


def _section(path: Sequence[str], section: type[BaseModel]) -> type[BaseModel]:
    for part in path:
        annotation = section.model_fields[part].annotation
        options = getattr(annotation, "__args__", (annotation,))
        section = next(option for option in options if isinstance(option, type) and issubclass(option, BaseModel))
    return section
