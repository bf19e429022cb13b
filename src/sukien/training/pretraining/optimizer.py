"""Muon for the matrices inside the layers, AdamW for the rest, as one optimizer; and rates that follow the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from sukien.training.pretraining.config import TrainingSection

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_STEPS = 5
_MOMENTUM = 0.95
_BETAS = (0.9, 0.98)
_EPSILON = 1e-8


class MuonAdamW(Optimizer):
    """Muon (Jordan et al. 2024) with the update size of AdamW (Liu et al. 2025, section 2.2), beside AdamW.

    torch.optim.Muon computes in bfloat16 only, four times slower than fp32 on processors without such a unit: there
    it would take as long as the rest of the step. Groups with `muon` true hold matrices.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], dtype: torch.dtype) -> None:
        self._dtype = dtype
        super().__init__(groups, {"lr": 0.0, "weight_decay": 0.0, "muon": False})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update all weights that have a gradient."""
        for group in self.param_groups:
            update = self._muon if group["muon"] else self._adamw
            for weights in group["params"]:
                if weights.grad is not None:
                    weights.mul_(1 - group["lr"] * group["weight_decay"])
                    weights.add_(update(weights, weights.grad), alpha=-group["lr"])

    def _muon(self, weights: Tensor, gradient: Tensor) -> Tensor:
        state = self.state[weights]
        momentum: Tensor = state.setdefault("momentum", torch.zeros_like(weights))
        momentum.lerp_(gradient, 1 - _MOMENTUM)
        ahead = gradient.lerp(momentum, _MOMENTUM)
        turned = orthogonalise(ahead.to(self._dtype)).to(weights.dtype)
        return turned.mul_(0.2 * max(weights.shape) ** 0.5)

    def _adamw(self, weights: Tensor, gradient: Tensor) -> Tensor:
        state = self.state[weights]
        if not state:
            state["step"] = 0
            state["mean"] = torch.zeros_like(weights)
            state["square"] = torch.zeros_like(weights)
        state["step"] += 1
        state["mean"].lerp_(gradient, 1 - _BETAS[0])
        state["square"].mul_(_BETAS[1]).addcmul_(gradient, gradient, value=1 - _BETAS[1])
        mean: Tensor = state["mean"] / (1 - _BETAS[0] ** state["step"])
        square = state["square"] / (1 - _BETAS[1] ** state["step"])
        update: Tensor = mean / (square.sqrt() + _EPSILON)
        return update


def orthogonalise(matrix: Tensor) -> Tensor:
    """The nearest matrix with singular values near 1, by Newton-Schulz iteration. *Shape:* as `matrix`"""
    a, b, c = _COEFFICIENTS
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if is_tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(_STEPS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if is_tall else x


def make_optimizer(model: nn.Module, settings: TrainingSection, dtype: torch.dtype) -> MuonAdamW:
    """Each weight in the group that the config gives it."""
    groups: dict[str, list[nn.Parameter]] = {"matrices": [], "embeddings": [], "others": []}
    for name, weights in model.named_parameters():
        inside = ".layers." in f".{name}" and weights.ndim == 2
        kind = "matrices" if inside else "embeddings" if "tok_embeddings" in name or name == "bias" else "others"
        groups[kind].append(weights)
    is_muon = settings.optimizer == "muon"
    rates = {
        "matrices": settings.matrix_rate if is_muon else settings.rate,
        "embeddings": settings.embedding_rate,
        "others": settings.rate,
    }
    decay = {"matrices": settings.weight_decay}
    return MuonAdamW(
        [
            {
                "params": weights,
                "lr": rates[kind],
                "initial_lr": rates[kind],
                "weight_decay": decay.get(kind, 0.0),
                "muon": is_muon and kind == "matrices",
            }
            for kind, weights in groups.items()
            if weights
        ],
        dtype,
    )


class Clock:
    """Learning rates by the share of the time budget that is used: up, constant, down to zero.

    The steps that fit into a budget depend on the machine, so the schedule goes by the clock; time before a resumption
    counts. With more hours than the run began with, rates stay up for longer, but do not rise again. It has the methods
    of a torch scheduler that the Trainer calls.
    """

    def __init__(self, optimizer: Optimizer, settings: TrainingSection) -> None:
        self.optimizer = optimizer
        self.settings = settings
        self.seconds = 0.0
        self._first_hours = settings.hours  # that the run began with
        self._last = time.monotonic()
        self._set()

    @property
    def share(self) -> float:
        """Of the time budget, 0 to 1."""
        return min(1.0, self.seconds / (self.settings.hours * 3600))

    @property
    def generator_alone(self) -> bool:
        """Whether only the generator learns as yet."""
        return self._share_of_first < self.settings.generator_alone

    @property
    def _share_of_first(self) -> float:
        return self.seconds / (self._first_hours * 3600)

    def step(self) -> None:
        """Called after each step of the optimizer."""
        now = time.monotonic()
        self.seconds += now - self._last
        self._last = now
        self._set()

    def factor(self) -> float:
        """Of the learning rates at this moment."""
        used, settings = self.share, self.settings
        since = self._share_of_first - (
            0.0 if self.generator_alone else settings.generator_alone
        )  # the encoder's rates rise anew
        if since < settings.warmup:
            return max(since / settings.warmup, 0.01)
        if used <= settings.constant:
            return 1.0
        return max((1 - used) / (1 - settings.constant), 0.0)

    def get_last_lr(self) -> list[float]:
        """Rates of the groups."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """What a resumption needs."""
        return {"seconds": self.seconds, "first_hours": self._first_hours}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there; the time in between does not count."""
        self.seconds = state["seconds"]
        self._first_hours = state["first_hours"]
        self._last = time.monotonic()
        self._set()

    def _set(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * self.factor()
