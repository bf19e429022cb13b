"""Curves of a run as one picture: loss and F1 of fine-tuning, the two losses of pre-training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sukien.files import writing

_LOSSES = {"loss": "training", "eval_loss": "validation"}
_SCORES = {"eval_entities_f1": "entities", "eval_triggers_f1": "triggers", "eval_f1": "overall"}
# Okabe and Ito's palette: told apart by colour-blind readers and in grey print.
_COLOURS = {
    "loss": "#999999",
    "eval_loss": "#D55E00",
    "eval_entities_f1": "#0072B2",
    "eval_triggers_f1": "#009E73",
    "eval_f1": "#000000",
}


def plot_curves(log: Sequence[dict[str, Any]], path: Path, title: str) -> None:
    """Write a PNG of two panels: losses on the left, validation F1 in percent on the right, both over epochs.

    `log` holds rows like those of the Trainer's `log_history`, with `epoch` and some of `loss`, `eval_loss`,
    `eval_f1`, `eval_entities_f1`, `eval_triggers_f1`. Curves without values are left out. Rows of several runs are
    told apart by their `fold` and drawn as several lines.

    Raises SukienError when `path` cannot be written.
    """
    figure, (losses, scores) = _two_panels(title)
    _draw(losses, log, _LOSSES, "loss", 1.0)
    losses.set_ylim(bottom=0)
    _draw(scores, log, _SCORES, "validation F1, %", 100.0)
    scores.set_ylim(0, 100)
    with writing(path, "wb") as handle:
        figure.savefig(handle, format="png")


def plot_pretraining(log: Sequence[dict[str, Any]], path: Path, title: str, step: int) -> None:
    """Write a PNG of two panels over the pieces read: the loss of filling hidden pieces, and that of telling replaced
    ones or, with plain masking, the share filled right.

    `log` holds rows with `step` and some of `filling`, `filled`, `detection`; a step reads `step` pieces.

    Raises SukienError when `path` cannot be written.
    """
    figure, panels = _two_panels(title)
    shown = {"filling": "loss of filling hidden pieces", "filled": "share of hidden pieces filled right"}
    if any("detection" in row for row in log):
        shown = {"filling": shown["filling"], "detection": "loss of telling replaced pieces"}
    for axes, (key, unit) in zip(panels, shown.items(), strict=True):
        rows = [row for row in log if key in row]
        if rows:
            axes.plot(
                [row["step"] * step / 1e6 for row in rows], [row[key] for row in rows], color=_COLOURS["eval_loss"]
            )
        _finish(axes, "million pieces", unit)
    with writing(path, "wb") as handle:
        figure.savefig(handle, format="png")


def _two_panels(title: str) -> tuple[Any, Any]:
    # Figure and canvas by hand: pyplot would keep global state and may ask for a display.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=12, fontweight="bold")
    return figure, figure.subplots(1, 2)


def _draw(axes: Any, log: Sequence[dict[str, Any]], names: dict[str, str], unit: str, factor: float) -> None:
    for key, name in names.items():
        for number, fold in enumerate(dict.fromkeys(row.get("fold") for row in log)):
            rows = [row for row in log if key in row and "epoch" in row and row.get("fold") == fold]
            if rows:
                epochs, values = [row["epoch"] for row in rows], [factor * row[key] for row in rows]
                marker = "o" if key.startswith("eval") else ""
                style = {"label": "" if number else name, "color": _COLOURS[key], "marker": marker, "markersize": 3.5}
                axes.plot(epochs, values, "--" if key == "eval_f1" else "-", **style)
    _finish(axes, "epoch", unit)
    if axes.lines:
        axes.legend(frameon=False)


def _finish(axes: Any, along: str, unit: str) -> None:
    axes.set_xlabel(along)
    axes.set_ylabel(unit)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if not axes.lines:
        axes.text(0.5, 0.5, "no values logged", transform=axes.transAxes, ha="center", color="#666666")
