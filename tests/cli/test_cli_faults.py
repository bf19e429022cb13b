"""Bad input: one clear line on standard error, exit code 2 (1 where some articles were done), nothing half-written."""

from __future__ import annotations

import json
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def _full_disk(free: int) -> Iterator[None]:
    """No file may grow beyond `free` bytes: the error is another than that of a full disk, its path is the same."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


BAD = {
    "none.txt": (None, "none.txt: no such file"),
    "empty.txt": (b"", "empty.txt: is empty"),
    "blank.txt": (b"\xef\xbb\xbf \n", "blank.txt: is empty"),
    "binary.txt": (b"abc\0def", "binary.txt: is a binary file"),
    "latin.txt": (b"T\xf4i", "latin.txt: byte 1 (0xf4) is not valid utf-8; name the right encoding with --encoding"),
    "cut.txt": ("Việt".encode()[:-2], "cut.txt: byte 2 (0xe1) is not valid utf-8"),
    "cut.jsonl": (b'{"id": "a", "te', "cut.jsonl:1: no valid JSON"),
    "list.jsonl": (b"[1]", "list.jsonl:1: an article is an object"),
    "deep.jsonl": (b"[" * 100_000, "deep.jsonl:1: no valid JSON"),
    "number.jsonl": (b'{"text": 3}', "number.jsonl:1: an article is an object"),
    "id.jsonl": (b'{"id": [1], "text": "a"}', 'id.jsonl:1: "id" is a text or a number'),
    "half.jsonl": (b'{"text": "a\\ud800"}', "half.jsonl:1: the text holds half of a surrogate pair"),
    "x" * 300: (None, "cannot be read: File name too long"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_article_that_cannot_be_read(run: Callable[..., Any], name: str, write: Callable[..., str]) -> None:
    content, fault = BAD[name]
    if content is not None:
        write(name, content)
    result = run("predict", name, "--output", "o.jsonl")  # told before any model is looked for
    assert (result.code, result.out) == (2, "")
    assert fault in result.err
    assert result.err.count("\n") == 1
    assert not Path("o.jsonl").exists()


def test_folders_and_encodings_that_do_not_exist(run: Callable[..., Any], write: Callable[..., str]) -> None:
    Path("articles").mkdir()
    assert run("predict", "articles")[::2] == (2, "articles: is a folder; name its files, such as articles/*.txt\n")
    assert "unknown encoding 'klingon'" in run("predict", write("a.txt"), "--encoding", "klingon").err
    assert run("predict", "-", stdin=b"").err == "standard input: is empty\n"


def test_one_bad_article_is_skipped_and_told(run: Callable[..., Any], model: Path, write: Callable[..., str]) -> None:
    (
        write("a.txt"),
        write("e.txt", ""),
        write("b.jsonl", '{"id": "b", "text": "Nga."}\n{"id": 1\n{"id": 2, "text": " "}\n'),
    )
    result = run("predict", "a.txt", "e.txt", "b.jsonl", "none.txt", "--model", model, "-o", "o.jsonl")
    assert result.code == 1
    told = ["e.txt: is empty", "b.jsonl:2: no valid JSON", "b.jsonl:3: is empty", "none.txt: no such file"]
    lines = result.err.splitlines()
    assert len(lines) == len(told)
    assert all(line.startswith(start) for line, start in zip(lines, told, strict=True))
    written = Path("o.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in written] == ["a", "b"]


def test_an_input_is_never_overwritten(run: Callable[..., Any], write: Callable[..., str], good: str) -> None:
    Path("x").mkdir()
    write("a.txt")
    Path("link").symlink_to("a.txt")
    for output in ("a.txt", "x/../a.txt", "link"):
        result = run("predict", "a.txt", "--output", output)
        assert result[::2] == (2, f"{output}: is one of the inputs; write to another file\n")
    assert Path("a.txt").read_text(encoding="utf-8") == good


@pytest.mark.parametrize("output", ["a.txt/o.jsonl", "a.txt/deep/o.jsonl", "folder"])
def test_an_output_that_cannot_be(run: Callable[..., Any], model: Path, output: str, write: Callable[..., str]) -> None:
    write("a.txt"), Path("folder").mkdir()
    result = run("predict", "a.txt", "--model", model, "--output", output)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"{output}: ")
    assert "folder" in result.err
    assert sorted(path.name for path in Path().rglob("*")) == ["a.txt", "folder"]


def test_a_full_disk_leaves_the_old_file(
    run: Callable[..., Any],
    model: Path,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[..., str],
    good: str,
) -> None:
    write("a.txt", good * 50), write("o.jsonl", "old")
    with _full_disk(3000):
        result = run("predict", "a.txt", "--model", model, "-o", "o.jsonl")
        built = run("build", root / "data/labels/authored-a3.txt", "--output", "built")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("o.jsonl: cannot be written: ")
    assert Path("o.jsonl").read_text() == "old"
    assert built.code == 2
    assert built.err.startswith("built: cannot be written: ")

    def refuse(*args: object, **named: object) -> None:
        raise PermissionError(13, "Permission denied")

    for name in ("NamedTemporaryFile", "mkdtemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    result = run("predict", "a.txt", "--model", model, "-o", "o.jsonl")
    assert result[::2] == (2, "o.jsonl: cannot be written: Permission denied\n")
    built = run("build", root / "data/labels/authored-a3.txt", "--output", "built")
    assert built[::2] == (2, "built: cannot be written: Permission denied\n")
    assert sorted(path.name for path in Path().rglob("*")) == ["a.txt", "o.jsonl"]


def test_models_that_are_none(
    run: Callable[..., Any], model: Path, tiny_encoder: Path, tiny_built: Path, write: Callable[..., str]
) -> None:
    write("a.txt"), Path("folder").mkdir()
    shutil.copytree(model, "bare")
    Path("bare/model.safetensors").unlink()
    shutil.copytree(model, "relabelled")
    config = json.loads(Path("relabelled/config.json").read_text())
    Path("relabelled/config.json").write_text(json.dumps(config | {"entity_types": ["PER"]}))
    for name, fault in {
        "folder": "folder: is no model folder (no config.json)",
        "bare": "bare: has no weights (model.safetensors is missing)",
        "relabelled": "relabelled: ",
        "a.txt": "a.txt: is a file; give the folder that holds it",
        "./nothing": "./nothing: no such folder",
        "someone/some-model": "with bpe.codes, or sentencepiece files), or connect to the network; the reason: ",
        str(tiny_encoder): "not a tagger; fine-tune it first: `sukien train`",
    }.items():
        for command in (["predict", "a.txt", "--model", name, "-o", "o.jsonl"], ["evaluate", name, tiny_built]):
            result = run(*command)
            assert (result.code, result.out) == (2, "")
            assert fault in result.err
    assert not Path("o.jsonl").exists()
    assert not Path("training").exists()


def test_data_with_labels_that_the_model_does_not_know(
    run: Callable[..., Any], model: Path, write: Callable[..., str]
) -> None:
    rows = [{"id": i, "text": f"Bà {i} tuổi", "spans": [[3, 4, "AGE"]]} for i in range(5)]
    write("age.jsonl", "\n".join(map(json.dumps, rows)))
    assert run("build", "age.jsonl", "--label-set", "data", "--output", "built").code == 0
    result = run("evaluate", model, "built")
    assert (result.code, result.out) == (2, "")
    assert "the data has entity type 'AGE', which the model does not know" in result.err
    assert not Path("training").exists()
    assert "'tests' is no split; did you mean test?" in run("evaluate", model, "built", "--split", "tests").err


def test_every_fault_of_labels_in_one_run(run: Callable[..., Any], write: Callable[..., str]) -> None:
    write("a.txt", "# doc: a\n[[Mỹ|GPS]] [[Nga|GPE\n[[A|PER]] {{gọi|CONSULT|asserted|9>}} x\n[[[[A|PER]]|ORG]]\n")
    write("b.conll", "Mỹ B-GPE\nvà O\nNga B-GPE x\n\nEU I-ORG\n")
    result = run("build", "a.txt", "b.conll", "none.txt", "--output", "built")
    assert (result.code, result.out) == (2, "")
    for fault in (
        "a.txt:2: 'GPS' is no entity type; did you mean GPE?",
        "a.txt:2: '[[' at character 12 is never closed",
        "a.txt:3: '9' of 'gọi' is the id of no entity in this line",
        "a.txt:4: ",
        "b.conll:3: 3 columns where the lines above have 2",
        "b.conll:5: 'I-ORG' of 'EU' continues no ORG",
        "none.txt: no such file",
    ):
        assert fault in result.err
    assert sorted(path.name for path in Path().rglob("*")) == ["a.txt", "b.conll"]


def test_build_says_what_folder_or_set_is_missing(run: Callable[..., Any], root: Path) -> None:
    labels = root / "data/labels/authored-a3.txt"
    assert run("build")[::2] == (2, "data/labels: no such file\n")
    assert "none: no such folder of seed articles" in run("build", labels, "--seeds", "none").err
    assert "none.yaml: no such file" in run("build", labels, "--label-set", "none.yaml").err
    assert "both must be above 0" in run("build", labels, "--test", "0").err
    assert not list(Path().iterdir())


@pytest.mark.parametrize("command", ["check", "train"])
def test_run_files_with_faults(run: Callable[..., Any], command: str, write: Callable[..., str]) -> None:
    write("x.yaml", "name: x\nmodel: {encodr: a}\ntraining: {epochs: yes, learning_rate: 1e-5}\n")
    result = run(command, "x.yaml", "seed=a", "sed=1")
    assert (result.code, result.out) == (2, "")
    for fault in (
        "x.yaml: data: is missing",
        "x.yaml: model.encodr: no such key; did you mean encoder?",
        "x.yaml: training.epochs: should be a valid integer, found True",
        "YAML reads this as text, write 1.0e-05",
        "x.yaml: seed: should be a valid integer, found 'a'",
        "x.yaml: sed: no such key; did you mean seed?",
    ):
        assert fault in result.err
    assert run(command, "none.yaml")[::2] == (2, "none.yaml: no such file\n")
    assert not Path("training").exists()


def test_a_run_that_cannot_begin(run: Callable[..., Any], model: Path) -> None:
    config = model.parents[1] / "tiny.yaml"
    for more, fault in (
        ([], "holds a finished run; give --overwrite, or another name"),
        (["--resume", "--overwrite"], "give one of them"),
        (["name=b", "output=.", "data.built=none"], "none: no such folder; run `sukien build` first"),
        (["name=b", "output=.", "model.encoder=someone/model"], "give a local folder"),
        (["name=b", "output=.", "model.encoder=nothing/at/all"], "nothing/at/all: no such folder"),
        (["name=b", "output=.", "model.window=512"], "reads at most 256"),
        (["name=b", f"output={config}"], "cannot be written: a part of this path is a file"),
    ):
        result = run("train", config, *more)
        assert (result.code, result.out) == (2, "")
        assert fault in result.err


# Bytes: too few for the weights of a checkpoint, for its optimizer state.
@pytest.mark.parametrize("free", [100_000, 400_000])
def test_a_disk_that_fills_while_training(run: Callable[..., Any], model: Path, free: int) -> None:
    command = ["train", model.parents[1] / "tiny.yaml", "name=b", "output=runs", "training.epochs=1"]
    with _full_disk(free):
        result = run(*command)
    assert result.code == 2
    assert "runs/b/checkpoints: cannot be written: " in result.err
    assert not Path("runs/b/model").exists()
    assert run(*command, "--resume").code == 0, "the half-written checkpoint is in the way"
    assert Path("runs/b/model/model.safetensors").is_file()


def test_a_model_never_replaces_anything_else(run: Callable[..., Any], model: Path, write: Callable[..., str]) -> None:
    Path("mine").mkdir()
    write("mine/thesis.txt")
    for place in ("mine", "mine/thesis.txt"):
        result = run("train", model.parents[1] / "tiny.yaml", "name=b", "output=runs", f"save_model={place}")
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"{place}: ")
    assert sorted(map(str, Path().rglob("*"))) == ["mine", "mine/thesis.txt"]


def test_show_of_what_is_no_prediction(run: Callable[..., Any], model: Path, write: Callable[..., str]) -> None:
    run("predict", write("a.txt"), "--model", model, "-o", "o.jsonl")
    assert run("show", "o.jsonl", "--id", "b")[::2] == (2, "o.jsonl: has no article 'b'\n")
    assert run("show", write("empty.jsonl", ""))[::2] == (2, "empty.jsonl: has no article\n")
    assert "a.txt:1: is no prediction" in run("show", "a.txt").err
    result = run("show", "o.jsonl", "--scores", write("s.json", '{"entities": 1}'))
    assert (result.code, result.out) == (2, "")
    assert "s.json: holds no scores; give the metrics.json" in result.err


@pytest.mark.parametrize("command", ["train", "pretrain", "check"])
def test_an_interrupted_command_tells_how_to_go_on(
    run: Callable[..., Any], write: Callable[..., str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def stops(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sukien.config.read_config", stops)
    monkeypatch.setattr("sukien.config.load_config", stops)
    result = run(command, write("run.yaml", "name: a\n"))
    assert (result.code, result.out) == (130, "")
    hint = "" if command == "check" else "; with --resume it goes on from its last checkpoint"
    assert result.err == f"interrupted{hint}\n"
