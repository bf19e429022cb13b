"""The three files of a report, all of them whole or none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sukien.files import writing
from sukien.schema import Prediction
from sukien.training.report.page import render_page
from sukien.training.report.request import PAGE

FILES = ("metrics.json", "predictions.jsonl", PAGE)


def write_report(folder: Path, scores: dict[str, Any], predictions: Sequence[Prediction]) -> None:
    """Write `metrics.json`, `predictions.jsonl` and `report.html`. Raises SukienError when that cannot be done."""
    page = render_page(scores)
    with ExitStack() as stack:  # nothing takes its name before all are written
        metrics, rows, html = (stack.enter_context(writing(folder / name)) for name in FILES)
        metrics.write(json.dumps(scores, ensure_ascii=False, indent=2) + "\n")
        for prediction in predictions:
            rows.write(json.dumps(prediction.to_dict(), ensure_ascii=False) + "\n")
        html.write(page)
