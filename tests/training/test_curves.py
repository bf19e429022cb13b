from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.image
import pytest
from matplotlib.figure import Figure

from sukien.errors import SukienError
from sukien.training.curves import _draw, plot_curves

LOG: list[dict[str, Any]] = [
    {"step": 10, "epoch": 0.5, "loss": 2.0},
    {"step": 20, "epoch": 1.0, "loss": 1.0},
    {
        "step": 20,
        "epoch": 1.0,
        "eval_loss": 1.2,
        "eval_f1": 0.5,
        "eval_entities_f1": 0.6,
        "eval_triggers_f1": 0.4,
    },
    {
        "step": 40,
        "epoch": 2.0,
        "eval_loss": 0.8,
        "eval_f1": 0.7,
        "eval_entities_f1": 0.8,
        "eval_triggers_f1": 0.6,
    },
    {"train_runtime": 3.0},
]


def pixels(log: list[dict[str, Any]], path: Path) -> Any:
    plot_curves(log, path, "run")
    return matplotlib.image.imread(path)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return pixels(LOG, tmp_path_factory.mktemp("curves") / "full.png")


def test_both_panels_are_drawn_from_the_log(tmp_path: Path) -> None:
    full, empty = pixels(LOG, tmp_path / "new" / "full.png"), pixels([], tmp_path / "empty.png")
    assert full.shape == empty.shape
    half = full.shape[1] // 2
    assert (full[:, :half] != empty[:, :half]).any()
    assert (full[:, half:] != empty[:, half:]).any()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["full.png"]


@pytest.mark.parametrize("key", ["loss", "eval_loss", "eval_f1", "eval_entities_f1", "eval_triggers_f1"])
def test_every_value_is_a_curve_of_its_own(key: str, full: Any, tmp_path: Path) -> None:
    without = [{name: value for name, value in row.items() if name != key} for row in LOG]
    assert (full != pixels(without, tmp_path / "b.png")).any()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SukienError, match="cannot be written"):
        plot_curves(LOG, tmp_path / "file" / "curves.png", "run")


def test_folds_are_lines_of_their_own() -> None:
    figure = Figure()
    axes = figure.subplots()
    log = [{"fold": fold, "epoch": epoch, "loss": epoch} for fold in "ab" for epoch in (1.0, 2.0)]
    _draw(axes, log, {"loss": "training"}, "loss", 1.0)
    assert [list(line.get_xdata()) for line in axes.lines] == [[1.0, 2.0], [1.0, 2.0]]
