"""The three files of a report, all of them whole or none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sukien.errors import SukienError
from sukien.files import writing
from sukien.models.pretrained import resolve
from sukien.schema import Prediction
from sukien.training.report.page import render_page

PAGE = "report.html"
FILES = ("metrics.json", "predictions.jsonl", PAGE)


def check_folder(folder: Path, model: str) -> None:
    """Raise SukienError where a report would replace something else than a report; other files there stay.

    Call it before the work: a report takes minutes.
    """
    if folder.exists() and not folder.is_dir():
        raise SukienError(f"{folder}: is a file; name a folder for the report")
    if folder.resolve() == Path(resolve(model)).resolve():
        raise SukienError(f"{folder}: holds the model; name another folder for the report")
    held = [name for name in FILES if (folder / name).exists()]
    if held and PAGE not in held:
        raise SukienError(f"{folder}: holds the {held[0]} of a run, which is no report; name another folder")


def write_report(folder: Path, scores: dict[str, Any], predictions: Sequence[Prediction]) -> None:
    """Write `metrics.json`, `predictions.jsonl` and `report.html`. Raises SukienError when that cannot be done."""
    page = render_page(scores)
    with ExitStack() as stack:  # nothing takes its name before all are written
        metrics, rows, html = (stack.enter_context(writing(folder / name)) for name in FILES)
        metrics.write(json.dumps(scores, ensure_ascii=False, indent=2) + "\n")
        for prediction in predictions:
            rows.write(json.dumps(prediction.to_dict(), ensure_ascii=False) + "\n")
        html.write(page)
