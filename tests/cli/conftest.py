"""The command in this process: its output, its exit code, and that no temporary file stays behind."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from sukien import cli


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The lines of standard output, each a JSON object."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(scope="session")
def good() -> str:
    """An article."""
    return "Tổng thống Mỹ Joe Biden điện đàm với ông Putin ngày 12/2.\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """`run("predict", "a.txt", stdin=b"")` calls the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*args: object, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "argv", ["sukien", *map(str, args)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        assert not list(tmp_path.rglob(".*")), "a temporary file was left"
        assert isinstance(stopped.value.code, int | None)
        return Result(stopped.value.code or 0, out, err)

    return call


@pytest.fixture
def write(good: str, run: object) -> Callable[..., str]:
    """`write("a.txt")` puts an article, or the content given, into the folder where `run` runs; returns the name."""

    def put(name: str, content: str | bytes = good) -> str:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return put


@pytest.fixture(scope="package")
def model(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path, tiny_built: Path) -> Path:
    """A tagger that `sukien train` made, small and poor."""
    folder = tmp_path_factory.mktemp("trained")
    values = {
        "name": "tiny",
        "output": str(folder),
        "data": {"built": str(tiny_built)},
        "model": {"encoder": str(tiny_encoder), "window": 96, "overlap": 16},
        "training": {"epochs": 8, "batch_size": 4, "learning_rate": 0.005, "precision": "fp32"},
    }
    (folder / "tiny.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["sukien", "train", str(folder / "tiny.yaml")])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
    assert not stopped.value.code
    return folder / "tiny/model"
