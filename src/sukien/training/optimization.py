"""What is trained how fast: learning rates by layer, frozen layers, low-rank adaptation, weights of rare types."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim import AdamW

from sukien.config import LoraSection, RunConfig
from sukien.errors import ConfigError
from sukien.models.network import IGNORED, LossSettings, SukienModel
from sukien.training.features import Examples

LORA_RATE = 2e-4  # changes that begin at zero want more than what they change: 2e-4 to 5e-4 in Hu et al. 2021
SMALL_ENCODER = 20_000_000  # parameters; below, an encoder wants the rates that we found, above the published ones
FOCUS = 2.0  # the exponent of Lin et al. 2017
_LAYER = re.compile(r"\.(?:layers?|h|block)\.(\d+)\.")  # BERT, RoBERTa, ELECTRA, DeBERTa: layer; ModernBERT: layers
_ABOVE = ("heads.", "mixer.")
_TOP = re.compile(r"\.(?:final_norm|pooler|ln_f|rel_embeddings)\.")


def make_optimizer(model: SukienModel, config: RunConfig) -> AdamW:
    """AdamW (Loshchilov and Hutter 2019); heads may learn faster; biases and norms do not decay.

    With `layer_decay` each layer of the encoder learns more slowly than the one above (Howard and Ruder 2018).
    """
    settings = config.training
    of_encoder, of_heads = learning_rates(model, config)
    n_layers = number_of_layers(model)
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, weights in model.named_parameters():
        if not weights.requires_grad:
            continue
        below_top = n_layers - _height(name, n_layers)
        rate = of_heads if name.startswith(_ABOVE) else of_encoder * settings.layer_decay**below_top
        decay = settings.weight_decay if weights.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(weights)
    return AdamW([{"params": params, "lr": lr, "weight_decay": wd} for (lr, wd), params in groups.items()])


def learning_rates(model: SukienModel, config: RunConfig) -> tuple[float, float]:
    """Of the encoder and of the layers above it: as the run file says, else by the size of the encoder."""
    small = sum(weights.numel() for weights in model.encoder.parameters()) < SMALL_ENCODER
    default = (5e-4, 2e-3) if small else (LORA_RATE if config.training.lora else 3e-5, 1e-3)
    return config.training.learning_rate or default[0], config.training.head_learning_rate or default[1]


def number_of_layers(model: SukienModel) -> int:
    """Of the encoder, counted in the names of its weights."""
    found = [int(match[1]) for name, _ in model.encoder.named_parameters() if (match := _LAYER.search(f".{name}"))]
    return max(found, default=-1) + 1


def _height(name: str, n_layers: int) -> int:
    """0 for the embeddings, 1 for the lowest layer, `n_layers` for the highest and what is above it."""
    if match := _LAYER.search(f".{name}"):
        return int(match[1]) + 1
    return n_layers if _TOP.search(f".{name}") else 0


def choose_trained(model: SukienModel, examples: Examples, config: RunConfig) -> None:
    """What of the model is trained, and how words weigh, as the run file says."""
    sizes = {head: 2 * len(types) + 1 for head, types in model.config.head_types().items()}
    model.loss_settings = loss_settings(examples, config, sizes)
    freeze(model, config.training.frozen_layers)
    if config.training.lora:
        add_lora(model, config.training.lora)


def freeze(model: SukienModel, n_frozen: int) -> None:
    """Keep the embeddings and the lowest layers as they are. Raises ConfigError when there are not so many."""
    n_layers = number_of_layers(model)
    if n_frozen > n_layers:
        raise ConfigError(f"training.frozen_layers: {n_frozen}, but the encoder has {n_layers} layers")
    for name, weights in model.encoder.named_parameters():
        if n_frozen and _height(name, n_layers) <= n_frozen:
            weights.requires_grad_(False)


def add_lora(model: SukienModel, settings: LoraSection) -> None:
    """Train low-rank changes of the encoder's matrices instead of these. Raises ConfigError without peft."""
    if importlib.util.find_spec("peft") is None:
        raise ConfigError("training.lora: peft is not installed; pip install 'sukien[lora]'")
    from peft import LoraConfig, inject_adapter_in_model

    adapter = LoraConfig(
        r=settings.rank, lora_alpha=settings.alpha, lora_dropout=settings.dropout, target_modules="all-linear"
    )
    for weights in model.encoder.parameters():
        weights.requires_grad_(False)
    model.encoder = inject_adapter_in_model(adapter, model.encoder)


def merge_lora(model: SukienModel) -> None:
    """Add the low-rank changes to the matrices that they change: the encoder is then an ordinary one."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    for name, module in list(model.encoder.named_modules()):
        if isinstance(module, BaseTunerLayer):
            module.merge()
            parent, _, child = name.rpartition(".")
            setattr(model.encoder.get_submodule(parent), child, module.get_base_layer())


def loss_settings(examples: Examples, config: RunConfig, head_sizes: dict[str, int]) -> LossSettings:
    """How the loss weighs words; with `class_weights` by the counts of the tags in the training examples."""
    weights: dict[str, Tensor] = {}
    if config.training.class_weights:
        for head, size in head_sizes.items():
            weights[head] = _rarity([tag for example in examples.examples for tag in example.tags[head]], size)
    return LossSettings(focus=FOCUS if config.training.loss == "focal" else 0.0, class_weights=weights)


def _rarity(tags: Sequence[int], size: int) -> Tensor:
    """Weight of each tag: the root of how much rarer it is than the commonest type; 1 for O. *Shape:* (size,)"""
    counts = Counter(tag for tag in tags if tag != IGNORED)
    most = max((count for tag, count in counts.items() if tag), default=1)
    return torch.tensor([1.0, *((most / max(1, counts[tag])) ** 0.5 for tag in range(1, size))]).clamp(max=10.0)
