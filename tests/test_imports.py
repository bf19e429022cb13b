"""Imports point one way: from the commands down to the schema, and never sideways."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Each level may import those before it. Of one level, no part may import another: training and inference share models.
LEVELS = (
    {"errors", "schema"},
    {"files"},
    {"config", "ontology", "text"},
    {"data", "models"},
    {"inference", "training"},
    {"cli", "serving"},
)
LEVEL = {part: level for level, parts in enumerate(LEVELS) for part in parts}
HEAVY = {"accelerate", "datasets", "matplotlib", "pandas", "sklearn", "torch", "transformers"}


def _modules(root: Path) -> Iterator[tuple[str, Path]]:
    """(`data.build`, its file) for every module below the package's own `__init__`."""
    package = root / "src/sukien"
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        if parts != ("__init__",):
            yield ".".join(part for part in parts if part != "__init__"), path


def _imports(module: str, path: Path) -> Iterator[str]:
    """Absolute names of all that a module imports, at its top, in its functions and for the type checker."""
    package = ["sukien", *module.split(".")][: None if path.name == "__init__.py" else -1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{start}.{alias.name}" for alias in node.names)


def _faults(module: str, path: Path) -> Iterator[str]:
    own = module.partition(".")[0]
    for name in _imports(module, path):
        top, *rest = name.split(".")
        if top != "sukien":
            if own in ("data", "text") and top in ("torch", "transformers"):
                yield f"{module} imports {top}"
        elif not rest or rest[0] not in LEVEL:
            yield f"{module} imports {name}, which is no part with a level"
        elif rest[0] != own and LEVEL[rest[0]] >= LEVEL[own]:
            yield f"{module} imports {rest[0]}, which is not below {own}"


def test_every_part_has_a_level(root: Path) -> None:
    parts = {module.split(".")[0] for module, _ in _modules(root)}
    assert parts <= set(LEVEL), "give the new part a place in LEVELS"
    assert len(list(_modules(root))) > 30


def test_imports_point_one_way(root: Path) -> None:
    assert [fault for module, path in _modules(root) for fault in _faults(module, path)] == []


@pytest.mark.parametrize(
    ("module", "line", "fault"),
    [
        ("text.words", "from sukien.data.build import build", "text.words imports data, which is not below text"),
        ("models.x", "def f():\n    import sukien.data.build", "models.x imports data, which is not below models"),
        ("training.run", "from sukien.inference import tagger", "training.run imports inference"),
        ("schema", "from sukien.errors import DataError", "schema imports errors, which is not below schema"),
        ("data.x", "from ..models.pieces import Window", "data.x imports models"),
        ("data.x", "import torch.nn as nn", "data.x imports torch"),
        ("cli", "from sukien import Tagger", "cli imports sukien.Tagger, which is no part"),
        ("data.x", "from . import build\nfrom .build import build\nimport json", None),
    ],
)
def test_the_walk_sees_what_it_should(tmp_path: Path, module: str, line: str, fault: str | None) -> None:
    path = tmp_path / "x.py"
    path.write_text(line, encoding="utf-8")
    found = list(_faults(module, path))
    assert found == [] if fault is None else found[0].startswith(fault)


def _loaded_by(code: str) -> set[str]:
    """Which heavy libraries a new process has loaded after running some code."""
    script = f"{code}\nimport sys\nprint(*{HEAVY} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_or_its_commands_does_no_work() -> None:
    assert _loaded_by("import sukien, sukien.cli, sukien.config") == set()


def test_data_and_text_work_without_torch(root: Path, tmp_path: Path) -> None:
    names = [module for module, _ in _modules(root) if module.split(".")[0] in ("data", "text")]
    assert _loaded_by(f"import {', '.join(f'sukien.{name}' for name in names)}") <= {"datasets", "pandas"}
    argv = ["sukien", "build", str(root / "data/labels/authored-a3.txt"), "--output", str(tmp_path / "built")]
    build = f"import sys, sukien.cli as c\nsys.argv = {argv}\ntry: c.main()\nexcept SystemExit: print()"
    assert not _loaded_by(build) & {"torch", "transformers", "accelerate"}
    assert (tmp_path / "built/train.parquet").is_file()
