"""The page of benchmarks from small metrics.json made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sukien.errors import DataError
from sukien.training.benchmarks import benchmarks_page, find_runs, read_run

Write = Callable[..., Path]


def part(f1: float, interval: list[float] | None = None) -> dict[str, Any]:
    return {"precision": 0.5, "recall": 0.5, "f1": f1, "support": 9, "predicted": 9, "interval": interval}


def layer(f1: float, interval: list[float] | None = None, macro: float = 0.5, **more: Any) -> dict[str, Any]:
    return {"micro": part(f1, interval), "macro": {"f1": macro, "interval": None, "n_types": 2}, "types": {}, **more}


def metrics(name: str, source: str, seed: int = 13, **more: Any) -> dict[str, Any]:
    return {
        "n_articles": 40,
        "n_sentences": 3000,
        "n_seen_in_training": 0,
        "run": {"name": name, "seed": seed, "data": "built-x", "encoder": "encoder-small", "parameters": 9_340_000},
        "data": {"sources": {source: {}}},
        **more,
    }


PHONER = "VinAIResearch/PhoNER_COVID19"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(values: object, name: str = "") -> Path:
        folder = tmp_path / "training" / (name or (values["run"]["name"] if isinstance(values, dict) else "x"))
        folder.mkdir(parents=True)
        text = values if isinstance(values, str) else json.dumps(values)
        (folder / "metrics.json").write_text(text, encoding="utf-8")
        return folder

    return put


def rows(page: str, title: str, measure: str) -> list[list[str]]:
    """The cells of one table, without its head."""
    section = page.split(f"\n## {title}\n")[1].split("\n## ", maxsplit=1)[0]
    table = section.split(f"### {measure}\n")[1].strip().split("\n\n")[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.split("\n")[2:]]


def test_seeds_of_one_run_are_one_row_beside_published_figures(write: Write) -> None:
    first = metrics("phoner", PHONER, entities=layer(0.92, [0.91, 0.93], 0.8), floor={"entities": layer(0.74)})
    second = metrics("phoner-14", PHONER, 14, entities=layer(0.94, [0.92, 0.96], 0.7), floor={"entities": layer(0.74)})
    runs = [read_run(write(second)), read_run(write(first))]
    page = benchmarks_page(runs)
    assert page == benchmarks_page(runs[::-1])
    found = rows(page, "PhoNER_COVID19", "Entities")
    # Mean 93.0; the standard deviation of 92 and 94 is the root of 2.
    assert found[0] == [
        "phoner", "encoder-small", "9.3 M", "built-x", "13, 14", "3,000", "**93.0** ± 1.4", "91.5–94.5", "75.0", "74.0",
    ]  # fmt: skip
    assert [row[0] for row in found[1:]] == [
        "BiLSTM-CRF", "XLM-R base", "XLM-R large", "PhoBERT base", "PhoBERT large",
    ]  # fmt: skip
    assert found[-1][1] == "*published, not reproduced here*"
    assert found[-1][6] == "94.5"
    assert "NAACL" in page


def test_runs_of_other_names_or_test_sets_have_their_own_rows(write: Write) -> None:
    one = metrics("phoner", PHONER, entities=layer(0.9))
    two = metrics("phoner-word", PHONER, entities=layer(0.8))
    three = {**metrics("phoner-14", PHONER, 14, entities=layer(0.7)), "n_sentences": 9}
    found = rows(benchmarks_page([read_run(write(x)) for x in (one, two, three)]), "PhoNER_COVID19", "Entities")
    assert [(row[0], row[4], row[5], row[6]) for row in found[:3]] == [
        ("phoner", "14", "9", "**70.0**"),
        ("phoner", "13", "3,000", "**90.0**"),
        ("phoner-word", "13", "3,000", "**80.0**"),
    ]
    assert found[0][7:] == ["–", "50.0", "–"]


def test_triggers_are_identified_and_classified(write: Write) -> None:
    run = metrics(
        "bkee",
        "nhungnt7/BKEE",
        n_seen_in_training=32,
        entities=layer(0.6),
        triggers=layer(0.55, [0.5, 0.6], identification=part(0.625, [0.6, 0.65])),
        article_event_types=layer(0.7),
        floor={"triggers": layer(0.51, identification=part(0.53))},
    )
    page = benchmarks_page([read_run(write(run))])
    (found,) = rows(page, "BKEE", "Event triggers, identification: the span alone")
    assert found[6:] == ["**62.5**", "60.0–65.0", "–", "53.0"]
    (found,) = rows(page, "BKEE", "Event triggers, classification: the span and its type")
    assert found[6:] == ["**55.0**", "50.0–60.0", "50.0", "51.0"]
    assert rows(page, "BKEE", "Event types of a document")[0][6] == "**70.0**"
    assert "- bkee: 32 of its 40 test articles have the text of an article" in page


def test_other_data_are_news_and_older_runs_lack_what_they_lack(write: Write) -> None:
    run = metrics("quick", "written for this project", triggers=layer(0.5))
    del run["run"]["data"], run["n_seen_in_training"]
    page = benchmarks_page([read_run(write(run))])
    assert rows(page, "News", "Event triggers, classification: the span and its type")[0][3] == "–"
    assert "identification" not in page.split("## News")[1]
    assert "No run of ours was given." in page.split("## BKEE")[1].split("## News")[0]


def test_files_that_are_no_run_are_told(write: Write, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone/metrics\.json: no such file; name the folder of a finished run"):
        read_run(tmp_path / "gone")
    with pytest.raises(DataError, match=r"metrics\.json: no valid JSON"):
        read_run(write('{"run": ', "half"))
    with pytest.raises(DataError, match="is no JSON object"):
        read_run(write("[1]", "list"))
    with pytest.raises(DataError, match="`sukien evaluate` writes such files"):
        read_run(write({"entities": layer(0.5)}, "evaluate-x"))
    with pytest.raises(DataError, match="of a cross-validation"):
        read_run(write({"run": {}, "folds": {}}, "cv"))
    lacking = metrics("a", "x")
    del lacking["run"]["seed"]
    with pytest.raises(DataError, match=r"has no 'seed'; .*run it again"):
        read_run(write(lacking))
    with pytest.raises(DataError, match="values of another form"):
        read_run(write(metrics("b", "x", entities={"micro": 3})))


def test_one_run_is_not_counted_twice(write: Write) -> None:
    one = read_run(write(metrics("phoner", PHONER, entities=layer(0.9)), "a"))
    two = read_run(write(metrics("phoner-13", PHONER, entities=layer(0.9)), "b"))
    with pytest.raises(DataError, match=r"a and .*b: both are phoner with seed 13; name one of them"):
        benchmarks_page([one, two])


def test_runs_are_found_and_what_is_none_is_named(write: Write, tmp_path: Path) -> None:
    kept = write(metrics("a", "x", entities=layer(0.5)))
    write({"run": {}}, "cv")
    runs, others = find_runs(tmp_path / "training")
    assert runs == [kept]
    assert others == [f"{tmp_path}/training/cv: left out: is of a cross-validation, which has no test split"]


def test_the_record_that_is_shipped_can_be_read(root: Path) -> None:
    run = read_run(root / "training/news-small")
    assert run.scores["entities"].floor is not None
    assert "| news-small | encoder-small |" in benchmarks_page([run])
