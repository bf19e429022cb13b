"""Each command as a stranger runs it: what it prints and what it writes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml


def test_version_help_and_usage_errors(run: Callable[..., Any]) -> None:
    assert run("--version") == (0, f"sukien {metadata.version('sukien')}\n", "")
    assert run("--help").code == 0
    assert run().code == 2
    for args in (["nope"], ["predict"], ["predict", "--nope"], ["build", "--seed", "x"]):
        result = run(*args)
        assert (result.code, result.out) == (2, "")
        assert "Usage: sukien" in result.err


def test_predict_to_the_terminal_to_a_file_and_show(
    run: Callable[..., Any], model: Path, write: Callable[..., str]
) -> None:
    write("a.txt"), write("b.txt")
    shown = run("predict", "a.txt", "--model", model)
    assert (shown.code, shown.err) == (0, "")
    assert "|PER]" in shown.out
    written = run("predict", "a.txt", "b.txt", "--model", model, "--output", "new/o.jsonl")
    assert written == (0, "2 articles written to new/o.jsonl\n", "")
    again = run("show", "new/o.jsonl", "--id", "a")
    assert again == (0, shown.out, "")
    assert run("show", "new/o.jsonl").out.count("|PER]") == 2 * shown.out.count("|PER]")
    scores = run("show", "new/o.jsonl", "--scores", model.parent / "metrics.json")
    assert scores.code == 0
    assert "Entities by type" in scores.out


def test_predict_reads_standard_input_as_text_and_as_jsonl(run: Callable[..., Any], model: Path, good: str) -> None:
    text = run("predict", "-", "--model", model, "-o", "-", stdin=good.encode())
    assert [(row["id"], row["text"]) for row in text.rows] == [("stdin", good)]
    lines = '{"id": "a", "text": "Ông Biden."}\n\n{"id": 7, "text": "Nga."}\n{"text": "Mỹ."}\n'
    jsonl = run("predict", "-", "--model", model, "-o", "-", stdin=lines.encode())
    assert [row["id"] for row in jsonl.rows] == ["a", "7", "standard input-4"]
    assert (jsonl.code, jsonl.err) == (0, "")
    for row in text.rows + jsonl.rows:
        for span in row["entities"] + row["events"]:
            assert row["text"][span["start"] : span["end"]] == span["text"]


def test_json_with_a_space_after_the_brace_is_json(run: Callable[..., Any], model: Path) -> None:
    stdin = b'{ "id": "x", "text": "Nga."}'
    assert run("predict", "-", "--model", model, "-o", "-", stdin=stdin).rows[0]["text"] == "Nga."


def test_ids_stay_distinct(run: Callable[..., Any], model: Path, write: Callable[..., str]) -> None:
    Path("x").mkdir()
    write("a.txt"), write("x/a.txt"), write("b.jsonl", '{"id": "a", "text": "Nga."}\n')
    ids = [row["id"] for row in run("predict", "a.txt", "x/a.txt", "b.jsonl", "--model", model, "-o", "-").rows]
    assert ids == ["a", "x/a.txt:a", "b.jsonl:a"]


def test_text_without_letters_has_nothing_and_is_no_error(
    run: Callable[..., Any], model: Path, write: Callable[..., str]
) -> None:
    result = run("predict", write("n.txt", "12 -- 3,5%\n!!!"), "--model", model, "-o", "-")
    assert (result.code, result.err) == (0, "")
    assert (result.rows[0]["entities"], result.rows[0]["events"], result.rows[0]["sentences"]) == ([], [], [])


def test_five_megabytes(run: Callable[..., Any], model: Path, write: Callable[..., str], good: str) -> None:
    # A twentieth is prose: all of it would take a minute and show no more.
    write("big.txt", good * 4000 + " \n" * 2_400_000 + good)
    assert Path("big.txt").stat().st_size > 4_900_000
    result = run("predict", "big.txt", "--model", model, "-o", "o.jsonl")
    assert result.code == 0
    row = json.loads(Path("o.jsonl").read_text(encoding="utf-8"))
    assert len(row["sentences"]) == 4001
    assert row["entities"][-1]["start"] > len(row["text"]) - len(good), "the end of the article was not read"


def test_another_encoding(run: Callable[..., Any], model: Path, write: Callable[..., str], good: str) -> None:
    write("u16.txt", good.encode("utf-16")), write("bom.txt", b"\xef\xbb\xbf" + good.encode())
    result = run("predict", "u16.txt", "--encoding", "utf-16", "--model", model, "-o", "-")
    assert result.rows[0]["text"] == good
    assert run("predict", "bom.txt", "--model", model, "-o", "-").rows[0]["text"] == good


def test_build_train_folders_and_evaluate(run: Callable[..., Any], root: Path, model: Path) -> None:
    labels = root / "data/labels/authored-a3.txt"
    built = run("build", labels, "--output", "out/built", "--card", "out")
    assert (built.code, built.err) == (0, "")
    assert sorted(str(path) for path in Path("out").rglob("*") if path.is_file()) == [
        "out/README.md", "out/built/labels.json", "out/built/test.parquet", "out/built/train.parquet",
        "out/built/validation.parquet", "out/stats.json",
    ]  # fmt: skip
    for data in ("out/built", labels):
        result = run("evaluate", model, data, "--output", "scores")
        assert result.code == 0
        assert "Entities by type" in result.out
        metrics = json.loads(Path("scores/metrics.json").read_text(encoding="utf-8"))
        assert 0 < metrics["entities"]["micro"]["f1"] < 1
        assert ("floor" in metrics) == (data == "out/built")


def test_evaluate_reads_the_labels_that_the_tagger_knows_and_tells_of_seen_text(
    run: Callable[..., Any], root: Path, tiny_encoder: Path, write: Callable[..., str]
) -> None:
    lines = [f"Lan{number} B-AGE\nđi O\nhọc O\nở O\nHuế B-WHO\n" for number in range(40)]
    write("own.conll", "\n".join(f"-DOCSTART- O\n\n{line}" for line in lines))
    assert run("build", "own.conll", "--label-set", "data", "--output", "built").code == 0
    write(
        "own.yaml",
        f"name: own\ndata: {{built: built}}\nmodel: {{encoder: '{tiny_encoder}', window: 96, overlap: 16}}\n"
        "training: {epochs: 1, batch_size: 4}\n",
    )
    assert run("train", "own.yaml").code == 0
    result = run("evaluate", "training/own/model", "own.conll", "--output", "scores")
    assert result.code == 0
    assert "of the 40 articles are of those that this tagger was trained on" in result.err
    assert set(json.loads(Path("scores/metrics.json").read_text())["entities"]["types"]) == {"AGE", "WHO"}
    assert run("evaluate", "training/own/model", "built").err == ""


def test_check_prints_what_would_run(run: Callable[..., Any], root: Path) -> None:
    result = run("check", root / "configs/quickstart.yaml", "training.epochs=3")
    assert result.code == 0
    assert yaml.safe_load(result.out)["training"]["epochs"] == 3


# As a process of its own


def _process(*args: object, **named: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([Path(sys.executable).with_name("sukien"), *map(str, args)], check=False, **named)


def test_the_installed_command_tags_standard_input(model: Path, tmp_path: Path, good: str) -> None:
    done = _process("predict", "-", "--model", model, "-o", "-", input=good.encode(), capture_output=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    row = json.loads(done.stdout)
    assert [row["text"][e["start"] : e["end"]] for e in row["entities"]] == [e["text"] for e in row["entities"]]


def test_standard_output_of_any_encoding_full_or_closed(root: Path, tmp_path: Path) -> None:
    command = ["check", root / "configs/quickstart.yaml", "data.built=dữ_liệu"]
    done = _process(*command, capture_output=True, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "dữ_liệu" in done.stdout.decode()
    if Path("/dev/full").is_char_device():
        with Path("/dev/full").open("wb") as full:
            done = _process(*command, stdout=full, stderr=subprocess.PIPE)
        assert (done.returncode, done.stderr) == (2, b"standard output: No space left on device\n")
    with Path("/dev/null").open("rb") as null:
        done = _process(*command, stdout=null, stderr=subprocess.PIPE)  # opened for reading: cannot be written
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
