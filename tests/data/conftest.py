"""What the tests of `sukien.data` share: small files, faults, the labelled articles of the repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sukien.data.inline import read_inline
from sukien.errors import DataError
from sukien.ontology import LabelSet
from sukien.schema import Article

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """`save(name, text)` writes a file into the test's folder, character for character."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    return write


@pytest.fixture
def faults_of() -> Callable[..., tuple[str, ...]]:
    """`faults_of(function, ...)` calls it and returns the faults that it must raise."""

    def call(function: Callable[..., object], *args: object, **kwargs: object) -> tuple[str, ...]:
        with pytest.raises(DataError) as caught:
            function(*args, **kwargs)
        return caught.value.faults

    return call


@pytest.fixture(scope="session")
def articles() -> list[Article]:
    """All labelled articles of the repository, not laid over their published texts."""
    files = sorted((ROOT / "data" / "labels").glob("*.txt"))
    return [article for path in files for article in read_inline(path, LabelSet())]
