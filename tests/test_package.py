"""What is shipped, and that what the README says is so."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import typer

import sukien.cli
from sukien.inference.tagger import Tagger
from sukien.models.network import SukienConfig, SukienModel
from sukien.models.pretrained import load_encoder

MOST_BYTES = 60 * 10**6  # of the weights of one shipped model
MODELS = ("encoder-small", "news-small")


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Size of every file of the wheel, by its path in it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        (folder / "entry_points.txt").write_bytes(
            archive.read(next(name for name in archive.namelist() if name.endswith("/entry_points.txt")))
        )
        assert "sukien = sukien.cli:main" in (folder / "entry_points.txt").read_text()
        return {info.filename: info.file_size for info in archive.infolist()}


def _is_checked_in(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")


def test_the_wheel_holds_every_module_and_nothing_else(root: Path, wheel: dict[str, int]) -> None:
    source = {str(path.relative_to(root / "src")) for path in (root / "src").rglob("*") if _is_checked_in(path)}
    assert "sukien/py.typed" in source
    shipped = {name for name in wheel if name.startswith("sukien/shipped/")}
    rest = {name for name in wheel if ".dist-info/" not in name} - shipped
    assert rest == source
    assert {name.split("/")[0] for name in rest} == {"sukien"}  # no `data`, `models` or `tests` beside it
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)


@pytest.mark.parametrize("model", MODELS)
def test_the_wheel_holds_the_models_whole(root: Path, wheel: dict[str, int], model: str) -> None:
    files = {path.name: path.stat().st_size for path in (root / "models" / model).iterdir() if _is_checked_in(path)}
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "README.md"} <= set(files)
    assert {name: wheel.get(f"sukien/shipped/{model}/{name}") for name in files} == files
    assert max(files.values()) < MOST_BYTES
    assert not [name for name in files if name.endswith((".bin", ".pt", ".pkl", ".pth"))]


def test_the_version_is_that_of_the_project(root: Path) -> None:
    from importlib import metadata

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata.version("sukien") == project["version"]
    changes = root / "CHANGELOG.md"
    assert project["version"] in changes.read_text(encoding="utf-8")


def test_no_rule_of_gitignore_hides_a_file(root: Path) -> None:
    rules = [line for line in (root / ".gitignore").read_text().splitlines() if line and not line.startswith("#")]
    unanchored = [rule for rule in rules if not rule.lstrip("!").startswith("/")]
    assert all(re.fullmatch(r"__pycache__/|\*\.egg-info/|\.\w+/", rule) for rule in unanchored), unanchored
    if not (root / ".git").exists():
        pytest.skip("no git checkout")
    kept = ["src", "tests", "configs", "models", "data/labels", "seeds"]
    paths = [str(path.relative_to(root)) for top in kept for path in (root / top).rglob("*") if _is_checked_in(path)]
    command = ["git", "check-ignore", "--no-index", "--stdin"]
    done = subprocess.run(command, cwd=root, input="\n".join(paths), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, ""), "1: none of these files is ignored"


# README


def _blocks(root: Path, language: str) -> list[str]:
    text = (root / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _commands(root: Path, program: str) -> list[str]:
    """Commands of the sh blocks, behind pipes too, and those in the running text."""
    text = (root / "README.md").read_text(encoding="utf-8")
    lines = [line for block in _blocks(root, "sh") for line in re.split(r"\n|\||&&", block)]
    lines += re.findall(rf"`({program} [^`\n]*)`", text)
    return [line.split("#")[0].strip() for line in lines if line.strip().startswith(f"{program} ")]


def test_every_sukien_command_of_the_readme_parses(root: Path) -> None:
    group = typer.main.get_command(sukien.cli.app)
    commands = _commands(root, "sukien")
    assert len(commands) >= 5
    for line in commands:
        _, name, *args = line.split()
        assert name in group.commands, line  # type: ignore[attr-defined]
        try:
            group.commands[name].make_context(name, args)  # type: ignore[attr-defined]
        except Exception as error:
            pytest.fail(f"README: `{line}`: {error}")


def test_every_run_file_of_the_readme_is_good(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sukien.config import load_config

    monkeypatch.chdir(root)
    runs = [line.split()[2:] for line in _commands(root, "sukien") if line.split()[1] in ("train", "check")]
    assert runs
    for path, *overrides in runs:
        load_config(Path(path), [part for part in overrides if not part.startswith("-")])


def test_every_target_of_the_readme_is_in_the_makefile(root: Path) -> None:
    targets = re.findall(r"^([\w-]+):", (root / "Makefile").read_text(), re.MULTILINE)
    named = [line.split()[1] for line in _commands(root, "make")]
    assert {"run", "test"} <= set(named) <= set(targets)


def test_every_path_of_the_tree_exists(root: Path) -> None:
    (tree,) = [block for block in _blocks(root, "text") if "src/sukien/cli/" in block]
    paths = [line.split()[0] for line in tree.splitlines() if line.strip()]
    assert not [path for path in paths if not (root / path).exists()]
    parts = {f"src/sukien/{path.name}" for path in (root / "src/sukien").iterdir() if _is_checked_in(path)}
    listed = {path.rstrip("/") for path in paths}
    assert parts - {"src/sukien/__init__.py", "src/sukien/py.typed"} <= listed, "a module is not in the tree"


@pytest.fixture
def random_tagger(tiny_encoder: Path) -> Callable[..., Tagger]:
    """In place of `Tagger.from_pretrained`: a network that finds things at random."""
    encoder, tokenizer = load_encoder(str(tiny_encoder))
    torch.manual_seed(3)
    config = SukienConfig(encoder=encoder.config.to_dict(), entity_types=["PER"], event_types=["AID"], window=64)
    tagger = Tagger(SukienModel(config, encoder), tokenizer)
    return lambda *args, **named: tagger


def test_every_python_block_of_the_readme_runs(
    root: Path,
    random_tagger: Callable[..., Tagger],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Tagger, "from_pretrained", random_tagger)
    blocks = _blocks(root, "python")
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    assert re.search(r"^\d+ \d+ (PER|AID) ", capsys.readouterr().out, re.MULTILINE)


def test_the_scores_in_the_readme_are_those_of_the_run(root: Path) -> None:
    scores = json.loads((root / "training/news-small/metrics.json").read_text())
    readme = (root / "README.md").read_text(encoding="utf-8")
    for layer in ("entities", "triggers", "sentence_event_types", "article_event_types"):
        micro, floor = scores[layer]["micro"], scores["floor"][layer]["micro"]
        low, high = micro["interval"]
        f1, interval = f"{100 * micro['f1']:.1f}", f"{100 * low:.1f}–{100 * high:.1f}"
        macro = f"{100 * scores[layer]['macro']['f1']:.1f}"
        assert f"| {f1} | {interval} | {macro} | {micro['support']:,} | {100 * floor['f1']:.1f} |" in readme
