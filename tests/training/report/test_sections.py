"""Words and tables from numbers, and the terminal's form of them."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest
from rich.console import Console

from sukien.training.report.sections import sections, warning
from sukien.training.report.terminal import report_tables

NAMES = ["run", "data", "headline", "systems", "types", "errors", "buckets", "confidence", "robustness", "offsets"]


def printed(scores: dict[str, Any], width: int = 80) -> str:
    output = io.StringIO()
    Console(file=output, width=width, no_color=True).print(report_tables(scores))
    return output.getvalue()


def rows(scores: dict[str, Any], section: str, caption: str) -> dict[str, tuple[str, ...]]:
    found = next(one for one in sections(scores) if one.id == section)
    table = next(one for one in found.tables if one.caption.startswith(caption))
    return {row.cells[0]: row.cells[1:] for row in table.rows}


def test_all_sections_are_there_and_every_row_fits_its_columns(scores: dict[str, Any]) -> None:
    found = sections(scores)
    assert [one.id for one in found] == NAMES
    for section in found:
        for table in section.tables:
            assert {len(row.cells) for row in table.rows} <= {len(table.columns)}, table.caption


def test_the_headline_is_that_of_the_score(scores: dict[str, Any]) -> None:
    micro = scores["entities"]["micro"]
    shown = rows(scores, "headline", "Micro")
    assert shown["entities"][2] == f"{100 * micro['f1']:.1f}"
    assert shown["entities"][5:] == (f"{micro['support']:,}", f"{micro['predicted']:,}")
    found = scores["triggers"]["identification"]
    assert shown["triggers, any type"][1] == f"{100 * found['recall']:.1f}"
    assert found["recall"] > scores["triggers"]["micro"]["recall"]


def test_few_are_marked_in_words(scores: dict[str, Any]) -> None:
    shown = rows(scores, "types", "Triggers")
    support = {label: values["support"] for label, values in scores["triggers"]["types"].items()}
    assert {label for label, cells in shown.items() if cells[-1] == "not measured"} == {
        label for label, n in support.items() if n < 30
    }


def test_floors_stand_beside_with_differences(scores: dict[str, Any]) -> None:
    assert [one["name"] for one in scores["report"]["systems"]] == ["lexicon", "majority"]
    shown = rows(scores, "systems", "Against lexicon")["entities"]
    layer = scores["report"]["systems"][0]["layers"]["entities"]
    assert layer["difference"] < 0, "the tagger is random"
    assert shown[3].startswith("−")
    assert scores["floor"]["entities"]["micro"]["f1"] == layer["theirs"]


def test_what_is_not_known_is_said(scores: dict[str, Any]) -> None:
    without = copy.deepcopy(scores)
    without["report"]["data"]["overlap"] = None
    without["report"]["systems"] = []
    text = " ".join(printed(without).split())
    assert "not known, since no training text was given" in text
    assert "Nothing to compare with" in text


def test_text_from_training_is_warned_of_first(scores: dict[str, Any]) -> None:
    assert warning(scores) is None
    seen = {**scores, "n_seen_in_training": 2}
    assert str(warning(seen)).startswith("2 of the 4 articles")
    assert printed(seen).startswith("2 of the 4 articles")


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_form_fits_and_loses_nothing(scores: dict[str, Any], width: int) -> None:
    many = copy.deepcopy(scores)
    many["report"]["systems"] *= 2
    spread = {"mean": 0.5, "sd": 0.01, "values": [0.49, 0.51]}
    layers = {"entities": {"micro": spread, "macro": spread}, "triggers": {"micro": spread, "macro": spread}}
    layers["triggers"]["identification"] = {"mean": 0.75, "sd": 0.02, "values": [0.73, 0.77]}
    many["report"]["seeds"] = {"models": ["a", "b"], "layers": layers}
    text = printed(many, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text.split("The most confident errors")[0]
    for section in sections(many):
        assert section.title in text
        for table in section.tables:
            if not table.wide:
                assert all(cell in text for row in table.rows for cell in row.cells if " " not in cell), table.caption
    assert "50.0 ± 1.0" in text
    assert "75.0 ± 2.0" in text


def test_calibration_is_shown_before_and_after(scores: dict[str, Any]) -> None:
    confidence = scores["report"]["confidence"]["entities"]
    assert confidence["before"]["ece"] != confidence["after"]["ece"]
    assert confidence["before"]["n"] == confidence["after"]["n"], "temperatures move no span"
    shown = rows(scores, "confidence", "Expected")["entities"]
    assert shown[:2] == (f"{100 * confidence['before']['ece']:.1f}", f"{100 * confidence['after']['ece']:.1f}")
    assert rows(scores, "confidence", "Entities with the thresholds")["PER"][0] == "0.500"
