"""`sukien evaluate --report` in this process."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from safetensors.torch import load_file, save_file

from sukien.data.dataset import save_built
from sukien.ontology import LabelSet
from sukien.schema import Article


def digest(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() + str(path.stat().st_mtime_ns) for path in files}


def test_a_report_and_nothing_else_is_written(
    run: Callable[..., Any], model: Path, tiny_built: Path, root: Path
) -> None:
    before = digest(model.parent), digest(tiny_built)
    shutil.copytree(model, "other-seed")
    weights = load_file("other-seed/model.safetensors")
    weights["heads.entities.bias"][0] += 3  # fewer entities
    save_file(weights, "other-seed/model.safetensors", {"format": "pt"})
    result = run("evaluate", model, tiny_built, "--report", "out", "--against", model, "--replica", "other-seed")
    assert result.code == 0, result.err
    assert sorted(path.name for path in Path().iterdir()) == ["other-seed", "out"]
    assert sorted(path.name for path in Path("out").iterdir()) == ["metrics.json", "predictions.jsonl", "report.html"]
    assert (digest(model.parent), digest(tiny_built)) == before, "a test set chooses nothing"
    metrics = json.loads(Path("out/metrics.json").read_text(encoding="utf-8"))
    facts = metrics["report"]["run"]
    assert metrics["split"] == "test"
    assert (facts["n_training_articles"], facts["n_train"], facts["n_train_known"]) == (4, 3, 3)
    assert [one["name"] for one in metrics["report"]["systems"]] == ["lexicon", "majority", str(model)]
    assert metrics["report"]["seeds"]["layers"]["entities"]["micro"]["sd"] > 0.0
    assert len(Path("out/predictions.jsonl").read_text(encoding="utf-8").splitlines()) == metrics["n_articles"]
    assert "Kinds of error" in result.out
    assert "report in out/report.html" in result.out

    plain = run("evaluate", model, tiny_built, "--output", "plain")
    assert plain.code == 0
    without = json.loads(Path("plain/metrics.json").read_text(encoding="utf-8"))
    assert {key: value for key, value in metrics.items() if key != "report"} == without
    assert "Kinds of error" not in plain.out


def test_training_text_by_name_and_text_that_was_trained_on(
    run: Callable[..., Any], model: Path, tiny_built: Path, root: Path
) -> None:
    labels = root / "data/labels/authored-a3.txt"
    result = run("evaluate", model, labels, "--report", "out", "--train", tiny_built)
    assert result.code == 0
    assert "4 of the 5 articles are of those that this tagger was trained on" in result.err
    page = Path("out/report.html").read_text(encoding="utf-8")
    assert "4 of the 5 articles are of those that this tagger was trained on" in page.split("<nav")[0]
    overlap = json.loads(Path("out/metrics.json").read_text(encoding="utf-8"))["report"]["data"]["overlap"]
    assert overlap["n_same_text"] == overlap["n_train_articles"] == 3
    assert run("evaluate", model, labels, "--report", "out").code == 0
    assert "Overlap with the training text: not known" in Path("out/report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--report", "out", "--output", "other"], "leave --output out"),
        (["--against", "news-small"], "give --report"),
        (["--train", "x"], "give --report"),
        (["--report", "out", "--label-map", "map.yaml"], "--against-hf"),
        (["--report", "out", "--against", "nowhere/at-all"], "nowhere/at-all"),
        (["--report", "out", "--split", "tset"], "did you mean test?"),
        (["--report", "a-file"], "is a file"),
        (["--output", "a-file/below"], "no folder that can be written"),
    ],
)
def test_faults_are_told_and_nothing_is_written(
    run: Callable[..., Any], model: Path, tiny_built: Path, options: list[str], told: str
) -> None:
    Path("a-file").write_text("")
    result = run("evaluate", model, tiny_built, *options)
    assert result.code == 2
    assert told in result.err
    assert [path.name for path in Path().iterdir()] == ["a-file"]


def test_places_and_models_that_cannot_be_meant(run: Callable[..., Any], model: Path, tiny_built: Path) -> None:
    for options, told in (
        (["--report", tiny_built], "is what is read"),
        (["--output", model.parent], "of a run"),
        (["--output", model], "is what is read"),
        (["--report", "out", "--replica", model], "counted already"),
    ):
        result = run("evaluate", model, tiny_built, *options)
        assert (result.code, told in result.err) == (2, True), (options, result.err)
    result = run("evaluate", model, "labels.txt", "--split", "test")
    assert result.code == 2
    Path("labels.txt").write_text("[[Nga|GPE]] mạnh.\n", encoding="utf-8")
    assert "has no splits" in run("evaluate", model, "labels.txt", "--split", "test").err


def test_an_empty_split(run: Callable[..., Any], model: Path, authored: list[Article]) -> None:
    save_built(Path("built"), dict.fromkeys(("train", "validation", "test"), authored[:1]), LabelSet())
    table = pyarrow.parquet.read_table("built/test.parquet")
    pyarrow.parquet.write_table(table.slice(0, 0), "built/test.parquet")
    result = run("evaluate", model, "built", "--report", "out")
    assert result.code == 2
    assert "no labelled articles" in result.err
    assert not Path("out").exists()
