"""Commands around labelled text that is fetched, checked and described."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
LABELS = """\
# doc: a
[[ông Putin|PER]] {{gặp|CONSULT|asserted|>}} [[Biden|PER]]

# doc: b
Hôm nay [[Putin|PER]] {{gặp|CONSULT|asserted|>}} [[Biden|PER]]
"""


@pytest.fixture
def project(tmp_path: Path, run: Run) -> Path:
    """A folder with labels, corpus and stand-off labels in the places that the commands look into."""
    (tmp_path / "data/labels").mkdir(parents=True)
    (tmp_path / "data/labels/a.txt").write_text(LABELS, encoding="utf-8")
    (tmp_path / "corpus/data").mkdir(parents=True)
    (tmp_path / "corpus/data/1.txt.seg").write_text("Mỹ gặp Nga .\n", encoding="utf-8")
    (tmp_path / "data/local").mkdir()
    (tmp_path / "data/standoff").mkdir()
    (tmp_path / "data/standoff/reserved.txt").write_text("data/2.txt.seg\n", encoding="utf-8")
    (tmp_path / "data/local/vietnews.txt").write_text(
        "# doc: vietnews/data/1.txt.seg\n[[Mỹ|GPE]] gặp [[Nga|GPE]].\n", encoding="utf-8"
    )
    return tmp_path


def test_reserved_articles_are_refused_by_build_and_check_labels(project: Path, run: Run) -> None:
    (project / "data/standoff/reserved.txt").write_text("data/1.txt.seg\n", encoding="utf-8")
    for command in (("build", "data/local", "--output", "built"), ("check-labels",)):
        code, _, err = run(*command)
        assert code == 2
        assert "data/1.txt.seg: reserved by" in err


def test_labels_are_saved_without_text_and_fetched_again(project: Path, run: Run) -> None:
    code, out, _ = run("fetch", "vietnews", "--from", "corpus", "--save")
    assert (code, "labels of 1 articles" in out) == (0, True)
    assert "gặp" not in (project / "data/standoff/vietnews.jsonl").read_text(encoding="utf-8")
    (project / "data/local/vietnews.txt").unlink()
    code, out, _ = run("fetch", "vietnews", "--from", "corpus")
    assert (code, "1 labelled articles" in out) == (0, True)
    assert "[[Mỹ|GPE]] gặp" in (project / "data/local/vietnews.txt").read_text(encoding="utf-8")


def test_suspicious_places_are_listed_and_written(project: Path, run: Run) -> None:
    code, out, _ = run("check-labels", "--output", "found.jsonl")
    assert code == 0
    assert "suspicious: 1" in out
    assert "a, sentence 1: PER 'ông Putin': begins with a title" in out
    assert "no faults in 3 articles" in out
    (found,) = [json.loads(line) for line in (project / "found.jsonl").read_text(encoding="utf-8").splitlines()]
    assert found["kind"] == "suspicious"
    code, out, _ = run("check-labels", "--kind", "repeated")
    assert "suspicious" not in out
    code, _, err = run("check-labels", "--kind", "repeat")
    assert (code, "did you mean repeated" in err) == (2, True)


def test_faulty_labels_end_with_code_2(project: Path, run: Run) -> None:
    (project / "data/labels/a.txt").write_text("[[Putin|PERS]]\n", encoding="utf-8")
    code, _, err = run("check-labels")
    assert code == 2
    assert "did you mean PER" in err


def test_info_tells_of_taggers_and_encoders(tiny_encoder: Path, run: Run) -> None:
    code, out, _ = run("info", str(tiny_encoder))
    assert code == 0
    assert "encoder" in out
    assert "at most 256 pieces" in out
    code, out, _ = run("info", "news-small")
    assert code == 0
    assert "PER, ORG, GPE" in out
    assert "apache-2.0" in out
    code, _, err = run("info", "./nowhere/at/all")
    assert (code, "no such folder" in err) == (2, True)


def test_a_broken_archive_is_told_without_traceback(tmp_path: Path, run: Run) -> None:
    (tmp_path / "data.gz").write_bytes(b"")
    code, out, err = run("fetch", "bkee", "--from", "data.gz")
    assert (code, out, "data.gz: is no whole archive" in err) == (2, "", True)


def test_benchmarks_are_written_from_finished_runs(tmp_path: Path, run: Run, root: Path) -> None:
    code, _, err = run("benchmarks")
    assert (code, "sukien train configs/phoner.yaml" in err) == (2, True)
    code, out, _ = run("benchmarks", root / "training/news-small", "--output", "page.md")
    assert (code, out) == (0, "1 run in page.md\n")
    assert "| news-small | encoder-small |" in (tmp_path / "page.md").read_text(encoding="utf-8")
    (tmp_path / "training/a").mkdir(parents=True)
    (tmp_path / "training/a/metrics.json").write_text('{"run": {}}', encoding="utf-8")
    code, _, err = run("benchmarks")
    assert (code, "left out: is of a cross-validation" in err) == (2, True)
    code, _, err = run("benchmarks", "training/b")
    assert (code, "training/b/metrics.json: no such file" in err) == (2, True)
    assert not (tmp_path / "BENCHMARKS.md").exists()


def test_articles_like_labelled_ones_are_drawn_from_a_corpus(project: Path, run: Run) -> None:
    for n in range(6):
        lines = [f"Tổng_thống Nga Putin gặp Biden lần {n} {m} ở Genève , theo hãng tin Nga ." for m in range(3)]
        (project / f"corpus/data/{n + 3}.txt.seg").write_text("\n\n".join(lines), encoding="utf-8")
    command = ("select", "corpus", "--like", "data/labels", "--exclude", "data/standoff/reserved.txt", "--share", 0.5)
    code, _, err = run(*command, "-o", "out.jsonl")
    assert (code, "reserved.txt names 1 articles" in err) == (2, True)  # a list that names nothing is a mistake
    (project / "data/standoff/reserved.txt").write_text("data/5.txt.seg\n", encoding="utf-8")
    code, out, _ = run(*command, "-o", "out.jsonl")
    assert (code, out) == (
        0, "2 articles (6 lines, fewer than 8,000: a larger --share has more) written to out.jsonl\n",
    )  # fmt: skip
    rows = [json.loads(line) for line in (project / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(row["text"].startswith("Tổng thống Nga") and row["id"] != "data/5.txt.seg" for row in rows)
    code, out, _ = run(*command, "-o", "out.jsonl", "--lines", 3)
    assert (code, out) == (0, "1 articles (3 lines) written to out.jsonl\n")
    for output in ("data/labels/a.txt", "corpus/data/new.jsonl", "data/standoff/reserved.txt"):
        code, _, err = run(*command, "-o", output)
        assert (code, f"{output}: is one of the inputs, or lies in one" in err) == (2, True)
    (project / "empty").mkdir()
    (project / "empty/a.txt").write_text("Mỹ gặp Nga.", encoding="utf-8")
    code, _, err = run("select", "empty", "--like", "data/labels", "-o", "none.jsonl")
    assert (code, "no article of 20 words or more" in err, (project / "none.jsonl").exists()) == (2, True, False)
